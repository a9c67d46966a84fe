#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

#include "kernels/core/ordered_sum.h"
#include "kernels/core/ordered_sum_math.h"

namespace fg::test {
namespace {

using ordered::bits_of;

double plain_loop(double s, const std::vector<double>& terms) {
  for (const double t : terms) s += t;
  return s;
}

std::vector<double> make_terms(std::size_t count, const std::function<double()>& term) {
  std::vector<double> terms(count);
  for (double& t : terms) t = term();
  return terms;
}

void expect_the_plain_loop(const std::vector<double>& terms, double start = 0) {
  EXPECT_EQ(bits_of(cpu::ordered_sum(start, terms.data(), static_cast<std::int64_t>(terms.size()))),
            bits_of(plain_loop(start, terms)));
}

struct Ordered : testing::Test {
  std::mt19937_64 random{20};
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
  // An odd multiple of 2^exponent: a tie in the binade whose unit is twice that.
  double short_number(int bits, int exponent) {
    return std::ldexp(static_cast<double>(random() % (1u << bits) * 2 + 1), exponent);
  }
};
using ordered_sum = Ordered;

TEST_F(ordered_sum, terms_of_a_score_give_the_bits_of_the_plain_loop) {
  for (const std::size_t count : {0u, 1u, 2u, 31u, 4095u, 4096u, 4097u, 100000u, 3000001u})
    expect_the_plain_loop(make_terms(count, [&] { return uniform(0.2, 1) * 65536; }));
}

TEST_F(ordered_sum, negative_terms_and_sums_give_the_bits_of_the_plain_loop) {
  expect_the_plain_loop(make_terms(500000, [&] { return uniform(-1, 0.1) * 65536; }));
  expect_the_plain_loop(make_terms(500000, [&] { return uniform(-0.9, 1) * 65536; }));
}

TEST_F(ordered_sum, a_sum_that_hovers_about_zero_or_a_power_of_two_gives_the_bits_of_the_plain_loop) {
  expect_the_plain_loop(make_terms(1000000, [&] { return uniform(-1, 1) * 65536; }));
  for (const double start : {0x1p36, -0x1p36, 0x1p36 - 1, 0x1.fffffffffffffp35})
    expect_the_plain_loop(make_terms(300000, [&] { return uniform(-1, 1); }), start);
}

TEST_F(ordered_sum, ties_give_the_bits_of_the_plain_loop) {
  // Sums of 2^30 to 2^40 have units of 2^-22 to 2^-12: every term below is a tie in some of them.
  for (int exponent = -24; exponent <= -10; ++exponent) {
    expect_the_plain_loop(make_terms(200000, [&] { return short_number(12, exponent); }), 0x1.8p34);
    expect_the_plain_loop(make_terms(200000, [&] { return -short_number(12, exponent); }), -0x1.8p34);
    expect_the_plain_loop(make_terms(
        200000, [&] { return random() % 2 == 0 ? short_number(20, exponent) : uniform(0, 65536); }));
    expect_the_plain_loop(std::vector<double>(200000, std::ldexp(1.0, exponent)), 0x1.8p34 + 0x1p-18);
  }
}

TEST_F(ordered_sum, equal_terms_give_the_bits_of_the_plain_loop) {
  for (const double term : {65536.0, 65535.5, 0x1.fffffffffffffp15, 1.0 / 3, 6.5535, 0.0, -40000.25})
    expect_the_plain_loop(std::vector<double>(2000003, term));
}

TEST_F(ordered_sum, any_magnitudes_give_the_bits_of_the_plain_loop) {
  for (int repeat = 0; repeat < 20; ++repeat)
    expect_the_plain_loop(make_terms(
        50000, [&] { return std::ldexp(uniform(-0.2, 1), static_cast<int>(random() % 60) - 30); }));
  expect_the_plain_loop(make_terms(20000, [&] { return uniform(0, 1e-300); }));
  expect_the_plain_loop(make_terms(20000, [&] { return uniform(0, 5e-320); }));
  expect_the_plain_loop(make_terms(20000, [&] { return uniform(0, 1e305); }));
}

TEST_F(ordered_sum, a_NaN_or_an_infinity_is_kept) {
  std::vector<double> terms = make_terms(20000, [&] { return uniform(0, 1); });
  terms[9000] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(cpu::ordered_sum(0, terms.data(), 20000), std::numeric_limits<double>::infinity());
  terms[11000] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(cpu::ordered_sum(0, terms.data(), 20000)));
}

TEST_F(ordered_sum, steps_compose_in_any_grouping) {
  const ordered::Binade binade{30, false};
  const ordered::Rounder rounder(binade);
  std::int64_t ties = 0;
  for (int repeat = 0; repeat < 20000; ++repeat) {
    ordered::Step step[3];
    double term[3], s = 0x1.4p30 + std::ldexp(static_cast<double>(random() % 16), -22);
    for (int i = 0; i < 3; ++i) {
      term[i] = short_number(3, -23 + static_cast<int>(random() % 2)) * (random() % 2 == 0 ? 1 : -1);
      step[i] = rounder.step(term[i]);
      ties += step[i].from_even != step[i].from_odd;
    }
    const ordered::Step left = then(then(step[0], step[1]), step[2]);
    const ordered::Step right = then(step[0], then(step[1], step[2]));
    const double expected = ((s + term[0]) + term[1]) + term[2];
    ASSERT_EQ(bits_of(ordered::moved(s, left)), bits_of(expected));
    ASSERT_EQ(bits_of(ordered::moved(s, right)), bits_of(expected));
    ASSERT_EQ(bits_of(ordered::moved(-s, left)), bits_of(-expected));
  }
  EXPECT_GT(ties, 10000);
}

}  // namespace
}  // namespace fg::test
