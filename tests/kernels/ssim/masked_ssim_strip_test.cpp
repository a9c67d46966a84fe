// The CUDA kernels of masked SSIM, phase by phase, thread by thread, on the host, as ssim2d_strip_test.

#include "kernels/ssim/masked_ssim_strip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/kernels/ssim/masked_ssim_case.h"
#include "tests/kernels/test_compare.h"

namespace fg::test {
namespace {

struct Buffers {
  masked::Shared columns;
  strip::Partial partials[strip::kRunRows * strip::kPitch];

  // What no thread writes must not count, however much it seems to weigh.
  void spoil() {
    for (auto& moments : columns.moments) moments = {1e4f, 1, -1e4f, 1};
    for (float& weight : columns.weights) weight = 3;
  }
};

// The planes of an op.
template <class T>
struct Planes {
  PlaneView<const T> x, y;
  PlaneView<const float> mask;
  PlaneView<float> map, x_gradient, y_gradient;
  FgSsimConstants constants;
  masked::Units units;

  Planes(const MaskedSsim2d<T>& op, std::int64_t plane)
      : x(op.x.plane(plane)),
        y(op.y.plane(plane)),
        mask(op.mask.plane(plane)),
        map(op.map.plane(plane)),
        x_gradient(op.x_gradient.plane(plane)),
        y_gradient(op.y_gradient.plane(plane)),
        constants{op.c1, op.c2},
        units(masked::units_of(op.c2)) {}
};

// One strip of windows.
template <int kRadius, class Offset, class T>
void run_windows(const Planes<T>& planes, const strip::Place& place, Buffers& buffers,
                 masked::Totals& totals) {
  const WindowTaps window = gaussian_window(kRadius);
  std::vector<masked::Column<kRadius, Offset, T>> columns;
  for (int t = 0; t < strip::kThreads; ++t)
    columns.push_back(masked::start_column<kRadius, Offset>(t, planes.x, planes.y, planes.mask, place,
                                                            planes.units.weight));
  for (int row = 0; row < place.rows; row += strip::kRunRows) {
    buffers.spoil();
    for (int t = 0; t < strip::kThreads; ++t) {
      if (!strip::has_columns<kRadius>(t, place)) continue;
      auto& column = columns[static_cast<std::size_t>(t)];
      masked::filter_columns<kRadius>(t, column, planes.x, planes.y, planes.mask, window, planes.units,
                                      buffers.columns);
      masked::load_next_rows(column, planes.x, planes.y, planes.mask);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      const strip::Group group = strip::group_of(t, place, row);
      if (group.count <= 0) continue;
      float weights[strip::kGroupColumns], inverse_weights[strip::kGroupColumns];
      masked::load_weights(group, planes.mask, planes.units.weight, weights);
      FgSsimMoments moments[strip::kGroupColumns];
      masked::filter_rows<kRadius>(t, group, buffers.columns, window, planes.units.least, moments,
                                   inverse_weights);
      masked::score_group(moments, weights, planes.constants, group, planes.map, totals);
    }
  }
}

// One strip of samples.
template <int kRadius, bool kBoth, class T>
void run_samples(const Planes<T>& planes, const strip::Place& samples, float scale, float share,
                 Buffers& buffers, masked::Totals& totals) {
  const WindowTaps window = gaussian_window(kRadius);
  const strip::GradientPlace<kRadius> place(samples);
  auto* const spread = reinterpret_cast<strip::Partial*>(buffers.columns.moments);
  const bool first_is_y = !kBoth && planes.x_gradient.data == nullptr;
  // Any sample that is seen, and for d a power of two some 32 times smaller.
  strip::Sample centre{0, 0};
  if (masked::weight_of(planes.mask.at(samples.row, samples.column)) > 0)
    centre.s =
        strip::sample_of(planes.x.at(samples.row, samples.column), planes.y.at(samples.row, samples.column))
            .s;
  if (centre.s > 0) centre.d = std::exp2(std::floor(std::log2(centre.s)) - 5);
  const strip::PartialTerms partial_terms{planes.constants, centre, 1.0f, first_is_y};
  const masked::GradientTerms terms{centre, first_is_y ? -1.0f : 1.0f, scale, share};
  std::vector<masked::Column<kRadius, std::int32_t, T>> columns;
  std::vector<strip::SpreadColumn<kRadius, kBoth>> spread_columns(strip::kThreads);
  for (int t = 0; t < strip::kThreads; ++t)
    columns.push_back(masked::start_column<kRadius, std::int32_t>(t, planes.x, planes.y, planes.mask,
                                                                  place.windows, planes.units.weight));
  for (int row = 0; row < place.windows.rows; row += strip::kRunRows) {
    buffers.spoil();
    for (int t = 0; t < strip::kThreads; ++t)
      if (strip::has_columns<kRadius>(t, place.windows))
        masked::filter_columns<kRadius>(t, columns[static_cast<std::size_t>(t)], planes.x, planes.y,
                                        planes.mask, window, planes.units, buffers.columns);
    for (int t = 0; t < strip::kThreads; ++t) {
      const strip::Group group = strip::group_of(t, place.windows, row);
      if (group.count <= 0) continue;
      FgSsimMoments moments[strip::kGroupColumns];
      float inverse_weights[strip::kGroupColumns];
      masked::filter_rows<kRadius>(t, group, buffers.columns, window, planes.units.least, moments,
                                   inverse_weights);
      masked::partial_group<kRadius, kBoth>(t, moments, inverse_weights, group, partial_terms, place,
                                            planes.mask, planes.units.weight, planes.map, buffers.partials,
                                            totals);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      if (strip::has_columns<kRadius>(t, place.windows))
        masked::load_next_rows(columns[static_cast<std::size_t>(t)], planes.x, planes.y, planes.mask);
      if (strip::filtered_column(t) < samples.columns)
        strip::spread_rows<kRadius, kBoth>(t, buffers.partials, window, spread);
    }
    for (int t = 0; t < samples.columns; ++t)
      masked::spread_columns<std::int32_t>(t, spread_columns[static_cast<std::size_t>(t)], spread, window,
                                           samples, row - 2 * kRadius, terms, planes.x, planes.y, planes.mask,
                                           first_is_y ? planes.y_gradient : planes.x_gradient,
                                           planes.y_gradient);
  }
}

// Strips of 24 rows, so that small images have several; odd planes take the long offsets.
template <int kRadius, class T>
MaskedOutput run_strips(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                        const MaskedOptions& options) {
  MaskedCase<T> with(x, y, mask, options);
  const MaskedSsim2d<T>& op = with.op;
  const auto buffers = std::make_unique<Buffers>();
  const bool has_gradient = options.wants_x || options.wants_y;
  const int step = strip::kThreads - (has_gradient ? 4 : 2) * kRadius;
  constexpr int kRows = 24;
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    const Planes<T> planes(op, plane);
    const auto n = plane / op.x.channels, c = plane % op.x.channels;
    double seen = 0;
    for (int row = 0; row < op.x.height; ++row)
      for (int column = 0; column < op.x.width; ++column)
        seen += static_cast<double>(masked::weight_of(planes.mask.at(row, column)));
    double upstream = op.mean_weight / static_cast<double>(op.x.planes());
    if (op.score_weight.data != nullptr) upstream += op.score_weight.at(n, c);
    const float scale = static_cast<float>(upstream), share = seen == 0 ? 0.0f : static_cast<float>(1 / seen);
    masked::Totals totals;
    for (int row = 0; row < op.x.height; row += kRows)
      for (int column = 0; column < op.x.width; column += step) {
        const strip::Place place{row, std::min(kRows, op.x.height - row), column,
                                 std::min(step, op.x.width - column), 0};
        if (!has_gradient && plane % 2 == 0)
          run_windows<kRadius, std::int32_t>(planes, place, *buffers, totals);
        else if (!has_gradient)
          run_windows<kRadius, std::int64_t>(planes, place, *buffers, totals);
        else if (options.wants_x && options.wants_y)
          run_samples<kRadius, true>(planes, place, scale, share, *buffers, totals);
        else
          run_samples<kRadius, false>(planes, place, scale, share, *buffers, totals);
      }
    const double score = totals.weights == 0 ? 1 : totals.terms / totals.weights;
    op.scores.at(n, c) = score;
    with.out.mean += score / static_cast<double>(op.x.planes());
  }
  return std::move(with.out);
}

template <class T>
MaskedOutput run_strips_of(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                           const MaskedOptions& options = {}) {
  if (options.window == 11) return run_strips<5>(x, y, mask, options);
  if (options.window == 9) return run_strips<4>(x, y, mask, options);
  return run_strips<3>(x, y, mask, options);
}

// Tolerances as for ssim2d_strip_test.
template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                        const MaskedOptions& options = {}) {
  SCOPED_TRACE(std::to_string(x.shape.height) + "x" + std::to_string(x.shape.width) + " window " +
               std::to_string(options.window));
  const auto check = [&](const MaskedOutput& out) {
    expect_like_masked_oracle(x, y, mask, options.window, out, 1e-6, 4e-6);
  };
  check(run_strips_of(x, y, mask, values_alone(options)));
  if (sizeof(T) == 1) return;
  const MaskedOutput out = run_strips_of(x, y, mask, options), cpu = run_masked(x, y, mask, options);
  check(out);
  EXPECT_LE(relative_rms(out.x_gradient, cpu.x_gradient), 1e-5);  // what is asked of float32 gradients
  EXPECT_LE(relative_rms(out.y_gradient, cpu.y_gradient), 1e-5);
}

const auto expect_like = [](const auto& x, const auto& y, const auto& mask, const MaskedOptions& options) {
  expect_like_oracle(x, y, mask, options);
};

TEST(masked_ssim_strip, soft_masks_match_the_oracle_and_the_cpu) { for_each_soft_mask(expect_like); }

TEST(masked_ssim_strip, holes_stripes_and_lone_samples_match_the_oracle_and_the_cpu) {
  for_each_hard_mask(expect_like);
}

TEST(masked_ssim_strip, grain_beside_a_hard_edge_keeps_its_accuracy) {
  const Shape shape{1, 1, 96, 140};
  const auto x = make_image<float>(shape, step_with_grain),
             y = make_image<float>(shape, step_with_other_grain);
  expect_like_oracle(x, y, make_image<float>(shape, ones));
  expect_like_oracle(x, y, make_image<float>(shape, soft_mask));
}

TEST(masked_ssim_strip, one_mask_serves_all_channels_in_any_memory) {
  for_each_layout_with_one_mask(expect_like);
}

TEST(masked_ssim_strip, one_gradient_alone_is_that_of_both) {
  const Shape shape{1, 1, 40, 120};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const auto mask = make_image<float>(shape, soft_mask);
  const MaskedOutput both = run_strips_of(x, y, mask);
  EXPECT_EQ(run_strips_of(x, y, mask, {.wants_y = false}).x_gradient.memory, both.x_gradient.memory);
  EXPECT_EQ(run_strips_of(x, y, mask, {.wants_x = false}).y_gradient.memory, both.y_gradient.memory);
}

TEST(masked_ssim_strip, what_lies_under_a_weight_of_0_never_counts) {
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})})
    expect_nothing_of_what_is_hidden(run_strips_of<float>, options);
}

TEST(masked_ssim_strip, identical_images_score_exactly_1_without_gradient) {
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})})
    expect_exactly_1_of_identical_images(run_strips_of<float>, options);
}

TEST(masked_ssim_strip, gradients_are_right_where_a_mask_fades_out) {
  expect_right_gradients_where_a_mask_fades_out(run_strips_of<float>);
}

TEST(masked_ssim_strip, weights_of_any_size_count_by_their_ratios) {
  expect_weights_of_any_size_to_count(run_strips_of<float>);
}

TEST(masked_ssim_strip, weights_that_are_not_above_0_and_channels_that_show_nothing) {
  expect_weights_not_above_0_to_count_as_0(run_strips_of<float>);
}

}  // namespace
}  // namespace fg::test
