#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/kernels/test_images.h"
#include "tests/oracle/integer_ssim_oracle.h"
#include "tests/oracle/vmaf_ssim_oracle.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

template <class T>
void fill(Tensor<T>& planes, int bits, const PixelFormula& formula) {
  const auto height = static_cast<int>(planes.shape[1]), width = static_cast<int>(planes.shape[2]);
  std::size_t i = 0;
  for (int n = 0; n < planes.shape[0]; ++n)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x, ++i)
        planes[i] = static_cast<T>(std::lround(formula(n, 0, y, x) * ((1 << bits) - 1)));
}

template <class T>
oracle::Plane plane_of(Tensor<T>& planes, int n) {
  oracle::Plane p{static_cast<int>(planes.shape[1]), static_cast<int>(planes.shape[2]), {}};
  const std::size_t pixels = static_cast<std::size_t>(planes.shape[1] * planes.shape[2]);
  for (std::size_t i = 0; i < pixels; ++i)
    p.value.push_back(static_cast<double>(planes[static_cast<std::size_t>(n) * pixels + i]));
  return p;
}

TEST(fg_vmaf_ssim, scores_have_the_bits_of_the_oracle) {
  const auto check = [](auto sample, int bits, int passed_bits) {
    using T = decltype(sample);
    Tensor<T> x({2, 45, 70}), y({2, 45, 70});
    fill(x, bits, noisy_scene);
    fill(y, bits, scene);
    Tensor<double> scores({2}), mean({1});
    FgVmafSsim op;
    fg_vmaf_ssim_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.bits = passed_bits;
    op.scores = &scores;
    op.mean = &mean;
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    double total = 0;
    for (int n = 0; n < 2; ++n) {
      const double expected = oracle::integer_ssim(plane_of(x, n), plane_of(y, n), bits);
      EXPECT_EQ(std::bit_cast<std::uint64_t>(scores[static_cast<std::size_t>(n)]),
                std::bit_cast<std::uint64_t>(expected));
      total += expected;
    }
    EXPECT_EQ(mean[0], total / 2);
  };
  check(std::uint8_t{}, 8, 0);
  check(std::uint16_t{}, 10, 10);
  check(std::uint16_t{}, 16, 0);
}

TEST(fg_vmaf_ssim, a_strided_plane_scores_like_a_compact_one) {
  Tensor<std::uint8_t> x({1, 30, 40}), y({1, 30, 40}), wide({30, 40}, 93, {100, 2}, 3000);
  fill(x, 8, noisy_scene);
  fill(y, 8, scene);
  for (std::size_t i = 0; i < 1200; ++i) wide[i / 40 * 100 + i % 40 * 2] = x[i];
  Tensor<double> compact({1}), strided({1});
  FgVmafSsim op;
  fg_vmaf_ssim_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &compact;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  y.tensor.shape += 1;  // [H, W]
  y.tensor.ndim = 2;
  op.x = &wide;
  op.mean = &strided;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(compact[0], strided[0]);
}

TEST(fg_vmaf_float_ssim, scores_and_parts_match_the_oracle_at_every_scale) {
  Tensor<std::uint8_t> x({2, 280, 400}), y({2, 280, 400});
  fill(x, 8, noisy_scene);
  fill(y, 8, scene);
  for (const int scale : {0, 1, 3}) {
    Tensor<double> scores({2}), lcs({2, 3}), mean({1});
    FgVmafFloatSsim op;
    fg_vmaf_float_ssim_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.scale = scale;
    op.scores = &scores;
    op.lcs = &lcs;
    op.mean = &mean;
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    for (int n = 0; n < 2; ++n) {
      const int box = scale == 0 ? 1 : scale;  // 280 / 256 is 1
      const oracle::VmafLevel expected =
          oracle::vmaf_level(oracle::vmaf_box(plane_of(x, n), box), oracle::vmaf_box(plane_of(y, n), box));
      const auto i = static_cast<std::size_t>(n);
      EXPECT_NEAR(scores[i], expected.ssim, 5e-6);  // tolerance: vmaf_ssim_cpu_test
      EXPECT_NEAR(lcs[3 * i], expected.l, 5e-6);
      EXPECT_NEAR(lcs[3 * i + 1], expected.c, 5e-6);
      EXPECT_NEAR(lcs[3 * i + 2], expected.s, 5e-6);
    }
    EXPECT_EQ(mean[0], (scores[0] + scores[1]) / 2);
  }
}

TEST(fg_vmaf_ms_ssim, the_score_matches_the_oracle) {
  Tensor<std::uint8_t> x({1, 180, 200}), y({1, 180, 200});
  fill(x, 8, noisy_scene);
  fill(y, 8, scene);
  Tensor<double> scores({1}), lcs({1, 15});
  FgVmafMsSsim op;
  fg_vmaf_ms_ssim_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.scores = &scores;
  op.lcs = &lcs;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_NEAR(scores[0], oracle::vmaf_ms_ssim(plane_of(x, 0), plane_of(y, 0)), 5e-6);
  EXPECT_NEAR(lcs[1], oracle::vmaf_level(plane_of(x, 0), plane_of(y, 0)).c, 5e-6);
}

// ---- sentences ----

// Calls that succeed; each test spoils one thing.
struct Good {
  Tensor<std::uint8_t> x{{2, 180, 176}, 40}, y{{2, 180, 176}, 50};
  Tensor<double> scores{{2}}, lcs{{2, 3}}, ms_lcs{{2, 15}}, mean{{1}};
  FgVmafSsim integer;
  FgVmafFloatSsim one_scale;
  FgVmafMsSsim five_scales;

  Good() {
    fg_vmaf_ssim_defaults(&integer);
    fg_vmaf_float_ssim_defaults(&one_scale);
    fg_vmaf_ms_ssim_defaults(&five_scales);
    const auto set = [&](auto& op) {
      op.x = &x;
      op.y = &y;
      op.scores = &scores;
      op.mean = &mean;
    };
    set(integer);
    set(one_scale);
    set(five_scales);
    one_scale.lcs = &lcs;
    five_scales.lcs = &ms_lcs;
  }
};

// All three ops, spoiled alike: the sentence is the op's name, then this.
void expect_sentence(const std::function<void(Good&)>& spoil, FgStatus status, const std::string& sentence) {
  const auto check = [&](auto op_of, const std::string& name) {
    Good good;
    spoil(good);
    EXPECT_EQ(run(op_of(good)), status);
    const std::string said = fg_last_error();
    // What the question about scratch finds out carries its name.
    EXPECT_TRUE(said == name + ": " + sentence || said == name + "_scratch_bytes: " + sentence) << said;
  };
  check([](Good& g) -> FgVmafSsim& { return g.integer; }, "fg_vmaf_ssim");
  check([](Good& g) -> FgVmafFloatSsim& { return g.one_scale; }, "fg_vmaf_float_ssim");
  check([](Good& g) -> FgVmafMsSsim& { return g.five_scales; }, "fg_vmaf_ms_ssim");
}

template <class Op>
void expect_sentence_of(Op Good::*op, const std::function<void(Good&)>& spoil, FgStatus status,
                        const std::string& sentence) {
  Good good;
  spoil(good);
  EXPECT_EQ(run(good.*op), status);
  EXPECT_EQ(std::string(fg_last_error()), sentence);
}

TEST(fg_vmaf_ssim_errors, the_unspoiled_calls_succeed) {
  Good good;
  EXPECT_EQ(run(good.integer), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(run(good.one_scale), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(run(good.five_scales), FG_STATUS_OK) << fg_last_error();
}

TEST(fg_vmaf_ssim_errors, structs_without_defaults_and_missing_ops_are_named) {
  expect_sentence_of(
      &Good::integer, [](Good& g) { g.integer.struct_size = 8; }, FG_STATUS_INVALID_ARGUMENT,
      "fg_vmaf_ssim_scratch_bytes: struct_size is 8, this library has an FgVmafSsim of " +
          std::to_string(sizeof(FgVmafSsim)) +
          " bytes; call fg_vmaf_ssim_defaults() first and build against the library's own header");
  EXPECT_EQ(fg_vmaf_float_ssim(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_vmaf_float_ssim: op is NULL; pass the address of an FgVmafFloatSsim filled by "
               "fg_vmaf_float_ssim_defaults()");
  Good good;
  EXPECT_EQ(fg_vmaf_ms_ssim_scratch_bytes(&good.five_scales, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_vmaf_ms_ssim_scratch_bytes: bytes is NULL; pass the address of a size_t");
}

TEST(fg_vmaf_ssim_errors, wrong_planes_say_both_sides) {
  expect_sentence(
      [](Good& g) {
        g.x.tensor.dtype = {kDLFloat, 32, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "x has dtype float32; expected uint8 or uint16");
  expect_sentence(
      [](Good& g) {
        g.y.tensor.dtype = {kDLUInt, 16, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "y has dtype uint16, x has uint8; convert one of them");
  expect_sentence([](Good& g) { g.x.tensor.ndim = g.y.tensor.ndim = 1; }, FG_STATUS_INVALID_ARGUMENT,
                  "x has 1 dimensions; expected luma planes [N, H, W] or [H, W]");
  expect_sentence([](Good& g) { g.y.shape[2] = 175; }, FG_STATUS_SIZE_MISMATCH,
                  "y has shape [2, 180, 175], x has [2, 180, 176]; both must be the same");
  expect_sentence([](Good& g) { g.integer.bits = g.one_scale.bits = g.five_scales.bits = 10; },
                  FG_STATUS_INVALID_ARGUMENT, "bits is 10; expected 0 for all 8 bits of uint8, or 8 to 8");
  expect_sentence([](Good& g) { g.scores.shape[0] = 1; }, FG_STATUS_SIZE_MISMATCH,
                  "scores has shape [1]; expected [2], one of each plane");
  expect_sentence(
      [](Good& g) {
        g.mean.tensor.dtype = {kDLFloat, 32, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "mean has dtype float32; expected float64");
  expect_sentence([](Good& g) { g.mean.tensor.data = g.scores.memory.data(); }, FG_STATUS_INVALID_ARGUMENT,
                  "mean and scores overlap in memory; what is written needs memory of its own");
}

TEST(fg_vmaf_ssim_errors, what_is_too_small_or_asks_for_nothing_says_what_is_needed) {
  expect_sentence_of(
      &Good::integer, [](Good& g) { g.integer.scores = g.integer.mean = nullptr; },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_vmaf_ssim: scores and mean are both NULL; ask for at least one of them");
  expect_sentence_of(
      &Good::one_scale, [](Good& g) { g.one_scale.scale = 11; }, FG_STATUS_INVALID_ARGUMENT,
      "fg_vmaf_float_ssim_scratch_bytes: scale is 11; expected 0 (sides of about 256), or 1 to 10");
  expect_sentence_of(
      &Good::one_scale,
      [](Good& g) {
        g.x.shape[1] = g.y.shape[1] = 30;
        g.one_scale.scale = 3;
      },
      FG_STATUS_SIZE_MISMATCH,
      "fg_vmaf_float_ssim_scratch_bytes: the planes are 30 x 176 (height x width), at scale 3 smaller than "
      "the "
      "window of 11; take larger planes or a smaller scale");
  expect_sentence_of(
      &Good::five_scales, [](Good& g) { g.x.shape[2] = g.y.shape[2] = 175; }, FG_STATUS_SIZE_MISMATCH,
      "fg_vmaf_ms_ssim_scratch_bytes: the planes are 180 x 175 (height x width); five scales with a window "
      "of 11 "
      "need at least 176 each way");
  expect_sentence_of(
      &Good::five_scales, [](Good& g) { g.ms_lcs.shape[1] = 3; }, FG_STATUS_SIZE_MISMATCH,
      "fg_vmaf_ms_ssim: lcs has shape [2, 3]; expected [2, 15], l, c and s of each scale of each "
      "plane");
  Good good;
  EXPECT_EQ(fg_vmaf_ssim(&good.integer, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(std::string(fg_last_error()),
            "fg_vmaf_ssim: scratch is NULL but " + std::to_string(180 * 176 * 8) +
                " bytes are needed; pass as many bytes as fg_vmaf_ssim_scratch_bytes() says");
}

TEST(fg_vmaf_ssim_errors, CUDA_tensors_in_a_build_without_CUDA_are_unsupported) {
#ifdef FRAMEGAUGE_HAS_CUDA
  GTEST_SKIP() << "this build has CUDA kernels; the sentence belongs to builds without";
#else
  const auto on_cuda = [](Good& g) {
    for (DLTensor* t : {&g.x, &g.y, &g.scores, &g.mean, &g.lcs, &g.ms_lcs}) t->device = {kDLCUDA, 0};
  };
  const std::string sentence =
      "the tensors are CUDA tensors, but this build has no CUDA kernels; pass CPU tensors, or configure "
      "with a CUDA toolkit of 12.4 or newer";
  expect_sentence_of(&Good::integer, on_cuda, FG_STATUS_UNSUPPORTED, sentence);
  expect_sentence_of(&Good::one_scale, on_cuda, FG_STATUS_UNSUPPORTED, sentence);
  expect_sentence_of(&Good::five_scales, on_cuda, FG_STATUS_UNSUPPORTED, sentence);
#endif
}

}  // namespace
}  // namespace fg::test
