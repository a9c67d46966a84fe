#pragma once
// Frames and references for the live kernels in the formats that they read, and what the oracle says of them.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/live/live_ssim.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/errors_oracle.h"
#include "tests/oracle/ssim_oracle.h"

namespace fg::test {

// Attempts at a scene, and plain and smooth pictures, beside those of test_images.h.
inline double darker(int n, int c, int y, int x) { return 0.7 * scene(n, c, y, x); }
inline double brighter(int n, int c, int y, int x) { return 0.55 * scene(n, c, y, x) + 0.44; }
inline double black(int, int, int, int) { return 0; }
inline double white(int, int, int, int) { return 1; }
inline double smooth(int, int c, int y, int x) {
  return 0.5 + 0.4 * std::sin(0.02 * x + c) * std::cos(0.03 * y);
}
inline double nearly_smooth(int n, int c, int y, int x) {
  return smooth(n, c, y, x) +
         1e-3 * static_cast<double>(noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                                          static_cast<std::uint32_t>(c)));
}

// An image of three channels in one of the formats, in host memory, with rows that are padded.
struct LivePicture {
  live::PixelFormat format;
  int width, height;
  bool bgr = false;
  std::vector<unsigned char> memory;

  std::int64_t row_bytes() const {
    const int pixel = format == live::PixelFormat::rgba8     ? 4
                      : format == live::PixelFormat::rgba16f ? 8
                      : format == live::PixelFormat::rgba32f ? 16
                                                             : 4;
    return (std::int64_t{width} * pixel + 15) / 16 * 16 + 16;
  }
  std::int64_t plane_bytes() const { return row_bytes() * height; }
  live::Pixels pixels(const void* data) const {
    live::Pixels p{data, row_bytes(), plane_bytes(), {0, 1, 2}};
    if (bgr) std::swap(p.channel[0], p.channel[2]);
    return p;
  }
  // The bytes of a sample; c in memory order.
  unsigned char* at(int c, int y, int x) {
    unsigned char* const row = memory.data() + y * row_bytes();
    switch (format) {
      case live::PixelFormat::rgba8:
        return row + 4 * x + c;
      case live::PixelFormat::rgba16f:
        return row + 8 * x + 2 * c;
      case live::PixelFormat::rgba32f:
        return row + 16 * x + 4 * c;
      case live::PixelFormat::planar32f:
        return row + c * plane_bytes() + 4 * x;
      case live::PixelFormat::texture8:
      case live::PixelFormat::texture:
        break;  // not in memory
    }
    return nullptr;
  }
  void set(int c, int y, int x, double value) {
    unsigned char* const to = at(bgr ? 2 - c : c, y, x);
    const auto single = static_cast<float>(value);
    const Half half = half_of(value);
    if (format == live::PixelFormat::rgba8)
      *to = static_cast<unsigned char>(std::lround(value * 255));
    else if (format == live::PixelFormat::rgba16f)
      std::memcpy(to, &half, sizeof(half));
    else
      std::memcpy(to, &single, sizeof(single));
  }
  // Display-referred, in double.
  double value(int c, int y, int x) {
    const unsigned char* const from = at(bgr ? 2 - c : c, y, x);
    Half half;
    float single;
    switch (format) {
      case live::PixelFormat::rgba8:
        return *from / 255.0;
      case live::PixelFormat::rgba16f:
        std::memcpy(&half, from, sizeof(half));
        return to_float(half);
      default:
        std::memcpy(&single, from, sizeof(single));
        return single;
    }
  }
  oracle::Plane plane(int c) {
    oracle::Plane p{height, width, {}};
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) p.value.push_back(value(c, y, x));
    return p;
  }
};

inline LivePicture make_picture(live::PixelFormat format, int width, int height, const PixelFormula& formula,
                                bool bgr = false) {
  LivePicture picture{format, width, height, bgr, {}};
  const int planes = format == live::PixelFormat::planar32f ? 3 : 1;
  picture.memory.assign(static_cast<std::size_t>(picture.plane_bytes() * planes), 0x5D);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) picture.set(c, y, x, formula(0, c, y, x));
  return picture;
}

struct LiveOutput {
  std::vector<float> map;              // [height, width]
  std::vector<std::uint32_t> heatmap;  // [height, width]
  std::vector<std::uint32_t> statistics;
};

struct LiveOptions {
  int window = 11;
  bool valid = false;
  std::int32_t multiprocessors = live::kUsualMultiprocessors;  // as if the device had so many
};

// The map's colours are their own numbers here.
inline std::vector<std::uint32_t> numbered_colors() {
  std::vector<std::uint32_t> colors;
  for (std::uint32_t i = 0; i < kFgColorEntries; ++i) colors.push_back(i);
  return colors;
}

struct LiveExpected {
  std::vector<double> map;  // the border is NaN
  double ssim_channel[3];
  oracle::Errors errors;
};

inline LiveExpected expected_scores(LivePicture& frame, LivePicture& reference, const LiveOptions& options) {
  const int border = options.valid ? options.window / 2 : 0;
  LiveExpected expected;
  expected.map.assign(static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height), NAN);
  std::vector<oracle::Plane> xs, ys;
  for (int c = 0; c < 3; ++c) {
    xs.push_back(frame.plane(c));
    ys.push_back(reference.plane(c));
    const auto channel =
        oracle::ssim(xs.back(), ys.back(), {.window = options.window, .crop = options.valid});
    for (int y = 0; y < channel.map.height; ++y)
      for (int x = 0; x < channel.map.width; ++x) {
        double& m =
            expected.map[static_cast<std::size_t>(y + border) * static_cast<std::size_t>(frame.width) +
                         static_cast<std::size_t>(x + border)];
        m = (c == 0 ? 0 : m) + channel.map.at(y, x) / 3;
      }
    expected.ssim_channel[c] = channel.mean;
  }
  expected.errors = oracle::image_errors(xs, ys, 1);
  return expected;
}

struct LiveErrors {
  double map = 0, score = 0;
};

// What all records together say (frame_statistics.h).
template <class Combine>
double over_records(const std::vector<std::uint32_t>& statistics, double start, const Combine& combine) {
  for (std::size_t base = kFgMapBins; base < statistics.size(); base += kFgRecordWords)
    start = combine(start, statistics.data() + base);
  return start;
}
inline float float_of(const std::uint32_t* word) {
  float value;
  std::memcpy(&value, word, sizeof(value));
  return value;
}
inline double sum_at(const std::vector<std::uint32_t>& statistics, int word) {
  return over_records(statistics, 0, [word](double sum, const std::uint32_t* record) {
    return sum + static_cast<double>(float_of(record + word)) +
           static_cast<double>(float_of(record + word + 1));
  });
}
inline float largest_error(const std::vector<std::uint32_t>& statistics) {
  return static_cast<float>(over_records(statistics, 0, [](double most, const std::uint32_t* record) {
    return std::max(most, static_cast<double>(float_of(record + kFgMaxError)));
  }));
}
inline float smallest_value(const std::vector<std::uint32_t>& statistics) {
  return static_cast<float>(over_records(statistics, INFINITY, [](double least, const std::uint32_t* record) {
    return std::min(least, static_cast<double>(float_of(record + kFgMapMin)));
  }));
}
inline std::uint32_t nonfinite(const std::vector<std::uint32_t>& statistics) {
  return static_cast<std::uint32_t>(over_records(
      statistics, 0, [](double sum, const std::uint32_t* record) { return sum + record[kFgNonfinite]; }));
}

}  // namespace fg::test
