// Compiled without contraction of products and sums: the reference rounds in between.

#include "kernels/ssim/vmaf_ssim_rows.h"

#include "kernels/core/sum.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ssim/vmaf_ssim_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu::vmaf_rows {
namespace HWY_NAMESPACE {

using vmaf::kRadius;
using vmaf::kWindow;

// The loops over i are the compiler's to make vectors of, for each instruction set.
HWY_ATTR void filter(const float* x, const float* y, int columns, RowMoments& moments) {
  double sum[5][kColumns] = {};
  for (int k = 0; k < kWindow; ++k) {
    const float weight = vmaf::tap(k - kRadius);
    for (int i = 0; i < columns; ++i) {
      const float sx = x[i + k], sy = y[i + k];
      sum[0][i] += static_cast<double>(sx * weight);
      sum[1][i] += static_cast<double>(sy * weight);
      sum[2][i] += static_cast<double>(sx * sx * weight);
      sum[3][i] += static_cast<double>(sy * sy * weight);
      sum[4][i] += static_cast<double>(sx * sy * weight);
    }
  }
  float* const to[5] = {moments.x, moments.y, moments.xx, moments.yy, moments.xy};
  for (int m = 0; m < 5; ++m)
    for (int i = 0; i < columns; ++i) to[m][i] = static_cast<float>(sum[m][i]);
}

HWY_ATTR vmaf::LevelSums combine(const RowMoments* const* rows, int columns) {
  RowMoments window;
  float* const to[5] = {window.x, window.y, window.xx, window.yy, window.xy};
  for (int m = 0; m < 5; ++m) {
    double sum[kColumns] = {};
    for (int k = 0; k < kWindow; ++k) {
      const float weight = vmaf::tap(k - kRadius);
      const RowMoments& row = *rows[k];
      const float* const from = m == 0 ? row.x : m == 1 ? row.y : m == 2 ? row.xx : m == 3 ? row.yy : row.xy;
      for (int i = 0; i < columns; ++i) sum[i] += static_cast<double>(from[i] * weight);
    }
    for (int i = 0; i < columns; ++i) to[m][i] = static_cast<float>(sum[i]);
  }
  vmaf::Parts parts[kColumns];
  for (int i = 0; i < columns; ++i)
    parts[i] = vmaf::parts(window.x[i], window.y[i], window.xx[i], window.yy[i], window.xy[i]);
  RowSum ssim, l, c, s;
  for (int i = 0; i < columns; ++i) {
    const int lane = i % RowSum::kLanes;
    ssim.lane[lane] += parts[i].l * parts[i].c * parts[i].s;
    l.lane[lane] += parts[i].l;
    c.lane[lane] += parts[i].c;
    s.lane[lane] += parts[i].s;
  }
  return {ssim.total(), l.total(), c.total(), s.total()};
}

HWY_ATTR void low_pass(const float* const* rows, int width, double* line, float* out) {
  constexpr int kTaps = 2 * vmaf::kLowPassRadius + 1;
  for (int i = 0; i < width; ++i) line[i] = 0;
  for (int k = 0; k < kTaps; ++k) {
    const double weight = static_cast<double>(vmaf::low_pass_tap(k - vmaf::kLowPassRadius));
    const float* const row = rows[k];
    for (int i = 0; i < width; ++i) line[i] += weight * static_cast<double>(row[i]);
  }
  for (int i = 0; i < vmaf::decimated(width, 2); ++i) {
    double sum = 0;
    for (int k = -vmaf::kLowPassRadius; k <= vmaf::kLowPassRadius; ++k)
      sum += static_cast<double>(vmaf::low_pass_tap(k)) * line[vmaf::mirrored(2 * i + k, width)];
    out[i] = static_cast<float>(sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu::vmaf_rows
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu::vmaf_rows {

HWY_EXPORT(filter);
HWY_EXPORT(combine);
HWY_EXPORT(low_pass);

void filter_row(const float* x, const float* y, int columns, RowMoments& moments) {
  HWY_DYNAMIC_DISPATCH(filter)(x, y, columns, moments);
}
vmaf::LevelSums combine_rows(const RowMoments* const* rows, int columns) {
  return HWY_DYNAMIC_DISPATCH(combine)(rows, columns);
}
void low_pass_row(const float* const* rows, int width, double* line, float* out) {
  HWY_DYNAMIC_DISPATCH(low_pass)(rows, width, line, out);
}

}  // namespace fg::cpu::vmaf_rows
#endif
