// Counts of photons: the published vectors of the generator, the distribution, and what a draw depends on.

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/drr/philox.h"
#include "kernels/drr/photons.h"
#include "kernels/drr/photons_math.h"

namespace fg::test {
namespace {

// From the tests of Random123, the authors' own code.
TEST(photons_cpu, the_generator_gives_the_published_numbers) {
  const struct {
    PhiloxCounter counter;
    PhiloxKey key;
    PhiloxCounter random;
  } published[] = {
      {{{0, 0, 0, 0}}, {{0, 0}}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
      {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
       {{0xffffffff, 0xffffffff}},
       {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
      {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       {{0xa4093822, 0x299f31d0}},
       {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}},
  };
  for (const auto& p : published) {
    const PhiloxCounter random = philox(p.counter, p.key);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(random.word[i], p.random.word[i]);
  }
}

TEST(photons_cpu, exp_and_log_are_those_of_the_library_within_rounding) {
  for (double x = -700; x <= 700; x += 0.37)
    EXPECT_NEAR(photon_exp(x) / std::exp(x), 1, 4e-16) << "exp of " << x;  // two roundings of the result
  for (double x = 1e-300; x < 1e300; x *= 1.37)
    EXPECT_NEAR(photon_log(x), std::log(x), 4e-16 * std::max(1.0, std::abs(std::log(x)))) << "log of " << x;
}

TEST(photons_cpu, the_probabilities_are_those_of_the_distribution) {
  for (const double mean : {10.0, 33.3, 1000.0, 1e6, 1e12})
    for (double away = -6; away <= 6; away += 0.5) {
      const long double k = std::floor(mean + away * std::sqrt(mean));
      if (k < 0) continue;
      const long double m = mean, right = k * std::log(m) - m - std::lgamma(k + 1);
      // lgamma of long double rounds k log k to 2^-64 of it.
      EXPECT_NEAR(log_poisson(static_cast<double>(k), mean), static_cast<double>(right),
                  1e-12 + 3e-19 * mean * std::log(mean))
          << "mean " << mean << ", " << away << " deviations";
    }
}

std::vector<float> counts_of(const std::vector<float>& integrals, double i0, std::uint64_t seed) {
  std::vector<float> counts(integrals.size(), NAN);
  const auto width = static_cast<std::int32_t>(integrals.size() / 100);
  PhotonCounts op;
  op.input = {integrals.data(), 1, 1, 100, width, 0, 0, width, 1};
  op.output = {counts.data(), 1, 1, 100, width, 0, 0, width, 1};
  op.i0 = i0;
  op.seed = seed;
  cpu::photon_counts(op);
  return counts;
}

// Five standard errors: a right sampler fails one seed in 10^6, and the seed is fixed.
TEST(photons_cpu, mean_and_variance_are_the_means) {
  constexpr std::size_t kPixels = 200'000;
  for (const double mean : {0.3, 4.0, 9.99, 10.0, 30.0, 1e3, 1e6}) {
    const std::vector<float> counts = counts_of(std::vector<float>(kPixels, 1), mean * std::exp(1.0), 7);
    double sum = 0, squares = 0;
    for (const float count : counts) sum += count;
    const double found = sum / kPixels;
    for (const float count : counts) squares += (count - found) * (count - found);
    const double variance = squares / (kPixels - 1);
    EXPECT_NEAR(found, mean, 5 * std::sqrt(mean / kPixels)) << "mean " << mean;
    // Var(s^2) of n draws is about (mu4 - mu2^2) / n, mu4 = m + 3 m^2.
    EXPECT_NEAR(variance, mean, 5 * std::sqrt((mean + 2 * mean * mean) / kPixels)) << "mean " << mean;
  }
}

// What a chi-square of this many degrees exceeds once in 10^5 (Wilson and Hilferty 1931).
double chi_square_limit(double degrees) {
  const double part = 2.0 / (9 * degrees);
  return degrees * std::pow(1 - part + 4.265 * std::sqrt(part), 3);
}

TEST(photons_cpu, counts_are_as_frequent_as_the_distribution_says) {
  constexpr std::size_t kPixels = 200'000;
  for (const double mean : {0.3, 4.0, 9.99, 10.0, 15.0, 30.0, 200.0}) {
    const std::vector<float> counts = counts_of(std::vector<float>(kPixels, 0), mean, 11);
    std::vector<double> seen(1000);
    for (const float count : counts) {
      ASSERT_EQ(count, std::floor(count));
      ASSERT_LT(count, 1000);
      ++seen[static_cast<std::size_t>(count)];
    }
    double chi_square = 0, expected = 0, found = 0;
    int bins = 0;
    for (std::size_t k = 0; k < seen.size(); ++k) {
      const double number = static_cast<double>(k);
      expected += kPixels * std::exp(number * std::log(mean) - mean - std::lgamma(number + 1));
      found += seen[k];
      if (expected < 10 && k + 1 < seen.size()) continue;  // joined with the next
      if (expected > 0.01) {
        chi_square += (found - expected) * (found - expected) / std::max(expected, 1.0);
        ++bins;
      }
      expected = found = 0;
    }
    EXPECT_LT(chi_square, chi_square_limit(bins - 1)) << "mean " << mean << ", " << bins << " bins";
  }
}

TEST(photons_cpu, neighbours_images_and_seeds_are_independent) {
  constexpr std::size_t kPixels = 200'000;
  const std::vector<float> integrals(kPixels, 0);
  const std::vector<float> a = counts_of(integrals, 30, 1), b = counts_of(integrals, 30, 2);
  double along = 0, between = 0;
  for (std::size_t i = 0; i + 1 < kPixels; ++i) {
    along += (a[i] - 30) * (a[i + 1] - 30);
    between += (a[i] - 30) * (b[i] - 30);
  }
  const double bound = 5 / std::sqrt(static_cast<double>(kPixels));
  EXPECT_LT(std::abs(along / kPixels / 30), bound);
  EXPECT_LT(std::abs(between / kPixels / 30), bound);
}

TEST(photons_cpu, dark_pixels_count_nothing_and_what_is_no_number_stays_so) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  std::vector<float> integrals(100, 800);
  integrals[1] = kInf;
  integrals[2] = NAN;
  integrals[3] = -kInf;
  integrals[4] = -40;  // 1e4 exp(40) = 2.4e21: its own count
  const std::vector<float> counts = counts_of(integrals, 1e4, 0);
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[1], 0);
  EXPECT_TRUE(std::isnan(counts[2]));
  EXPECT_EQ(counts[3], kInf);
  EXPECT_FLOAT_EQ(counts[4], static_cast<float>(1e4 * std::exp(40.0)));
}

// Integrals with means from 1e-2 to 1e7.
std::vector<float> ramp(std::size_t count) {
  std::vector<float> integrals(count);
  for (std::size_t i = 0; i < count; ++i)
    integrals[i] = 20.7f * static_cast<float>(i) / static_cast<float>(count);
  return integrals;
}

TEST(photons_cpu, strides_threads_and_the_cut_of_a_batch_do_not_change_a_count) {
  constexpr int kBatch = 3, kChannels = 2, kHeight = 30, kWidth = 300;
  constexpr std::int64_t kPlane = kHeight * kWidth, kImage = kChannels * kPlane;
  const std::vector<float> integrals = ramp(kBatch * kImage);
  std::vector<float> together(integrals.size()), apart(integrals.size());
  const auto view_of = [&](auto* data, std::int64_t batch) {
    return ImageView<std::remove_pointer_t<decltype(data)>>{data,   batch,  kChannels, kHeight, kWidth,
                                                            kImage, kPlane, kWidth,    1};
  };
  PhotonCounts op{view_of(integrals.data(), kBatch), view_of(together.data(), kBatch), 1e7, 5, 40};
  cpu::photon_counts(op);
  {
    const oneapi::tbb::global_control one(oneapi::tbb::global_control::max_allowed_parallelism, 1);
    for (int n = 0; n < kBatch; ++n)
      cpu::photon_counts(
          {view_of(integrals.data() + n * kImage, 1), view_of(apart.data() + n * kImage, 1), 1e7, 5, 40 + n});
  }
  EXPECT_EQ(apart, together);

  std::vector<float> turned(integrals.size());  // column after column
  op.output = {turned.data(), kBatch, kChannels, kHeight, kWidth, kImage, kPlane, 1, kHeight};
  cpu::photon_counts(op);
  bool same = true;
  for (int plane = 0; plane < kBatch * kChannels; ++plane)
    for (int row = 0; row < kHeight; ++row)
      for (int column = 0; column < kWidth; ++column)
        same &= turned[static_cast<std::size_t>(plane * kPlane + column * kHeight + row)] ==
                together[static_cast<std::size_t>(plane * kPlane + row * kWidth + column)];
  EXPECT_TRUE(same);

  op.output = view_of(apart.data(), kBatch);
  op.first_image = 41;
  cpu::photon_counts(op);
  EXPECT_NE(apart, together) << "other images";
}

}  // namespace
}  // namespace fg::test
