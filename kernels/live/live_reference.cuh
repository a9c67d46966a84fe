#pragma once
// The moments of a live reference: live_reference_strip.h, a block a strip.

#include "kernels/live/live_reference_strip.h"

namespace fg::live {

// x: across, y: down. Four blocks share a multiprocessor.
__device__ inline void filter_reference(const LiveReference& op) {
  __shared__ ReferenceSums shared;
  const int thread = threadIdx.x;
  const Strips strips = reference_strips(op.width, op.height);
  const Place place = strips.place(static_cast<std::int32_t>(blockIdx.x),
                                   static_cast<std::int32_t>(blockIdx.y), op.width, op.height);
  const std::int32_t column = place.column - kMaxWindowRadius + thread;
  const bool own = thread >= kMaxWindowRadius && thread < place.columns + kMaxWindowRadius;
  ReferenceTrack track(place.row, column, column >= 0 && column < op.width);
  track.start(op);
  const float two_c2 = 2.0f * live_constants(op.codes).c2;
  for (std::int32_t row = 0; row < place.rows; row += kRunRows) {
    if (op.copy != nullptr && own) copy_pixels(op, place.row + row, column, track);
    const Group group = group_of(thread, place, row);
    ReferenceMoments* to = op.moments + std::int64_t{group.row} * op.moments_pitch + group.column;
#pragma unroll
    for (int c = 0; c < 3; ++c, to += std::int64_t{op.height} * op.moments_pitch) {
      filter_reference_columns(thread, track.channel(c), op.window, shared);
      __syncthreads();
      ReferenceMoments moments[kGroupColumns];
      filter_reference_rows(thread, shared, op.window, two_c2, moments);
      if (group.count >= kGroupColumns) {  // pitch and columns are even: 16 bytes at a time
#pragma unroll
        for (int i = 0; i < kGroupColumns; i += 2)
          *reinterpret_cast<float4*>(to + i) = {moments[i].four_means, moments[i].four_variances,
                                                moments[i + 1].four_means, moments[i + 1].four_variances};
      } else {
#pragma unroll
        for (int i = 0; i < kGroupColumns; ++i)
          if (i < group.count) to[i] = moments[i];
      }
      __syncthreads();
    }
    if (row + kRunRows < place.rows) track.advance(op);
  }
}

}  // namespace fg::live
