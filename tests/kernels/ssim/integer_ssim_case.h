#pragma once
// Runs the integer SSIM on test planes.

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/ssim/integer_ssim.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/integer_ssim_oracle.h"

namespace fg::test {

inline std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

// Codes of 0 .. 2^bits - 1; the formula says 0..1.
template <class T>
TestImage<T> make_codes(Shape shape, int bits, const PixelFormula& formula, Memory layout = {}) {
  TestImage<T> image(shape, layout);
  for (int n = 0; n < shape.batch; ++n)
    for (int c = 0; c < shape.channels; ++c)
      for (int y = 0; y < shape.height; ++y)
        for (int x = 0; x < shape.width; ++x)
          image.at(n, c, y, x) = static_cast<T>(std::lround(formula(n, c, y, x) * ((1 << bits) - 1)));
  return image;
}

// Independent noises, whose SSIM is near 0 and often below.
inline double white_noise(int n, int c, int y, int x) {
  return noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
               static_cast<std::uint32_t>(c + 16 * n));
}
inline double other_white_noise(int n, int c, int y, int x) { return white_noise(n, c + 7, y, x); }
inline double inverted_noise(int n, int c, int y, int x) { return 1 - white_noise(n, c, y, x); }

struct IntegerOutput {
  std::vector<double> scores;
  double mean = 0;
};

// The op on host memory, without scratch and outputs.
template <class T>
IntegerSsim<T> make_integer_op(const TestImage<T>& x, const TestImage<T>& y, int bits) {
  IntegerSsim<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.bits = bits;
  return op;
}

template <class T>
IntegerOutput run_integer_cpu(const TestImage<T>& x, const TestImage<T>& y, int bits) {
  IntegerSsim<T> op = make_integer_op(x, y, bits);
  IntegerOutput out{std::vector<double>(static_cast<std::size_t>(op.x.planes())), 0};
  op.scores = {out.scores.data(), op.x.planes(), 1, 1, 1};
  op.mean = &out.mean;
  std::vector<double> scratch(cpu::integer_ssim_scratch_bytes(op) / sizeof(double));
  cpu::integer_ssim(op, {scratch.data(), scratch.size() * sizeof(double)});
  return out;
}

}  // namespace fg::test
