// The live kernels by name, for launches without a CUDA runtime (live_launch.h): frames and references behind textures,
// references copied to linear memory. Built to a fatbin of its own.

#include "kernels/live/live_reference.cuh"
#include "kernels/live/live_strip.cuh"
#include "kernels/live/live_tile.cuh"

using fg::live::PixelFormat;

extern "C" __global__ void __launch_bounds__(fg::live::kThreads, 4)
    fg_live_reference(const __grid_constant__ fg::live::LiveReference op) {
  fg::live::filter_reference(op);
}

extern "C" __global__ void __launch_bounds__(fg::live::kTileThreads, 1)
    fg_live_tiles_texture8(const __grid_constant__ fg::live::LiveSsim op) {
  fg::live::score_tile<PixelFormat::texture8>(op);
}

#define FG_STRIPS(name, radius, reference)                                            \
  extern "C" __global__ void __launch_bounds__(fg::live::kStripThreads, 1)            \
      name(const __grid_constant__ fg::live::LiveSsim op) {                           \
    fg::live::score_strips<radius, PixelFormat::texture, PixelFormat::reference>(op); \
  }
FG_STRIPS(fg_live_strips_texture_rgba8_7, 3, rgba8)
FG_STRIPS(fg_live_strips_texture_rgba8_9, 4, rgba8)
FG_STRIPS(fg_live_strips_texture_rgba8_11, 5, rgba8)
FG_STRIPS(fg_live_strips_texture_planar_7, 3, planar32f)
FG_STRIPS(fg_live_strips_texture_planar_9, 4, planar32f)
FG_STRIPS(fg_live_strips_texture_planar_11, 5, planar32f)
