// Rounding to 16-bit floats: every half comes back, and what lies between two goes to the nearer one, ties to even.

#include "kernels/core/half.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fg::test {
namespace {

TEST(half, every_value_comes_back) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = to_float(Half{static_cast<std::uint16_t>(bits)});
    const Half back = to_half(value);
    if (std::isnan(value))
      ASSERT_TRUE(std::isnan(to_float(back))) << bits;
    else
      ASSERT_EQ(back.bits, bits);
  }
}

TEST(half, between_two_values_the_nearer_one_is_taken_and_of_ties_the_even_one) {
  for (std::uint32_t bits = 0; bits < 0x7BFF; ++bits) {
    const auto below = static_cast<std::uint16_t>(bits), above = static_cast<std::uint16_t>(bits + 1);
    const float middle = 0.5f * (to_float(Half{below}) + to_float(Half{above}));
    ASSERT_EQ(to_half(middle).bits, bits % 2 == 0 ? below : above);
    ASSERT_EQ(to_half(std::nextafter(middle, 0.0f)).bits, below);
    ASSERT_EQ(to_half(std::nextafter(middle, INFINITY)).bits, above);
  }
  EXPECT_EQ(to_half(65519.99f).bits, 0x7BFFu);
  EXPECT_EQ(to_half(65520.0f).bits, 0x7C00u);
  EXPECT_EQ(to_half(-1e30f).bits, 0xFC00u);
}

}  // namespace
}  // namespace fg::test
