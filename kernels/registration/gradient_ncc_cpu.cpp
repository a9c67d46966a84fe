// Gradient NCC on CPU: two NCCs of two images of edges each, a few images of the batch at a time. The gradients by the
// edges are filtered by the transposes of what made them.

#include <algorithm>
#include <cstdint>

#include "kernels/registration/edge_images.h"
#include "kernels/registration/edge_math.h"
#include "kernels/registration/edge_rows.h"
#include "kernels/registration/gradient_ncc.h"
#include "kernels/registration/similarity_cpu.h"

namespace fg::cpu {
namespace {

constexpr int kBand = 32;                                      // rows of a job
constexpr std::int64_t kPixelsAtOnce = std::int64_t{1} << 22;  // of the images whose edges are kept
constexpr int kMaxRows = 3 * (2 * kMaxEdgeRadius + 1);         // that a transposed Gaussian adds up

// All that lies in the scratch.
struct EdgeMemory {
  Pieces pieces;
  EdgeImages edges;
  ImageView<float> clean;  // images whose unseen samples are 0, row after row
  std::int32_t* unseen;    // [planes, H, W]: how many pixels of a row's window are not seen
  float* rows;             // [planes, bands] of the working rows of a job
  void* ncc;
  std::size_t ncc_bytes, size_bytes;
  std::int64_t bands, row_floats;
  int pitch;

  EdgeMemory(const GradientNcc& op, void* data)
      : pieces(data), edges(op, pieces, kPixelsAtOnce), clean(edges.take(op, pieces)) {
    const ImageView<const float>& given = op.ncc.images.x;
    const std::int64_t planes = edges.images * given.channels;
    unseen = pieces.take<std::int32_t>(planes * given.height * given.width);
    bands = (given.height + kBand - 1) / kBand;
    pitch = given.width + 2 * std::max(edge_blur_radius(op.sigma), 1);
    row_floats = std::int64_t{kBand + 2 + 2} * pitch;
    rows = pieces.take<float>(planes * bands * row_floats);
    ncc_bytes = ncc_scratch_bytes(edges.ncc(op, kAlongRows, 0));
    ncc = pieces.take<char>(static_cast<std::int64_t>(ncc_bytes));
    size_bytes = pieces.used_bytes();
  }
};

// body(plane, first row, rows, working rows) for the bands of all planes.
template <class Body>
void for_bands(const EdgeMemory& memory, const ImageView<const float>& x, const Body& body) {
  parallel_for(x.planes() * memory.bands, [&](std::int64_t job) {
    const int first = static_cast<int>(job % memory.bands) * kBand;
    body(job / memory.bands, first, std::min(kBand, x.height - first), memory.rows + job * memory.row_floats);
  });
}

// The images as they are where rows lie in memory as they should, else a copy; 0 where nothing is seen.
ImageView<const float> cleaned(const EdgeMemory& memory, const ImageView<const float>& images,
                               const ImageView<const float>& mask) {
  if (mask.data == nullptr && images.column_stride == 1) return images;
  for_bands(memory, images, [&](std::int64_t plane, int first, int rows, float*) {
    const PlaneView<const float> from = images.plane(plane), weights = mask.plane(plane);
    const PlaneView<float> to = memory.clean.plane(plane);
    for (int r = first; r < first + rows; ++r)
      for (int c = 0; c < from.width; ++c)
        to.at(r, c) = weights.data == nullptr || weights.at(r, c) > 0 ? from.at(r, c) : 0.0f;
  });
  return part_of(read_only(memory.clean), 0, images.batch);
}

// One row of the blurred image.
void blur_row(const EdgeTaps& taps, const PlaneView<const float>& image, int row, float* padded, float* to) {
  const float* rows[2 * kMaxEdgeRadius + 1];
  float weight[2 * kMaxEdgeRadius + 1];
  const int width = image.width, taps_count = 2 * taps.radius + 1;
  for (int k = 0; k < taps_count; ++k) {
    rows[k] = image.row(reflected(row + k - taps.radius, image.height));
    weight[k] = taps.tap[std::abs(k - taps.radius)];
  }
  float* const middle = padded + taps.radius;
  weigh_rows(rows, weight, taps_count, width, middle);
  for (int k = 1; k <= taps.radius; ++k) {
    middle[-k] = middle[k];
    middle[width - 1 + k] = middle[width - 1 - k];
  }
  for (int k = 0; k < taps_count; ++k) rows[k] = padded + k;
  weigh_rows(rows, weight, taps_count, width, to);
}

// A row of Sobel's filters, along rows and along columns, of three rows that have a zero at either end.
struct SobelRows {
  const float *above, *here, *below;

  // (1 2 1) down the columns, then the right less the left.
  void along_rows(float* buffer, float* to, int width, float sign) const {
    const float* rows[] = {above - 1, here - 1, below - 1};
    const float down[] = {1, 2, 1};
    weigh_rows(rows, down, 3, width + 2, buffer);
    const float* sides[] = {buffer + 2, buffer};
    const float difference[] = {sign, -sign};
    weigh_rows(sides, difference, 2, width, to);
  }
  // The row below less the one above, then (1 2 1) along the row.
  void along_columns(float* buffer, float* to, int width, float sign) const {
    const float* rows[] = {below - 1, above - 1};
    const float difference[] = {sign, -sign};
    weigh_rows(rows, difference, 2, width + 2, buffer);
    const float* shifted[] = {buffer, buffer + 1, buffer + 2};
    const float across[] = {1, 2, 1};
    weigh_rows(shifted, across, 3, width, to);
  }
};

// The edges of both directions.
void find_edges(const EdgeMemory& memory, const EdgeTaps& taps, const ImageView<const float>& images,
                const ImageView<float>* edges) {
  for_bands(memory, images, [&](std::int64_t plane, int first, int rows, float* working) {
    const PlaneView<const float> image = images.plane(plane);
    const PlaneView<float> to_rows = edges[kAlongRows].plane(plane),
                           to_columns = edges[kAlongColumns].plane(plane);
    float *const buffer = working, *const blurred = working + memory.pitch;  // rows first - 1 to first + rows
    const auto blurred_row = [&](int r) { return blurred + std::int64_t{r - first + 1} * memory.pitch + 1; };
    for (int r = first - 1; r <= first + rows; ++r) {
      float* const to = blurred_row(r);
      to[-1] = to[image.width] = 0;
      if (r < 0 || r >= image.height)
        std::fill(to, to + image.width, 0.0f);
      else
        blur_row(taps, image, r, buffer, to);
    }
    for (int r = first; r < first + rows; ++r) {
      const SobelRows sobel{blurred_row(r - 1), blurred_row(r), blurred_row(r + 1)};
      sobel.along_rows(buffer, to_rows.row(r), image.width, 1);
      sobel.along_columns(buffer, to_columns.row(r), image.width, 1);
    }
  });
}

// Sobel's transposes: with zeros outside, the filters turned around, which changes their sign. To edges[0].
void sobel_back(const EdgeMemory& memory, const ImageView<float>* by_edges, const ImageView<float>& to) {
  for_bands(memory, read_only(to), [&](std::int64_t plane, int first, int rows, float* working) {
    const PlaneView<float> along_rows = by_edges[kAlongRows].plane(plane),
                           along_columns = by_edges[kAlongColumns].plane(plane), target = to.plane(plane);
    const int width = target.width;
    float* const buffer = working;
    float* const sum = working + memory.pitch;
    float* const line[] = {sum + memory.pitch + 1, sum + 2 * memory.pitch + 1, sum + 3 * memory.pitch + 1};
    const auto load = [&](const PlaneView<float>& from, int row) {
      for (int k = 0; k < 3; ++k) {
        const int r = row + k - 1;
        line[k][-1] = line[k][width] = 0;
        if (r < 0 || r >= from.height)
          std::fill(line[k], line[k] + width, 0.0f);
        else
          std::copy(from.row(r), from.row(r) + width, line[k]);
      }
    };
    const SobelRows sobel{line[0], line[1], line[2]};
    for (int r = first; r < first + rows; ++r) {
      load(along_rows, r);
      sobel.along_rows(buffer, sum, width, -1);
      load(along_columns, r);
      sobel.along_columns(buffer, target.row(r), width, -1);
      for (int c = 0; c < width; ++c) target.at(r, c) += sum[c];
    }
  });
}

// The Gaussian's transpose, into the caller's gradient.
void blur_back(const EdgeMemory& memory, const EdgeTaps& taps, const ImageView<float>& from,
               const ImageView<float>& to) {
  for_bands(memory, read_only(from), [&](std::int64_t plane, int first, int rows, float* working) {
    const PlaneView<float> given = from.plane(plane), target = to.plane(plane);
    const int width = given.width, radius = taps.radius;
    float *const line = working + radius, *const spread = working + memory.pitch,
                 *const apart = working + 2 * memory.pitch;
    std::fill(working, working + radius, 0.0f);
    std::fill(line + width, line + width + radius, 0.0f);
    const float* sources[kMaxRows];
    float weight[kMaxRows];
    for (int r = first; r < first + rows; ++r) {
      int count = 0;
      for_transposed_taps(taps, r, given.height, [&](int i, float tap) {
        sources[count] = given.row(i);
        weight[count++] = tap;
      });
      weigh_rows(sources, weight, count, width, line);
      // Along the row: to places -radius .. width - 1 + radius, of which those outside fall on their mirror images.
      const auto at = [&](int column) {
        float sum = 0;
        for (int i = std::max(column - radius, 0); i <= std::min(column + radius, width - 1); ++i)
          sum += taps.tap[std::abs(column - i)] * line[i];
        return sum;
      };
      for (int k = 0; k <= 2 * radius; ++k) {
        sources[k] = line + k - radius;
        weight[k] = taps.tap[std::abs(k - radius)];
      }
      weigh_rows(sources, weight, 2 * radius + 1, width, spread);
      for (int k = 1; k <= radius; ++k) {
        spread[k] += at(-k);
        spread[width - 1 - k] += at(width - 1 + k);
      }
      float* const out = row_target(target, r, 0, apart);
      std::copy(spread, spread + width, out);
      put_row(target, r, 0, width, out);
    }
  });
}

// An edge has the weight of its pixel where all pixels around it that its filters look at are seen.
void find_edge_mask(const EdgeMemory& memory, int reach, const ImageView<const float>& mask) {
  const std::int64_t pixels = std::int64_t{mask.height} * mask.width;
  for_bands(memory, mask, [&](std::int64_t plane, int first, int rows, float*) {
    const PlaneView<const float> weights = mask.plane(plane);
    for (int r = first; r < first + rows; ++r) {
      std::int32_t* const row = memory.unseen + plane * pixels + std::int64_t{r} * mask.width;
      const auto unseen = [&](int c) { return c < mask.width && !(weights.at(r, c) > 0) ? 1 : 0; };
      std::int32_t count = 0;
      for (int c = 0; c < std::min(reach, mask.width); ++c) count += unseen(c);
      for (int c = 0; c < mask.width; ++c) {
        count += unseen(c + reach) - (c - reach - 1 < 0 ? 0 : unseen(c - reach - 1));
        row[c] = count;
      }
    }
  });
  for_bands(memory, mask, [&](std::int64_t plane, int first, int rows, float*) {
    const std::int32_t* const counts = memory.unseen + plane * pixels;
    const PlaneView<const float> weights = mask.plane(plane);
    const PlaneView<float> to = memory.edges.mask.plane(plane);
    for (int r = first; r < first + rows; ++r)
      for (int c = 0; c < mask.width; ++c) {
        bool seen = true;
        for (int i = std::max(r - reach, 0); seen && i <= std::min(r + reach, mask.height - 1); ++i)
          seen = counts[std::int64_t{i} * mask.width + c] == 0;
        to.at(r, c) = seen ? weights.at(r, c) : 0.0f;
      }
  });
}

// Images from `first` on.
void measure_part(const GradientNcc& op, const EdgeMemory& memory, std::int64_t first) {
  const SimilarImages& images = op.ncc.images;
  const EdgeImages& edges = memory.edges;
  const std::int64_t count = edges.count(op, first);
  const EdgeTaps taps = edge_taps(op.sigma);
  const ImageView<const float> mask = part_of(images.mask, first, count);
  if (mask.data != nullptr) find_edge_mask(memory, taps.radius + 1, mask);
  find_edges(memory, taps, cleaned(memory, part_of(images.x, first, count), mask), edges.x);
  find_edges(memory, taps, cleaned(memory, part_of(images.y, first, count), mask), edges.y);
  for (int d = 0; d < kEdgeDirections; ++d) ncc(edges.ncc(op, d, first), {memory.ncc, memory.ncc_bytes});
  if (images.scores.data != nullptr)
    for (std::int64_t n = 0; n < count; ++n)
      images.scores.at(first + n) = edges.scores[kAlongRows][n] + edges.scores[kAlongColumns][n];
  // The edges of the pair are done with: their memory takes what lies between the two filters.
  const auto back = [&](const ImageView<float>* by_edges, const ImageView<float>& between,
                        const ImageView<float>& gradient) {
    if (gradient.batch == 0) return;
    const ImageView<float> part = part_of(between, 0, count);
    sobel_back(memory, by_edges, part);
    blur_back(memory, taps, part, part_of(gradient, first, count));
  };
  back(edges.x_gradient, edges.x[0], images.x_gradient);
  back(edges.y_gradient, edges.y[0], images.y_gradient);
}

}  // namespace

std::size_t gradient_ncc_scratch_bytes(const GradientNcc& op) { return EdgeMemory(op, nullptr).size_bytes; }

void gradient_ncc(const GradientNcc& op, Scratch scratch) {
  const EdgeMemory memory(op, scratch.data);
  for (std::int64_t first = 0; first < op.ncc.images.x.batch; first += memory.edges.images)
    measure_part(op, memory, first);
}

}  // namespace fg::cpu
