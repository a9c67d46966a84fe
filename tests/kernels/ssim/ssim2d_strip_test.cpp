// The CUDA kernel's strip, phase by phase, thread by thread, on the host: its index arithmetic and its
// numerics against the oracle, without a GPU. Barriers are the boundaries between the loops over the threads.

#include "kernels/ssim/ssim2d_strip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "tests/kernels/ssim/ssim2d_case.h"

namespace fg::test {
namespace {

template <int kRadius, class Offset, class T>
double run_strip(const Ssim2d<T>& op, std::int64_t plane, const strip::Place& place) {
  const WindowTaps window = gaussian_window(kRadius);
  const PlaneView<const T> x = op.x.plane(plane), y = op.y.plane(plane);
  const auto shared = std::make_unique<strip::Shared>();
  std::vector<strip::Column<kRadius, Offset, T>> columns;
  for (int t = 0; t < strip::kThreads; ++t)
    columns.push_back(strip::start_column<kRadius, Offset>(t, x, y, place));
  double sum = 0;
  for (int row = 0; row < place.rows; row += strip::kRunRows) {
    for (auto& moments : shared->moments)
      moments = {NAN, NAN, NAN, NAN};  // what no thread wrote must not count
    for (int t = 0; t < strip::kThreads; ++t) {
      if (!strip::has_columns<kRadius>(t, place)) continue;
      auto& column = columns[static_cast<std::size_t>(t)];
      strip::filter_columns<kRadius>(t, column, window, shared->moments);
      strip::load_next_rows(column, x, y);
    }
    for (int t = 0; t < strip::kThreads; ++t) {
      const strip::Group group = strip::group_of(t, place, row);
      if (group.count <= 0) continue;
      FgSsimMoments moments[strip::kGroupColumns];
      strip::filter_rows<kRadius>(t, shared->moments, window, moments);
      sum += strip::score_group(moments, {op.c1, op.c2}, group, op.map.plane(plane));
    }
  }
  return sum;
}

// Strips of 24 rows, so that small images have several; odd planes take the long offsets.
template <int kRadius, class T>
SsimOutput run_strips(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  Ssim2d<T> op = make_op(x, y, options);
  SsimOutput out{TestImage<float>({x.shape.batch, x.shape.channels, op.map_height(), op.map_width()},
                                  options.map_layout),
                 {},
                 0};
  op.map = out.map.view;
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    double sum = 0;
    constexpr int kRows = 24, kColumns = strip::Shape<kRadius>::kColumns;
    for (int row = 0; row < op.map_height(); row += kRows)
      for (int column = 0; column < op.map_width(); column += kColumns) {
        const strip::Place place{row, std::min(kRows, op.map_height() - row), column,
                                 std::min(kColumns, op.map_width() - column),
                                 options.padding == Padding::valid ? kRadius : 0};
        sum += plane % 2 == 0 ? run_strip<kRadius, std::int32_t>(op, plane, place)
                              : run_strip<kRadius, std::int64_t>(op, plane, place);
      }
    out.scores.push_back(sum / (static_cast<double>(op.map_height()) * op.map_width()));
    out.mean += out.scores.back() / static_cast<double>(op.x.planes());
  }
  return out;
}

template <class T>
SsimOutput run_strips_of(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  if (options.window == 11) return run_strips<5>(x, y, options);
  if (options.window == 9) return run_strips<4>(x, y, options);
  return run_strips<3>(x, y, options);
}

// Tolerances as for the CPU kernel: the sums are in another order, about a sample up to four pixels from the
// centre. The worst map error of all cases below is 2.2e-6.
template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  const Tolerance error = errors_against_oracle(x, y, options, run_strips_of(x, y, options));
  EXPECT_LE(error.score, 1e-6);
  EXPECT_LE(error.map, 4e-6);
}

TEST(ssim2d_strip, every_window_padding_and_odd_size_matches_the_oracle) {
  const Shape shapes[] = {{1, 1, 11, 11}, {1, 2, 17, 33}, {1, 1, 24, 118}, {1, 2, 33, 119}, {1, 1, 23, 251}};
  for (const Shape& shape : shapes)
    for (const int window : {7, 9, 11})
      for (const Padding padding : {Padding::same, Padding::valid}) {
        SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " window " +
                     std::to_string(window));
        const SsimOptions options{.window = window, .padding = padding};
        expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), options);
        expect_like_oracle(
            make_image<std::uint8_t>(shape, noisy_scene, {.interleaved = true, .extra_channels = 1}),
            make_image<std::uint8_t>(shape, scene, {.interleaved = true, .extra_channels = 1}), options);
      }
}

TEST(ssim2d_strip, one_pixel_and_thin_images_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 1, 1, 100}, Shape{1, 1, 100, 1}, Shape{1, 3, 7, 40}})
    expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), {});
}

TEST(ssim2d_strip, identical_images_score_exactly_1) {
  const auto x = make_image<float>({1, 2, 100, 50}, scene), y = make_image<float>({1, 2, 100, 50}, scene);
  const SsimOutput out = run_strips_of(x, y, {});
  EXPECT_EQ(out.scores, (std::vector<double>{1.0, 1.0}));
  for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
}

TEST(ssim2d_strip, grain_beside_a_hard_edge_keeps_its_accuracy) {
  const Shape shape{1, 1, 96, 140};
  expect_like_oracle(make_image<float>(shape, step_with_grain),
                     make_image<float>(shape, step_with_other_grain), {});
}

TEST(ssim2d_strip, a_NaN_stays_in_its_windows_and_spoils_the_score) {
  auto x = make_image<float>({1, 1, 80, 80}, noisy_scene), y = make_image<float>({1, 1, 80, 80}, scene);
  const SsimOutput clean = run_strips_of(x, y, {});
  x.at(0, 0, 40, 40) = NAN;
  const SsimOutput out = run_strips_of(x, y, {});
  EXPECT_TRUE(std::isnan(out.scores[0]));
  // A NaN that serves as the sample about which a group's moments are taken reaches the whole group: up to
  // seven pixels further than its windows.
  for (int row = 0; row < 80; ++row)
    for (int column = 0; column < 80; ++column) {
      if (std::abs(row - 40) <= 5 && std::abs(column - 40) <= 5) {
        ASSERT_TRUE(std::isnan(out.map.at(0, 0, row, column)));
      } else if (std::abs(row - 40) > 12 || std::abs(column - 40) > 12) {
        ASSERT_EQ(out.map.at(0, 0, row, column), clean.map.at(0, 0, row, column));
      }
    }
}

// Lanes that share a transaction must fall into different banks: 8 lanes of 16 bytes.
TEST(ssim2d_strip, shared_memory_is_read_without_bank_conflicts) {
  for (int first = 0; first < strip::kThreads; first += 8) {
    std::set<int> banks;
    for (int t = first; t < first + 8; ++t)
      banks.insert((strip::filtered_row(t) * strip::kPitch + strip::filtered_column(t)) % 8);
    EXPECT_EQ(banks.size(), 8u);
  }
}

}  // namespace
}  // namespace fg::test
