// Compiled without contraction of products and sums: the term's bits depend on it.

#include "kernels/ssim/integer_ssim_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ssim/integer_ssim_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu::integer_rows {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::CappedTag<double, kPad>;
using Vector = hn::Vec<Doubles>;

// Integers below 2^53 throughout: fused or not, and in any order, the bits are the same.
HWY_ATTR void filter_line(const Line& line, int columns, RowMoments& moments) {
  using integer_ssim::kRadius;
  const Doubles tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  for (int i = 0; i < columns; i += lanes) {
    Vector x = hn::Zero(tag), y = x, xx = x, yy = x, xy = x;
    for (int k = 0; k < kWindow; ++k) {
      const Vector sx = hn::LoadU(tag, line.x + i + k), sy = hn::LoadU(tag, line.y + i + k);
      const Vector weight = hn::Set(tag, integer_ssim::tap(k - kRadius));
      const Vector wx = hn::Mul(weight, sx), wy = hn::Mul(weight, sy);
      x = hn::Add(x, wx);
      y = hn::Add(y, wy);
      xx = hn::MulAdd(wx, sx, xx);
      yy = hn::MulAdd(wy, sy, yy);
      xy = hn::MulAdd(wx, sy, xy);
    }
    hn::Store(x, tag, moments.x + i);
    hn::Store(y, tag, moments.y + i);
    hn::Store(xx, tag, moments.xx + i);
    hn::Store(yy, tag, moments.yy + i);
    hn::Store(xy, tag, moments.xy + i);
  }
}

HWY_ATTR HWY_INLINE void filter_column(const RowMoments* const* rows, double (RowMoments::*moment)[kColumns],
                                       int columns, double* sums) {
  using integer_ssim::kRadius;
  const Doubles tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  const auto at = [&](int k, int i) HWY_ATTR { return hn::Load(tag, rows[kRadius + k]->*moment + i); };
  for (int i = 0; i < columns; i += lanes) {
    Vector sum = hn::Mul(hn::Set(tag, integer_ssim::tap(0)), at(0, i));
    for (int k = 1; k <= kRadius; ++k)
      sum = hn::MulAdd(hn::Set(tag, integer_ssim::tap(k)), hn::Add(at(-k, i), at(k, i)), sum);
    hn::Store(sum, tag, sums + i);
  }
}

HWY_ATTR void combine(const RowMoments* const* rows, int columns, const double* column_weights,
                      double row_weight, integer_ssim::Constants constants, double* terms) {
  RowMoments window;
  filter_column(rows, &RowMoments::x, columns, window.x);
  filter_column(rows, &RowMoments::y, columns, window.y);
  filter_column(rows, &RowMoments::xx, columns, window.xx);
  filter_column(rows, &RowMoments::yy, columns, window.yy);
  filter_column(rows, &RowMoments::xy, columns, window.xy);
  // The formula stands in integer_ssim_math.h alone; the compiler makes vectors of this loop.
  for (int i = 0; i < columns; ++i) {
    const double weight = column_weights[i] * row_weight;
    terms[i] = integer_ssim::term(
        integer_ssim::Moments{window.x[i], window.y[i], window.xx[i], window.yy[i], window.xy[i]}, weight,
        integer_ssim::weighted(constants, weight));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu::integer_rows
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu::integer_rows {

HWY_EXPORT(filter_line);
HWY_EXPORT(combine);

void filter_row(const Line& line, int columns, RowMoments& moments) {
  HWY_DYNAMIC_DISPATCH(filter_line)(line, columns, moments);
}
void combine_rows(const RowMoments* const* rows, int columns, const double* column_weights, double row_weight,
                  integer_ssim::Constants constants, double* terms) {
  HWY_DYNAMIC_DISPATCH(combine)(rows, columns, column_weights, row_weight, constants, terms);
}

}  // namespace fg::cpu::integer_rows
#endif
