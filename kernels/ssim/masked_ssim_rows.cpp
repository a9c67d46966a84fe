#include "kernels/ssim/masked_ssim_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ssim/masked_ssim_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {

// No intrinsics: the loops are such that the compiler makes vectors of them.

HWY_ATTR void weigh(const float* mask, int count, SampleLine& samples, MaskedLine& line) {
  for (int i = 0; i < count; ++i) {
    const bool is_seen = mask[i] > 0;
    const float s = is_seen ? samples.s[i] : 0.0f, d = is_seen ? samples.d[i] : 0.0f;
    const double m = is_seen ? static_cast<double>(mask[i]) : 0.0;
    const double ms = m * static_cast<double>(s), md = m * static_cast<double>(d);
    samples.s[i] = s;
    samples.d[i] = d;
    line.plane[0][i] = m;
    line.plane[1][i] = ms;
    line.plane[2][i] = md;
    line.plane[3][i] = ms * static_cast<double>(s);
    line.plane[4][i] = md * static_cast<double>(d);
  }
}

template <int kRadius>
HWY_ATTR void filter(const MaskedLine& line, int columns, const float* tap, MaskedSums& sums) {
  for (int p = 0; p < kMaskedPlanes; ++p) {
    const double* from = line.plane[p] + kRadius;
    double* to = sums.plane[p];
    for (int i = 0; i < columns; ++i) {
      double sum = static_cast<double>(tap[0]) * from[i];
      for (int k = 1; k <= kRadius; ++k) sum += static_cast<double>(tap[k]) * (from[i - k] + from[i + k]);
      to[i] = sum;
    }
  }
}

template <int kRadius>
HWY_ATTR void combine(const MaskedSums* rows, int columns, const float* tap, RowMoments& windows,
                      float* inverse_weight) {
  MaskedSums total;
  for (int p = 0; p < kMaskedPlanes; ++p)
    for (int i = 0; i < columns; ++i) {
      double sum = static_cast<double>(tap[0]) * rows[kRadius].plane[p][i];
      for (int k = 1; k <= kRadius; ++k)
        sum += static_cast<double>(tap[k]) * (rows[kRadius - k].plane[p][i] + rows[kRadius + k].plane[p][i]);
      total.plane[p][i] = sum;
    }
  for (int i = 0; i < columns; ++i) {
    const double weight = total.plane[0][i];
    const double inverse = weight > 0 ? 1.0 / weight : 0.0;
    const double s = total.plane[1][i] * inverse, d = total.plane[2][i] * inverse;
    const double vs = total.plane[3][i] * inverse - s * s, vd = total.plane[4][i] * inverse - d * d;
    windows.s_mean[i] = static_cast<float>(s);
    windows.d_mean[i] = static_cast<float>(d);
    windows.s_variance[i] = static_cast<float>(vs < 0 ? 0 : vs);
    windows.d_variance[i] = static_cast<float>(vd < 0 ? 0 : vd);
    inverse_weight[i] = static_cast<float>(inverse);  // at most 1e36 (masked_ssim_math.h)
  }
}

HWY_ATTR void filter_masked(const MaskedLine& line, int columns, const WindowTaps& window, MaskedSums& sums) {
  if (window.radius == 5) return filter<5>(line, columns, window.tap, sums);
  if (window.radius == 4) return filter<4>(line, columns, window.tap, sums);
  filter<3>(line, columns, window.tap, sums);
}

HWY_ATTR void combine_masked(const MaskedSums* rows, int columns, const WindowTaps& window,
                             RowMoments& windows, float* inverse_weight) {
  if (window.radius == 5) return combine<5>(rows, columns, window.tap, windows, inverse_weight);
  if (window.radius == 4) return combine<4>(rows, columns, window.tap, windows, inverse_weight);
  combine<3>(rows, columns, window.tap, windows, inverse_weight);
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(weigh);
HWY_EXPORT(filter_masked);
HWY_EXPORT(combine_masked);

void weigh_line(const float* mask, int count, SampleLine& samples, MaskedLine& line) {
  HWY_DYNAMIC_DISPATCH(weigh)(mask, count, samples, line);
}
void filter_masked_row(const MaskedLine& line, int columns, const WindowTaps& window, MaskedSums& sums) {
  HWY_DYNAMIC_DISPATCH(filter_masked)(line, columns, window, sums);
}
void combine_masked_rows(const MaskedSums* rows, int columns, const WindowTaps& window, RowMoments& windows,
                         float* inverse_weight) {
  HWY_DYNAMIC_DISPATCH(combine_masked)(rows, columns, window, windows, inverse_weight);
}

}  // namespace fg::cpu
#endif
