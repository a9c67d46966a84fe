#include "kernels/image/image_errors_rows.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/image/image_errors_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::CappedTag<double, 8>;
using Floats = hn::Rebind<float, Doubles>;  // as many floats as a vector has doubles

HWY_ATTR hn::Vec<Floats> load(const float* p) { return hn::LoadU(Floats(), p); }
HWY_ATTR hn::Vec<Floats> load(const std::uint8_t* p) {
  const hn::Rebind<std::uint8_t, Doubles> codes;
  const hn::Rebind<std::int32_t, Doubles> ints;
  return hn::ConvertTo(Floats(), hn::PromoteTo(ints, hn::LoadU(codes, p)));
}

template <class T>
HWY_ATTR ErrorSums errors(const T* x, const T* y, int count) {
  const Doubles doubles;
  const Floats floats;
  const int lanes = static_cast<int>(hn::Lanes(doubles));
  auto squares = hn::Zero(doubles), magnitudes = hn::Zero(doubles);
  auto largest = hn::Zero(floats);
  int i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto magnitude = hn::Abs(hn::Sub(load(x + i), load(y + i)));
    const auto wide = hn::PromoteTo(doubles, magnitude);
    squares = hn::MulAdd(wide, wide, squares);
    magnitudes = hn::Add(magnitudes, wide);
    largest = hn::Max(largest, magnitude);
  }
  ErrorSums sums;
  sums.squares = hn::GetLane(hn::SumOfLanes(doubles, squares));
  sums.magnitudes = hn::GetLane(hn::SumOfLanes(doubles, magnitudes));
  sums.largest = hn::GetLane(hn::MaxOfLanes(doubles, hn::PromoteTo(doubles, largest)));
  for (; i < count; ++i) {
    const double magnitude = std::abs(static_cast<float>(x[i]) - static_cast<float>(y[i]));
    sums.squares += magnitude * magnitude;
    sums.magnitudes += magnitude;
    sums.largest = std::max(sums.largest, magnitude);
  }
  return sums;
}

HWY_ATTR ErrorSums errors_of_floats(const float* x, const float* y, int count) { return errors(x, y, count); }
HWY_ATTR ErrorSums errors_of_codes(const std::uint8_t* x, const std::uint8_t* y, int count) {
  return errors(x, y, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(errors_of_floats);
HWY_EXPORT(errors_of_codes);

ErrorSums row_errors(const float* x, const float* y, int count) {
  return HWY_DYNAMIC_DISPATCH(errors_of_floats)(x, y, count);
}
ErrorSums row_errors(const std::uint8_t* x, const std::uint8_t* y, int count) {
  return HWY_DYNAMIC_DISPATCH(errors_of_codes)(x, y, count);
}

}  // namespace fg::cpu
#endif
