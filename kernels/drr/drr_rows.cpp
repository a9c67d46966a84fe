#include "kernels/drr/drr_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/drr/drr_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {

constexpr int kLanes = DrrBlock::kLanes;

HWY_ATTR void locate_block(const FgDrrRay& ray, const FgDrrMarch& march, const FgDrrGrid& grid, int first,
                           DrrBlock& block) {
  const FgDrrRay r = ray;
  const FgDrrMarch m = march;
  const FgDrrGrid g = grid;
  for (int i = 0; i < kLanes; ++i) {
    const float beta = fg_drr_beta(m, first + i);
    const FgDrrTaps taps = fg_drr_taps(fg_drr_point(r, beta), g);
    block.beta[i] = beta;
    block.x[i] = taps.x.base;
    block.y[i] = taps.y.base;
    block.z[i] = taps.z.base;
    block.fraction_x[i] = taps.x.fraction;
    block.fraction_y[i] = taps.y.fraction;
    block.fraction_z[i] = taps.z.fraction;
    block.fade_x[i] = taps.x.fade;
    block.fade_y[i] = taps.y.fade;
    block.fade_z[i] = taps.z.fade;
    block.slope_x[i] = taps.x.fade_slope;
    block.slope_y[i] = taps.y.fade_slope;
    block.slope_z[i] = taps.z.fade_slope;
  }
}

HWY_ATTR void convert(DrrBlock& block, const FgDrrValues& values) {
  if (values.hu == 0) return;
  const FgDrrValues v = values;
  for (int c = 0; c < 8; ++c)
    for (int i = 0; i < kLanes; ++i) block.corner[c][i] = fg_drr_mu(v, block.corner[c][i]);
}

inline FgDrrTaps taps_of(const DrrBlock& block, int i) {
  return {{0, block.fraction_x[i], block.fade_x[i], block.slope_x[i]},
          {0, block.fraction_y[i], block.fade_y[i], block.slope_y[i]},
          {0, block.fraction_z[i], block.fade_z[i], block.slope_z[i]}};
}
inline FgDrrCorners corners_of(const DrrBlock& block, int i) {
  return {block.corner[0][i], block.corner[1][i], block.corner[2][i], block.corner[3][i],
          block.corner[4][i], block.corner[5][i], block.corner[6][i], block.corner[7][i]};
}

HWY_ATTR void see_block(DrrBlock& block, const FgDrrValues& values, int count, float* HWY_RESTRICT seen) {
  convert(block, values);
  for (int i = 0; i < kLanes; ++i) {
    const float value = fg_drr_value(taps_of(block, i), corners_of(block, i));
    seen[i] = i < count ? value : 0.0f;
  }
}

HWY_ATTR void add_seen_block(DrrBlock& block, const FgDrrValues& values, int count,
                             float* HWY_RESTRICT lanes) {
  convert(block, values);
  for (int i = 0; i < kLanes; ++i) {
    const float value = fg_drr_value(taps_of(block, i), corners_of(block, i));
    lanes[i] += i < count ? value : 0.0f;
  }
}

HWY_ATTR void add_slopes_block(DrrBlock& block, const FgDrrValues& values, int count,
                               const float* HWY_RESTRICT weights, DrrLanes& lanes) {
  convert(block, values);
  for (int i = 0; i < kLanes; ++i) {
    const FgDrrSample sample = fg_drr_sample(taps_of(block, i), corners_of(block, i));
    // Selected, not multiplied: what lies beyond the ray may be NaN.
    const float weight = weights[i], beta = block.beta[i];
    const float x = i < count ? weight * sample.slope.x : 0.0f,
                y = i < count ? weight * sample.slope.y : 0.0f,
                z = i < count ? weight * sample.slope.z : 0.0f;
    lanes.value[i] += i < count ? weight * sample.value : 0.0f;
    lanes.at_x[i] += x;
    lanes.at_y[i] += y;
    lanes.at_z[i] += z;
    lanes.along_x[i] += beta * x;
    lanes.along_y[i] += beta * y;
    lanes.along_z[i] += beta * z;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(locate_block);
HWY_EXPORT(see_block);
HWY_EXPORT(add_seen_block);
HWY_EXPORT(add_slopes_block);

void locate(const FgDrrRay& ray, const FgDrrMarch& march, const FgDrrGrid& grid, int first, DrrBlock& block) {
  HWY_DYNAMIC_DISPATCH(locate_block)(ray, march, grid, first, block);
}
void see(DrrBlock& block, const FgDrrValues& values, int count, float* seen) {
  HWY_DYNAMIC_DISPATCH(see_block)(block, values, count, seen);
}
void add_seen(DrrBlock& block, const FgDrrValues& values, int count, float* lanes) {
  HWY_DYNAMIC_DISPATCH(add_seen_block)(block, values, count, lanes);
}
void add_slopes(DrrBlock& block, const FgDrrValues& values, int count, const float* weights,
                DrrLanes& lanes) {
  HWY_DYNAMIC_DISPATCH(add_slopes_block)(block, values, count, weights, lanes);
}

}  // namespace fg::cpu
#endif
