#pragma once
// The moments of a live reference: live_reference_tile.h, a block a tile.

#include "kernels/ssim/live_reference_tile.h"

namespace fg::live {

// z: channels.
__device__ inline void filter_reference(const LiveReference& op) {
  __shared__ ReferenceTile tile;
  const int thread = threadIdx.x, c = blockIdx.z;
  const std::int32_t row = blockIdx.y * kReferenceRows, column = blockIdx.x * kReferenceColumns;
  load_samples(thread, op, row, column, c, tile);
  if (c == 0 && op.copy != nullptr) copy_pixels(thread, op, row, column);
  __syncthreads();
  const double centre = tile_centre(op, row, column, tile);
  filter_rows(thread, op, centre, tile);
  __syncthreads();
  filter_columns(thread, op, row, column, c, centre, tile);
}

}  // namespace fg::live
