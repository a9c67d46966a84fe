#pragma once
// What the CUDA kernels of SSIM 2D share: how an image is cut into strips, the walk down a strip, and the sums.
// Included by .cu files alone.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_scores.h"
#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim2d_strip.h"

namespace fg::cuda {

inline constexpr int kBlocksPerSm = 5;  // 178 KB of a Hopper SM's shared memory, 96 registers a thread
inline constexpr std::int64_t kMaxGridYZ = 65535;  // CUDA's limit

// What a kernel's strips can be.
struct StripShape {
  std::int32_t columns;    // at most
  std::int64_t at_once;    // strips on a multiprocessor
  std::int32_t halo_rows;  // that a strip works through beside its own
  std::int32_t most_rows;
};

// How planes are cut into strips. A strip works in runs of kRunRows rows, its halo's included; all strips of a plane
// together in as many whole runs as their rows and halos need, spread evenly.
struct Strips {
  std::int32_t columns;    // of results in a strip; the last ones of a plane have fewer
  std::int32_t halo_rows;  // StripShape's
  std::int64_t runs;       // of a column of strips
  std::int64_t across, down, per_plane, planes;

  Strips() = default;
  Strips(std::int32_t height, std::int32_t width, std::int64_t plane_count, StripShape shape)
      : columns(shape.columns),
        halo_rows(shape.halo_rows),
        across((width + columns - 1) / columns),
        planes(plane_count) {
    // By the images' size alone, so that the order of the sums does not depend on the device; the count of
    // multiprocessors is that of an H200. Its multiprocessors fill up with strips, round by round; in the last round
    // those that hold few strips take as long as if they held half of what fits, since a strip alone waits a lot.
    constexpr std::int64_t kMultiprocessors = 132, kStartRows = 4;
    constexpr std::int32_t kLeastRows = 16;
    const std::int64_t round = kMultiprocessors * shape.at_once;
    double least = std::numeric_limits<double>::max();
    for (std::int32_t rows = shape.most_rows; rows >= kLeastRows; rows -= strip::kRunRows) {
      const std::int64_t candidate = (height + rows - 1) / rows;
      const std::int64_t strips = planes * across * candidate;
      const std::int64_t last = (strips % round + kMultiprocessors - 1) / kMultiprocessors;
      const std::int64_t halves =
          2 * shape.at_once * (strips / round) + (last == 0 ? 0 : std::max(2 * last, shape.at_once));
      const double each =
          static_cast<double>(strip::kRunRows * runs_of(candidate, height)) / static_cast<double>(candidate);
      const double cost = static_cast<double>(halves) * (each + kStartRows);
      if (cost >= least) continue;
      least = cost;
      down = candidate;
    }
    set_down(down, height);
  }

  void set_down(std::int64_t strips, std::int32_t height) {
    down = strips;
    runs = runs_of(down, height);
    per_plane = across * down;
  }

  // At most, of one strip.
  std::int64_t rows() const { return (runs + down - 1) / down * strip::kRunRows - halo_rows; }

  // The row that strip `at` of a column begins with.
  __host__ __device__ std::int32_t first_row(std::int64_t at) const {
    return static_cast<std::int32_t>(at * runs / down * strip::kRunRows - at * halo_rows);
  }

  void check() const {
    require(down <= kMaxGridYZ && per_plane <= std::numeric_limits<std::int32_t>::max(),
            ErrorCode::unsupported,
            "the images have more rows than a CUDA launch reaches; score them in parts");
    require(planes <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
            "the batch has more channels than a CUDA launch reaches; score it in parts");
  }

 private:
  std::int64_t runs_of(std::int64_t strips, std::int32_t height) const {
    return (height + strips * halo_rows + strip::kRunRows - 1) / strip::kRunRows;
  }
};

// The sums of strips on their way to scores.
struct StripSums : PartSums {
  static std::size_t bytes(const Strips& strips) { return PartSums::bytes(strips.planes, strips.per_plane); }
  StripSums(void* memory, const Strips& strips) : PartSums(memory, strips.planes, strips.per_plane) {}

  // That of this block: x across, y down. Called by one of its threads.
  __device__ void leave(unsigned plane, double sum) const {
    PartSums::leave((std::int64_t{plane} * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x, sum);
  }
};

// The part of a plane with a map of height x width that belongs to a strip.
__device__ inline strip::Place place_of_strip(const Strips& strips, unsigned across, unsigned down,
                                              std::int32_t height, std::int32_t width, std::int32_t inset) {
  const std::int32_t first_row = strips.first_row(down);
  strip::Place place{first_row, min(strips.first_row(down + 1), height) - first_row,
                     static_cast<std::int32_t>(across) * strips.columns, strips.columns, inset};
  place.columns = min(place.columns, width - place.column);
  return place;
}

// That of this block: x across, y down.
__device__ inline strip::Place place_of_block(const Strips& strips, std::int32_t height, std::int32_t width,
                                              std::int32_t inset) {
  return place_of_strip(strips, blockIdx.x, blockIdx.y, height, width, inset);
}

// Nothing is made beside the results of a walk.
struct NothingBeside {
  template <class Column>
  __device__ void arrived(const Column&, int) {}
  __device__ void passed(std::int32_t, int) {}
};

// Walks down a strip of x and y; calls finish(moments, group) for each of the thread's groups of results.
// `beside` sees the samples as they arrive, kRunRows rows a turn, and is called again behind the barrier of that turn.
template <int kRadius, class Offset, class T, class Finish, class Beside = NothingBeside>
__device__ void walk_strip(const PlaneView<const T>& x, const PlaneView<const T>& y,
                           const strip::Place& place, const WindowTaps& window, strip::Shared* buffers,
                           const Finish& finish, Beside beside = {}) {
  const int thread = threadIdx.x;
  strip::Column<kRadius, Offset, T> column = strip::start_column<kRadius, Offset>(thread, x, y, place);
  int turn = 0;
  for (std::int32_t row = 0; row < place.rows; row += strip::kRunRows, turn ^= 1) {
    strip::Moments* const shared = buffers[turn].moments;
    if (strip::has_columns<kRadius>(thread, place)) {
      beside.arrived(column, turn);
      strip::filter_columns<kRadius>(thread, column, window, shared);
      // The next rows travel while these are worked on.
      if (row + strip::kRunRows < place.rows) strip::load_next_rows(column, x, y);
    }
    __syncthreads();
    beside.passed(row, turn);
    const strip::Group group = strip::group_of(thread, place, row);
    if (group.count <= 0) continue;
    FgSsimMoments moments[strip::kGroupColumns];
    strip::filter_rows<kRadius>(thread, shared, window, moments);
    finish(moments, group);
  }
}

// launch(blocks, first_plane) for all planes of the strips: z are planes, at most kMaxGridYZ of them at once.
template <class Launch>
void for_planes(const Strips& strips, const Launch& launch) {
  for (std::int64_t plane = 0; plane < strips.planes; plane += kMaxGridYZ) {
    launch(dim3(static_cast<unsigned>(strips.across), static_cast<unsigned>(strips.down),
                static_cast<unsigned>(std::min(strips.planes - plane, kMaxGridYZ))),
           static_cast<unsigned>(plane));
    check(cudaGetLastError(), "launching the SSIM kernel");
  }
}

}  // namespace fg::cuda
