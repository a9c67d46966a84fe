// The CUDA kernels of MS-SSIM, phase by phase, thread by thread, on the host, as ssim2d_strip_test: the strips of the
// finest level with the level that they make beside, the other levels, and the gradients put together.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "kernels/ssim/ms_ssim_math.h"
#include "kernels/ssim/ms_ssim_pool.h"
#include "kernels/ssim/ssim2d_gradient_strip.h"
#include "tests/kernels/ssim/ms_ssim_case.h"
#include "tests/kernels/test_compare.h"

namespace fg::test {
namespace {

struct Buffers {
  strip::Moments moments[strip::kRunRows * strip::kPitch];
  strip::Partial partials[strip::kRunRows * strip::kPitch];
  pool::Pairs pairs;
};

// What a strip of the finest level makes beside its results; without memory: nothing.
struct Next {
  PlaneView<float> s, d;
};

// One strip of windows. Returns the sum of their terms.
template <int kRadius, SsimPart kPart, class T>
double run_windows(const PlaneView<const T>& x, const PlaneView<const T>& y, FgSsimConstants constants,
                   const strip::Place& place, const Next& next, Buffers& buffers) {
  const WindowTaps window = gaussian_window(kRadius);
  const pool::Place pools = pool::place_of_windows<kRadius>(place, x.height, x.width);
  const int first_row = place.row + 2 * kRadius;
  std::vector<strip::Column<kRadius, std::int32_t, T>> columns;
  std::vector<pool::Sample> before;
  for (int t = 0; t < strip::kThreads; ++t) {
    columns.push_back(strip::start_column<kRadius, std::int32_t>(t, x, y, place));
    before.push_back(pool::sample_at(x, y, first_row - 1, place.column + t));
    if (next.s.data != nullptr && place.row == 0) pool::pool_top<kRadius>(t, x, y, pools, next.s, next.d);
  }
  double sum = 0;
  for (int row = 0; row < place.rows; row += strip::kRunRows) {
    for (int t = 0; t < strip::kThreads; ++t) {
      if (!strip::has_columns<kRadius>(t, place)) continue;
      auto& column = columns[static_cast<std::size_t>(t)];
      pool::pair_rows(t, column.next_x, column.next_y, pools.odd_rows(), before[static_cast<std::size_t>(t)],
                      buffers.pairs.pair);
      strip::filter_columns<kRadius>(t, column, window, buffers.moments);
      strip::load_next_rows(column, x, y);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      if (next.s.data != nullptr)
        pool::pool_pairs(t, buffers.pairs.pair, first_row + row, pools, next.s, next.d);
      const strip::Group group = strip::group_of(t, place, row);
      if (group.count <= 0) continue;
      FgSsimMoments moments[strip::kGroupColumns];
      strip::filter_rows<kRadius>(t, buffers.moments, window, moments);
      sum += strip::score_group<kPart>(moments, constants, group, {});
    }
  }
  return sum;
}

// One strip of samples, with their unweighted gradients.
template <int kRadius, bool kBoth, SsimPart kPart, class T>
double run_samples(const PlaneView<const T>& x, const PlaneView<const T>& y, FgSsimConstants constants,
                   const strip::Place& samples, const PlaneView<float>& x_gradient,
                   const PlaneView<float>& y_gradient, const Next& next, Buffers& buffers) {
  const WindowTaps window = gaussian_window(kRadius);
  const strip::GradientPlace<kRadius> place(samples);
  const pool::Place pools = pool::place_of_samples<kRadius>(samples, x.height, x.width);
  auto* const spread = reinterpret_cast<strip::Partial*>(buffers.moments);
  const bool first_is_y = !kBoth && x_gradient.data == nullptr;
  const strip::Sample centre =
      strip::sample_of(x.at(samples.row, samples.column), y.at(samples.row, samples.column));
  const strip::PartialTerms partial_terms{constants, centre, 1.0f, first_is_y};
  const strip::GradientTerms terms{centre, 0.0f, first_is_y ? -1.0f : 1.0f, false};
  std::vector<strip::Column<kRadius, std::int32_t, T>> columns;
  std::vector<strip::SpreadColumn<kRadius, kBoth>> spread_columns(strip::kThreads);
  std::vector<pool::Sample> before;
  for (int t = 0; t < strip::kThreads; ++t) {
    columns.push_back(strip::start_column<kRadius, std::int32_t>(t, x, y, place.windows));
    before.push_back(pool::sample_at(x, y, samples.row - 1, pools.column + t));
  }
  double sum = 0;
  for (int row = 0; row < place.windows.rows; row += strip::kRunRows) {
    for (int t = 0; t < strip::kThreads; ++t) {
      if (!strip::has_columns<kRadius>(t, place.windows)) continue;
      auto& column = columns[static_cast<std::size_t>(t)];
      pool::pair_rows(t, column.next_x, column.next_y, pools.odd_rows(), before[static_cast<std::size_t>(t)],
                      buffers.pairs.pair);
      strip::filter_columns<kRadius>(t, column, window, buffers.moments);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      if (next.s.data != nullptr)
        pool::pool_pairs(t, buffers.pairs.pair, samples.row + row, pools, next.s, next.d);
      const strip::Group group = strip::group_of(t, place.windows, row);
      if (group.count <= 0) continue;
      FgSsimMoments moments[strip::kGroupColumns];
      strip::filter_rows<kRadius>(t, buffers.moments, window, moments);
      sum += strip::partial_group<kRadius, kBoth, kPart>(t, moments, group, partial_terms, place,
                                                         x.height - 2 * kRadius, x.width - 2 * kRadius, {},
                                                         {}, buffers.partials);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      if (strip::has_columns<kRadius>(t, place.windows))
        strip::load_next_rows(columns[static_cast<std::size_t>(t)], x, y);
      if (strip::filtered_column(t) < samples.columns)
        strip::spread_rows<kRadius, kBoth>(t, buffers.partials, window, spread);
    }
    for (int t = 0; t < samples.columns; ++t)
      strip::spread_columns<std::int32_t>(t, spread_columns[static_cast<std::size_t>(t)], spread, window,
                                          samples, row - 2 * kRadius, terms, x, y,
                                          first_is_y ? y_gradient : x_gradient, y_gradient);
  }
  return sum;
}

// A level of one plane, cut into strips of 24 rows, so that small images have several.
template <int kRadius, SsimPart kPart, class T>
double mean_of_level(const PlaneView<const T>& x, const PlaneView<const T>& y, FgSsimConstants constants,
                     const PlaneView<float>& x_gradient, const PlaneView<float>& y_gradient,
                     const Next& next) {
  const auto buffers = std::make_unique<Buffers>();
  const bool has_gradient = x_gradient.data != nullptr || y_gradient.data != nullptr;
  const bool both = x_gradient.data != nullptr && y_gradient.data != nullptr;
  const int less = has_gradient ? 0 : 2 * kRadius, step = strip::kThreads - (has_gradient ? 4 : 2) * kRadius;
  constexpr int kRows = 24;
  double sum = 0;
  for (int row = 0; row < x.height - less; row += kRows)
    for (int column = 0; column < x.width - less; column += step) {
      const strip::Place place{row, std::min(kRows, x.height - less - row), column,
                               std::min(step, x.width - less - column), kRadius};
      if (both)
        sum +=
            run_samples<kRadius, true, kPart>(x, y, constants, place, x_gradient, y_gradient, next, *buffers);
      else if (has_gradient)
        sum += run_samples<kRadius, false, kPart>(x, y, constants, place, x_gradient, y_gradient, next,
                                                  *buffers);
      else
        sum += run_windows<kRadius, kPart>(x, y, constants, place, next, *buffers);
    }
  return sum / (static_cast<double>(x.height - 2 * kRadius) * (x.width - 2 * kRadius));
}

// Images of the levels below the finest, of one plane each; filled with NaN, so that what is not made is seen.
using Images = std::vector<TestImage<float>>;
Images images_of_levels(const Shape& shape, int levels) {
  Images images;
  int height = shape.height, width = shape.width;
  for (int level = 0; level < levels; ++level) {
    images.emplace_back(Shape{1, 1, height, width});
    height = pooled_side(height);
    width = pooled_side(width);
  }
  return images;
}

void pool_levels(Images& images, int first, int depth) {
  PlaneView<float> levels[pool::kTreeDepth + 1];
  for (int i = 0; i <= depth; ++i) levels[i] = images[static_cast<std::size_t>(first + i)].view.plane(0);
  for (int row = 0; row < levels[depth].height; ++row)
    for (int column = 0; column < levels[depth].width; ++column) {
      if (depth == 3) pool::pool_tree<3>(levels, row, column);
      if (depth == 2) pool::pool_tree<2>(levels, row, column);
      if (depth == 1) pool::pool_tree<1>(levels, row, column);
    }
}

// All launches of a call with more than one level, plane by plane.
template <int kRadius, class T>
MsOutput run_strips(const TestImage<T>& x, const TestImage<T>& y, const MsOptions& options) {
  MsCase<T> with(x, y, options);
  const MsSsim<T>& op = with.op;
  const FgSsimConstants constants{op.c1, op.c2};
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    Images sums = images_of_levels(x.shape, op.levels), differences = images_of_levels(x.shape, op.levels);
    Images x_gradients = images_of_levels(x.shape, op.levels),
           y_gradients = images_of_levels(x.shape, op.levels);
    const auto gradient_of = [](const ImageView<float>& wanted, Images& images, std::size_t level) {
      return wanted.data == nullptr ? PlaneView<float>() : images[level].view.plane(0);
    };
    double means[kMaxMsSsimLevels];
    means[0] = mean_of_level<kRadius, SsimPart::contrast>(
        op.x.plane(plane), op.y.plane(plane), constants, op.x_gradient.plane(plane),
        op.y_gradient.plane(plane), {sums[1].view.plane(0), differences[1].view.plane(0)});
    for (int first = 1; first + 1 < op.levels; first += pool::kTreeDepth) {
      pool_levels(sums, first, std::min(pool::kTreeDepth, op.levels - 1 - first));
      pool_levels(differences, first, std::min(pool::kTreeDepth, op.levels - 1 - first));
    }
    for (std::size_t level = 1; level < static_cast<std::size_t>(op.levels); ++level) {
      const auto mean_of = level + 1 == static_cast<std::size_t>(op.levels)
                               ? mean_of_level<kRadius, SsimPart::last, Folded>
                               : mean_of_level<kRadius, SsimPart::contrast, Folded>;
      means[level] = mean_of(
          ms::folded(sums[level].view).plane(0), ms::folded(differences[level].view).plane(0), constants,
          gradient_of(op.x_gradient, x_gradients, level), gradient_of(op.y_gradient, y_gradients, level), {});
    }
    const double score = ms::score_of(means, 1, op.weights.data(), op.levels);
    const auto n = plane / op.x.channels, c = plane % op.x.channels;
    op.scores.at(n, c) = score;
    with.out.mean += score / static_cast<double>(op.x.planes());
    double upstream = op.mean_weight / static_cast<double>(op.x.planes());
    if (op.score_weight.data != nullptr) upstream += op.score_weight.at(n, c);
    for (const auto& [wanted, images] :
         {std::pair{&op.x_gradient, &x_gradients}, std::pair{&op.y_gradient, &y_gradients}}) {
      if (wanted->data == nullptr) continue;
      pool::LevelGradients gradients;
      gradients.levels = op.levels;
      double share = 1;
      for (std::size_t i = 0; i < static_cast<std::size_t>(op.levels); ++i, share /= 4) {
        const TestImage<float>& image = sums[i];
        const double pixels =
            static_cast<double>(image.shape.height - 2 * kRadius) * (image.shape.width - 2 * kRadius);
        gradients.level[i] = i == 0 ? wanted->plane(plane) : (*images)[i].view.plane(0);
        gradients.factor[i] =
            static_cast<float>(ms::level_weight(means[i], op.weights[i], score, upstream) / pixels * share);
      }
      for (int row = 0; row < pooled_side(op.x.height); ++row)
        for (int column = 0; column < op.x.width; ++column) pool::combine_rows(gradients, row, column);
    }
  }
  return std::move(with.out);
}

template <class T>
MsOutput run_strips_of(const TestImage<T>& x, const TestImage<T>& y, const MsOptions& options) {
  if (options.window == 11) return run_strips<5>(x, y, options);
  if (options.window == 9) return run_strips<4>(x, y, options);
  return run_strips<3>(x, y, options);
}

template <class T>
void expect_like_cpu(const TestImage<T>& x, const TestImage<T>& y, MsOptions options) {
  SCOPED_TRACE(std::to_string(x.shape.height) + "x" + std::to_string(x.shape.width) + " window " +
               std::to_string(options.window) + " levels " + std::to_string(options.levels));
  if (sizeof(T) == 1) options = values_alone(options);
  const MsOutput out = run_strips_of(x, y, options), cpu = run_ms(x, y, options);
  // Both are within 2e-6 of the oracle, most of it the same rounding.
  for (std::size_t i = 0; i < cpu.scores.size(); ++i) EXPECT_NEAR(out.scores[i], cpu.scores[i], 2e-6);
  EXPECT_NEAR(out.mean, cpu.mean, 2e-6);
  if (options.wants_x) {
    EXPECT_LE(relative_rms(out.x_gradient, cpu.x_gradient), 1e-5);
  }
  if (options.wants_y) {
    EXPECT_LE(relative_rms(out.y_gradient, cpu.y_gradient), 1e-5);
  }
}

template <class T>
void expect_like_oracle_and_cpu(const TestImage<T>& x, const TestImage<T>& y, const MsOptions& options) {
  expect_like_cpu(x, y, options);
  const MsOutput out = run_strips_of(x, y, values_alone(options));
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c)
      EXPECT_NEAR(out.scores[static_cast<std::size_t>(n * x.shape.channels + c)],
                  oracle_score(x.plane(n, c), y.plane(n, c), options, range_of<T>()),
                  2e-6);  // ms_ssim_cpu_test
}

// The level that strips make beside their results is the mean of 2 x 2 samples, and whole.
template <int kRadius, class T>
void expect_next_level(const Shape& shape, bool with_gradient) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " radius " +
               std::to_string(kRadius));
  const auto x = make_image<T>(shape, noisy_scene), y = make_image<T>(shape, scene);
  TestImage<float> gradient(shape);
  Images sums = images_of_levels(shape, 2), differences = images_of_levels(shape, 2);
  const FgSsimConstants constants{1e-4f, 9e-4f};
  mean_of_level<kRadius, SsimPart::contrast>(x.const_view().plane(0), y.const_view().plane(0), constants,
                                             with_gradient ? gradient.view.plane(0) : PlaneView<float>(), {},
                                             {sums[1].view.plane(0), differences[1].view.plane(0)});
  const oracle::Plane half_x = oracle::half_size(x.plane(0, 0)), half_y = oracle::half_size(y.plane(0, 0));
  for (int row = 0; row < half_x.height; ++row)
    for (int column = 0; column < half_x.width; ++column) {
      const double a = half_x.at(row, column), b = half_y.at(row, column);
      // Four roundings of sums of at most 8.
      ASSERT_NEAR(sums[1].at(0, 0, row, column), a + b, range_of<T>() * 2.4e-7);
      ASSERT_NEAR(differences[1].at(0, 0, row, column), a - b, range_of<T>() * 1.2e-7);
    }
}

TEST(ms_ssim_strip, the_next_level_is_complete_at_every_size) {
  for (const Shape& shape : {Shape{1, 1, 22, 22}, Shape{1, 1, 23, 24}, Shape{1, 1, 40, 129},
                             Shape{1, 1, 57, 128}, Shape{1, 1, 58, 247}, Shape{1, 1, 83, 251}})
    for (const bool with_gradient : {false, true}) {
      expect_next_level<5, float>(shape, with_gradient);
      expect_next_level<4, std::uint8_t>(shape, with_gradient);
      expect_next_level<3, Half>(shape, with_gradient);
    }
}

TEST(ms_ssim_strip, every_window_level_count_and_odd_size_matches_the_oracle_and_the_cpu) {
  struct Case {
    Shape shape;
    int window, levels;
  };
  for (const Case& c :
       {Case{{1, 2, 45, 47}, 11, 3}, Case{{1, 1, 44, 131}, 11, 2}, Case{{1, 1, 61, 150}, 9, 3},
        Case{{2, 1, 31, 33}, 7, 3}, Case{{1, 1, 120, 257}, 7, 5}, Case{{1, 1, 177, 239}, 11, 5}}) {
    const MsOptions options{.window = c.window, .levels = c.levels};
    expect_like_oracle_and_cpu(make_image<float>(c.shape, noisy_scene), make_image<float>(c.shape, scene),
                               options);
    expect_like_oracle_and_cpu(make_image<std::uint8_t>(c.shape, noisy_scene),
                               make_image<std::uint8_t>(c.shape, scene), options);
  }
}

TEST(ms_ssim_strip, easy_and_hard_pairs_match_the_cpu) { for_each_pair(expect_like_cpu<float>); }

TEST(ms_ssim_strip, more_levels_than_one_tree_makes_match_the_cpu) {
  const Shape shape{1, 1, 450, 449};  // 7 x 8 at level 6
  const std::vector<double> weights(7, 1.0 / 7);
  expect_like_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene),
                  {.window = 7, .levels = 7, .weights = weights});
}

TEST(ms_ssim_strip, one_gradient_alone_is_that_of_both) {
  const Shape shape{1, 1, 47, 130};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const MsOutput both = run_strips_of(x, y, {.levels = 3});
  EXPECT_EQ(run_strips_of(x, y, {.levels = 3, .wants_y = false}).x_gradient.memory, both.x_gradient.memory);
  EXPECT_EQ(run_strips_of(x, y, {.levels = 3, .wants_x = false}).y_gradient.memory, both.y_gradient.memory);
}

TEST(ms_ssim_strip, score_weights_layouts_and_dtypes_match_the_cpu) {
  const Shape shape{2, 2, 46, 51};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    for (const Memory& layout :
         {Memory{.row_padding = 5}, Memory{.column_step = 2}, Memory{.interleaved = true}})
      expect_like_cpu(make_image<T>(shape, noisy_scene, layout), make_image<T>(shape, scene, layout),
                      {.levels = 3,
                       .mean_weight = 0.5,
                       .score_weight = {1.5, -0.75, 2, 0.25},
                       .gradient_layout = layout});
  };
  check(float{});
  check(Half{});
  check(BFloat16{});
}

TEST(ms_ssim_strip, identical_images_score_exactly_1_without_gradient) {
  expect_exactly_1_of_identical_images(run_strips_of<float>);
}

TEST(ms_ssim_strip, a_NaN_or_Inf_makes_its_channel_NaN_and_no_other) {
  expect_a_NaN_or_Inf_to_spoil_its_channel_alone(run_strips_of<float>);
}

TEST(ms_ssim_strip, a_level_that_is_not_above_0_scores_0_with_a_gradient_of_0) {
  expect_no_gradient_of_a_level_that_is_not_above_0(run_strips_of<float>);
}

}  // namespace
}  // namespace fg::test
