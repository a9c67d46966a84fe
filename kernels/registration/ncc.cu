// NCC on CUDA. A scale of the whole image: moments in a fixed order, then the gradient. A scale of patches: sums along rows,
// then down the columns, make scores and the terms of the gradient; the sums of these, along rows and down the columns again,
// make the gradient. Windows are summed tap by tap: nothing is subtracted, so that what lies outside a window leaves no trace.

#include "kernels/registration/ncc.h"

#include <cuda_runtime.h>

#include "kernels/core/pieces.h"
#include "kernels/registration/ncc_math.h"
#include "kernels/registration/similarity.cuh"

namespace fg::cuda {
namespace {

constexpr int kTile = 32;  // a block makes kTile x kTile sums down the columns, kDown of them a thread
constexpr int kDown = 4;
static_assert(kTile * kTile / kDown == kPixelThreads);
constexpr std::int64_t kPixelsAtOnce = std::int64_t{1} << 23;  // whose sums are kept

// A plane of the pair with its centres.
struct CentredPair {
  DevicePair pair;
  double x_centre, y_centre;

  __device__ CentredPair(const SimilarImages& images, std::int64_t plane)
      : pair(images, plane), x_centre(centre_of(pair.x, pair.mask)), y_centre(centre_of(pair.y, pair.mask)) {}
  __device__ double x_at(int row, int column) const {
    return static_cast<double>(pair.x.at(row, column)) - x_centre;
  }
  __device__ double y_at(int row, int column) const {
    return static_cast<double>(pair.y.at(row, column)) - y_centre;
  }
  // Adds the moments of a pixel.
  __device__ void add(int row, int column, double* moments) const {
    const double weight = pair.weight_at(row, column);
    if (!(weight > 0)) return;  // what is not seen may be a NaN
    const double x = x_at(row, column), y = y_at(row, column), wx = weight * x, wy = weight * y;
    moments[0] += weight;
    moments[1] += wx;
    moments[2] += wy;
    moments[3] += wx * x;
    moments[4] += wy * y;
    moments[5] += wx * y;
  }
};

__device__ NccSums sums_of(const double* moments) {
  return {moments[0], moments[1], moments[2], moments[3], moments[4], moments[5]};
}

// What both kinds of scales do with a plane's result.
struct ScaleResult {
  NccResult* results;
  double* scores;  // of all scales
  double scale_weight;
  bool adds;

  __device__ void put(std::int64_t plane, const NccResult& result) const {
    results[plane] = result;
    scores[plane] = (adds ? scores[plane] : 0.0) + scale_weight * result.score;
  }
};

// ---- the whole image ----

struct WholeTotals {
  static constexpr int kTotals = kNccPlanes, kLargest = 0;
  SimilarImages images;
  double eps;
  ScaleResult result;

  __device__ CentredPair plane(std::int64_t index) const { return {images, index}; }
  __device__ void add(const CentredPair& pair, int row, int column, Totals<kNccPlanes>& totals) const {
    pair.add(row, column, totals.value);
  }
  __device__ void finish(std::int64_t index, const Totals<kNccPlanes>& totals) const {
    const NccTerms terms = ncc_terms(sums_of(totals.value), eps);
    result.put(index, {terms, totals.value[0], terms.score});
  }
};

// A pixel's gradients, of the terms of the patches that hold it.
struct Slope {
  SimilarImages images;
  bool adds;

  __device__ void put(float& to, double value) const {
    to = adds ? to + static_cast<float>(value) : static_cast<float>(value);
  }
  // The scale of a plane with a NaN is one, and so is all of its gradient; what is not seen has none otherwise.
  __device__ void write(const CentredPair& pair, std::int64_t plane, double scale, const NccTerms& t, int row,
                        int column) const {
    const double weight = pair.pair.weight_at(row, column);
    const bool seen = weight > 0;
    const double x = pair.x_at(row, column), y = pair.y_at(row, column), none = scale - scale;
    if (images.wants_x())
      put(images.x_gradient.plane(plane).at(row, column),
          seen ? scale * weight * (t.both * y - t.of_x * x + t.at_x) : none);
    if (images.wants_y())
      put(images.y_gradient.plane(plane).at(row, column),
          seen ? scale * weight * (t.both * x - t.of_y * y + t.at_y) : none);
  }
};

struct WholeSlope {
  struct Plane {
    CentredPair pair;
    std::int64_t index;
    double scale;
  };
  Slope slope;
  const NccResult* results;
  double scale_weight;

  __device__ Plane plane(std::int64_t index) const {
    const NccResult& result = results[index];
    return {{slope.images, index},
            index,
            scale_weight * slope_scale(slope.images, index, result.score, result.weight)};
  }
  __device__ void write(const Plane& p, int row, int column) const {
    slope.write(p.pair, p.index, p.scale, results[p.index].terms, row, column);
  }
};

// ---- patches ----

// Sums of the moments of `window` pixels along each row, [planes, kNccPlanes, height, across]. One thread a sum.
__global__ void __launch_bounds__(kPixelThreads)
    add_along_rows(SimilarImages images, NccPatches patches, std::int64_t first_plane, double* to) {
  const std::int64_t i = pixel_of_thread(), count = std::int64_t{images.x.height} * patches.across;
  if (i >= count) return;
  const CentredPair pair(images, first_plane + blockIdx.y);
  const int row = static_cast<int>(i / patches.across), column = static_cast<int>(i % patches.across);
  double moments[kNccPlanes] = {};
  for (int k = 0; k < patches.width; ++k) pair.add(row, column + k, moments);
  double* const plane = to + std::int64_t{blockIdx.y} * kNccPlanes * count;
#pragma unroll
  for (int m = 0; m < kNccPlanes; ++m) plane[m * count + i] = moments[m];
}

// The tiles of a plane: blockIdx.x counts them.
struct DeviceTile {
  int row, column;  // of the first of kDown sums of this thread

  __device__ explicit DeviceTile(int width) {
    const unsigned across = (static_cast<unsigned>(width) + kTile - 1) / kTile;
    column = static_cast<int>(blockIdx.x % across) * kTile + static_cast<int>(threadIdx.x % kTile);
    row = static_cast<int>(blockIdx.x / across) * kTile + static_cast<int>(threadIdx.x / kTile) * kDown;
  }
};
std::int64_t tiles_of(int height, int width) {
  return std::int64_t{(height + kTile - 1) / kTile} * ((width + kTile - 1) / kTile);
}
dim3 tile_grid(int height, int width, std::int64_t planes) {
  return plane_grid(tiles_of(height, width), planes);
}

// sums[k] = numbers of the rows first + k .. first + k + window - 1 of a column, of those between 0 and rows.
__device__ void add_down(const double* column, std::int64_t row_stride, int first, int window, int rows,
                         double (&sums)[kDown]) {
#pragma unroll
  for (int k = 0; k < kDown; ++k) sums[k] = 0;
  const int begin = first < 0 ? 0 : first;
  const int end = first + window + kDown - 1 < rows ? first + window + kDown - 1 : rows;
  for (int row = begin; row < end; ++row) {
    const double value = column[row * row_stride];
#pragma unroll
    for (int k = 0; k < kDown; ++k)
      if (row >= first + k && row < first + k + window) sums[k] += value;
  }
}

struct PatchMemory {
  double* along;  // [planes, moments or maps, ...]: sums along rows, on the way there and on the way back
  double* maps;   // [planes, kNccTermMaps, down, across]
};

// Scores of all patches; their terms where maps are there.
__global__ void __launch_bounds__(kPixelThreads)
    score_patches(NccPatches patches, int height, double eps, PatchMemory memory, Totals<2>* parts) {
  const DeviceTile tile(patches.across);
  const std::int64_t along_count = std::int64_t{height} * patches.across, count = patches.count();
  const double* const along =
      memory.along + std::int64_t{blockIdx.y} * kNccPlanes * along_count + tile.column;
  double weight = 0, score = 0;
  if (tile.column < patches.across && tile.row < patches.down) {
    double sums[kNccPlanes][kDown];
#pragma unroll
    for (int m = 0; m < kNccPlanes; ++m)
      add_down(along + m * along_count, patches.across, tile.row, patches.height, height, sums[m]);
#pragma unroll
    for (int k = 0; k < kDown; ++k) {
      if (tile.row + k >= patches.down) continue;
      const NccTerms t =
          ncc_terms({sums[0][k], sums[1][k], sums[2][k], sums[3][k], sums[4][k], sums[5][k]}, eps);
      weight += sums[0][k];
      score += sums[0][k] * t.score;
      if (memory.maps == nullptr) continue;
      double* const map = memory.maps + std::int64_t{blockIdx.y} * kNccTermMaps * count +
                          std::int64_t{tile.row + k} * patches.across + tile.column;
      map[0] = t.both;
      map[count] = t.of_x;
      map[2 * count] = t.at_x;
      map[3 * count] = t.of_y;
      map[4 * count] = t.at_y;
    }
  }
  weight = block_reduce<kPixelThreads>(weight);
  score = block_reduce<kPixelThreads>(score);
  if (threadIdx.x == 0) parts[std::int64_t{blockIdx.y} * gridDim.x + blockIdx.x] = {{weight, score}};
}

struct PatchResult {
  static constexpr int kTotals = 2, kLargest = 0;
  ScaleResult result;

  __device__ void finish(std::int64_t index, const Totals<2>& totals) const {
    const double weight = totals.value[0];
    result.put(index, {{}, weight, weight > 0 ? totals.value[1] / weight : totals.value[1]});
  }
};

// Sums of the terms of the patches that hold a column, [planes, kNccTermMaps, down, width]. One thread a sum of each.
__global__ void __launch_bounds__(kPixelThreads)
    spread_along_rows(NccPatches patches, int width, bool of_x, bool of_y, PatchMemory memory) {
  const std::int64_t i = pixel_of_thread(), to_count = std::int64_t{patches.down} * width;
  if (i >= to_count) return;
  const int row = static_cast<int>(i / width), column = static_cast<int>(i % width);
  const int first = column - patches.width + 1 < 0 ? 0 : column - patches.width + 1;
  const int last = column < patches.across ? column : patches.across - 1;
  for (int m = 0; m < kNccTermMaps; ++m) {
    if (m > 0 && !(m < 3 ? of_x : of_y)) continue;
    const double* const map = memory.maps + (std::int64_t{blockIdx.y} * kNccTermMaps + m) * patches.count() +
                              std::int64_t{row} * patches.across;
    double sum = 0;
    for (int c = first; c <= last; ++c) sum += map[c];
    memory.along[(std::int64_t{blockIdx.y} * kNccTermMaps + m) * to_count + i] = sum;
  }
}

__global__ void __launch_bounds__(kPixelThreads)
    write_patch_slopes(Slope slope, NccPatches patches, PatchMemory memory, const NccResult* results,
                       double scale_weight, std::int64_t first_plane) {
  const SimilarImages& images = slope.images;
  const DeviceTile tile(images.x.width);
  if (tile.column >= images.x.width || tile.row >= images.x.height) return;
  const std::int64_t count = std::int64_t{patches.down} * images.x.width;
  const double* const along = memory.along + std::int64_t{blockIdx.y} * kNccTermMaps * count + tile.column;
  double sums[kNccTermMaps][kDown] = {};
#pragma unroll
  for (int m = 0; m < kNccTermMaps; ++m)
    if (m == 0 || (m < 3 ? images.wants_x() : images.wants_y()))
      add_down(along + m * count, images.x.width, tile.row - patches.height + 1, patches.height, patches.down,
               sums[m]);
  const std::int64_t plane = first_plane + blockIdx.y;
  const CentredPair pair(images, plane);
  const double scale = scale_weight * slope_scale(images, plane, results[plane].score, results[plane].weight);
#pragma unroll
  for (int k = 0; k < kDown; ++k)
    if (tile.row + k < images.x.height)
      slope.write(pair, plane, scale, {0, sums[0][k], sums[1][k], sums[2][k], sums[3][k], sums[4][k]},
                  tile.row + k, tile.column);
}

// ---- memory and launches ----

NccPatches patches_of(const Ncc& op, int s) {
  return ncc_patches(op.images.x.height, op.images.x.width, op.scale[static_cast<std::size_t>(s)].patch);
}

struct NccMemory {
  NccResult* results;    // [planes], of the scale that is worked on
  double* scores;        // [planes]
  std::int64_t at_once;  // planes
  void* parts;           // of the planes at once
  PatchMemory patches;
  std::size_t size_bytes;

  NccMemory(const Ncc& op, void* data) {
    const ImageView<const float>& x = op.images.x;
    at_once = std::clamp<std::int64_t>(kPixelsAtOnce / (std::int64_t{x.height} * x.width), 1,
                                       std::min(x.planes(), kPlanesAtOnce));
    Pieces pieces(data);
    results = pieces.take<NccResult>(x.planes());
    scores = pieces.take<double>(x.planes());
    std::int64_t parts_bytes = 0, along = 0, maps = 0;
    for (int s = 0; s < op.scales; ++s) {
      const NccPatches p = patches_of(op, s);
      if (p.whole()) {
        parts_bytes =
            std::max(parts_bytes, blocks_of_plane(x) * static_cast<std::int64_t>(sizeof(Totals<kNccPlanes>)));
        continue;
      }
      parts_bytes =
          std::max(parts_bytes, tiles_of(p.down, p.across) * static_cast<std::int64_t>(sizeof(Totals<2>)));
      along = std::max({along, kNccPlanes * std::int64_t{x.height} * p.across,
                        kNccTermMaps * std::int64_t{p.down} * x.width});
      if (op.images.wants_gradient()) maps = std::max(maps, kNccTermMaps * p.count());
    }
    parts = pieces.take<char>(at_once * parts_bytes);
    patches.along = pieces.take<double>(at_once * along);
    patches.maps = maps == 0 ? nullptr : pieces.take<double>(at_once * maps);
    size_bytes = pieces.used_bytes();
  }
};

void measure_whole(const Ncc& op, const NccMemory& memory, const ScaleResult& result, std::int64_t first,
                   std::int64_t planes, cudaStream_t stream) {
  find_totals(WholeTotals{op.images, op.eps, result}, op.images.x,
              static_cast<Totals<kNccPlanes>*>(memory.parts), first, planes, stream);
  if (op.images.wants_gradient())
    for_pixels(WholeSlope{{op.images, result.adds}, memory.results, result.scale_weight}, op.images.x, first,
               planes, stream);
}

void measure_patches(const Ncc& op, const NccMemory& memory, const NccPatches& patches,
                     const ScaleResult& result, std::int64_t first, std::int64_t planes,
                     cudaStream_t stream) {
  const int height = op.images.x.height, width = op.images.x.width;
  auto* const parts = static_cast<Totals<2>*>(memory.parts);
  add_along_rows<<<pixel_grid(std::int64_t{height} * patches.across, planes), kPixelThreads, 0, stream>>>(
      op.images, patches, first, memory.patches.along);
  check(cudaGetLastError(), "launching the sums of patches along rows");
  const dim3 grid = tile_grid(patches.down, patches.across, planes);
  score_patches<<<grid, kPixelThreads, 0, stream>>>(patches, height, op.eps, memory.patches, parts);
  check(cudaGetLastError(), "launching the scores of patches");
  finish_totals(PatchResult{result}, parts, grid.x, first, planes, stream);
  if (!op.images.wants_gradient()) return;
  spread_along_rows<<<pixel_grid(std::int64_t{patches.down} * width, planes), kPixelThreads, 0, stream>>>(
      patches, width, op.images.wants_x(), op.images.wants_y(), memory.patches);
  check(cudaGetLastError(), "launching the gradient of patches along rows");
  write_patch_slopes<<<tile_grid(height, width, planes), kPixelThreads, 0, stream>>>(
      {op.images, result.adds}, patches, memory.patches, memory.results, result.scale_weight, first);
  check(cudaGetLastError(), "launching the gradient of patches");
}

}  // namespace

std::size_t ncc_scratch_bytes(const Ncc& op) { return NccMemory(op, nullptr).size_bytes; }

void ncc(const Ncc& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const NccMemory memory(op, scratch.data);
  for_planes(op.images.x.planes(), memory.at_once, [&](std::int64_t first, std::int64_t planes) {
    for (int s = 0; s < op.scales; ++s) {
      const NccPatches patches = patches_of(op, s);
      const ScaleResult result{memory.results, memory.scores, op.scale[static_cast<std::size_t>(s)].weight,
                               s > 0};
      if (patches.whole())
        measure_whole(op, memory, result, first, planes, cuda_stream);
      else
        measure_patches(op, memory, patches, result, first, planes, cuda_stream);
    }
  });
  launch_mean_scores(op.images, memory.scores, cuda_stream);
}

}  // namespace fg::cuda
