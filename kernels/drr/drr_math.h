#ifndef FG_KERNELS_DRR_MATH_H
#define FG_KERNELS_DRR_MATH_H
// Line integrals through a grid of voxels, once, for GLSL, C++ and CUDA: where the samples of a ray lie, what they see,
// and how the sum changes with the ray.
//
// Coordinates are voxels, centres at integers, zero outside. A ray from source S to detector T is seen from a point in
// the volume's neighbourhood: with alpha_m the share of the way there and beta = alpha - alpha_m,
//   p(beta) = at + beta along,   at = S + alpha_m (T - S),   along = T - S
// so that the rounding error of float is that of the volume's size, not of the source's distance.
//
// Derivatives. For the sum I = weight sum_k f(p(beta_k)) the three sums
//   F = sum f(p_k)     G0 = sum grad f(p_k)     G1 = sum beta_k grad f(p_k)
// give dI/dat = weight G0 and dI/dalong = weight G1 where the beta_k stay; what moves them or the weight adds terms of
// G0 . along and G1 . along (fg_drr_trilinear_slope). Siddon's sum, I = length sum_c mu_c (beta_c+1 - beta_c), changes as
// the crossings beta_c = (plane - at_a) / along_a move: the same sums, with grad f replaced by the jump of mu over
// along_a at each crossing of axis a.

#include "shaders/shared/portable.h"

#if defined(__cplusplus)
#include <math.h>
FG_HD float fg_drr_floor(float x) { return floorf(x); }
#else
float fg_drr_floor(float x) { return floor(x); }
#endif

struct FgDrrVec {
  float x, y, z;
};

struct FgDrrGrid {
  int nx, ny, nz;  // voxels, at least 1 each
};

struct FgDrrRay {
  FgDrrVec at, along;  // voxels
  float alpha;         // of `at`: 0 at the source, 1 at the detector
  float length_mm;     // from source to detector
};

// Where samples lie. kSegment: n of them from source to detector, both ends included, n - 1 steps (the convention of
// nanodrr). kInside: n midpoints of equal parts of what the ray has inside the support of the interpolation. kStep:
// midpoints of steps of step_mm, counted from the source.
#define FG_DRR_SEGMENT 0
#define FG_DRR_INSIDE 1
#define FG_DRR_STEP 2
struct FgDrrSampling {
  int kind;
  int count;      // kSegment: 2 or more; kInside: 1 or more
  float step_mm;  // kStep
};

// Samples first..last of a ray: sample n has beta = start + n pace. first > last: the ray misses.
struct FgDrrMarch {
  float start, pace, weight_mm;
  int first, last;
  int inner_first, inner_last;  // all eight voxels around these samples exist
  float enter, leave;           // beta where the ray enters and leaves
  int enter_axis, leave_axis;   // through which planes: 0, 1, 2; -1: the ray's own end
};

FG_HD float fg_drr_least(float a, float b) { return b < a ? b : a; }
FG_HD float fg_drr_most(float a, float b) { return b > a ? b : a; }
// NaN becomes low, so that an index made of it stays inside.
FG_HD float fg_drr_clamp(float x, float low, float high) { return x > low ? (x < high ? x : high) : low; }
FG_HD int fg_drr_clamp_int(int x, int low, int high) { return x > low ? (x < high ? x : high) : low; }
FG_HD float fg_drr_dot(FgDrrVec a, FgDrrVec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

struct FgDrrSlab {
  float enter, leave;
  int enter_axis, leave_axis;
};

FG_HD FgDrrSlab fg_drr_cut(FgDrrSlab slab, float at, float along, float low, float high, int axis) {
  if (along == FG_FLOAT(0.0)) {
    if (!(at > low && at < high)) slab.leave = slab.enter - FG_FLOAT(1.0);
    return slab;
  }
  const float inv = FG_FLOAT(1.0) / along;
  const float a = (low - at) * inv, b = (high - at) * inv;
  const float first = fg_drr_least(a, b), second = fg_drr_most(a, b);
  if (first > slab.enter) {
    slab.enter = first;
    slab.enter_axis = axis;
  }
  if (second < slab.leave) {
    slab.leave = second;
    slab.leave_axis = axis;
  }
  return slab;
}

// The part of the ray between low and n - 1 - low on each axis: low -1 is the support of trilinear interpolation, 0 or more
// where all eight neighbours exist, -0.5 the voxels themselves. leave < enter: none.
FG_HD FgDrrSlab fg_drr_slab(FgDrrRay ray, FgDrrGrid grid, float low) {
  FgDrrSlab slab;
  slab.enter = -ray.alpha;
  slab.leave = FG_FLOAT(1.0) - ray.alpha;
  slab.enter_axis = -1;
  slab.leave_axis = -1;
  slab = fg_drr_cut(slab, ray.at.x, ray.along.x, low, float(grid.nx - 1) - low, 0);
  slab = fg_drr_cut(slab, ray.at.y, ray.along.y, low, float(grid.ny - 1) - low, 1);
  return fg_drr_cut(slab, ray.at.z, ray.along.z, low, float(grid.nz - 1) - low, 2);
}

// NaN or infinite where the ray is; 0 otherwise.
FG_HD float fg_drr_not_finite(FgDrrRay ray) {
  const float sum = ray.at.x + ray.at.y + ray.at.z + ray.along.x + ray.along.y + ray.along.z + ray.length_mm;
  return sum - sum;
}

// Leaving out samples outside the support changes no bit, since each of them adds exactly zero; a little to spare on either
// side covers rounding.
FG_HD FgDrrMarch fg_drr_march(FgDrrRay ray, FgDrrGrid grid, FgDrrSampling sampling) {
  FgDrrMarch march;
  march.first = 1;
  march.last = 0;
  march.inner_first = 1;
  march.inner_last = 0;
  march.start = FG_FLOAT(0.0);
  march.pace = FG_FLOAT(1.0);
  const float invalid = fg_drr_not_finite(ray);
  march.weight_mm = invalid;
  const FgDrrSlab slab = fg_drr_slab(ray, grid, FG_FLOAT(-1.0));
  march.enter = slab.enter;
  march.leave = slab.leave;
  march.enter_axis = slab.enter_axis;
  march.leave_axis = slab.leave_axis;
  if (invalid != FG_FLOAT(0.0) || !(slab.leave > slab.enter)) return march;

  float before, after;  // how many samples there are on either side of sample 0
  if (sampling.kind == FG_DRR_SEGMENT) {
    march.pace = FG_FLOAT(1.0) / float(sampling.count - 1);
    before = fg_drr_floor(ray.alpha * float(sampling.count - 1) + FG_FLOAT(0.5));  // `at` is this sample
    after = float(sampling.count - 1) - before;
    march.weight_mm = ray.length_mm * march.pace;
  } else if (sampling.kind == FG_DRR_STEP) {
    if (!(ray.length_mm > FG_FLOAT(0.0))) return march;
    march.pace = sampling.step_mm / ray.length_mm;
    before = fg_drr_floor(ray.alpha / march.pace);
    after = fg_drr_floor(ray.length_mm / sampling.step_mm + FG_FLOAT(0.5)) - FG_FLOAT(1.0) - before;
    march.start = (before + FG_FLOAT(0.5)) * march.pace - ray.alpha;
    march.weight_mm = sampling.step_mm;
  } else {
    march.pace = (slab.leave - slab.enter) / float(sampling.count);
    march.start = slab.enter + FG_FLOAT(0.5) * march.pace;
    march.weight_mm = march.pace * ray.length_mm;
    before = FG_FLOAT(0.0);
    after = float(sampling.count - 1);
  }
  // 1e9: beyond any count, and still an int.
  before = fg_drr_least(before, FG_FLOAT(1e9));
  after = fg_drr_least(after, FG_FLOAT(1e9));
  const float per = FG_FLOAT(1.0) / march.pace;
  // Of samples so near the border, rounding decides on which side they are; with the least of steps that is more of them.
  const float spare = FG_FLOAT(0.01) + FG_FLOAT(1e-6) * per;
  const float from = fg_drr_floor((slab.enter - march.start) * per - spare) + FG_FLOAT(1.0);
  const float to = fg_drr_floor((slab.leave - march.start) * per + spare);
  march.first = int(fg_drr_clamp(from, -before, after + FG_FLOAT(1.0)));
  march.last = int(fg_drr_clamp(to, -before - FG_FLOAT(1.0), after));
  if (grid.nx < 2 || grid.ny < 2 || grid.nz < 2) return march;
  // Points of float are off by less than this, however large the grid.
  const float margin = FG_FLOAT(0.01) + FG_FLOAT(1e-6) * float(grid.nx + grid.ny + grid.nz);
  const FgDrrSlab inner = fg_drr_slab(ray, grid, margin < FG_FLOAT(0.4) ? margin : FG_FLOAT(0.4));
  if (!(inner.leave > inner.enter)) return march;
  const float inner_from = fg_drr_floor((inner.enter - march.start) * per) + FG_FLOAT(1.0);
  const float inner_to = fg_drr_floor((inner.leave - march.start) * per);
  march.inner_first = int(fg_drr_clamp(inner_from, float(march.first), float(march.last + 1)));
  march.inner_last = int(fg_drr_clamp(inner_to, float(march.first - 1), float(march.last)));
  return march;
}

FG_HD float fg_drr_beta(FgDrrMarch march, int sample) { return march.start + float(sample) * march.pace; }

FG_HD FgDrrVec fg_drr_point(FgDrrRay ray, float beta) {
  FgDrrVec p;
  p.x = ray.at.x + beta * ray.along.x;
  p.y = ray.at.y + beta * ray.along.y;
  p.z = ray.at.z + beta * ray.along.z;
  return p;
}

// One axis of the trilinear interpolation. Beyond the outer voxel centres the interpolant falls to zero within one voxel:
// it is the value on the border times `fade`, which is exactly 1 inside.
struct FgDrrTap {
  int base;        // the voxel below
  float fraction;  // of the way to the next one
  float fade, fade_slope;
};

// Where the two voxels are known to exist (samples inner_first to inner_last of a march).
FG_HD FgDrrTap fg_drr_tap_inside(float p) {
  FgDrrTap tap;
  tap.base = int(p);
  tap.fraction = p - float(tap.base);
  tap.fade = FG_FLOAT(1.0);
  tap.fade_slope = FG_FLOAT(0.0);
  return tap;
}

FG_HD FgDrrTap fg_drr_tap(float p, int n) {
  FgDrrTap tap;
  const float q = fg_drr_clamp(p, FG_FLOAT(0.0), float(n - 1));
  const int base = int(q), last = n > 1 ? n - 2 : 0;
  tap.base = base < last ? base : last;
  tap.fraction = q - float(tap.base);
  const float beyond = p - (float(tap.base) + tap.fraction);  // 0 inside
  const float fade = FG_FLOAT(1.0) - (beyond < FG_FLOAT(0.0) ? -beyond : beyond);
  tap.fade = fade > FG_FLOAT(0.0) ? fade : FG_FLOAT(0.0);
  tap.fade_slope =
      beyond < FG_FLOAT(0.0) ? FG_FLOAT(1.0) : (beyond > FG_FLOAT(0.0) ? FG_FLOAT(-1.0) : FG_FLOAT(0.0));
  return tap;
}

struct FgDrrTaps {
  FgDrrTap x, y, z;
};

FG_HD FgDrrTaps fg_drr_taps_inside(FgDrrVec p) {
  FgDrrTaps taps;
  taps.x = fg_drr_tap_inside(p.x);
  taps.y = fg_drr_tap_inside(p.y);
  taps.z = fg_drr_tap_inside(p.z);
  return taps;
}
FG_HD FgDrrTaps fg_drr_taps(FgDrrVec p, FgDrrGrid grid) {
  FgDrrTaps taps;
  taps.x = fg_drr_tap(p.x, grid.nx);
  taps.y = fg_drr_tap(p.y, grid.ny);
  taps.z = fg_drr_tap(p.z, grid.nz);
  return taps;
}

// The eight voxels around a point; the digits are z, y, x.
struct FgDrrCorners {
  float v000, v001, v010, v011, v100, v101, v110, v111;
};

// What the voxels hold, as attenuation in 1/mm. hu 0: the number times scale, which the caller applies to the sum.
// hu 1: Hounsfield units scale v + offset, piecewise linear: 0 at -1000, water at 0, bone at hu_bone, on beyond, never
// negative. NaN stays NaN.
struct FgDrrValues {
  int hu;
  float scale, offset;
  float mu_water, low_slope, high_slope;  // 1/mm, and per HU below and above 0
};

FG_HD float fg_drr_mu(FgDrrValues values, float v) {
  const float h = v * values.scale + values.offset;
  const bool above = h > FG_FLOAT(0.0);
  // Counted from -1000, so that air is exactly 0.
  const float mu = (above ? h : h + FG_FLOAT(1000.0)) * (above ? values.high_slope : values.low_slope) +
                   (above ? values.mu_water : FG_FLOAT(0.0));
  return mu < FG_FLOAT(0.0) ? FG_FLOAT(0.0) : mu;
}
// d mu / d v
FG_HD float fg_drr_mu_slope(FgDrrValues values, float v) {
  const float h = v * values.scale + values.offset;
  const bool above = h > FG_FLOAT(0.0);
  const bool none = above ? values.mu_water + h * values.high_slope < FG_FLOAT(0.0) : h < FG_FLOAT(-1000.0);
  return none ? FG_FLOAT(0.0) : (above ? values.high_slope : values.low_slope) * values.scale;
}
FG_HD FgDrrCorners fg_drr_mu_corners(FgDrrValues values, FgDrrCorners c) {
  c.v000 = fg_drr_mu(values, c.v000);
  c.v001 = fg_drr_mu(values, c.v001);
  c.v010 = fg_drr_mu(values, c.v010);
  c.v011 = fg_drr_mu(values, c.v011);
  c.v100 = fg_drr_mu(values, c.v100);
  c.v101 = fg_drr_mu(values, c.v101);
  c.v110 = fg_drr_mu(values, c.v110);
  c.v111 = fg_drr_mu(values, c.v111);
  return c;
}

FG_HD float fg_drr_mix(float a, float b, float f) { return a + f * (b - a); }

FG_HD float fg_drr_value_inside(FgDrrTaps t, FgDrrCorners c) {
  const float y0 = fg_drr_mix(fg_drr_mix(c.v000, c.v001, t.x.fraction),
                              fg_drr_mix(c.v010, c.v011, t.x.fraction), t.y.fraction);
  const float y1 = fg_drr_mix(fg_drr_mix(c.v100, c.v101, t.x.fraction),
                              fg_drr_mix(c.v110, c.v111, t.x.fraction), t.y.fraction);
  return fg_drr_mix(y0, y1, t.z.fraction);
}
// A sample outside the support is zero even beside a NaN.
FG_HD float fg_drr_value(FgDrrTaps t, FgDrrCorners c) {
  const float fade = t.x.fade * t.y.fade * t.z.fade;
  return fade > FG_FLOAT(0.0) ? fade * fg_drr_value_inside(t, c) : FG_FLOAT(0.0);
}

struct FgDrrSample {
  float value;
  FgDrrVec slope;  // d value / d p
};

// Where all eight voxels exist.
FG_HD FgDrrSample fg_drr_sample_inside(FgDrrTaps t, FgDrrCorners c) {
  const float x00 = fg_drr_mix(c.v000, c.v001, t.x.fraction), x01 = fg_drr_mix(c.v010, c.v011, t.x.fraction);
  const float x10 = fg_drr_mix(c.v100, c.v101, t.x.fraction), x11 = fg_drr_mix(c.v110, c.v111, t.x.fraction);
  const float y0 = fg_drr_mix(x00, x01, t.y.fraction), y1 = fg_drr_mix(x10, x11, t.y.fraction);
  FgDrrSample sample;
  sample.value = fg_drr_mix(y0, y1, t.z.fraction);
  sample.slope.x = fg_drr_mix(fg_drr_mix(c.v001 - c.v000, c.v011 - c.v010, t.y.fraction),
                              fg_drr_mix(c.v101 - c.v100, c.v111 - c.v110, t.y.fraction), t.z.fraction);
  sample.slope.y = fg_drr_mix(x01 - x00, x11 - x10, t.z.fraction);
  sample.slope.z = y1 - y0;
  return sample;
}

FG_HD FgDrrSample fg_drr_sample(FgDrrTaps t, FgDrrCorners c) {
  const FgDrrSample inside = fg_drr_sample_inside(t, c);
  const float fade_yz = t.y.fade * t.z.fade, fade_xz = t.x.fade * t.z.fade, fade_xy = t.x.fade * t.y.fade;
  const float fade = fade_xy * t.z.fade, value = inside.value;
  FgDrrSample sample;
  sample.value = FG_FLOAT(0.0);
  sample.slope.x = FG_FLOAT(0.0);
  sample.slope.y = FG_FLOAT(0.0);
  sample.slope.z = FG_FLOAT(0.0);
  if (!(fade > FG_FLOAT(0.0))) return sample;
  sample.value = fade * value;
  sample.slope.x = t.x.fade_slope == FG_FLOAT(0.0) ? fade * inside.slope.x : fade_yz * t.x.fade_slope * value;
  sample.slope.y = t.y.fade_slope == FG_FLOAT(0.0) ? fade * inside.slope.y : fade_xz * t.y.fade_slope * value;
  sample.slope.z = t.z.fade_slope == FG_FLOAT(0.0) ? fade * inside.slope.z : fade_xy * t.z.fade_slope * value;
  return sample;
}

// The voxel whose label a sample has: the nearest. Beyond the outer voxels there is none.
FG_HD bool fg_drr_labelled(FgDrrTaps t) {
  return t.x.fade >= FG_FLOAT(0.5) && t.y.fade >= FG_FLOAT(0.5) && t.z.fade >= FG_FLOAT(0.5);
}
FG_HD int fg_drr_nearest(FgDrrTap tap) { return tap.base + (tap.fraction >= FG_FLOAT(0.5) ? 1 : 0); }

// The sums of a ray that its derivatives are made of.
struct FgDrrSums {
  float value;     // F
  FgDrrVec at;     // G0
  FgDrrVec along;  // G1
};

// How a loss changes with the ray.
struct FgDrrSlope {
  FgDrrVec at, along;  // per voxel
  float length;        // per mm of length_mm
};

FG_HD FgDrrSlope fg_drr_scaled(FgDrrSlope slope, float by) {
  slope.at.x *= by;
  slope.at.y *= by;
  slope.at.z *= by;
  slope.along.x *= by;
  slope.along.y *= by;
  slope.along.z *= by;
  slope.length *= by;
  return slope;
}

FG_HD FgDrrSlope fg_drr_slope_of(FgDrrSums sums, float w) {
  FgDrrSlope slope;
  slope.at.x = w * sums.at.x;
  slope.at.y = w * sums.at.y;
  slope.at.z = w * sums.at.z;
  slope.along.x = w * sums.along.x;
  slope.along.y = w * sums.along.y;
  slope.along.z = w * sums.along.z;
  slope.length = FG_FLOAT(0.0);
  return slope;
}

FG_HD FgDrrSlope fg_drr_moved_end(FgDrrSlope slope, FgDrrRay ray, float beta, int axis, float by_beta) {
  if (axis == 0) {
    slope.at.x -= by_beta / ray.along.x;
    slope.along.x -= by_beta * beta / ray.along.x;
  } else if (axis == 1) {
    slope.at.y -= by_beta / ray.along.y;
    slope.along.y -= by_beta * beta / ray.along.y;
  } else if (axis == 2) {
    slope.at.z -= by_beta / ray.along.z;
    slope.along.z -= by_beta * beta / ray.along.z;
  }
  return slope;
}

// scale: the derivative of the loss by the line integral, times what the sums still lack.
FG_HD FgDrrSlope fg_drr_trilinear_slope(FgDrrRay ray, FgDrrMarch march, FgDrrSampling sampling,
                                        FgDrrSums sums, float scale) {
  const float w = march.weight_mm * scale;
  FgDrrSlope slope = fg_drr_slope_of(sums, w);
  if (march.first > march.last) return slope;
  const float q0 = fg_drr_dot(sums.at, ray.along), q1 = fg_drr_dot(sums.along, ray.along);
  if (sampling.kind == FG_DRR_SEGMENT) {
    slope.length = scale * march.pace * sums.value;
  } else if (sampling.kind == FG_DRR_STEP) {  // alpha_k = (k + 1/2) step / length
    slope.length = -w / ray.length_mm * (ray.alpha * q0 + q1);
  } else {  // beta_k = enter (1 - u_k) + leave u_k, u_k = (k + 1/2) / n
    const float by_leave = (q1 - march.enter * q0) / (march.leave - march.enter);
    const float by_width = scale * ray.length_mm * sums.value / float(sampling.count);
    slope.length = scale * march.pace * sums.value;
    slope = fg_drr_moved_end(slope, ray, march.enter, march.enter_axis, w * (q0 - by_leave) - by_width);
    slope = fg_drr_moved_end(slope, ray, march.leave, march.leave_axis, w * by_leave + by_width);
  }
  return slope;
}

FG_HD FgDrrSlope fg_drr_siddon_slope(FgDrrRay ray, FgDrrSums sums, float scale) {
  const float w = ray.length_mm * scale;
  FgDrrSlope slope = fg_drr_slope_of(sums, w);
  slope.length = scale * sums.value;
  return slope;
}

// Siddon 1985, walked from plane to plane (Amanatides and Woo 1987). Departure: each crossing is computed from its plane's
// number, not by adding up steps, so that no error grows along the ray.
struct FgDrrWalk {
  int x, y, z;                   // the voxel the ray is in
  float beta, leave;             // where the ray is, and where it ends
  float next_x, next_y, next_z;  // where it crosses the next plane of each axis
  float inv_x, inv_y, inv_z;
  int axis;  // of the last crossing; -1: the ray's own end
  bool inside;
};

FG_HD float fg_drr_crossing(float at, float inv, int voxel) {
  // An axis that the ray runs along is never crossed.
  if (inv == FG_FLOAT(0.0)) return FG_FLOAT(3e38);
  return (float(voxel) + (inv > FG_FLOAT(0.0) ? FG_FLOAT(0.5) : FG_FLOAT(-0.5)) - at) * inv;
}
FG_HD float fg_drr_inverse(float along) {
  const float inv = along == FG_FLOAT(0.0) ? FG_FLOAT(0.0) : FG_FLOAT(1.0) / along;
  return inv > FG_FLOAT(1e30) || inv < FG_FLOAT(-1e30) ? FG_FLOAT(0.0) : inv;
}
FG_HD int fg_drr_entry_voxel(float p, int n) {
  return fg_drr_clamp_int(int(fg_drr_floor(fg_drr_clamp(p, FG_FLOAT(-1.0), float(n)) + FG_FLOAT(0.5))), 0,
                          n - 1);
}

FG_HD FgDrrWalk fg_drr_walk_begin(FgDrrRay ray, FgDrrGrid grid) {
  const FgDrrSlab slab = fg_drr_slab(ray, grid, FG_FLOAT(-0.5));
  FgDrrWalk walk;
  walk.inside = slab.leave > slab.enter && fg_drr_not_finite(ray) == FG_FLOAT(0.0);
  walk.beta = slab.enter;
  // Where the ray leaves through a plane, the walk finds that crossing itself, before this end.
  walk.leave = slab.leave_axis < 0 ? slab.leave : slab.leave + FG_FLOAT(1e-4);
  walk.axis = slab.enter_axis;
  const FgDrrVec p = fg_drr_point(ray, slab.enter);
  walk.x = slab.enter_axis == 0 ? (ray.along.x > FG_FLOAT(0.0) ? 0 : grid.nx - 1)
                                : fg_drr_entry_voxel(p.x, grid.nx);
  walk.y = slab.enter_axis == 1 ? (ray.along.y > FG_FLOAT(0.0) ? 0 : grid.ny - 1)
                                : fg_drr_entry_voxel(p.y, grid.ny);
  walk.z = slab.enter_axis == 2 ? (ray.along.z > FG_FLOAT(0.0) ? 0 : grid.nz - 1)
                                : fg_drr_entry_voxel(p.z, grid.nz);
  walk.inv_x = fg_drr_inverse(ray.along.x);
  walk.inv_y = fg_drr_inverse(ray.along.y);
  walk.inv_z = fg_drr_inverse(ray.along.z);
  walk.next_x = fg_drr_crossing(ray.at.x, walk.inv_x, walk.x);
  walk.next_y = fg_drr_crossing(ray.at.y, walk.inv_y, walk.y);
  walk.next_z = fg_drr_crossing(ray.at.z, walk.inv_z, walk.z);
  return walk;
}

// Where the ray leaves the voxel it is in.
FG_HD float fg_drr_walk_end(FgDrrWalk walk) {
  const float next =
      fg_drr_least(fg_drr_least(walk.next_x, walk.next_y), fg_drr_least(walk.next_z, walk.leave));
  return fg_drr_most(next, walk.beta);  // rounding may put a crossing behind
}

// Into the next voxel; outside it is over.
FG_HD FgDrrWalk fg_drr_walk_on(FgDrrWalk walk, FgDrrRay ray, FgDrrGrid grid) {
  walk.beta = fg_drr_walk_end(walk);
  if (walk.next_x <= walk.next_y && walk.next_x <= walk.next_z) {
    walk.axis = walk.next_x <= walk.leave ? 0 : -1;
    walk.x += walk.inv_x > FG_FLOAT(0.0) ? 1 : -1;
    walk.inside = walk.x >= 0 && walk.x < grid.nx && walk.axis == 0;
    walk.next_x = fg_drr_crossing(ray.at.x, walk.inv_x, walk.x);
  } else if (walk.next_y <= walk.next_z) {
    walk.axis = walk.next_y <= walk.leave ? 1 : -1;
    walk.y += walk.inv_y > FG_FLOAT(0.0) ? 1 : -1;
    walk.inside = walk.y >= 0 && walk.y < grid.ny && walk.axis == 1;
    walk.next_y = fg_drr_crossing(ray.at.y, walk.inv_y, walk.y);
  } else {
    walk.axis = walk.next_z <= walk.leave ? 2 : -1;
    walk.z += walk.inv_z > FG_FLOAT(0.0) ? 1 : -1;
    walk.inside = walk.z >= 0 && walk.z < grid.nz && walk.axis == 2;
    walk.next_z = fg_drr_crossing(ray.at.z, walk.inv_z, walk.z);
  }
  return walk;
}

// A crossing where the attenuation (times the loss's derivative) jumps by `jump`.
FG_HD FgDrrSums fg_drr_add_crossing(FgDrrSums sums, FgDrrWalk walk, float jump) {
  if (walk.axis == 0) {
    sums.at.x += jump * walk.inv_x;
    sums.along.x += walk.beta * jump * walk.inv_x;
  } else if (walk.axis == 1) {
    sums.at.y += jump * walk.inv_y;
    sums.along.y += walk.beta * jump * walk.inv_y;
  } else if (walk.axis == 2) {
    sums.at.z += jump * walk.inv_z;
    sums.along.z += walk.beta * jump * walk.inv_z;
  }
  return sums;
}

#endif
