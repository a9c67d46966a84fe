#include "kernels/ssim/ssim3d_rows.h"

#include "kernels/core/sum.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ssim/ssim3d_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kLinePad>;
using Doubles = hn::CappedTag<double, kLinePad / 2>;

// `mean` and `variance` point to the centre row's columns of the same quantity; the other rows lie where
// rows[] says.
template <int kRadius>
HWY_ATTR void mix(const RowMoments* const* rows, int columns, const float* tap,
                  float (RowMoments::*mean)[kBlockColumns], float (RowMoments::*variance)[kBlockColumns],
                  RowMoments& mixed) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  for (int i = 0; i < columns; i += lanes) {
    const auto centre = hn::Load(tag, rows[kRadius]->*mean + i);
    auto first = hn::Zero(tag);
    auto second = hn::Mul(hn::Set(tag, tap[0]), hn::Load(tag, rows[kRadius]->*variance + i));
    HWY_UNROLL(5)
    for (int k = 1; k <= kRadius; ++k) {
      const RowMoments &above = *rows[kRadius - k], &below = *rows[kRadius + k];
      const auto a = hn::Sub(hn::Load(tag, above.*mean + i), centre);
      const auto b = hn::Sub(hn::Load(tag, below.*mean + i), centre);
      const auto weight = hn::Set(tag, tap[k]);
      first = hn::MulAdd(weight, hn::Add(a, b), first);
      const auto total = hn::Add(hn::MulAdd(a, a, hn::Load(tag, above.*variance + i)),
                                 hn::MulAdd(b, b, hn::Load(tag, below.*variance + i)));
      second = hn::MulAdd(weight, total, second);
    }
    hn::Store(hn::Add(centre, first), tag, mixed.*mean + i);
    hn::Store(hn::NegMulAdd(first, first, second), tag, mixed.*variance + i);
  }
}

template <int kRadius>
HWY_ATTR void mix_both(const RowMoments* const* rows, int columns, const float* tap, RowMoments& mixed) {
  mix<kRadius>(rows, columns, tap, &RowMoments::s_mean, &RowMoments::s_variance, mixed);
  mix<kRadius>(rows, columns, tap, &RowMoments::d_mean, &RowMoments::d_variance, mixed);
}

HWY_ATTR void mix_any(const RowMoments* const* rows, int columns, const WindowTaps& window,
                      RowMoments& mixed) {
  if (window.radius == 5) return mix_both<5>(rows, columns, window.tap, mixed);
  if (window.radius == 4) return mix_both<4>(rows, columns, window.tap, mixed);
  mix_both<3>(rows, columns, window.tap, mixed);
}

// The formulas stand in ssim_math.h alone; the compiler makes vectors of these loops.
HWY_ATTR double score(const RowMoments& moments, int columns, FgSsimConstants constants, float* terms) {
  for (int i = 0; i < columns; ++i)
    terms[i] = fg_ssim_term(
        {moments.s_mean[i], moments.d_mean[i], moments.s_variance[i], moments.d_variance[i]}, constants);
  RowSum sum;
  int i = 0;
  for (; i + RowSum::kLanes <= columns; i += RowSum::kLanes)
    for (int lane = 0; lane < RowSum::kLanes; ++lane) sum.lane[lane] += static_cast<double>(terms[i + lane]);
  for (int lane = 0; i + lane < columns; ++lane) sum.lane[lane] += static_cast<double>(terms[i + lane]);
  return sum.total();
}

HWY_ATTR void fields_of(const RowMoments& moments, int columns, FgSsimConstants constants,
                        const float* weights, FieldRow& fields) {
  for (int i = 0; i < columns; ++i) {
    const float S = moments.s_mean[i], D = moments.d_mean[i];
    const FgSsimPartials p =
        fg_ssim_partials({S, D, moments.s_variance[i], moments.d_variance[i]}, constants, S, D, 1.0f);
    const double weight = static_cast<double>(weights[i]);
    // B : -E = VD : VS + 2 c2. Between a dark and a bright volume B + E is a small difference of the two,
    // which rounding B by itself would spoil.
    const double e = weight * static_cast<double>(p.E);
    const double b = -e * static_cast<double>(moments.d_variance[i]) /
                     static_cast<double>(moments.s_variance[i] + 2.0f * constants.c2);
    const double s_part = 2 * static_cast<double>(S) * b, d_part = 2 * static_cast<double>(D) * e;
    fields.X[i] = weight * static_cast<double>(p.X) - s_part - d_part;
    fields.Y[i] = weight * static_cast<double>(p.Y) - s_part + d_part;
    fields.B[i] = b;
    fields.E[i] = e;
  }
}

HWY_ATTR void spread_any(const double* const* in, int columns, const WindowTaps& window, double* out) {
  const Doubles tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  const int radius = window.radius;
  for (int i = 0; i < columns; i += lanes) {
    auto sum = hn::Mul(hn::Set(tag, static_cast<double>(window.tap[0])), hn::LoadU(tag, in[radius] + i));
    for (int k = 1; k <= radius; ++k)
      sum = hn::MulAdd(hn::Set(tag, static_cast<double>(window.tap[k])),
                       hn::Add(hn::LoadU(tag, in[radius - k] + i), hn::LoadU(tag, in[radius + k] + i)), sum);
    hn::StoreU(sum, tag, out + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(mix_any);
HWY_EXPORT(score);
HWY_EXPORT(fields_of);
HWY_EXPORT(spread_any);

void mix_rows(const RowMoments* const* rows, int columns, const WindowTaps& window, RowMoments& mixed) {
  HWY_DYNAMIC_DISPATCH(mix_any)(rows, columns, window, mixed);
}
double score_row(const RowMoments& moments, int columns, FgSsimConstants constants, float* terms) {
  return HWY_DYNAMIC_DISPATCH(score)(moments, columns, constants, terms);
}
void make_fields(const RowMoments& moments, int columns, FgSsimConstants constants, const float* weights,
                 FieldRow& fields) {
  HWY_DYNAMIC_DISPATCH(fields_of)(moments, columns, constants, weights, fields);
}
void spread(const double* const* in, int columns, const WindowTaps& window, double* out) {
  HWY_DYNAMIC_DISPATCH(spread_any)(in, columns, window, out);
}

}  // namespace fg::cpu
#endif
