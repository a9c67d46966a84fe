// The SSIMs of libvmaf on real frames, against the numbers that its C source gives for them.

#include <gtest/gtest.h>

#include "tests/kernels/ssim/integer_ssim_case.h"
#include "tests/kernels/ssim/vmaf_ssim_case.h"
#include "tests/kernels/ssim/yuv_planes.h"

namespace fg::test {
namespace {

template <class Pair>
double integer_score(const Pair& pair, int bits) {
  return run_integer_cpu(pair.first, pair.second, bits).mean;
}

// The bits: nothing in the integer SSIM is left to the machine.
TEST(vmaf_golden, integer_ssim_of_8_bit_frames) {
  SKIP_WITHOUT_YUV();
  EXPECT_EQ(integer_score(archer(), 8), 0.99688282184566079);
  EXPECT_EQ(integer_score(hall(), 8), 0.94465933496973387);
  const double src01_scores[] = {0.92473914458870965, 0.89018831635515139, 0.87427412319396491};
  for (int frame = 0; frame < 3; ++frame) {
    const auto [x, y] = src01(frame);
    EXPECT_EQ(integer_score(std::pair(shifted<std::uint8_t>(x, -2), shifted<std::uint8_t>(y, -2)), 8),
              src01_scores[frame]);
  }
}

TEST(vmaf_golden, integer_ssim_of_10_bit_frames) {
  SKIP_WITHOUT_YUV();
  const double scores[] = {0.92493347889918165, 0.89043474395302147, 0.874544454294787};
  for (int frame = 0; frame < 3; ++frame) EXPECT_NEAR(integer_score(src01(frame), 10), scores[frame], 1e-15);
}

// There is no outside number for these: upstream overflows at 16 bits. The oracle is the reference, and the
// scores lie where those of 10 bits do (the constants differ by the scale of 4 / 1023 against 1 / 255).
TEST(vmaf_golden, integer_ssim_of_deeper_frames_has_the_oracles_bits) {
  SKIP_WITHOUT_YUV();
  const auto [x, y] = src01(1);
  for (const int bits : {12, 16}) {
    const auto deep_x = shifted<std::uint16_t>(x, bits - 10), deep_y = shifted<std::uint16_t>(y, bits - 10);
    const double score = integer_score(
        std::pair(shifted<std::uint16_t>(x, bits - 10), shifted<std::uint16_t>(y, bits - 10)), bits);
    EXPECT_EQ(bits_of(score), bits_of(oracle::integer_ssim(deep_x.plane(0, 0), deep_y.plane(0, 0), bits)));
    EXPECT_NEAR(score, 0.8904, 5e-4);
  }
}

// The means are floats, given with nine digits, and the reference's low pass is a table of products that were
// rounded to six: the worst of all is 2.7e-7, of a score of five levels.
constexpr double kFloatDigits = 1e-6;

double mean_of_src01(int bits, int levels) {
  double sum = 0;
  for (int frame = 0; frame < 3; ++frame) {
    const auto [x, y] = src01(frame);
    sum += bits == 8
               ? run_vmaf_cpu(shifted<std::uint8_t>(x, -2), shifted<std::uint8_t>(y, -2), 8, levels).mean
               : run_vmaf_cpu(shifted<std::uint16_t>(x, bits - 10), shifted<std::uint16_t>(y, bits - 10),
                              bits, levels)
                     .mean;
  }
  return sum / 3;
}

TEST(vmaf_golden, float_ssim_of_every_depth) {
  SKIP_WITHOUT_YUV();
  for (const int bits : {8, 10, 12, 16}) {
    SCOPED_TRACE(bits);
    // 8-bit frames lack two bits of the others; the published figures do not differ in nine digits.
    EXPECT_NEAR(mean_of_src01(bits, 1), 0.897863269, bits == 8 ? 1e-5 : kFloatDigits);
    EXPECT_NEAR(mean_of_src01(bits, 5), 0.974749110, bits == 8 ? 1e-5 : kFloatDigits);
  }
}

TEST(vmaf_golden, float_ssim_of_every_scale) {
  SKIP_WITHOUT_YUV();
  const auto [x, y] = archer();
  EXPECT_NEAR(run_vmaf_cpu(x, y, 8, 1, 1).mean, 0.997019351, kFloatDigits);
  EXPECT_EQ(vmaf::automatic_scale(1080, 1920), 4);
  EXPECT_NEAR(run_vmaf_cpu(x, y, 8, 1, 4).mean, 0.999581039, kFloatDigits);
  EXPECT_NEAR(run_vmaf_cpu(x, y, 8, 5).mean, 0.999138887, kFloatDigits);
  const auto [hall_x, hall_y] = hall();
  EXPECT_EQ(vmaf::automatic_scale(288, 352), 1);
  EXPECT_NEAR(run_vmaf_cpu(hall_x, hall_y, 8, 1).mean, 0.944715679, kFloatDigits);
  EXPECT_NEAR(run_vmaf_cpu(hall_x, hall_y, 8, 5).mean, 0.986516023, kFloatDigits);
}

}  // namespace
}  // namespace fg::test
