#pragma once
// The vector half of NCC on CPU. Compiled for every instruction set, the best one is taken at run time.

#include <cstdint>

#include "kernels/core/sum.h"
#include "kernels/registration/ncc_math.h"

namespace fg::cpu {

// Samples next to each other.
struct NccLine {
  const float *x, *y, *mask;  // mask: may be null
  double x_centre, y_centre;
};

// Running sums of NccSums.
struct NccLanes {
  RowSum plane[kNccPlanes];

  NccSums total() const {
    return {plane[0].total(), plane[1].total(), plane[2].total(),
            plane[3].total(), plane[4].total(), plane[5].total()};
  }
};

// Adds the moments of `count` samples. Without a mask each weighs 1.
void add_ncc_moments(const NccLine& line, int count, NccLanes& lanes);

// The moments of each sample, [count] each. Without a mask plane 0 is left as it is.
void split_ncc_moments(const NccLine& line, int count, double* const* planes);

// to[i] = sum over k < window of from[i + k stride], i < count. `from` has count + (window - 1) stride numbers, and so has each
// of the two buffers. By doubling: sums of 2, 4, 8, ... neighbours, of which the window is composed, so that nothing is ever
// subtracted and what lies outside a window leaves no trace in it.
void window_sums(const double* from, std::int64_t count, int window, std::int64_t stride,
                 double* const* buffers, double* to);

// Adds weight and weight * score of `count` patches to sums[0] and sums[1]; their terms to maps[kNccTermMaps], where these
// are not null. planes: their sums; planes[0] is null where all weigh `weight`. `scores`: a buffer of `count`.
void add_ncc_scores(const double* const* planes, double weight, double eps, int count, double* const* maps,
                    double* scores, double* sums);

// to[i] (+)= scale w_i (both[i] a_i - of[i] b_i + at[i]), where a is the other image of the pair and b the one of the
// gradient, less their centres. The terms have `term_step` 0 where they are those of one patch for all, else 1.
struct NccSlope {
  const float *own, *other, *mask;
  double own_centre, other_centre;
  const double *both, *of, *at;
  double scale;
  bool adds;
};
void write_ncc_gradient(const NccSlope& slope, int count, int term_step, float* to);

}  // namespace fg::cpu
