#include "kernels/registration/edge_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/registration/edge_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {

// No intrinsics: the loops are such that the compiler makes vectors of them.

HWY_ATTR void weigh(const float* const* rows, const float* weight, int count, int columns, float* to) {
  constexpr int kBlock = 64;  // sums that stay in registers
  for (int first = 0; first < columns; first += kBlock) {
    const int width = columns - first < kBlock ? columns - first : kBlock;
    float sum[kBlock] = {};
    if (width == kBlock) {
      for (int k = 0; k < count; ++k) {
        const float* HWY_RESTRICT row = rows[k] + first;
        for (int i = 0; i < kBlock; ++i) sum[i] += weight[k] * row[i];
      }
    } else {
      for (int k = 0; k < count; ++k)
        for (int i = 0; i < width; ++i) sum[i] += weight[k] * rows[k][first + i];
    }
    for (int i = 0; i < width; ++i) to[first + i] = sum[i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(weigh);

void weigh_rows(const float* const* rows, const float* weight, int count, int columns, float* to) {
  HWY_DYNAMIC_DISPATCH(weigh)(rows, weight, count, columns, to);
}

}  // namespace fg::cpu
#endif
