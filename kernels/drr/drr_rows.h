#pragma once
// The vector half of DRRs on CPU: sixteen consecutive samples of a ray at a time. The formulas are those of drr_math.h;
// the compiler makes vectors of them.

#include "kernels/drr/drr_math.h"

namespace fg::cpu {

struct alignas(64) DrrBlock {
  static constexpr int kLanes = 16;
  float beta[kLanes];
  int x[kLanes], y[kLanes], z[kLanes];  // the voxel below
  float fraction_x[kLanes], fraction_y[kLanes], fraction_z[kLanes];
  float fade_x[kLanes], fade_y[kLanes], fade_z[kLanes];
  float slope_x[kLanes], slope_y[kLanes], slope_z[kLanes];
  float corner[8][kLanes];  // as FgDrrCorners

  FgDrrTaps taps(int lane) const {
    return {{x[lane], fraction_x[lane], fade_x[lane], slope_x[lane]},
            {y[lane], fraction_y[lane], fade_y[lane], slope_y[lane]},
            {z[lane], fraction_z[lane], fade_z[lane], slope_z[lane]}};
  }
};

// Running sums, a lane each; added up in a fixed order.
struct alignas(64) DrrLanes {
  float value[DrrBlock::kLanes] = {};
  float at_x[DrrBlock::kLanes] = {}, at_y[DrrBlock::kLanes] = {}, at_z[DrrBlock::kLanes] = {};
  float along_x[DrrBlock::kLanes] = {}, along_y[DrrBlock::kLanes] = {}, along_z[DrrBlock::kLanes] = {};
};

// Where samples first .. first + 15 lie.
void locate(const FgDrrRay& ray, const FgDrrMarch& march, const FgDrrGrid& grid, int first, DrrBlock& block);

// What the first `count` samples see, 0 for the others; corners are filled in.
void see(DrrBlock& block, const FgDrrValues& values, int count, float* seen);
void add_seen(DrrBlock& block, const FgDrrValues& values, int count, float* lanes);

// Adds value and slope of the first `count` samples, each times its weight.
void add_slopes(DrrBlock& block, const FgDrrValues& values, int count, const float* weights, DrrLanes& lanes);

}  // namespace fg::cpu
