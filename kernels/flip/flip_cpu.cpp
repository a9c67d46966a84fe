// FLIP on CPU. Jobs walk over tiles of 128 columns and 64 rows: the rows of a tile and its neighbours are brought to opponent
// colours and filtered along, then down the columns; what is seen of the reference is held against what is seen of the test.
// HDR-FLIP does so for each exposure before the next tile, and keeps the largest error of each pixel.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/core/parallel_for.h"
#include "kernels/core/pieces.h"
#include "kernels/core/sum.h"
#include "kernels/flip/flip.h"
#include "kernels/flip/flip_exposures.h"
#include "kernels/flip/flip_rows.h"

namespace fg::cpu {
namespace {

constexpr std::int64_t kMaxLanes = 64;  // jobs with a buffer of their own

struct Tiles {
  std::int64_t across, down, per_image;
  template <class T>
  explicit Tiles(const Flip<T>& op)
      : across((op.x.width + kFlipTileColumns - 1) / kFlipTileColumns),
        down((op.x.height + kFlipTileRows - 1) / kFlipTileRows),
        per_image(across * down) {}
};

struct Lane {
  FlipLine* line;
  FlipFilteredRow* rows;              // of the tile and its neighbours
  FlipSeenRow *test, *reference;      // [tile rows], [1]
  float (*errors)[kFlipTileColumns];  // [tile rows], the largest so far
};

template <class T>
struct FlipMemory {
  double* tile_sums;         // [N, tiles]
  double* scores;            // [N]
  float* luminance;          // [H, W] of one reference
  FlipExposures* exposures;  // [N]
  std::int64_t lanes;
  std::size_t size_bytes;

  FlipMemory(const Flip<T>& op, int radius, void* data) : radius_(radius) {
    Pieces pieces(data);
    const Tiles tiles(op);
    lanes = std::min(op.x.batch * tiles.per_image, kMaxLanes);
    tile_sums = pieces.take<double>(op.x.batch * tiles.per_image);
    scores = pieces.take<double>(op.x.batch);
    exposures = pieces.take<FlipExposures>(op.x.batch);
    luminance = pieces.take<float>(op.finds_exposures() ? std::int64_t{op.x.height} * op.x.width : 0);
    const Pieces before = pieces;
    lane(pieces);
    lane_bytes_ = pieces.used_bytes() - before.used_bytes();
    size_bytes = before.used_bytes() + static_cast<std::size_t>(lanes) * lane_bytes_;
    first_lane_ = data == nullptr ? nullptr : static_cast<char*>(data) + before.used_bytes();
  }
  Lane lane(std::int64_t index) const {
    Pieces pieces(first_lane_ + static_cast<std::size_t>(index) * lane_bytes_);
    return lane(pieces);
  }

 private:
  Lane lane(Pieces& pieces) const {
    Lane lane;
    lane.line = pieces.take<FlipLine>(1);
    lane.rows = pieces.take<FlipFilteredRow>(kFlipTileRows + 2 * radius_);
    lane.test = pieces.take<FlipSeenRow>(kFlipTileRows);
    lane.reference = pieces.take<FlipSeenRow>(1);
    lane.errors = pieces.take<float[kFlipTileColumns]>(kFlipTileRows);
    return lane;
  }

  int radius_;
  std::size_t lane_bytes_;
  char* first_lane_;
};

struct Tile {
  std::int64_t image;
  int row, column, rows, columns;
};

template <class T>
Tile tile_of(const Flip<T>& op, const Tiles& tiles, std::int64_t index) {
  Tile tile;
  tile.image = index / tiles.per_image;
  tile.row = static_cast<int>(index % tiles.per_image / tiles.across) * kFlipTileRows;
  tile.column = static_cast<int>(index % tiles.across) * kFlipTileColumns;
  tile.rows = std::min(kFlipTileRows, op.x.height - tile.row);
  tile.columns = std::min(kFlipTileColumns, op.x.width - tile.column);
  return tile;
}

// Linear light of the 256 codes.
struct CodeTable {
  float light[256];
  CodeTable() {
    for (int code = 0; code < 256; ++code) light[code] = flip::linear_of(static_cast<float>(code) / 255.0f);
  }
};

template <class T>
class FlipTile {
 public:
  FlipTile(const Flip<T>& op, const FlipTaps& taps, const CodeTable& codes, const Lane& lane,
           const Tile& tile)
      : op_(op), taps_(taps), codes_(codes), lane_(lane), tile_(tile) {}

  // The largest error of each pixel so far, from that of this exposure.
  void look(float gain, bool first) {
    see(op_.x, gain, lane_.test, [](int) {});
    see(op_.y, gain, nullptr, [&](int row) {
      float errors[kFlipTileColumns];
      flip_errors(lane_.test[row], *lane_.reference, tile_.columns, errors);
      float* const largest = lane_.errors[row];
      for (int i = 0; i < tile_.columns; ++i)
        largest[i] = first || errors[i] > largest[i] || std::isnan(errors[i]) ? errors[i] : largest[i];
    });
  }

  // The sum of the errors; the map, where it is wanted.
  double finish() const {
    double sum = 0;
    for (int row = 0; row < tile_.rows; ++row) {
      const float* const errors = lane_.errors[row];
      for (int i = 0; i < tile_.columns; ++i) sum += static_cast<double>(errors[i]);
      if (op_.map.data == nullptr) continue;
      const PlaneView<float> map = op_.map.plane(tile_.image, 0);
      for (int i = 0; i < tile_.columns; ++i) map.at(tile_.row + row, tile_.column + i) = errors[i];
    }
    return sum;
  }

 private:
  // What is seen of each row of the tile goes to seen[row], or, one after the other, to the lane's reference.
  template <class Then>
  void see(const ImageView<const T>& image, float gain, FlipSeenRow* seen, const Then& then) {
    const int radius = taps_.radius;
    const int first = std::max(tile_.row - radius, 0);
    const int end = std::min(tile_.row + tile_.rows + radius, image.height);
    for (int row = first; row < end; ++row) {
      load(image, row);
      if (op_.linear)
        tone_map_flip_line(flip::tone_curve(op_.tone_mapper), gain, *lane_.line, line_columns());
      else if constexpr (!std::is_same_v<T, std::uint8_t>)
        decode_flip_line(*lane_.line, line_columns());
      make_flip_opponents(*lane_.line, line_columns());
      filter_flip_row(*lane_.line, taps_, lane_.rows[row - first]);
    }
    for (int row = 0; row < tile_.rows; ++row) {
      // Beyond the image its border goes on.
      const FlipFilteredRow* rows[2 * kMaxFlipRadius + 1];
      for (int k = -radius; k <= radius; ++k)
        rows[radius + k] = &lane_.rows[std::clamp(tile_.row + row + k, first, end - 1) - first];
      see_flip_row(rows, taps_, seen != nullptr ? seen[row] : *lane_.reference);
      then(row);
    }
  }

  int line_columns() const { return kFlipTileColumns + 2 * taps_.radius; }

  void load(const ImageView<const T>& image, int row) {
    const int left = tile_.column - taps_.radius, count = line_columns();
    const int begin = std::max(-left, 0), end = std::min(count, image.width - left);  // inside the image
    for (int channel = 0; channel < 3; ++channel) {
      const PlaneView<const T> from = image.plane(tile_.image, channel);
      float* const to = lane_.line->plane[channel];
      for (int i = begin; i < end; ++i) {
        if constexpr (std::is_same_v<T, std::uint8_t>)
          to[i] = codes_.light[from.at(row, left + i)];
        else
          to[i] = to_float(from.at(row, left + i));
      }
      std::fill(to, to + begin, to[begin]);
      std::fill(to + end, to + count, to[end - 1]);
    }
  }

  const Flip<T>& op_;
  const FlipTaps& taps_;
  const CodeTable& codes_;
  const Lane& lane_;
  const Tile tile_;
};

// The brightest and the median luminance of the reference, the upper one of two.
template <class T>
FlipExposures find_exposures(const Flip<T>& op, std::int64_t image, float* luminance) {
  const PlaneView<const T> red = op.y.plane(image, 0), green = op.y.plane(image, 1),
                           blue = op.y.plane(image, 2);
  parallel_for(op.y.height, [&](std::int64_t row) {
    const int y = static_cast<int>(row);
    for (int x = 0; x < op.y.width; ++x)
      luminance[row * op.y.width + x] =
          flip::luminance_of_light(to_float(red.at(y, x)), to_float(green.at(y, x)), to_float(blue.at(y, x)));
  });
  float* const end = luminance + std::int64_t{op.y.height} * op.y.width;
  float* const middle = luminance + (end - luminance) / 2;
  std::nth_element(luminance, middle, end);
  return flip::exposures_for(*std::max_element(middle, end), *middle, flip::tone_curve(op.tone_mapper));
}

template <class T>
FlipExposures exposures_of(const Flip<T>& op, std::int64_t image, float* luminance) {
  if (!op.linear) return {0, 0, 1};
  return op.finds_exposures() ? find_exposures(op, image, luminance) : op.exposures;
}

template <class T>
void write_exposures(const Flip<T>& op, const FlipExposures* exposures) {
  for (std::int64_t image = 0; image < op.x.batch && op.exposure_table.data != nullptr; ++image) {
    op.exposure_table.at(image, kFlipStart) = exposures[image].start;
    op.exposure_table.at(image, kFlipStop) = exposures[image].stop;
    op.exposure_table.at(image, kFlipCount) = exposures[image].count;
  }
}

}  // namespace

template <class T>
std::size_t flip_scratch_bytes(const Flip<T>& op) {
  return FlipMemory<T>(op, flip_taps(op.pixels_per_degree).radius, nullptr).size_bytes;
}

template <class T>
void flip(const Flip<T>& op, Scratch scratch) {
  const FlipTaps taps = flip_taps(op.pixels_per_degree);
  const FlipMemory<T> memory(op, taps.radius, scratch.data);
  const Tiles tiles(op);
  const CodeTable codes;
  for (std::int64_t image = 0; image < op.x.batch; ++image)
    memory.exposures[image] = exposures_of(op, image, memory.luminance);
  write_exposures(op, memory.exposures);
  const std::int64_t jobs = op.x.batch * tiles.per_image;
  parallel_for(memory.lanes, [&](std::int64_t index) {
    const Lane lane = memory.lane(index);
    for (std::int64_t job = index; job < jobs; job += memory.lanes) {
      const Tile place = tile_of(op, tiles, job);
      const FlipExposures& exposures = memory.exposures[place.image];
      FlipTile<T> tile(op, taps, codes, lane, place);
      for (int i = 0; i < exposures.count; ++i) tile.look(flip::gain_of(exposures, i), i == 0);
      memory.tile_sums[job] = tile.finish();
    }
  });
  const double pixels = static_cast<double>(op.x.height) * op.x.width;
  for (std::int64_t image = 0; image < op.x.batch; ++image) {
    const double* const sums = memory.tile_sums + image * tiles.per_image;
    memory.scores[image] = sum_in_order(sums, tiles.per_image) / pixels;
    if (op.scores.data != nullptr) op.scores.at(image) = memory.scores[image];
  }
  if (op.mean != nullptr)
    *op.mean = sum_in_order(memory.scores, op.x.batch) / static_cast<double>(op.x.batch);
}

template std::size_t flip_scratch_bytes(const Flip<float>&);
template std::size_t flip_scratch_bytes(const Flip<std::uint8_t>&);
template std::size_t flip_scratch_bytes(const Flip<Half>&);
template std::size_t flip_scratch_bytes(const Flip<BFloat16>&);
template void flip(const Flip<float>&, Scratch);
template void flip(const Flip<std::uint8_t>&, Scratch);
template void flip(const Flip<Half>&, Scratch);
template void flip(const Flip<BFloat16>&, Scratch);

}  // namespace fg::cpu
