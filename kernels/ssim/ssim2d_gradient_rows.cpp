#include "kernels/ssim/ssim2d_gradient_rows.h"

#include <cmath>

#include "kernels/core/sum.h"
#include "kernels/ssim/contrast_math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ssim/ssim2d_gradient_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kLinePad>;
using Vector = hn::Vec<Floats>;

// The loops without intrinsics are such that the compiler makes vectors of them.

HWY_ATTR void centre_sums(const float* s, const float* d, int count, CentreSums& sums) {
  for (int i = 0; i < count; ++i) {
    // |s| + |d| is finite where both are, or overflows: such samples are of no use for a centre either.
    const bool counts = std::fabs(s[i]) + std::fabs(d[i]) <= 3e38f;
    sums.s[i] += counts ? s[i] : 0.0f;
    sums.d[i] += counts ? d[i] : 0.0f;
    sums.samples[i] += counts ? 1.0f : 0.0f;
    sums.equal[i] += counts && d[i] == 0 ? 1.0f : 0.0f;
  }
}

template <class Formula, class WeightOf>
HWY_ATTR HWY_INLINE void all_partials(int begin, int end, const Formula& formula, const WeightOf& weight_of,
                                      PartialLine& partials) {
  for (int i = begin; i < end; ++i) {
    const FgSsimPartials p = formula(i, weight_of(i));
    partials.X[i] = p.X;
    partials.Y[i] = p.Y;
    partials.B[i] = p.B;
    partials.E[i] = p.E;
  }
}

HWY_ATTR void partials_of(const RowMoments& windows, int begin, int end, FgSsimConstants constants,
                          SsimPart part, Centre centre, const float* weights, PartialLine& partials) {
  const auto moments = [&](int i) HWY_ATTR {
    return FgSsimMoments{windows.s_mean[i], windows.d_mean[i], windows.s_variance[i], windows.d_variance[i]};
  };
  const auto whole = [&](int i, float g)
                         HWY_ATTR { return fg_ssim_partials(moments(i), constants, centre.s, centre.d, g); };
  const auto contrast = [&](int i, float g) HWY_ATTR {
    return fg_contrast_partials(moments(i), constants, centre.s, centre.d, g);
  };
  const auto given = [weights](int i) HWY_ATTR { return weights[i]; };
  const auto none = [](int) HWY_ATTR { return 1.0f; };
  if (part != SsimPart::contrast && weights != nullptr)
    return all_partials(begin, end, whole, given, partials);
  if (part != SsimPart::contrast) return all_partials(begin, end, whole, none, partials);
  if (weights != nullptr) return all_partials(begin, end, contrast, given, partials);
  all_partials(begin, end, contrast, none, partials);
}

template <int kRadius>
HWY_ATTR void spread_line(const float* line, int columns, const float* tap, float* out) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  for (int i = 0; i < columns; i += lanes) {
    Vector sum = hn::Mul(hn::Set(tag, tap[0]), hn::LoadU(tag, line + i + kRadius));
    HWY_UNROLL(5)
    for (int k = 1; k <= kRadius; ++k)
      sum = hn::MulAdd(
          hn::Set(tag, tap[k]),
          hn::Add(hn::LoadU(tag, line + i + kRadius - k), hn::LoadU(tag, line + i + kRadius + k)), sum);
    hn::Store(sum, tag, out + i);
  }
}

template <int kRadius>
HWY_ATTR void spread(const PartialLine& partials, int columns, const float* tap, WantedPlanes wanted,
                     SpreadRow& row) {
  spread_line<kRadius>(partials.B, columns, tap, row.B);
  spread_line<kRadius>(partials.E, columns, tap, row.E);
  if (wanted.x) spread_line<kRadius>(partials.X, columns, tap, row.X);
  if (wanted.y) spread_line<kRadius>(partials.Y, columns, tap, row.Y);
}

// One vector of columns of one plane; `plane` points into the first of the rows.
template <int kRadius>
HWY_ATTR HWY_INLINE Vector gather_column(const float* plane, const float* tap) {
  constexpr int kStride = sizeof(SpreadRow) / sizeof(float);
  const Floats tag;
  Vector sum = hn::Mul(hn::Set(tag, tap[0]), hn::Load(tag, plane + kRadius * kStride));
  HWY_UNROLL(5)
  for (int k = 1; k <= kRadius; ++k)
    sum = hn::MulAdd(hn::Set(tag, tap[k]),
                     hn::Add(hn::Load(tag, plane + (kRadius - k) * kStride),
                             hn::Load(tag, plane + (kRadius + k) * kStride)),
                     sum);
  return sum;
}

template <int kRadius>
HWY_ATTR void gather(const SpreadRow* rows, const float* s, const float* d, int columns, const float* tap,
                     Centre centre, float scale, WantedPlanes wanted, float* x_gradient, float* y_gradient) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  const Vector two = hn::Set(tag, 2.0f), times = hn::Set(tag, scale);
  for (int i = 0; i < columns; i += lanes) {
    const Vector s_part = hn::Mul(hn::Mul(two, hn::Sub(hn::LoadU(tag, s + i), hn::Set(tag, centre.s))),
                                  gather_column<kRadius>(rows->B + i, tap));
    const Vector two_d = hn::Mul(two, hn::Sub(hn::LoadU(tag, d + i), hn::Set(tag, centre.d)));
    const Vector e = gather_column<kRadius>(rows->E + i, tap);
    if (wanted.x) {
      const Vector sum = hn::Add(hn::MulAdd(two_d, e, gather_column<kRadius>(rows->X + i, tap)), s_part);
      hn::StoreU(hn::Mul(times, sum), tag, x_gradient + i);
    }
    if (wanted.y) {
      const Vector sum = hn::Add(hn::NegMulAdd(two_d, e, gather_column<kRadius>(rows->Y + i, tap)), s_part);
      hn::StoreU(hn::Mul(times, sum), tag, y_gradient + i);
    }
  }
}

HWY_ATTR void spread_any(const PartialLine& partials, int columns, const WindowTaps& window,
                         WantedPlanes wanted, SpreadRow& row) {
  if (window.radius == 5) return spread<5>(partials, columns, window.tap, wanted, row);
  if (window.radius == 4) return spread<4>(partials, columns, window.tap, wanted, row);
  spread<3>(partials, columns, window.tap, wanted, row);
}

HWY_ATTR void gather_any(const SpreadRow* rows, const float* s, const float* d, int columns,
                         const WindowTaps& window, Centre centre, float scale, WantedPlanes wanted,
                         float* x_gradient, float* y_gradient) {
  const auto run = window.radius == 5 ? &gather<5> : window.radius == 4 ? &gather<4> : &gather<3>;
  run(rows, s, d, columns, window.tap, centre, scale, wanted, x_gradient, y_gradient);
}

HWY_ATTR double magnitudes(const float* d, int count) {
  RowSum sum;
  int i = 0;
  for (; i + RowSum::kLanes <= count; i += RowSum::kLanes)
    for (int lane = 0; lane < RowSum::kLanes; ++lane) sum.lane[lane] += std::fabs(d[i + lane]);
  for (int lane = 0; i + lane < count; ++lane) sum.lane[lane] += std::fabs(d[i + lane]);
  return sum.total();
}

HWY_ATTR void signs(const float* d, int count, float weight, float* gradient) {
  for (int i = 0; i < count; ++i) {
    const float sign = d[i] > 0 ? 1.0f : d[i] < 0 ? -1.0f : d[i];
    gradient[i] += weight * sign;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(centre_sums);
HWY_EXPORT(partials_of);
HWY_EXPORT(spread_any);
HWY_EXPORT(gather_any);
HWY_EXPORT(magnitudes);
HWY_EXPORT(signs);

void add_to_centre(const float* s, const float* d, int count, CentreSums& sums) {
  HWY_DYNAMIC_DISPATCH(centre_sums)(s, d, count, sums);
}
void make_partials(const RowMoments& windows, int begin, int end, FgSsimConstants constants, SsimPart part,
                   Centre centre, const float* weights, PartialLine& partials) {
  HWY_DYNAMIC_DISPATCH(partials_of)(windows, begin, end, constants, part, centre, weights, partials);
}
void spread_along_row(const PartialLine& partials, int columns, const WindowTaps& window, WantedPlanes wanted,
                      SpreadRow& row) {
  HWY_DYNAMIC_DISPATCH(spread_any)(partials, columns, window, wanted, row);
}
void gather_gradients(const SpreadRow* rows, const float* s, const float* d, int columns,
                      const WindowTaps& window, Centre centre, float scale, WantedPlanes wanted,
                      float* x_gradient, float* y_gradient) {
  HWY_DYNAMIC_DISPATCH(gather_any)
  (rows, s, d, columns, window, centre, scale, wanted, x_gradient, y_gradient);
}
double sum_of_magnitudes(const float* d, int count) { return HWY_DYNAMIC_DISPATCH(magnitudes)(d, count); }
void add_signs(const float* d, int count, float weight, float* gradient) {
  HWY_DYNAMIC_DISPATCH(signs)(d, count, weight, gradient);
}

}  // namespace fg::cpu
#endif
