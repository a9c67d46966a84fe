#include "kernels/ssim/ssim2d_rows.h"

#include "kernels/core/sum.h"
#include "kernels/ssim/contrast_math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ssim/ssim2d_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kLinePad>;
using Vector = hn::Vec<Floats>;

HWY_ATTR void load_floats(const float* x, const float* y, int count, float* s, float* d) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    const Vector vx = hn::LoadU(tag, x + i), vy = hn::LoadU(tag, y + i);
    hn::StoreU(hn::Add(vx, vy), tag, s + i);
    hn::StoreU(hn::Sub(vx, vy), tag, d + i);
  }
  for (; i < count; ++i) {
    s[i] = x[i] + y[i];
    d[i] = x[i] - y[i];
  }
}

HWY_ATTR void load_codes(const std::uint8_t* x, const std::uint8_t* y, int count, float* s, float* d) {
  const Floats tag;
  const hn::Rebind<std::int32_t, Floats> ints;
  const hn::Rebind<std::uint8_t, Floats> codes;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto vx = hn::PromoteTo(ints, hn::LoadU(codes, x + i));
    const auto vy = hn::PromoteTo(ints, hn::LoadU(codes, y + i));
    hn::StoreU(hn::ConvertTo(tag, hn::Add(vx, vy)), tag, s + i);
    hn::StoreU(hn::ConvertTo(tag, hn::Sub(vx, vy)), tag, d + i);
  }
  for (; i < count; ++i) {
    s[i] = static_cast<float>(x[i] + y[i]);
    d[i] = static_cast<float>(x[i] - y[i]);
  }
}

// Widened as integers, as half.h does it: NaN, Inf and subnormal numbers come through on every instruction set.
HWY_ATTR HWY_INLINE Vector widen(hn::Vec<hn::Rebind<std::uint32_t, Floats>> bits, BFloat16) {
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(bits));
}
HWY_ATTR HWY_INLINE Vector widen(hn::Vec<hn::Rebind<std::uint32_t, Floats>> bits, Half) {
  const Floats tag;
  const hn::Rebind<std::uint32_t, Floats> words;
  const auto magnitude = hn::And(bits, hn::Set(words, 0x7FFFu));
  const auto sign = hn::ShiftLeft<16>(hn::Xor(bits, magnitude));
  const auto exponent_offset = hn::BitCast(tag, hn::Set(words, (127u + 112u) << 23));
  const auto shifted = hn::ShiftLeft<13>(magnitude);
  const auto finite = hn::BitCast(words, hn::Mul(hn::BitCast(tag, shifted), exponent_offset));
  const auto special = hn::Or(shifted, hn::Set(words, 0x7F800000u));
  const auto is_special = hn::Gt(hn::BitCast(hn::Rebind<std::int32_t, Floats>(), magnitude),
                                 hn::Set(hn::Rebind<std::int32_t, Floats>(), 0x7BFF));
  const auto value = hn::IfThenElse(hn::RebindMask(words, is_special), special, finite);
  return hn::BitCast(tag, hn::Or(sign, value));
}

template <class T>
HWY_ATTR void load_16_bits(const T* x, const T* y, int count, float* s, float* d) {
  const Floats tag;
  const hn::Rebind<std::uint32_t, Floats> words;
  const hn::Rebind<std::uint16_t, Floats> halves;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    const Vector vx = widen(hn::PromoteTo(words, hn::LoadU(halves, &x[i].bits)), T());
    const Vector vy = widen(hn::PromoteTo(words, hn::LoadU(halves, &y[i].bits)), T());
    hn::StoreU(hn::Add(vx, vy), tag, s + i);
    hn::StoreU(hn::Sub(vx, vy), tag, d + i);
  }
  for (; i < count; ++i) {
    s[i] = to_float(x[i]) + to_float(y[i]);
    d[i] = to_float(x[i]) - to_float(y[i]);
  }
}
HWY_ATTR void load_halves(const Half* x, const Half* y, int count, float* s, float* d) {
  load_16_bits(x, y, count, s, d);
}
HWY_ATTR void load_bfloats(const BFloat16* x, const BFloat16* y, int count, float* s, float* d) {
  load_16_bits(x, y, count, s, d);
}

// Codes four bytes apart, one channel of RGBA8: each lane takes the four bytes from its code on and keeps the
// first. The last code is left to the scalar loop, since the bytes after it may not be ours.
HWY_ATTR void load_every_fourth_code(const std::uint8_t* x, const std::uint8_t* y, int count, float* s,
                                     float* d) {
  int i = 0;
#if HWY_TARGET != HWY_SCALAR  // whose vector has no room for four bytes
  const Floats tag;
  const hn::Rebind<std::int32_t, Floats> ints;
  const hn::Repartition<std::uint8_t, Floats> bytes;
  const auto mask = hn::Set(ints, 0xFF);
  const int lanes = static_cast<int>(hn::Lanes(tag));
  for (; i + lanes < count; i += lanes) {
    const auto vx = hn::And(hn::BitCast(ints, hn::LoadU(bytes, x + 4 * i)), mask);
    const auto vy = hn::And(hn::BitCast(ints, hn::LoadU(bytes, y + 4 * i)), mask);
    hn::StoreU(hn::ConvertTo(tag, hn::Add(vx, vy)), tag, s + i);
    hn::StoreU(hn::ConvertTo(tag, hn::Sub(vx, vy)), tag, d + i);
  }
#endif
  for (; i < count; ++i) {
    s[i] = static_cast<float>(x[4 * i] + y[4 * i]);
    d[i] = static_cast<float>(x[4 * i] - y[4 * i]);
  }
}

// Works on whole vectors: the line is padded, and what is written beyond `columns` is never read as a result.
template <int kRadius>
HWY_ATTR void filter_line(const float* line, int columns, const float* tap, float* mean, float* variance) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  for (int i = 0; i < columns; i += lanes) {
    const Vector centre = hn::LoadU(tag, line + i + kRadius);
    Vector first = hn::Zero(tag), second = hn::Zero(tag);
    HWY_UNROLL(5)
    for (int k = 1; k <= kRadius; ++k) {
      const Vector left = hn::Sub(hn::LoadU(tag, line + i + kRadius - k), centre);
      const Vector right = hn::Sub(hn::LoadU(tag, line + i + kRadius + k), centre);
      const Vector weight = hn::Set(tag, tap[k]);
      first = hn::MulAdd(weight, hn::Add(left, right), first);
      second = hn::MulAdd(weight, hn::MulAdd(left, left, hn::Mul(right, right)), second);
    }
    hn::Store(hn::Add(centre, first), tag, mean + i);
    hn::Store(hn::NegMulAdd(first, first, second), tag, variance + i);
  }
}

// Window mean and variance of one vector of columns; `mean` and `variance` point into the first of the rows.
template <int kRadius>
HWY_ATTR HWY_INLINE void filter_column(const float* mean, const float* variance, const float* tap,
                                       Vector& out_mean, Vector& out_variance) {
  constexpr int kStride = sizeof(RowMoments) / sizeof(float);
  const Floats tag;
  const Vector centre = hn::Load(tag, mean + kRadius * kStride);
  Vector first = hn::Zero(tag);
  Vector second = hn::Mul(hn::Set(tag, tap[0]), hn::Load(tag, variance + kRadius * kStride));
  HWY_UNROLL(5)
  for (int k = 1; k <= kRadius; ++k) {
    const int above = (kRadius - k) * kStride, below = (kRadius + k) * kStride;
    const Vector a = hn::Sub(hn::Load(tag, mean + above), centre);
    const Vector b = hn::Sub(hn::Load(tag, mean + below), centre);
    const Vector weight = hn::Set(tag, tap[k]);
    first = hn::MulAdd(weight, hn::Add(a, b), first);
    const Vector total = hn::Add(hn::MulAdd(a, a, hn::Load(tag, variance + above)),
                                 hn::MulAdd(b, b, hn::Load(tag, variance + below)));
    second = hn::MulAdd(weight, total, second);
  }
  out_mean = hn::Add(centre, first);
  out_variance = hn::NegMulAdd(first, first, second);
}

template <int kRadius>
HWY_ATTR void combine(const RowMoments* rows, int columns, const float* tap, RowMoments& windows) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  for (int i = 0; i < columns; i += lanes) {
    Vector mean, variance;
    filter_column<kRadius>(rows->s_mean + i, rows->s_variance + i, tap, mean, variance);
    hn::Store(mean, tag, windows.s_mean + i);
    hn::Store(variance, tag, windows.s_variance + i);
    filter_column<kRadius>(rows->d_mean + i, rows->d_variance + i, tap, mean, variance);
    hn::Store(mean, tag, windows.d_mean + i);
    hn::Store(variance, tag, windows.d_variance + i);
  }
}

// The formulas stand in ssim_math.h and contrast_math.h alone; the compiler makes vectors of the loops.
HWY_ATTR double score(const RowMoments& windows, int begin, int end, FgSsimConstants constants, SsimPart part,
                      float* terms) {
  const auto moments = [&](int i) HWY_ATTR {
    return FgSsimMoments{windows.s_mean[i], windows.d_mean[i], windows.s_variance[i], windows.d_variance[i]};
  };
  if (part == SsimPart::whole)
    for (int i = begin; i < end; ++i) terms[i] = fg_ssim_term(moments(i), constants);
  else if (part == SsimPart::last)
    for (int i = begin; i < end; ++i) terms[i] = fg_last_level_term(moments(i), constants);
  else
    for (int i = begin; i < end; ++i) terms[i] = fg_contrast_term(moments(i), constants);
  RowSum sum;
  int i = begin;
  for (; i + RowSum::kLanes <= end; i += RowSum::kLanes)
    for (int lane = 0; lane < RowSum::kLanes; ++lane) sum.lane[lane] += terms[i + lane];
  for (int lane = 0; i + lane < end; ++lane) sum.lane[lane] += terms[i + lane];
  return sum.total();
}

HWY_ATTR void mean_of_four(const float* upper, const float* lower, int count, float* means) {
  const Floats tag;
  const int lanes = static_cast<int>(hn::Lanes(tag));
  const Vector quarter = hn::Set(tag, 0.25f);
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    Vector a, b, below_a, below_b;
    hn::LoadInterleaved2(tag, upper + 2 * i, a, b);
    hn::LoadInterleaved2(tag, lower + 2 * i, below_a, below_b);
    hn::StoreU(hn::Mul(quarter, hn::Add(hn::Add(a, below_a), hn::Add(b, below_b))), tag, means + i);
  }
  for (; i < count; ++i)
    means[i] = 0.25f * ((upper[2 * i] + lower[2 * i]) + (upper[2 * i + 1] + lower[2 * i + 1]));
}

template <int kRadius>
HWY_ATTR void filter(const SampleLine& line, int columns, const float* tap, RowMoments& moments) {
  filter_line<kRadius>(line.s, columns, tap, moments.s_mean, moments.s_variance);
  filter_line<kRadius>(line.d, columns, tap, moments.d_mean, moments.d_variance);
}

HWY_ATTR void filter_any(const SampleLine& line, int columns, const WindowTaps& window, RowMoments& moments) {
  if (window.radius == 5) return filter<5>(line, columns, window.tap, moments);
  if (window.radius == 4) return filter<4>(line, columns, window.tap, moments);
  filter<3>(line, columns, window.tap, moments);
}

HWY_ATTR void combine_any(const RowMoments* rows, int columns, const WindowTaps& window,
                          RowMoments& windows) {
  if (window.radius == 5) return combine<5>(rows, columns, window.tap, windows);
  if (window.radius == 4) return combine<4>(rows, columns, window.tap, windows);
  combine<3>(rows, columns, window.tap, windows);
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(load_floats);
HWY_EXPORT(load_codes);
HWY_EXPORT(load_halves);
HWY_EXPORT(load_bfloats);
HWY_EXPORT(load_every_fourth_code);
HWY_EXPORT(filter_any);
HWY_EXPORT(combine_any);
HWY_EXPORT(score);
HWY_EXPORT(mean_of_four);

void load_contiguous(const float* x, const float* y, int count, float* s, float* d) {
  HWY_DYNAMIC_DISPATCH(load_floats)(x, y, count, s, d);
}
void load_contiguous(const std::uint8_t* x, const std::uint8_t* y, int count, float* s, float* d) {
  HWY_DYNAMIC_DISPATCH(load_codes)(x, y, count, s, d);
}
void load_contiguous(const Half* x, const Half* y, int count, float* s, float* d) {
  HWY_DYNAMIC_DISPATCH(load_halves)(x, y, count, s, d);
}
void load_contiguous(const BFloat16* x, const BFloat16* y, int count, float* s, float* d) {
  HWY_DYNAMIC_DISPATCH(load_bfloats)(x, y, count, s, d);
}
void load_every_fourth(const std::uint8_t* x, const std::uint8_t* y, int count, float* s, float* d) {
  HWY_DYNAMIC_DISPATCH(load_every_fourth_code)(x, y, count, s, d);
}
void filter_row(const SampleLine& line, int columns, const WindowTaps& window, RowMoments& moments) {
  HWY_DYNAMIC_DISPATCH(filter_any)(line, columns, window, moments);
}
void combine_rows(const RowMoments* rows, int columns, const WindowTaps& window, RowMoments& windows) {
  HWY_DYNAMIC_DISPATCH(combine_any)(rows, columns, window, windows);
}
double score_row(const RowMoments& windows, int begin, int end, FgSsimConstants constants, SsimPart part,
                 float* terms) {
  return HWY_DYNAMIC_DISPATCH(score)(windows, begin, end, constants, part, terms);
}
void halve_rows(const float* upper, const float* lower, int count, float* means) {
  HWY_DYNAMIC_DISPATCH(mean_of_four)(upper, lower, count, means);
}

}  // namespace fg::cpu
#endif
