// Which tiles a splat touches: exact intersection of the ellipse where its alpha is 1/255 with each row of tiles.
// The ellipse is given by `shape`, relative to its centre:
//   x, y: half its extents;  z: x of the middle of a horizontal chord, per y;  w: half the chord at y = 0.
// A tile counts by the centres of its pixels: [16 i + 0.5, 16 i + 15.5].

// The ellipse grows by this much, so that rounding (2^-10 px at coordinates below 2^13) never loses a pixel that the
// blend pass would have drawn; it adds no visible pair, as blend tests alpha itself.
const float kSlack = 1.0 / 128.0;  // pixels

// Rows of tiles that the ellipse can touch: [result.x, result.y).
ivec2 tile_rows(vec2 mean, vec4 shape, ivec2 size) {
  const float top = mean.y - shape.y - kSlack, bottom = mean.y + shape.y + kSlack;
  if (!(top <= float(size.y) - 0.5 && bottom >= 0.5)) return ivec2(0);
  const int tiles = (size.y + kTile - 1) / kTile;
  const float first = ceil((top - (float(kTile) - 0.5)) / float(kTile));
  const float last = floor((bottom - 0.5) / float(kTile));
  return ivec2(int(max(first, 0.0)), int(min(last, float(tiles - 1))) + 1);
}

// Tiles of one row that the ellipse touches: [result.x, result.y).
ivec2 tiles_of_row(vec2 mean, vec4 shape, int row, ivec2 size) {
  const float extent = shape.y + kSlack;
  const float top = float(row * kTile) + 0.5 - mean.y;
  const float bottom = min(float(row * kTile + kTile), float(size.y)) - 0.5 - mean.y;
  const float low = max(top, -extent), high = min(bottom, extent);
  if (!(low <= high)) return ivec2(0);
  // The right side of the ellipse is a concave function of y with its maximum at `peak`, the left side a convex one
  // with its minimum at -peak: over the slab [low, high] each is extreme at the point nearest to that.
  const float peak = shape.z * shape.y * shape.y / shape.x;
  const float y_right = clamp(peak, low, high), y_left = clamp(-peak, low, high);
  const vec2 unit = vec2(y_left, y_right) / shape.y;
  const vec2 half_chord = shape.w * sqrt(max(1.0 - unit * unit, 0.0));
  const float left = mean.x + shape.z * y_left - half_chord.x - kSlack;
  const float right = mean.x + shape.z * y_right + half_chord.y + kSlack;
  if (!(left <= float(size.x) - 0.5 && right >= 0.5)) return ivec2(0);
  const int tiles = (size.x + kTile - 1) / kTile;
  const float first = ceil((left - (float(kTile) - 0.5)) / float(kTile));
  const float last = floor((right - 0.5) / float(kTile));
  const ivec2 range = ivec2(int(max(first, 0.0)), int(min(last, float(tiles - 1))) + 1);
  return range.x < range.y ? range : ivec2(0);
}
