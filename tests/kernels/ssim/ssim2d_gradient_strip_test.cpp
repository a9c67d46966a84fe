// The CUDA kernel of SSIM's gradient, phase by phase, thread by thread, on the host, as ssim2d_strip_test.

#include "kernels/ssim/ssim2d_gradient_strip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/kernels/ssim/ssim2d_gradient_case.h"

namespace fg::test {
namespace {

struct Buffers {
  strip::Moments moments[strip::kRunRows * strip::kPitch];
  strip::Partial partials[strip::kRunRows * strip::kPitch];
};

struct StripTotals {
  double score = 0, magnitudes = 0;
};

template <int kRadius, bool kBoth, class T>
StripTotals run_strip(const Ssim2dGradient<T>& op, std::int64_t plane, const strip::Place& samples) {
  const WindowTaps window = gaussian_window(kRadius);
  const Ssim2d<T>& forward = op.forward;
  const PlaneView<const T> x = forward.x.plane(plane), y = forward.y.plane(plane);
  const strip::GradientPlace<kRadius> place(samples);
  const auto buffers = std::make_unique<Buffers>();
  auto* const spread = reinterpret_cast<strip::Partial*>(buffers->moments);
  const bool first_is_y = !kBoth && op.x_gradient.data == nullptr;
  const double pixels = static_cast<double>(forward.map_height()) * forward.map_width();
  const double windows = pixels * static_cast<double>(forward.x.planes());
  double weight = op.mean_weight / windows;
  if (op.score_weight.data != nullptr)
    weight += op.score_weight.at(plane / forward.x.channels, plane % forward.x.channels) / pixels;
  const strip::Sample centre =
      strip::sample_of(x.at(samples.row, samples.column), y.at(samples.row, samples.column));
  const strip::PartialTerms partial_terms{
      {forward.c1, forward.c2}, centre, static_cast<float>(weight), first_is_y};
  const strip::GradientTerms terms{centre, static_cast<float>(op.l1_weight / windows),
                                   first_is_y ? -1.0f : 1.0f, true};

  std::vector<strip::Column<kRadius, std::int32_t, T>> columns;
  std::vector<strip::SpreadColumn<kRadius, kBoth>> spread_columns(strip::kThreads);
  for (int t = 0; t < strip::kThreads; ++t)
    columns.push_back(strip::start_column<kRadius, std::int32_t>(t, x, y, place.windows));
  StripTotals totals;
  for (int row = 0; row < place.windows.rows; row += strip::kRunRows) {
    for (int t = 0; t < strip::kThreads; ++t)
      if (strip::has_columns<kRadius>(t, place.windows))
        strip::filter_columns<kRadius>(t, columns[static_cast<std::size_t>(t)], window, buffers->moments);
    for (int t = 0; t < strip::kThreads; ++t) {
      const strip::Group group = strip::group_of(t, place.windows, row);
      if (group.count <= 0) continue;
      FgSsimMoments moments[strip::kGroupColumns];
      strip::filter_rows<kRadius>(t, buffers->moments, window, moments);
      totals.score += strip::partial_group<kRadius, kBoth>(
          t, moments, group, partial_terms, place, forward.map_height(), forward.map_width(),
          op.map_weight.plane(plane), forward.map.plane(plane), buffers->partials);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      if (strip::has_columns<kRadius>(t, place.windows))
        strip::load_next_rows(columns[static_cast<std::size_t>(t)], x, y);
      if (strip::filtered_column(t) < samples.columns)
        strip::spread_rows<kRadius, kBoth>(t, buffers->partials, window, spread);
    }
    for (int t = 0; t < samples.columns; ++t)
      totals.magnitudes += strip::spread_columns<std::int32_t>(
          t, spread_columns[static_cast<std::size_t>(t)], spread, window, samples, row - 2 * kRadius, terms,
          x, y, (first_is_y ? op.y_gradient : op.x_gradient).plane(plane), op.y_gradient.plane(plane));
  }
  return totals;
}

// Strips of 30 rows, so that small images have several.
template <int kRadius, class T>
GradientOutput run_strips(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options) {
  GradientCase<T> with(x, y, options);
  const Ssim2dGradient<T>& op = with.op;
  const Ssim2d<T>& forward = op.forward;
  constexpr int kRows = 30, kColumns = strip::GradientPlace<kRadius>::kColumns;
  const double pixels = static_cast<double>(forward.map_height()) * forward.map_width();
  with.out.mean = with.out.l1 = 0;
  for (std::int64_t plane = 0; plane < forward.x.planes(); ++plane) {
    StripTotals totals;
    for (int row = 0; row < forward.x.height; row += kRows)
      for (int column = 0; column < forward.x.width; column += kColumns) {
        const strip::Place place{row, std::min(kRows, forward.x.height - row), column,
                                 std::min(kColumns, forward.x.width - column),
                                 options.padding == Padding::valid ? kRadius : 0};
        const StripTotals strip = options.wants_x && options.wants_y
                                      ? run_strip<kRadius, true>(op, plane, place)
                                      : run_strip<kRadius, false>(op, plane, place);
        totals.score += strip.score;
        totals.magnitudes += strip.magnitudes;
      }
    with.out.scores[static_cast<std::size_t>(plane)] = totals.score / pixels;
    with.out.mean += totals.score / pixels / static_cast<double>(forward.x.planes());
    with.out.l1 += totals.magnitudes / pixels / static_cast<double>(forward.x.planes());
  }
  return std::move(with.out);
}

template <class T>
GradientOutput run_strips_of(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options) {
  if (options.window == 11) return run_strips<5>(x, y, options);
  if (options.window == 9) return run_strips<4>(x, y, options);
  return run_strips<3>(x, y, options);
}

double random_weight(int n, int c, int y, int x) {
  return noise(static_cast<std::uint32_t>(n * 7 + c), static_cast<std::uint32_t>(y),
               static_cast<std::uint32_t>(x)) -
         0.5;
}

template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options = {}) {
  const GradientOutput out = run_strips_of(x, y, options);
  const GradientError error = gradient_error(x, y, options, out);
  EXPECT_LE(error.x, 1e-5);  // what is asked of float32 gradients
  EXPECT_LE(error.y, 1e-5);
  const GradientOutput cpu = run_gradient_cpu(x, y, options);
  EXPECT_NEAR(out.mean, cpu.mean, 1e-6);
  for (std::size_t i = 0; i < out.scores.size(); ++i) EXPECT_NEAR(out.scores[i], cpu.scores[i], 1e-6);
}

TEST(ssim2d_gradient_strip, odd_sizes_windows_and_paddings_match_the_oracle) {
  for (const Shape& shape :
       {Shape{1, 1, 11, 11}, Shape{1, 2, 31, 109}, Shape{1, 1, 60, 108}, Shape{1, 1, 23, 230}})
    for (const int window : {7, 9, 11})
      for (const Padding padding : {Padding::same, Padding::valid}) {
        SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " window " +
                     std::to_string(window));
        expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene),
                           {.window = window, .padding = padding});
      }
}

TEST(ssim2d_gradient_strip, one_pixel_and_thin_images_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 1, 1, 120}, Shape{1, 1, 120, 1}, Shape{1, 3, 7, 40}})
    expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene));
}

TEST(ssim2d_gradient_strip, weights_of_map_scores_mean_and_l1_add_up) {
  const Shape shape{2, 2, 35, 125};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  for (const Padding padding : {Padding::same, Padding::valid})
    expect_like_oracle(x, y,
                       {.padding = padding,
                        .mean_weight = 40,
                        .l1_weight = 30,
                        .map_weight = random_weight,
                        .score_weight = {10, -20, 5, 30}});
}

TEST(ssim2d_gradient_strip, one_gradient_alone_is_that_of_both) {
  const Shape shape{1, 1, 40, 120};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const GradientOutput both = run_strips_of(x, y, {.l1_weight = 0.3});
  const GradientOutput of_x = run_strips_of(x, y, {.l1_weight = 0.3, .wants_y = false});
  const GradientOutput of_y = run_strips_of(x, y, {.l1_weight = 0.3, .wants_x = false});
  for (int row = 0; row < 40; ++row)
    for (int column = 0; column < 120; ++column) {
      ASSERT_EQ(of_x.x_gradient.at(0, 0, row, column), both.x_gradient.at(0, 0, row, column));
      ASSERT_EQ(of_y.y_gradient.at(0, 0, row, column), both.y_gradient.at(0, 0, row, column));
    }
}

TEST(ssim2d_gradient_strip, identical_images_have_exactly_no_gradient) {
  const auto x = make_image<float>({1, 2, 70, 130}, scene), y = make_image<float>({1, 2, 70, 130}, scene);
  const GradientOutput out = run_strips_of(x, y, {.l1_weight = 1});
  EXPECT_EQ(out.mean, 1.0);
  EXPECT_EQ(out.l1, 0.0);
  for (const float g : out.x_gradient.memory) ASSERT_EQ(g, 0.0f);
  for (const float g : out.y_gradient.memory) ASSERT_EQ(g, 0.0f);
}

}  // namespace
}  // namespace fg::test
