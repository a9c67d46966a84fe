// The live kernel's strips and the moments of its reference, phase by phase, thread by thread, on the host: index
// arithmetic and numerics against the oracle, without a GPU. Barriers are the boundaries between the loops over the
// threads. What only a GPU has (sums over blocks, histogram, stores) is tested in tests/gpu.

#include "kernels/live/live_strip.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <memory>
#include <set>
#include <vector>

#include "kernels/live/live_reference_strip.h"
#include "tests/kernels/live/live_case.h"

namespace fg::test {
namespace {

using live::PixelFormat;

struct HostReference {
  std::vector<live::ReferenceMoments> moments;
  std::vector<unsigned char> copy;
  live::LiveReference op;
};

void filter_reference_strip(const live::LiveReference& op, const live::Place& place) {
  constexpr int kRadius = kMaxWindowRadius;
  const auto shared = std::make_unique<live::ReferenceSums>();
  std::vector<live::ReferenceTrack> tracks;
  for (int t = 0; t < live::kThreads; ++t) {
    const int column = place.column - kRadius + t;
    tracks.emplace_back(place.row, column, column >= 0 && column < op.width);
    tracks.back().start(op);
  }
  const auto at = [&](int t) -> live::ReferenceTrack& { return tracks[static_cast<std::size_t>(t)]; };
  for (int row = 0; row < place.rows; row += live::kRunRows) {
    for (int t = kRadius; t < kRadius + place.columns; ++t)
      live::copy_pixels(op, place.row + row, place.column - kRadius + t, at(t));
    for (int c = 0; c < 3; ++c) {
      for (auto* plane : {&shared->means, &shared->variances})
        for (live::Four& four : *plane) four = {{NAN, NAN, NAN, NAN}};  // what no thread wrote must not count
      for (int t = 0; t < live::kThreads; ++t)
        live::filter_reference_columns(t, at(t).channel(c), op.window, *shared);
      for (int t = 0; t < live::kThreads; ++t) {
        const live::Group group = live::group_of(t, place, row);
        live::ReferenceMoments moments[live::kGroupColumns];
        live::filter_reference_rows(t, *shared, op.window, 2 * live::live_constants(op.codes).c2, moments);
        for (int i = 0; i < live::kGroupColumns && i < group.count; ++i)
          op.moments[(std::int64_t{c} * op.height + group.row) * op.moments_pitch + group.column + i] =
              moments[i];
      }
    }
    for (int t = 0; t < live::kThreads; ++t) at(t).advance(op);
  }
}

HostReference filter_reference(LivePicture& source, bool codes, int window) {
  HostReference result;
  live::LiveReference& op = result.op;
  op.source = source.pixels(source.memory.data());
  op.source_format = source.format;
  op.width = source.width;
  op.height = source.height;
  op.window = gaussian_window(window / 2);
  op.codes = codes;
  op.moments_pitch = (source.width + 1) / 2 * 2;
  result.moments.resize(static_cast<std::size_t>(3 * op.moments_pitch * op.height), {NAN, NAN});
  op.moments = result.moments.data();
  op.copy_row_bytes = op.width * 4 + 12;
  op.copy_plane_bytes = op.copy_row_bytes * op.height;
  result.copy.resize(static_cast<std::size_t>(3 * op.copy_plane_bytes));
  op.copy = result.copy.data();
  constexpr int kRows = 24;  // small images have several strips
  for (int row = 0; row < op.height; row += kRows)
    for (int column = 0; column < op.width; column += live::kMostColumns)
      filter_reference_strip(op, {row, std::min(kRows, op.height - row), column,
                                  std::min(live::kMostColumns, op.width - column)});
  return result;
}

struct StripOutput {
  std::vector<float> map;
  double ssim_channel[3] = {};
  double squares = 0, absolute = 0, largest = 0;
  std::uint64_t nonfinite = 0;
};

template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
void run_strip(LivePicture& frame, const HostReference& reference, const LiveOptions& options,
               const live::Place& place, StripOutput& out) {
  constexpr bool kCodes = live::kInCodes<kFrame, kReference>;
  constexpr int kRows = live::kRunRows + 2 * kRadius;
  using X = live::Track<kFrame, kRows, kCodes>;
  using Y = live::Track<kReference, kRows, kCodes>;
  const WindowTaps window = gaussian_window(kRadius);
  const live::Pixels x_pixels = frame.pixels(frame.memory.data());
  live::Pixels y_pixels{
      reference.copy.data(), reference.op.copy_row_bytes, reference.op.copy_plane_bytes, {0, 1, 2}};
  std::vector<X> xs;
  std::vector<Y> ys;
  std::vector<live::Errors> errors(live::kThreads);
  for (int t = 0; t < live::kThreads; ++t) {
    const int column = place.column - kRadius + t;
    const bool inside = column >= 0 && column < frame.width && t < place.columns + 2 * kRadius;
    xs.emplace_back(x_pixels, place.row - kRadius, column, frame.height, inside);
    ys.emplace_back(y_pixels, place.row - kRadius, column, frame.height, inside);
    xs.back().template advance<kRows>();
    ys.back().template advance<kRows>();
  }
  float d0[3];  // any sample will do; the kernel takes a mean
  for (int c = 0; c < 3; ++c) {
    const double scale = kCodes ? 255 : 1;
    const int row = place.row + place.rows / 2, column = place.column + place.columns / 2;
    const double x = frame.value(c, row, column);
    float y;
    if (kReference == PixelFormat::rgba8)
      y = static_cast<float>(
          live::Reader<kReference>::sample(y_pixels, row, column, static_cast<std::uint32_t>(c)) / 255);
    else
      y = live::Reader<kReference>::sample(y_pixels, row, column, static_cast<std::uint32_t>(c));
    const double d = (x - static_cast<double>(y)) * scale;
    d0[c] = std::isfinite(d) ? static_cast<float>(kCodes ? std::rint(d) : d) : 0;
  }
  const int border = options.valid ? kRadius : 0;
  const auto shared = std::make_unique<live::Sums>();
  for (int row = 0; row < place.rows; row += live::kRunRows) {
    std::vector<std::array<float, live::kGroupColumns>> lacking(live::kThreads);
    for (int c = 0; c < 3; ++c) {
      for (auto* plane : {&shared->d, &shared->dd, &shared->dy})
        for (live::Four& four : *plane) four = {{NAN, NAN, NAN, NAN}};  // what no thread wrote must not count
      const live::Places places{x_pixels.channel[c], y_pixels.channel[c]};
      for (int t = 0; t < live::kThreads; ++t) {
        if (t / 32 * 32 >= place.columns + 2 * kRadius) continue;
        const auto i = static_cast<std::size_t>(t);
        const bool own = t >= kRadius && t < place.columns + kRadius;
        live::store_columns(t,
                            live::filter_columns<kRadius>(xs[i], ys[i], x_pixels, y_pixels, places, d0[c],
                                                          window, own, errors[i]),
                            *shared);
      }
      for (int t = 0; t < live::kThreads; ++t) {
        const live::Group group = live::group_of(t, place, row);
        if (group.count <= 0) continue;
        const std::uint32_t counts = live::counting(group, frame.width, frame.height, border);
        live::ReferenceMoments moments[live::kGroupColumns] = {};
        for (int i = 0; i < live::kGroupColumns && i < group.count; ++i)
          moments[i] = reference.moments[static_cast<std::size_t>(
              (c * frame.height + group.row) * reference.op.moments_pitch + group.column + i)];
        auto& sums = lacking[static_cast<std::size_t>(t)];
        float of_channel[live::kGroupColumns];
        live::score_channel<kRadius>(t, *shared, window, d0[c], moments, 2 * live::live_constants(kCodes).c1,
                                     of_channel);
        float sum = 0;
        for (int i = 0; i < live::kGroupColumns; ++i) {
          sums[static_cast<std::size_t>(i)] += of_channel[i];
          if (counts >> i & 1u) sum += of_channel[i];
        }
        out.ssim_channel[c] += std::popcount(counts) - 2.0 * sum;
        if (c < 2) continue;
        for (int i = 0; i < live::kGroupColumns && i < group.count; ++i)
          out.map[static_cast<std::size_t>(group.row * frame.width + group.column + i)] =
              counts >> i & 1u ? 1.0f - sums[static_cast<std::size_t>(i)] * (2.0f / 3.0f) : NAN;
      }
    }
    for (int t = 0; t < live::kThreads; ++t) {
      xs[static_cast<std::size_t>(t)].template advance<live::kRunRows>();
      ys[static_cast<std::size_t>(t)].template advance<live::kRunRows>();
    }
  }
  for (const live::Errors& e : errors) {
    out.squares += static_cast<double>(e.squares);
    out.absolute += static_cast<double>(e.absolute);
    out.largest = std::max(out.largest, static_cast<double>(e.largest));
    out.nonfinite += e.nonfinite;
  }
}

template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
StripOutput run_strips(LivePicture& frame, LivePicture& reference, const LiveOptions& options) {
  constexpr bool kCodes = live::kInCodes<kFrame, kReference>;
  const HostReference filtered = filter_reference(reference, kCodes, options.window);
  StripOutput out;
  out.map.assign(static_cast<std::size_t>(frame.width * frame.height), -7);
  constexpr int kRows = 24;  // small images have several strips
  for (int row = 0; row < frame.height; row += kRows)
    for (int column = 0; column < frame.width; column += live::kMostColumns)
      run_strip<kRadius, kFrame, kReference>(frame, filtered, options,
                                             {row, std::min(kRows, frame.height - row), column,
                                              std::min(live::kMostColumns, frame.width - column)},
                                             out);
  const double scale = kCodes ? 1.0 / 255 : 1, border = options.valid ? options.window - 1 : 0;
  for (double& sum : out.ssim_channel) sum /= (frame.height - border) * (frame.width - border);
  out.squares *= scale * scale / (3.0 * frame.width * frame.height);
  out.absolute *= scale / (3.0 * frame.width * frame.height);
  out.largest *= scale;
  return out;
}

template <PixelFormat kFrame, PixelFormat kReference>
StripOutput run(LivePicture& frame, LivePicture& reference, const LiveOptions& options) {
  if (options.window == 11) return run_strips<5, kFrame, kReference>(frame, reference, options);
  if (options.window == 9) return run_strips<4, kFrame, kReference>(frame, reference, options);
  return run_strips<3, kFrame, kReference>(frame, reference, options);
}

// 1e-5 is what the maps of all implementations are held to; scores are means of it.
template <PixelFormat kFrame, PixelFormat kReference>
LiveErrors expect_like_oracle(LivePicture frame, LivePicture reference, const LiveOptions& options = {},
                              double map_tolerance = 1e-5) {
  const StripOutput out = run<kFrame, kReference>(frame, reference, options);
  const LiveExpected expected = expected_scores(frame, reference, options);
  LiveErrors worst;
  for (std::size_t i = 0; i < out.map.size(); ++i) {
    if (std::isnan(expected.map[i])) {
      EXPECT_TRUE(std::isnan(out.map[i])) << i;
      continue;
    }
    const double error = std::abs(static_cast<double>(out.map[i]) - expected.map[i]);
    worst.map = error <= worst.map ? worst.map : error;
  }
  for (int c = 0; c < 3; ++c)
    worst.score = std::max(worst.score, std::abs(out.ssim_channel[c] - expected.ssim_channel[c]));
  EXPECT_LE(worst.map, map_tolerance);
  EXPECT_LE(worst.score, 1e-6);
  EXPECT_NEAR(out.squares, expected.errors.mse, 1e-6 * expected.errors.mse);
  EXPECT_NEAR(out.absolute, expected.errors.mae, 1e-6 * expected.errors.mae);
  EXPECT_NEAR(out.largest, expected.errors.max, 1e-6);
  EXPECT_EQ(out.nonfinite, 0u);
  return worst;
}

TEST(live_strip, every_window_padding_and_odd_size_of_8_bit_frames_matches_the_oracle) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {11, 11}, {33, 17}, {116, 24}, {117, 33}, {251, 25}, {9, 60}})
    for (const int window : {7, 9, 11})
      for (const bool valid : {false, true}) {
        if (valid && (width < window || height < window)) continue;
        SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height) + " window " +
                     std::to_string(window));
        expect_like_oracle<PixelFormat::rgba8, PixelFormat::rgba8>(
            make_picture(PixelFormat::rgba8, width, height, noisy_scene, true),
            make_picture(PixelFormat::rgba8, width, height, scene), {window, valid});
      }
}

TEST(live_strip, every_pair_of_formats_matches_the_oracle) {
  const auto frame = [](PixelFormat format) { return make_picture(format, 130, 40, noisy_scene); };
  const auto truth = [](PixelFormat format) { return make_picture(format, 130, 40, scene); };
  using enum PixelFormat;
  expect_like_oracle<rgba16f, rgba8>(frame(rgba16f), truth(rgba8));
  expect_like_oracle<rgba32f, rgba8>(frame(rgba32f), truth(rgba8));
  expect_like_oracle<planar32f, rgba8>(frame(planar32f), truth(rgba8));
  expect_like_oracle<rgba8, planar32f>(frame(rgba8), truth(rgba32f));
  expect_like_oracle<rgba16f, planar32f>(frame(rgba16f), truth(rgba16f));
  expect_like_oracle<rgba32f, planar32f>(frame(rgba32f), truth(planar32f));
  expect_like_oracle<planar32f, planar32f>(frame(planar32f), truth(rgba32f));
}

TEST(live_strip, frames_that_are_off_everywhere_or_nearly_right_keep_their_accuracy) {
  using enum PixelFormat;
  const std::pair<PixelFormula, PixelFormula> pairs[] = {{darker, scene},
                                                         {black, white},
                                                         {white, black},
                                                         {nearly_smooth, smooth},
                                                         {step_with_grain, step_with_other_grain}};
  for (const auto& [x, y] : pairs) {
    SCOPED_TRACE(&x - &pairs[0].first);
    expect_like_oracle<rgba8, rgba8>(make_picture(rgba8, 140, 96, x), make_picture(rgba8, 140, 96, y));
    expect_like_oracle<planar32f, planar32f>(make_picture(planar32f, 140, 96, x),
                                             make_picture(planar32f, 140, 96, y));
  }
}

// d0 is one number for a strip: where the frame is off by nothing here and by half the range there, what is squared and
// subtracted again is up to a quarter of the range, 1e-8 of which is 2e-5 of 2 c2. The worst here is 2.2e-5.
TEST(live_strip, frames_that_are_off_by_half_the_range_in_places_lose_little) {
  using enum PixelFormat;
  expect_like_oracle<rgba8, rgba8>(make_picture(rgba8, 140, 96, brighter),
                                   make_picture(rgba8, 140, 96, scene), {}, 3e-5);
  expect_like_oracle<rgba8, rgba8>(make_picture(rgba8, 140, 96, step_with_grain),
                                   make_picture(rgba8, 140, 96, white), {}, 3e-5);
}

TEST(live_strip, identical_frames_score_exactly_1) {
  using enum PixelFormat;
  auto picture = make_picture(rgba8, 140, 50, noisy_scene);
  StripOutput out = run<rgba8, rgba8>(picture, picture, {});
  for (const float m : out.map) ASSERT_EQ(m, 1.0f);
  for (const double score : out.ssim_channel) EXPECT_EQ(score, 1.0);
  EXPECT_EQ(out.squares, 0.0);
  auto planar = make_picture(planar32f, 140, 50, noisy_scene);
  out = run<planar32f, planar32f>(planar, planar, {});
  for (const float m : out.map) ASSERT_EQ(m, 1.0f);
}

TEST(live_strip, a_NaN_spoils_its_windows_alone_and_is_counted) {
  using enum PixelFormat;
  auto frame = make_picture(rgba32f, 80, 80, noisy_scene), truth = make_picture(rgba32f, 80, 80, scene);
  const StripOutput clean = run<rgba32f, planar32f>(frame, truth, {});
  frame.set(1, 40, 42, NAN);
  frame.set(0, 10, 10, INFINITY);
  truth.set(2, 70, 10, NAN);
  const StripOutput out = run<rgba32f, planar32f>(frame, truth, {});
  EXPECT_EQ(out.nonfinite, 3u);
  const auto reached = [](int y, int x, int row, int column) {
    return std::abs(y - row) <= 5 && std::abs(x - column) <= 5;
  };
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 80; ++x) {
      const auto i = static_cast<std::size_t>(y * 80 + x);
      if (reached(y, x, 40, 42) || reached(y, x, 10, 10) || reached(y, x, 70, 10)) {
        ASSERT_FALSE(std::isfinite(out.map[i])) << x << " " << y;
      } else {
        ASSERT_NEAR(out.map[i], clean.map[i], 1e-6) << x << " " << y;
      }
    }
}

// Of one channel of a window, in double, with taps whose sum is 1 exactly.
live::ReferenceMoments exact_moments(LivePicture& picture, const live::LiveReference& op, int c, int row,
                                     int column) {
  const int radius = op.window.radius;
  const double scale = op.codes ? 255 : 1;
  double taps = 0, mean = 0, square = 0;
  for (int k = -radius; k <= radius; ++k) taps += double{op.window.tap[std::abs(k)]};
  for (int dy = -radius; dy <= radius; ++dy)
    for (int dx = -radius; dx <= radius; ++dx) {
      const int y = row + dy, x = column + dx;
      const bool inside = y >= 0 && y < op.height && x >= 0 && x < op.width;
      const double weight =
          double{op.window.tap[std::abs(dy)]} * double{op.window.tap[std::abs(dx)]} / (taps * taps);
      const double v = inside ? picture.value(c, y, x) * scale : 0;
      mean += weight * v;
      square += weight * v * v;
    }
  return {static_cast<float>(4 * mean),
          static_cast<float>(4 * (square - mean * mean) + 2 * double{live::live_constants(op.codes).c2})};
}

double on_or_off(int, int c, int y, int x) { return ((x / (7 + c) + y / 9) & 1) != 0 ? 1 : 0; }

// Where the picture is smooth and where it jumps from black to white: 1.8e-7 of the range and 2.8e-6 of the value at worst.
TEST(live_strip, the_references_moments_are_those_of_double_to_millionths) {
  using enum PixelFormat;
  for (const PixelFormula formula : {scene, noisy_scene, smooth, on_or_off, step_with_grain, white})
    for (const auto& [format, codes] :
         {std::pair{rgba8, true}, {rgba8, false}, {planar32f, false}, {rgba16f, false}})
      for (const int window : {7, 9, 11}) {
        auto picture = make_picture(format, 130, 50, formula);
        const HostReference reference = filter_reference(picture, codes, window);
        double of_means = 0, of_variances = 0;
        for (int c = 0; c < 3; ++c)
          for (int y = 0; y < 50; ++y)
            for (int x = 0; x < 130; ++x) {
              const live::ReferenceMoments exact = exact_moments(picture, reference.op, c, y, x);
              const live::ReferenceMoments& m =
                  reference.moments[static_cast<std::size_t>((c * 50 + y) * reference.op.moments_pitch + x)];
              const double range = 4 * (codes ? 255 : 1);
              of_means =
                  std::max(of_means, std::abs(double{m.four_means} - double{exact.four_means}) / range);
              of_variances =
                  std::max(of_variances, std::abs(double{m.four_variances} - double{exact.four_variances}) /
                                             double{exact.four_variances});
            }
        EXPECT_LE(of_means, 2.5e-7) << window;
        EXPECT_LE(of_variances, 4e-6) << window;
      }
}

TEST(live_strip, the_reference_is_copied_in_the_order_of_its_channels) {
  auto picture = make_picture(PixelFormat::rgba8, 37, 40, scene, true);
  const HostReference reference = filter_reference(picture, true, 11);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 37; ++x)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(reference.copy[static_cast<std::size_t>(y * reference.op.copy_row_bytes + 4 * x + c)],
                  std::lround(picture.value(c, y, x) * 255));
}

// The strips of a frame meet, and none is empty; those of a block, which are neighbours, are not too large for its histogram.
void expect_covered_once(const live::Strips& cut, std::int32_t width, std::int32_t height) {
  std::int32_t row = 0;
  for (std::int32_t down = 0; down < cut.down; ++down) {
    std::int32_t column = 0;
    for (std::int32_t across = 0; across < cut.across; ++across) {
      const live::Place place = cut.place(across, down, width, height);
      EXPECT_EQ(place.row, row);
      EXPECT_EQ(place.column, column);
      EXPECT_GT(place.rows, 0);
      EXPECT_GT(place.columns, 0);
      column += place.columns;
    }
    EXPECT_EQ(column, width);
    row += cut.place(0, down, width, height).rows;
  }
  EXPECT_EQ(row, height);
}

TEST(live_strip, strips_cover_every_size_once) {
  for (const auto& [width, height] : {std::pair{1, 1},
                                      {116, 16},
                                      {117, 17},
                                      {1920, 1080},
                                      {3840, 2160},
                                      {20000, 3},
                                      {3, 20000},
                                      {20000, 20000}}) {
    expect_covered_once(live::reference_strips(width, height), width, height);
    const live::Strips strips = live::score_strips(width, height);
    expect_covered_once(strips, width, height);
    for (std::int32_t strip = 0; strip < strips.across * strips.down; strip += live::kStripGroups) {
      std::int32_t results = 0;
      for (std::int32_t g = 0; g < live::kStripGroups; ++g) {
        const live::Place place = strips.place(strip + g, width, height);
        EXPECT_EQ(place.rows == 0, strip + g >= strips.across * strips.down);
        results += place.rows * place.columns;
      }
      EXPECT_LT(results, 65536);  // the histogram's 16 bits
    }
  }
}

// Lanes that share a transaction must fall into different banks: 8 lanes of 16 bytes.
TEST(live_strip, shared_memory_is_read_without_bank_conflicts) {
  for (int first = 0; first < live::kThreads; first += 8) {
    std::set<int> banks;
    for (int t = first; t < first + 8; ++t)
      banks.insert((live::filtered_row(t) * live::kPitch + live::filtered_column(t)) / 4 % 8);
    EXPECT_EQ(banks.size(), 8u);
  }
}

}  // namespace
}  // namespace fg::test
