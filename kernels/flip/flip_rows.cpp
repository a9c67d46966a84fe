#include "kernels/flip/flip_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/flip/flip_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fg::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The colours: no intrinsics, the loops are such that the compiler makes vectors of them.

HWY_ATTR void decode(FlipLine& line, int count) {
  for (auto& plane : line.plane)
    for (int i = 0; i < count; ++i) plane[i] = flip::linear_of(plane[i]);
}

template <class Change>
HWY_ATTR HWY_INLINE void change_colors(FlipLine& line, int count, const Change& change) {
  for (int i = 0; i < count; ++i) {
    const flip::Color color = change(flip::Color{line.plane[0][i], line.plane[1][i], line.plane[2][i]});
    line.plane[0][i] = color.x;
    line.plane[1][i] = color.y;
    line.plane[2][i] = color.z;
  }
}

HWY_ATTR void tone_map(const flip::ToneCurve& given, float gain, FlipLine& line, int count) {
  const flip::ToneCurve curve = given;
  if (curve.of_luminance)
    return change_colors(
        line, count, [=](flip::Color light) HWY_ATTR { return flip::tone_mapped_by_luminance(light, gain); });
  change_colors(line, count,
                [=](flip::Color light) HWY_ATTR { return flip::tone_mapped_by_channel(curve, light, gain); });
}

HWY_ATTR void make_opponents(FlipLine& line, int count) {
  change_colors(line, count, [](flip::Color rgb) HWY_ATTR { return flip::opponents_of(rgb); });
}

// The filters: every load serves all filters of its plane.

using Floats = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Floats>;

HWY_ATTR void filter_row(const FlipLine& opponents, const FlipTaps& taps, FlipFilteredRow& row) {
  const Floats d;
  const int lanes = static_cast<int>(hn::Lanes(d)), radius = taps.radius;
  const auto tap = [&](const float* of, int k) HWY_ATTR { return hn::Set(d, of[k]); };
  for (int i = 0; i < kFlipTileColumns; i += lanes) {
    const float *const y = opponents.plane[0] + radius + i, *const cx = opponents.plane[1] + radius + i,
                       *const cz = opponents.plane[2] + radius + i;
    const Vector y0 = hn::LoadU(d, y), cz0 = hn::LoadU(d, cz);
    Vector achromatic = hn::Mul(tap(taps.achromatic, 0), y0), smooth = hn::Mul(tap(taps.smooth, 0), y0),
           point = hn::Zero(d), edge = hn::Zero(d), y0_twice = hn::Add(y0, y0),
           red_green = hn::Mul(tap(taps.red_green, 0), hn::LoadU(d, cx)),
           wide = hn::Mul(tap(taps.wide, 0), cz0), narrow = hn::Mul(tap(taps.narrow, 0), cz0);
    for (int k = 1; k <= radius; ++k) {
      const Vector left = hn::LoadU(d, y - k), right = hn::LoadU(d, y + k), both = hn::Add(left, right);
      achromatic = hn::MulAdd(tap(taps.achromatic, k), both, achromatic);
      smooth = hn::MulAdd(tap(taps.smooth, k), both, smooth);
      point = hn::MulAdd(tap(taps.point, k), hn::Sub(both, y0_twice), point);
      edge = hn::MulAdd(tap(taps.edge, k), hn::Sub(right, left), edge);
      red_green =
          hn::MulAdd(tap(taps.red_green, k), hn::Add(hn::LoadU(d, cx - k), hn::LoadU(d, cx + k)), red_green);
      const Vector yellow_blue = hn::Add(hn::LoadU(d, cz - k), hn::LoadU(d, cz + k));
      wide = hn::MulAdd(tap(taps.wide, k), yellow_blue, wide);
      narrow = hn::MulAdd(tap(taps.narrow, k), yellow_blue, narrow);
    }
    hn::StoreU(achromatic, d, row[kRowAchromatic] + i);
    hn::StoreU(red_green, d, row[kRowRedGreen] + i);
    hn::StoreU(wide, d, row[kRowWide] + i);
    hn::StoreU(narrow, d, row[kRowNarrow] + i);
    hn::StoreU(smooth, d, row[kRowSmooth] + i);
    hn::StoreU(edge, d, row[kRowEdge] + i);
    hn::StoreU(point, d, row[kRowPoint] + i);
  }
}

// The three opponents and the two gradients, filtered both ways.
struct Filtered {
  float opponent[3][kFlipTileColumns];
  float edge[2][kFlipTileColumns], point[2][kFlipTileColumns];
};

HWY_ATTR void filter_columns(const FlipFilteredRow* const* rows, const FlipTaps& taps, Filtered& out) {
  const Floats d;
  const int lanes = static_cast<int>(hn::Lanes(d)), radius = taps.radius;
  const auto tap = [&](const float* of, int k) HWY_ATTR { return hn::Set(d, of[k]); };
  for (int i = 0; i < kFlipTileColumns; i += lanes) {
    const auto at = [&](int row, FlipRowPlane plane)
                        HWY_ATTR { return hn::LoadU(d, (*rows[row])[plane] + i); };
    const auto middle = [&](const float* of, FlipRowPlane plane)
                            HWY_ATTR { return hn::Mul(tap(of, 0), at(radius, plane)); };
    Vector achromatic = middle(taps.achromatic, kRowAchromatic),
           red_green = middle(taps.red_green, kRowRedGreen),
           yellow_blue = hn::Add(middle(taps.wide_down, kRowWide), middle(taps.narrow_down, kRowNarrow)),
           edge_across = middle(taps.smooth, kRowEdge), edge_down = hn::Zero(d),
           point_across = middle(taps.smooth, kRowPoint), point_down = hn::Zero(d);
    const Vector smooth = at(radius, kRowSmooth), smooth_twice = hn::Add(smooth, smooth);
    for (int k = 1; k <= radius; ++k) {
      const auto both = [&](FlipRowPlane plane)
                            HWY_ATTR { return hn::Add(at(radius - k, plane), at(radius + k, plane)); };
      achromatic = hn::MulAdd(tap(taps.achromatic, k), both(kRowAchromatic), achromatic);
      red_green = hn::MulAdd(tap(taps.red_green, k), both(kRowRedGreen), red_green);
      yellow_blue = hn::MulAdd(tap(taps.wide_down, k), both(kRowWide), yellow_blue);
      yellow_blue = hn::MulAdd(tap(taps.narrow_down, k), both(kRowNarrow), yellow_blue);
      edge_across = hn::MulAdd(tap(taps.smooth, k), both(kRowEdge), edge_across);
      point_across = hn::MulAdd(tap(taps.smooth, k), both(kRowPoint), point_across);
      const Vector up = at(radius - k, kRowSmooth), down = at(radius + k, kRowSmooth);
      edge_down = hn::MulAdd(tap(taps.edge, k), hn::Sub(down, up), edge_down);
      point_down = hn::MulAdd(tap(taps.point, k), hn::Sub(hn::Add(up, down), smooth_twice), point_down);
    }
    hn::StoreU(achromatic, d, out.opponent[0] + i);
    hn::StoreU(red_green, d, out.opponent[1] + i);
    hn::StoreU(yellow_blue, d, out.opponent[2] + i);
    hn::StoreU(edge_across, d, out.edge[0] + i);
    hn::StoreU(edge_down, d, out.edge[1] + i);
    hn::StoreU(point_across, d, out.point[0] + i);
    hn::StoreU(point_down, d, out.point[1] + i);
  }
}

HWY_ATTR void see_row(const FlipFilteredRow* const* rows, const FlipTaps& taps, FlipSeenRow& seen) {
  Filtered filtered;
  filter_columns(rows, taps, filtered);
  for (int i = 0; i < kFlipTileColumns; ++i) {
    const flip::Color lab =
        flip::seen_of({filtered.opponent[0][i], filtered.opponent[1][i], filtered.opponent[2][i]});
    seen[kSeenL][i] = lab.x;
    seen[kSeenA][i] = lab.y;
    seen[kSeenB][i] = lab.z;
  }
  for (int i = 0; i < kFlipTileColumns; ++i) {
    seen[kSeenEdge][i] = flip::feature_length(filtered.edge[0][i], filtered.edge[1][i]);
    seen[kSeenPoint][i] = flip::feature_length(filtered.point[0][i], filtered.point[1][i]);
  }
}

HWY_ATTR void errors_of(const FlipSeenRow& test, const FlipSeenRow& reference, int count, float* errors) {
  for (int i = 0; i < count; ++i) {
    const float color = flip::color_error({test[kSeenL][i], test[kSeenA][i], test[kSeenB][i]},
                                          {reference[kSeenL][i], reference[kSeenA][i], reference[kSeenB][i]});
    const float feature = flip::feature_error({test[kSeenEdge][i], test[kSeenPoint][i]},
                                              {reference[kSeenEdge][i], reference[kSeenPoint][i]});
    errors[i] = flip::pixel_error(color, feature);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace fg::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fg::cpu {

HWY_EXPORT(decode);
HWY_EXPORT(tone_map);
HWY_EXPORT(make_opponents);
HWY_EXPORT(filter_row);
HWY_EXPORT(see_row);
HWY_EXPORT(errors_of);

void decode_flip_line(FlipLine& line, int count) { HWY_DYNAMIC_DISPATCH(decode)(line, count); }
void tone_map_flip_line(const flip::ToneCurve& curve, float gain, FlipLine& line, int count) {
  HWY_DYNAMIC_DISPATCH(tone_map)(curve, gain, line, count);
}
void make_flip_opponents(FlipLine& line, int count) { HWY_DYNAMIC_DISPATCH(make_opponents)(line, count); }
void filter_flip_row(const FlipLine& opponents, const FlipTaps& taps, FlipFilteredRow& row) {
  HWY_DYNAMIC_DISPATCH(filter_row)(opponents, taps, row);
}
void see_flip_row(const FlipFilteredRow* const* rows, const FlipTaps& taps, FlipSeenRow& seen) {
  HWY_DYNAMIC_DISPATCH(see_row)(rows, taps, seen);
}
void flip_errors(const FlipSeenRow& test, const FlipSeenRow& reference, int count, float* errors) {
  HWY_DYNAMIC_DISPATCH(errors_of)(test, reference, count, errors);
}

}  // namespace fg::cpu
#endif
