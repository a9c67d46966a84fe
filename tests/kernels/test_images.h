#pragma once
// Small images made by formula, in any memory layout: what the tests of kernels/ measure.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"
#include "tests/oracle/planes.h"

namespace fg::test {

// A number in [0, 1) that only depends on its arguments (a finaliser in the manner of MurmurHash3).
inline float noise(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  std::uint32_t h = a * 0x9E3779B1u ^ b * 0x85EBCA77u ^ c * 0xC2B2AE3Du;
  h = (h ^ (h >> 16)) * 0x7FEB352Du;
  h = (h ^ (h >> 15)) * 0x846CA68Bu;
  return static_cast<float>((h ^ (h >> 16)) >> 8) / 16777216.0f;
}

// The nearest 16-bit float, ties to even.
inline Half half_of(double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return {0x7E00};
  const double magnitude = std::fabs(value);
  if (magnitude >= 65520) return {static_cast<std::uint16_t>(sign | 0x7C00)};
  // Steps of 2^(exponent - 10); below the smallest normal number they stay at 2^-24. Carries run into the exponent.
  const int exponent = magnitude == 0 ? -14 : std::max(std::ilogb(magnitude), -14);
  const auto steps = static_cast<int>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  return {static_cast<std::uint16_t>(sign | ((exponent + 14) * 1024 + steps))};
}
inline BFloat16 bfloat_of(double value) {
  const auto single = static_cast<float>(value);
  std::uint32_t bits;
  std::memcpy(&bits, &single, sizeof(bits));
  if (std::isnan(value)) return {0x7FC0};
  return {static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16)};
}

struct Shape {
  int batch = 1, channels = 1, height = 1, width = 1;
};

// How an image lies in memory.
struct Memory {
  bool interleaved = false;  // NHWC
  int extra_channels = 0;    // allocated, not scored: the alpha of RGBA
  int row_padding = 0;       // elements after each row
  int column_step = 1;       // planar only: every n-th element of a row
};

// An image with its memory. Elements that belong to no pixel hold a value that would spoil every score.
template <class T>
struct TestImage {
  Shape shape;
  Memory layout;
  std::vector<T> memory;
  ImageView<T> view;

  static T poison() {
    if constexpr (std::numeric_limits<T>::has_quiet_NaN)
      return std::numeric_limits<T>::quiet_NaN();
    else if constexpr (std::is_same_v<T, Half>)
      return half_of(NAN);
    else if constexpr (std::is_same_v<T, BFloat16>)
      return bfloat_of(NAN);
    else
      return T(93);
  }
  explicit TestImage(Shape s, Memory how = {}) : shape(s), layout(how) {
    const std::int64_t stored = s.channels + layout.extra_channels;
    view.batch = s.batch;
    view.channels = s.channels;
    view.height = s.height;
    view.width = s.width;
    if (layout.interleaved) {
      view.channel_stride = 1;
      view.column_stride = stored;
      view.row_stride = s.width * stored + layout.row_padding;
      view.batch_stride = s.height * view.row_stride;
    } else {
      view.column_stride = layout.column_step;
      view.row_stride = s.width * layout.column_step + layout.row_padding;
      view.channel_stride = s.height * view.row_stride;
      view.batch_stride = stored * view.channel_stride;
    }
    memory.assign(static_cast<std::size_t>(s.batch * view.batch_stride), poison());
    view.data = memory.data();
  }
  TestImage(TestImage&&) = default;  // a vector's memory stays where it is when moved
  TestImage(const TestImage&) = delete;

  T& at(int n, int c, int y, int x) { return view.plane(n * shape.channels + c).at(y, x); }
  const T& at(int n, int c, int y, int x) const { return view.plane(n * shape.channels + c).at(y, x); }

  ImageView<const T> const_view() const {
    return {view.data,         view.batch,          view.channels,   view.height,       view.width,
            view.batch_stride, view.channel_stride, view.row_stride, view.column_stride};
  }
  oracle::Plane plane(int n, int c) const {
    oracle::Plane p{shape.height, shape.width, {}};
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x) p.value.push_back(to_float(at(n, c, y, x)));
    return p;
  }
};

using PixelFormula = std::function<double(int n, int c, int y, int x)>;  // 0..1

template <class T>
TestImage<T> make_image(Shape shape, const PixelFormula& formula, Memory layout = {}) {
  TestImage<T> image(shape, layout);
  for (int n = 0; n < shape.batch; ++n)
    for (int c = 0; c < shape.channels; ++c)
      for (int y = 0; y < shape.height; ++y)
        for (int x = 0; x < shape.width; ++x) {
          const double value = formula(n, c, y, x);
          if constexpr (std::is_same_v<T, std::uint8_t>)
            image.at(n, c, y, x) = static_cast<std::uint8_t>(std::lround(value * 255));
          else if constexpr (std::is_same_v<T, Half>)
            image.at(n, c, y, x) = half_of(value);
          else if constexpr (std::is_same_v<T, BFloat16>)
            image.at(n, c, y, x) = bfloat_of(value);
          else
            image.at(n, c, y, x) = static_cast<T>(value);
        }
  return image;
}

// A photo-like pair: smooth shading, hard edges from black to white, fine texture; the test image adds noise.
inline double scene(int n, int c, int y, int x) {
  const double shading = 0.5 + 0.3 * std::sin(0.05 * x + c) * std::cos(0.07 * y + n);
  const double edge = (x / 29 + y / 31 + c) % 3 == 0 ? 0.0 : (x / 29 + y / 31 + c) % 3 == 1 ? 1.0 : shading;
  const double texture = 0.1 * noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                                     static_cast<std::uint32_t>(c + 16 * n));
  return 0.9 * edge + texture;
}
inline double noisy_scene(int n, int c, int y, int x) {
  const double grain = noise(static_cast<std::uint32_t>(x) + 7919u, static_cast<std::uint32_t>(y),
                             static_cast<std::uint32_t>(c + 16 * n));
  return 0.9 * scene(n, c, y, x) + 0.1 * grain;
}

// Two independent noises of small amplitude beside a black-to-white step: hard for moments that are taken
// about a sample on the other side of the step.
inline double step_with_grain(int n, int c, int y, int x) {
  return (x > 40 || y > 50 ? 0.95 : 0.01) + 0.04 * noise(static_cast<std::uint32_t>(x),
                                                         static_cast<std::uint32_t>(y),
                                                         static_cast<std::uint32_t>(c + 16 * n));
}
inline double step_with_other_grain(int n, int c, int y, int x) { return step_with_grain(n, c + 5, y, x); }

}  // namespace fg::test
