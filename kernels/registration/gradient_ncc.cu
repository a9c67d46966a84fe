// Gradient NCC on CUDA: two NCCs of two images of edges each, a few images of the batch at a time. The gradients by the
// edges are filtered by the transposes of what made them. One thread a pixel in each filter.

#include "kernels/registration/gradient_ncc.h"

#include <cuda_runtime.h>

#include "kernels/registration/edge_images.h"
#include "kernels/registration/edge_math.h"
#include "kernels/registration/similarity.cuh"

namespace fg::cuda {
namespace {

constexpr std::int64_t kPixelsAtOnce = std::int64_t{1} << 23;  // of the images whose edges are kept

// A sample, 0 where the mask does not show it: it may be a NaN.
__device__ float seen_at(const PlaneView<const float>& image, const PlaneView<const float>& mask, int row,
                         int column) {
  return mask.data == nullptr || mask.at(row, column) > 0 ? image.at(row, column) : 0.0f;
}

struct BlurDown {
  EdgeTaps taps;
  ImageView<const float> images, mask;
  ImageView<float> to;

  __device__ void write(std::int64_t index, int row, int column) const {
    const PlaneView<const float> from = images.plane(index), weights = mask.plane(index);
    float sum = 0;
    for (int k = -taps.radius; k <= taps.radius; ++k)
      sum += taps.tap[k < 0 ? -k : k] * seen_at(from, weights, reflected(row + k, from.height), column);
    to.plane(index).at(row, column) = sum;
  }
};

struct BlurAlong {
  EdgeTaps taps;
  ImageView<float> from, to;

  __device__ void write(std::int64_t index, int row, int column) const {
    const float* const line = from.plane(index).row(row);
    float sum = 0;
    for (int k = -taps.radius; k <= taps.radius; ++k)
      sum += taps.tap[k < 0 ? -k : k] * line[reflected(column + k, from.width)];
    to.plane(index).at(row, column) = sum;
  }
};

// Sobel's operators around a pixel, zeros outside.
struct Sobel {
  PlaneView<float> image;
  int row, column;

  __device__ float at(int r, int c) const {
    r += row;
    c += column;
    return r < 0 || r >= image.height || c < 0 || c >= image.width ? 0.0f : image.at(r, c);
  }
  __device__ float along_rows() const {
    const float right = at(-1, 1) + 2 * at(0, 1) + at(1, 1), left = at(-1, -1) + 2 * at(0, -1) + at(1, -1);
    return right - left;
  }
  __device__ float along_columns() const {
    const float below = at(1, -1) + 2 * at(1, 0) + at(1, 1), above = at(-1, -1) + 2 * at(-1, 0) + at(-1, 1);
    return below - above;
  }
};

struct FindEdges {
  ImageView<float> blurred, along_rows, along_columns;

  __device__ void write(std::int64_t index, int row, int column) const {
    const Sobel sobel{blurred.plane(index), row, column};
    along_rows.plane(index).at(row, column) = sobel.along_rows();
    along_columns.plane(index).at(row, column) = sobel.along_columns();
  }
};

// Sobel's transposes: with zeros outside, the filters turned around, which changes their sign.
struct SobelBack {
  ImageView<float> by_rows, by_columns, to;

  __device__ void write(std::int64_t index, int row, int column) const {
    const Sobel rows{by_rows.plane(index), row, column}, columns{by_columns.plane(index), row, column};
    to.plane(index).at(row, column) = -rows.along_rows() - columns.along_columns();
  }
};

template <bool kDown>  // the columns; else along the rows
struct BlurBack {
  EdgeTaps taps;
  ImageView<float> from, to;

  __device__ void write(std::int64_t index, int row, int column) const {
    const PlaneView<float> given = from.plane(index);
    float sum = 0;
    for_transposed_taps(
        taps, kDown ? row : column, kDown ? given.height : given.width,
        [&](int i, float tap) { sum += tap * (kDown ? given.at(i, column) : given.at(row, i)); });
    to.plane(index).at(row, column) = sum;
  }
};

// Is all of a row's window seen?
struct SeenAlong {
  int reach;
  ImageView<const float> mask;
  ImageView<float> to;

  __device__ void write(std::int64_t index, int row, int column) const {
    const PlaneView<const float> weights = mask.plane(index);
    bool seen = true;
    for (int k = -reach; k <= reach; ++k)
      if (column + k >= 0 && column + k < weights.width) seen = seen && weights.at(row, column + k) > 0;
    to.plane(index).at(row, column) = seen ? 1.0f : 0.0f;
  }
};
// An edge has the weight of its pixel where the rows of all of its window are seen.
struct EdgeMask {
  int reach;
  ImageView<float> seen;
  ImageView<const float> mask;
  ImageView<float> to;

  __device__ void write(std::int64_t index, int row, int column) const {
    const PlaneView<float> rows = seen.plane(index);
    bool all = true;
    for (int k = -reach; k <= reach; ++k)
      if (row + k >= 0 && row + k < rows.height) all = all && rows.at(row + k, column) > 0;
    to.plane(index).at(row, column) = all ? mask.plane(index).at(row, column) : 0.0f;
  }
};

// A filter, as for_pixels() takes it: it needs no more of a plane than its number.
template <class Filter>
struct OfPlanes {
  Filter filter;

  __device__ std::int64_t plane(std::int64_t index) const { return index; }
  __device__ void write(std::int64_t index, int row, int column) const { filter.write(index, row, column); }
};

__global__ void __launch_bounds__(kPixelThreads)
    add_scores(const double* rows, const double* columns, std::int64_t count, std::int64_t first,
               NumberColumn<double> scores) {
  wait_for_previous_kernel();
  const std::int64_t n = pixel_of_thread();
  if (n < count) scores.at(first + n) = rows[n] + columns[n];
}

// All that lies in the scratch.
struct EdgeMemory {
  Pieces pieces;
  EdgeImages edges;
  ImageView<float> between[2];  // what lies between two filters
  void* ncc;
  std::size_t ncc_bytes, size_bytes;

  EdgeMemory(const GradientNcc& op, void* data)
      : pieces(data),
        edges(op, pieces, kPixelsAtOnce),
        between{edges.take(op, pieces), edges.take(op, pieces)},
        ncc_bytes(ncc_scratch_bytes(edges.ncc(op, kAlongRows, 0))) {
    ncc = pieces.take<char>(static_cast<std::int64_t>(ncc_bytes));
    size_bytes = pieces.used_bytes();
  }
};

// The filters of some images of the batch, one after the other on the stream.
class Filters {
 public:
  Filters(const EdgeMemory& memory, const EdgeTaps& taps, const ImageView<const float>& like,
          cudaStream_t stream)
      : memory_(memory), taps_(taps), like_(like), stream_(stream) {}

  void find_mask(const ImageView<const float>& mask) const {
    apply(SeenAlong{taps_.radius + 1, mask, memory_.between[0]});
    apply(EdgeMask{taps_.radius + 1, memory_.between[0], mask, memory_.edges.mask});
  }
  void find_edges(const ImageView<const float>& images, const ImageView<const float>& mask,
                  const ImageView<float>* edges) const {
    apply(BlurDown{taps_, images, mask, memory_.between[0]});
    apply(BlurAlong{taps_, memory_.between[0], memory_.between[1]});
    apply(FindEdges{memory_.between[1], edges[kAlongRows], edges[kAlongColumns]});
  }
  void go_back(const ImageView<float>* by_edges, const ImageView<float>& gradient) const {
    if (gradient.batch == 0) return;
    apply(SobelBack{by_edges[kAlongRows], by_edges[kAlongColumns], memory_.between[0]});
    apply(BlurBack<true>{taps_, memory_.between[0], memory_.between[1]});
    apply(BlurBack<false>{taps_, memory_.between[1], gradient});
  }

 private:
  template <class Filter>
  void apply(const Filter& filter) const {
    for_planes(like_.planes(), kPlanesAtOnce, [&](std::int64_t first, std::int64_t planes) {
      for_pixels(OfPlanes<Filter>{filter}, like_, first, planes, stream_);
    });
  }

  const EdgeMemory& memory_;
  const EdgeTaps& taps_;
  const ImageView<const float>& like_;
  cudaStream_t stream_;
};

}  // namespace

std::size_t gradient_ncc_scratch_bytes(const GradientNcc& op) { return EdgeMemory(op, nullptr).size_bytes; }

void gradient_ncc(const GradientNcc& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const EdgeMemory memory(op, scratch.data);
  const EdgeTaps taps = edge_taps(op.sigma);
  const SimilarImages& images = op.ncc.images;
  const EdgeImages& edges = memory.edges;
  for (std::int64_t first = 0; first < images.x.batch; first += edges.images) {
    const std::int64_t count = edges.count(op, first);
    const ImageView<const float> x = part_of(images.x, first, count), y = part_of(images.y, first, count),
                                 mask = part_of(images.mask, first, count);
    const Filters filters(memory, taps, x, cuda_stream);
    if (mask.data != nullptr) filters.find_mask(mask);
    filters.find_edges(x, mask, edges.x);
    filters.find_edges(y, mask, edges.y);
    for (int d = 0; d < kEdgeDirections; ++d)
      ncc(edges.ncc(op, d, first), {memory.ncc, memory.ncc_bytes}, device, stream);
    if (images.scores.data != nullptr)
      launch_early(add_scores, pixel_grid(count, 1), kPixelThreads, cuda_stream, edges.scores[kAlongRows],
                   edges.scores[kAlongColumns], count, first, images.scores);
    filters.go_back(edges.x_gradient, part_of(images.x_gradient, first, count));
    filters.go_back(edges.y_gradient, part_of(images.y_gradient, first, count));
  }
}

}  // namespace fg::cuda
