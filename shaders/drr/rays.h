#ifndef FG_SHADERS_DRR_RAYS_H
#define FG_SHADERS_DRR_RAYS_H
// The push constants of both DRR passes, as C++ and GLSL see them. 128 bytes is what every device offers.
//
// Pixel (column, row) has x = column + 0.5 - width / 2 and y = row + 0.5 - height / 2. Sample s of its ray
// lies at
//   (middle_0 + x middle_x + y middle_y) + (s - middle) (step_0 + x step_x + y step_y)
// in texels of the volume, which carries a border of zeros one voxel wide: voxel i is texel i + 1. Counting
// from a middle sample inside the volume keeps the rounding error of float at that of the volume's size, not
// of the source's distance. The weight of a sample in mm is the length of (depth_mm, shift_x + x pitch_x,
// shift_y + y pitch_y), all divided by n_samples - 1.

#if defined(__cplusplus)
#include <cstdint>
namespace fg {
using DrrVec4 = float[4];
using DrrInt = std::int32_t;
#define FG_DRR_VEC4 alignas(16) DrrVec4
#define FG_DRR_INT DrrInt
#else
#define FG_DRR_VEC4 vec4
#define FG_DRR_INT int
#endif

struct DrrRays {
  FG_DRR_VEC4 middle_0;  // w: depth_mm
  FG_DRR_VEC4 middle_x;  // w: pitch_x
  FG_DRR_VEC4 middle_y;  // w: pitch_y
  FG_DRR_VEC4 step_0;    // w: 0
  FG_DRR_VEC4 step_x;    // w: shift_x
  FG_DRR_VEC4 step_y;    // w: shift_y
  FG_DRR_INT middle;     // sample index, 0..n_samples-1
  FG_DRR_INT n_samples;  // 2..65536
  float grey_scale;      // grey = integral * grey_scale + grey_offset, clamped to 0..1
  float grey_offset;
};

#if defined(__cplusplus)
static_assert(sizeof(DrrRays) == 112);
}  // namespace fg
#endif
#endif
