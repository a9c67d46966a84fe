#include "kernels/registration/ncc_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/registration/ncc_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {

// No intrinsics: the loops are such that the compiler makes vectors of them.

constexpr int kLanes = RowSum::kLanes;

struct Sample {
  double weight, x, y;
};
HWY_ATTR inline Sample seen_sample(const NccLine& line, int i) {
  return {1.0, static_cast<double>(line.x[i]) - line.x_centre,
          static_cast<double>(line.y[i]) - line.y_centre};
}
// Selected, not multiplied: what is not seen may be a NaN.
HWY_ATTR inline Sample masked_sample(const NccLine& line, int i) {
  const bool seen = line.mask[i] > 0;
  return {seen ? static_cast<double>(line.mask[i]) : 0.0,
          seen ? static_cast<double>(line.x[i]) - line.x_centre : 0.0,
          seen ? static_cast<double>(line.y[i]) - line.y_centre : 0.0};
}

template <class SampleAt>
HWY_ATTR inline void add_moments(const NccLine& given, int count, NccLanes& lanes,
                                 const SampleAt& sample_at) {
  const NccLine line = given;
  NccLanes sums = lanes;
  const auto add = [&](int lane, int i) HWY_ATTR {
    const Sample s = sample_at(line, i);
    const double wx = s.weight * s.x, wy = s.weight * s.y;
    sums.plane[0].lane[lane] += s.weight;
    sums.plane[1].lane[lane] += wx;
    sums.plane[2].lane[lane] += wy;
    sums.plane[3].lane[lane] += wx * s.x;
    sums.plane[4].lane[lane] += wy * s.y;
    sums.plane[5].lane[lane] += wx * s.y;
  };
  int i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) add(lane, i + lane);
  for (; i < count; ++i) add(i % kLanes, i);
  lanes = sums;
}
HWY_ATTR void add_moments_of_line(const NccLine& line, int count, NccLanes& lanes) {
  if (line.mask == nullptr)
    add_moments(line, count, lanes, seen_sample);
  else
    add_moments(line, count, lanes, masked_sample);
}

HWY_ATTR void split_moments(const NccLine& given, int count, double* const* planes) {
  const NccLine line = given;
  double* HWY_RESTRICT weight = planes[0];
  double* HWY_RESTRICT x = planes[1];
  double* HWY_RESTRICT y = planes[2];
  double* HWY_RESTRICT xx = planes[3];
  double* HWY_RESTRICT yy = planes[4];
  double* HWY_RESTRICT xy = planes[5];
  if (line.mask == nullptr) {
    for (int i = 0; i < count; ++i) {
      const Sample s = seen_sample(line, i);
      x[i] = s.x;
      y[i] = s.y;
      xx[i] = s.x * s.x;
      yy[i] = s.y * s.y;
      xy[i] = s.x * s.y;
    }
    return;
  }
  for (int i = 0; i < count; ++i) {
    const Sample s = masked_sample(line, i);
    const double wx = s.weight * s.x, wy = s.weight * s.y;
    weight[i] = s.weight;
    x[i] = wx;
    y[i] = wy;
    xx[i] = wx * s.x;
    yy[i] = wy * s.y;
    xy[i] = wx * s.y;
  }
}

HWY_ATTR void add_pairs(const double* HWY_RESTRICT from, std::int64_t step, std::int64_t count,
                        double* HWY_RESTRICT to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] + from[i + step];
}
HWY_ATTR void add_all(const double* HWY_RESTRICT from, std::int64_t count, double* HWY_RESTRICT to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}
HWY_ATTR void copy_all(const double* HWY_RESTRICT from, std::int64_t count, double* HWY_RESTRICT to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i];
}

HWY_ATTR void windows(const double* from, std::int64_t count, int window, std::int64_t stride,
                      double* const* buffers, double* to) {
  std::int64_t length = count + (window - 1) * stride, offset = 0;
  int next = 0;
  for (int size = 1;; size *= 2) {  // from[i]: the sum of `size` neighbours from i on
    if ((window & size) != 0) {
      if (offset == 0)
        copy_all(from, count, to);
      else
        add_all(from + offset, count, to);
      offset += size * stride;
    }
    if (2 * size > window) return;
    length -= size * stride;
    add_pairs(from, size * stride, length, buffers[next]);
    from = buffers[next];
    next = 1 - next;
  }
}

HWY_ATTR void add_scores(const double* const* planes, double weight, double eps, int count,
                         double* const* maps, double* HWY_RESTRICT scores, double* sums) {
  const double* HWY_RESTRICT weights = planes[0];
  const double* HWY_RESTRICT x = planes[1];
  const double* HWY_RESTRICT y = planes[2];
  const double* HWY_RESTRICT xx = planes[3];
  const double* HWY_RESTRICT yy = planes[4];
  const double* HWY_RESTRICT xy = planes[5];
  const auto each = [&](const auto& weight_at) HWY_ATTR {
    if (maps == nullptr) {
      for (int i = 0; i < count; ++i)
        scores[i] = ncc_terms({weight_at(i), x[i], y[i], xx[i], yy[i], xy[i]}, eps).score * weight_at(i);
      return;
    }
    double* HWY_RESTRICT both = maps[0];
    double* HWY_RESTRICT of_x = maps[1];
    double* HWY_RESTRICT at_x = maps[2];
    double* HWY_RESTRICT of_y = maps[3];
    double* HWY_RESTRICT at_y = maps[4];
    for (int i = 0; i < count; ++i) {
      const NccTerms t = ncc_terms({weight_at(i), x[i], y[i], xx[i], yy[i], xy[i]}, eps);
      scores[i] = t.score * weight_at(i);
      both[i] = t.both;
      of_x[i] = t.of_x;
      at_x[i] = t.at_x;
      of_y[i] = t.of_y;
      at_y[i] = t.at_y;
    }
  };
  double lanes[2][kLanes] = {};
  if (weights == nullptr) {
    each([&](int) HWY_ATTR { return weight; });
    lanes[0][0] = weight * count;
  } else {
    each([&](int i) HWY_ATTR { return weights[i]; });
    for (int i = 0; i < count; ++i) lanes[0][i % kLanes] += weights[i];
  }
  int i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) lanes[1][lane] += scores[i + lane];
  for (; i < count; ++i) lanes[1][i % kLanes] += scores[i];
  for (int s = 0; s < 2; ++s)
    for (int lane = 0; lane < kLanes; ++lane) sums[s] += lanes[s][lane];
}

struct Terms {
  double both, of, at;
};

template <bool kMasked, bool kAdds, class TermsAt>
HWY_ATTR inline void write_slope(const NccSlope& given, int count, float* HWY_RESTRICT to,
                                 const TermsAt& terms_at) {
  const NccSlope s = given;
  const float* HWY_RESTRICT own = s.own;
  const float* HWY_RESTRICT other = s.other;
  const float* HWY_RESTRICT mask = s.mask;
  for (int i = 0; i < count; ++i) {
    const bool seen = !kMasked || mask[i] > 0;
    const double weight = !kMasked ? s.scale : seen ? s.scale * static_cast<double>(mask[i]) : 0.0;
    const double a = static_cast<double>(other[i]) - s.other_centre,
                 b = static_cast<double>(own[i]) - s.own_centre;
    const Terms t = terms_at(i);
    const double slope = t.both * a - t.of * b + t.at;
    // The scale of an image with a NaN is one, and so is all of its gradient; what is not seen has none otherwise.
    const float value = static_cast<float>(seen ? weight * slope : s.scale - s.scale);
    to[i] = kAdds ? to[i] + value : value;
  }
}
template <class TermsAt>
HWY_ATTR inline void write_slopes(const NccSlope& s, int count, float* to, const TermsAt& terms_at) {
  if (s.mask == nullptr) {
    if (s.adds)
      write_slope<false, true>(s, count, to, terms_at);
    else
      write_slope<false, false>(s, count, to, terms_at);
  } else {
    if (s.adds)
      write_slope<true, true>(s, count, to, terms_at);
    else
      write_slope<true, false>(s, count, to, terms_at);
  }
}
HWY_ATTR void write_gradient(const NccSlope& s, int count, int term_step, float* to) {
  const double* HWY_RESTRICT both = s.both;
  const double* HWY_RESTRICT of = s.of;
  const double* HWY_RESTRICT at = s.at;
  if (term_step == 0) {
    const Terms terms{*both, *of, *at};
    write_slopes(s, count, to, [=](int) HWY_ATTR { return terms; });
  } else {
    write_slopes(s, count, to, [=](int i) HWY_ATTR { return Terms{both[i], of[i], at[i]}; });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(add_moments_of_line);
HWY_EXPORT(split_moments);
HWY_EXPORT(windows);
HWY_EXPORT(add_scores);
HWY_EXPORT(write_gradient);

void add_ncc_moments(const NccLine& line, int count, NccLanes& lanes) {
  HWY_DYNAMIC_DISPATCH(add_moments_of_line)(line, count, lanes);
}
void split_ncc_moments(const NccLine& line, int count, double* const* planes) {
  HWY_DYNAMIC_DISPATCH(split_moments)(line, count, planes);
}
void window_sums(const double* from, std::int64_t count, int window, std::int64_t stride,
                 double* const* buffers, double* to) {
  HWY_DYNAMIC_DISPATCH(windows)(from, count, window, stride, buffers, to);
}
void add_ncc_scores(const double* const* planes, double weight, double eps, int count, double* const* maps,
                    double* scores, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_scores)(planes, weight, eps, count, maps, scores, sums);
}
void write_ncc_gradient(const NccSlope& slope, int count, int term_step, float* to) {
  HWY_DYNAMIC_DISPATCH(write_gradient)(slope, count, term_step, to);
}

}  // namespace fg::cpu
#endif
