#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

// A call that succeeds; each test below spoils one thing of it.
struct GoodSsim {
  Tensor<float> x{{2, 3, 16, 20}, 0.5f}, y{{2, 3, 16, 20}, 0.25f}, map{{2, 3, 16, 20}};
  Tensor<double> scores{{2, 3}}, mean{{1}};
  alignas(16) double scratch[512] = {};
  FgSsim2d op;

  GoodSsim() {
    fg_ssim2d_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.map = &map;
    op.scores = &scores;
    op.mean = &mean;
    op.scratch = scratch;
    op.scratch_bytes = sizeof(scratch);
  }
};

using Spoil = std::function<void(GoodSsim&)>;

void expect_sentence(const Spoil& spoil, FgStatus status, const std::string& sentence) {
  GoodSsim good;
  spoil(good);
  EXPECT_EQ(fg_ssim2d(&good.op, nullptr), status);
  EXPECT_EQ(std::string(fg_last_error()), sentence);
}

TEST(fg_ssim2d_errors, the_unspoiled_call_succeeds) {
  GoodSsim good;
  ASSERT_EQ(fg_ssim2d(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
}

TEST(fg_ssim2d_errors, a_missing_op_or_a_struct_without_defaults_is_named) {
  EXPECT_EQ(fg_ssim2d(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_ssim2d: op is NULL; pass the address of an FgSsim2d filled by fg_ssim2d_defaults()");
  expect_sentence([](GoodSsim& g) { g.op.struct_size = 8; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: struct_size is 8, this library has an FgSsim2d of " +
                      std::to_string(sizeof(FgSsim2d)) +
                      " bytes; call fg_ssim2d_defaults() first and build against the library's own header");
}

TEST(fg_ssim2d_errors, missing_tensors_shapes_and_data_are_named) {
  expect_sentence([](GoodSsim& g) { g.op.x = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: x is NULL; pass the address of a DLTensor");
  expect_sentence([](GoodSsim& g) { g.op.y = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: y is NULL; pass the address of a DLTensor");
  expect_sentence([](GoodSsim& g) { g.y.tensor.data = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: y.data is NULL; pass the address of its first element");
  expect_sentence([](GoodSsim& g) { g.x.tensor.shape = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: x has 4 dimensions but no shape; fill DLTensor.shape");
  expect_sentence([](GoodSsim& g) { g.x.tensor.byte_offset = 2; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: x.data with its byte_offset is not aligned to its float32 elements");
}

TEST(fg_ssim2d_errors, wrong_dtypes_say_which_are_expected) {
  expect_sentence(
      [](GoodSsim& g) {
        g.x.tensor.dtype = {kDLInt, 32, 1};
      },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: x has dtype int32; expected float32, float16, bfloat16 or uint8");
  expect_sentence(
      [](GoodSsim& g) {
        g.x.tensor.dtype = {kDLFloat, 32, 4};
      },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: x has dtype float32 with 4 lanes; expected float32, float16, bfloat16 or uint8");
  expect_sentence(
      [](GoodSsim& g) {
        g.y.tensor.dtype = {kDLUInt, 8, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: y has dtype uint8, x has float32; convert one of them");
  expect_sentence(
      [](GoodSsim& g) {
        g.map.tensor.dtype = {kDLFloat, 16, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: map has dtype float16; expected float32");
  expect_sentence(
      [](GoodSsim& g) {
        g.scores.tensor.dtype = {kDLFloat, 32, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: scores has dtype float32; expected float64");
  expect_sentence(
      [](GoodSsim& g) {
        g.mean.tensor.dtype = {kDLBfloat, 16, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: mean has dtype bfloat16; expected float64");
}

TEST(fg_ssim2d_errors, wrong_shapes_and_ranks_say_both_sides) {
  expect_sentence([](GoodSsim& g) { g.x.shape[3] = 19; }, FG_STATUS_SIZE_MISMATCH,
                  "fg_ssim2d: y has shape [2, 3, 16, 20], x has [2, 3, 16, 19]; both must be the same");
  expect_sentence([](GoodSsim& g) { g.x.tensor.ndim = 1; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: x has 1 dimensions; expected [N, C, H, W], [C, H, W] or [H, W]");
  expect_sentence(
      [](GoodSsim& g) {
        g.op.layout = FG_LAYOUT_NHWC;
        g.x.tensor.ndim = 2;
      },
      FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: x has 2 dimensions; expected [N, H, W, C] or [H, W, C]");
  expect_sentence([](GoodSsim& g) { g.x.shape[0] = g.y.shape[0] = 0; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: x has shape [0, 3, 16, 20]; every extent must be between 1 and 1073741824");
  expect_sentence([](GoodSsim& g) { g.y.shape[2] = -4; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: y has shape [2, 3, -4, 20]; every extent must be between 1 and 1073741824");
  expect_sentence(
      [](GoodSsim& g) {
        g.x.shape = {1 << 30, 1 << 30, 1 << 30, 1 << 30}, g.x.tensor.shape = g.x.shape.data();
      },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: x has shape [1073741824, 1073741824, 1073741824, 1073741824], more elements than any "
      "memory holds");
  expect_sentence(
      [](GoodSsim& g) { g.map.shape[3] = 10; }, FG_STATUS_SIZE_MISMATCH,
      "fg_ssim2d: map has shape [2, 3, 16, 10]; expected [2, 3, 16, 20], the layout of x with the scored "
      "channels, for this window and padding");
  expect_sentence(
      [](GoodSsim& g) { g.op.padding = FG_PADDING_VALID; }, FG_STATUS_SIZE_MISMATCH,
      "fg_ssim2d: map has shape [2, 3, 16, 20]; expected [2, 3, 6, 10], the layout of x with the scored "
      "channels, for this window and padding");
  expect_sentence(
      [](GoodSsim& g) { g.op.channels = 2; }, FG_STATUS_SIZE_MISMATCH,
      "fg_ssim2d: map has shape [2, 3, 16, 20]; expected [2, 2, 16, 20], the layout of x with the scored "
      "channels, for this window and padding");
  expect_sentence([](GoodSsim& g) { g.scores.shape[1] = 2; }, FG_STATUS_SIZE_MISMATCH,
                  "fg_ssim2d: scores has shape [2, 2]; expected [2, 3], images by scored channels");
  expect_sentence([](GoodSsim& g) { g.mean.shape[0] = 2; }, FG_STATUS_SIZE_MISMATCH,
                  "fg_ssim2d: mean has shape [2]; expected [1], one number");
}

TEST(fg_ssim2d_errors, numbers_out_of_range_say_the_range) {
  expect_sentence([](GoodSsim& g) { g.op.window = 8; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: window is 8; expected 7, 9 or 11 taps");
  expect_sentence(
      [](GoodSsim& g) {
        const int bad = 5;
        std::memcpy(&g.op.padding, &bad, sizeof(bad));
      },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: padding is 5; expected FG_PADDING_SAME (0) or FG_PADDING_VALID (1)");
  expect_sentence(
      [](GoodSsim& g) {
        const int bad = -1;
        std::memcpy(&g.op.layout, &bad, sizeof(bad));
      },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: layout is -1; expected FG_LAYOUT_NCHW (0) or FG_LAYOUT_NHWC (1)");
  expect_sentence([](GoodSsim& g) { g.op.channels = 4; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: channels is 4, the images have 3; pass 0 for all, or at most that many");
  expect_sentence([](GoodSsim& g) { g.op.channels = -1; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: channels is -1, the images have 3; pass 0 for all, or at most that many");
  expect_sentence([](GoodSsim& g) { g.op.data_range = 0; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: data_range is 0; expected a finite number above 0");
  expect_sentence([](GoodSsim& g) { g.op.data_range = std::numeric_limits<double>::quiet_NaN(); },
                  FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: data_range is nan; expected a finite number above 0");
  expect_sentence([](GoodSsim& g) { g.op.k1 = -0.01; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: k1 is -0.01; expected a finite number above 0");
  expect_sentence([](GoodSsim& g) { g.op.k2 = INFINITY; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: k2 is inf; expected a finite number above 0");
  expect_sentence(
      [](GoodSsim& g) { g.op.data_range = 1e-20; }, FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: data_range 1e-20 with k 0.01 leaves what float32 can hold; scale the images, to 0..1 "
      "for instance");
}

TEST(fg_ssim2d_errors, an_image_below_the_window_says_so_with_valid_padding_only) {
  expect_sentence(
      [](GoodSsim& g) {
        g.x.shape[2] = g.y.shape[2] = 10;
        g.op.padding = FG_PADDING_VALID;
      },
      FG_STATUS_SIZE_MISMATCH,
      "fg_ssim2d: the images are 10 x 20 (height x width), smaller than the window of 11 with "
      "FG_PADDING_VALID; take "
      "a smaller window or FG_PADDING_SAME");
  GoodSsim same;
  same.x.shape[2] = same.y.shape[2] = same.map.shape[2] = 10;
  EXPECT_EQ(fg_ssim2d(&same.op, nullptr), FG_STATUS_OK) << fg_last_error();
}

TEST(fg_ssim2d_errors, asking_for_nothing_is_an_error) {
  expect_sentence([](GoodSsim& g) { g.op.map = g.op.scores = g.op.mean = nullptr; },
                  FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: map, scores and mean are all NULL; ask for at least one of them");
}

TEST(fg_ssim2d_errors, scratch_that_is_missing_small_or_crooked_says_how_much) {
  GoodSsim good;
  std::size_t bytes = 0;
  ASSERT_EQ(fg_ssim2d_scratch_bytes(&good.op, &bytes), FG_STATUS_OK);
  const std::string needed = std::to_string(bytes),
                    ask = "; pass as many bytes as fg_ssim2d_scratch_bytes() says";
  expect_sentence([](GoodSsim& g) { g.op.scratch = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: scratch is NULL but " + needed + " bytes are needed" + ask);
  expect_sentence([&](GoodSsim& g) { g.op.scratch_bytes = bytes - 1; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: scratch_bytes is " + std::to_string(bytes - 1) + " but " + needed +
                      " bytes are needed" + ask);
  expect_sentence([](GoodSsim& g) { g.op.scratch = g.scratch + 1; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: scratch is not aligned to 16 bytes; move it");
  good.op.scratch_bytes = bytes;
  EXPECT_EQ(fg_ssim2d(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
}

TEST(fg_ssim2d_errors, overlapping_memory_names_the_two) {
  const std::string why = " overlap in memory; what is written needs memory of its own";
  expect_sentence([](GoodSsim& g) { g.map.tensor.data = g.x.memory.data(); }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: map and x" + why);
  expect_sentence([](GoodSsim& g) { g.mean.tensor.data = g.scores.memory.data() + 5; },
                  FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: mean and scores" + why);
  expect_sentence([](GoodSsim& g) { g.scores.tensor.data = g.scratch; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: scores and scratch" + why);
  expect_sentence([](GoodSsim& g) { g.y.tensor.data = g.scratch; }, FG_STATUS_INVALID_ARGUMENT,
                  "fg_ssim2d: scratch and y" + why);
}

TEST(fg_ssim2d_errors, an_output_whose_elements_share_memory_is_refused) {
  std::int64_t strides[4] = {960, 320, 0, 1};
  expect_sentence(
      [&](GoodSsim& g) { g.map.tensor.strides = strides; }, FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: map has strides by which its elements lie on top of each other; every element of an "
      "output needs a place of its own");
  GoodSsim inputs;  // inputs may: one row for the whole image
  inputs.x.tensor.strides = strides;
  EXPECT_EQ(fg_ssim2d(&inputs.op, nullptr), FG_STATUS_OK) << fg_last_error();
}

TEST(fg_ssim2d_errors, strides_beyond_any_memory_are_refused) {
  std::int64_t strides[4] = {std::int64_t{1} << 62, 320, 20, 1};
  expect_sentence(
      [&](GoodSsim& g) { g.x.tensor.strides = strides; }, FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: x has a stride of 4611686018427387904 elements over an extent of 2, further than any "
      "memory reaches");
}

TEST(fg_ssim2d_errors, devices_are_named) {
  expect_sentence(
      [](GoodSsim& g) {
        g.x.tensor.device = {kDLVulkan, 0};
      },
      FG_STATUS_UNSUPPORTED,
      "fg_ssim2d: x is on DLPack device type 7; expected the CPU (kDLCPU) or a CUDA device (kDLCUDA)");
  expect_sentence(
      [](GoodSsim& g) {
        g.y.tensor.device = {kDLCUDA, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "fg_ssim2d: y is on CUDA device 1, x on the CPU; bring both to one device");
  expect_sentence(
      [](GoodSsim& g) {
        g.scores.tensor.device = {kDLCUDA, 0};
      },
      FG_STATUS_INVALID_ARGUMENT,
      "fg_ssim2d: scores is on CUDA device 0, the images on the CPU; bring it there");
}

TEST(fg_ssim2d_errors, CUDA_tensors_in_a_build_without_CUDA_are_unsupported) {
#ifdef FRAMEGAUGE_HAS_CUDA
  GTEST_SKIP() << "this build has CUDA kernels; the sentence belongs to builds without";
#else
  const auto on_cuda = [](GoodSsim& g) {
    for (DLTensor* t : {&g.x, &g.y, &g.map, &g.scores, &g.mean}) t->device = {kDLCUDA, 0};
  };
  expect_sentence(
      on_cuda, FG_STATUS_UNSUPPORTED,
      "the tensors are CUDA tensors, but this build has no CUDA kernels; pass CPU tensors, or configure "
      "with a CUDA toolkit of 12.4 or newer");
#endif
}

TEST(fg_ssim2d_errors, the_scratch_question_needs_shapes_but_no_memory) {
  GoodSsim good;
  good.x.tensor.data = good.y.tensor.data = nullptr;
  good.op.map = good.op.scores = good.op.mean = nullptr;
  std::size_t bytes = 0;
  EXPECT_EQ(fg_ssim2d_scratch_bytes(&good.op, &bytes), FG_STATUS_OK) << fg_last_error();
  EXPECT_GT(bytes, 0u);
  EXPECT_EQ(fg_ssim2d_scratch_bytes(&good.op, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_ssim2d_scratch_bytes: bytes is NULL; pass the address of a size_t");
  good.op.window = 3;
  EXPECT_EQ(fg_ssim2d_scratch_bytes(&good.op, &bytes), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_ssim2d_scratch_bytes: window is 3; expected 7, 9 or 11 taps");
}

TEST(fg_ssim2d_errors, a_failed_call_writes_nothing) {
  GoodSsim good;
  good.mean[0] = 42;
  good.op.window = 5;
  EXPECT_NE(fg_ssim2d(&good.op, nullptr), FG_STATUS_OK);
  EXPECT_EQ(good.mean[0], 42.0);
}

struct GoodErrors {
  Tensor<float> x{{3, 8, 8}, 0.5f}, y{{3, 8, 8}, 0.25f};
  Tensor<double> errors{{1, FG_ERROR_COLUMNS}};
  alignas(16) double scratch[64] = {};
  FgImageErrors op;

  GoodErrors() {
    fg_image_errors_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.errors = &errors;
    op.scratch = scratch;
    op.scratch_bytes = sizeof(scratch);
  }
};

void expect_errors_sentence(const std::function<void(GoodErrors&)>& spoil, FgStatus status,
                            const std::string& sentence) {
  GoodErrors good;
  spoil(good);
  EXPECT_EQ(fg_image_errors(&good.op, nullptr), status);
  EXPECT_EQ(std::string(fg_last_error()), sentence);
}

TEST(fg_image_errors_errors, each_argument_has_its_sentence) {
  GoodErrors good;
  ASSERT_EQ(fg_image_errors(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(fg_image_errors(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_image_errors: op is NULL; pass the address of an FgImageErrors filled by "
               "fg_image_errors_defaults()");
  expect_errors_sentence([](GoodErrors& g) { g.op.errors = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                         "fg_image_errors: errors is NULL; pass the address of a DLTensor");
  expect_errors_sentence(
      [](GoodErrors& g) { g.errors.shape[1] = 3; }, FG_STATUS_SIZE_MISMATCH,
      "fg_image_errors: errors has shape [1, 3]; expected [1, 4], images by FG_ERROR_COLUMNS");
  expect_errors_sentence([](GoodErrors& g) { g.op.data_range = -1; }, FG_STATUS_INVALID_ARGUMENT,
                         "fg_image_errors: data_range is -1; expected a finite number above 0");
  expect_errors_sentence(
      [](GoodErrors& g) { g.op.channels = 5; }, FG_STATUS_INVALID_ARGUMENT,
      "fg_image_errors: channels is 5, the images have 3; pass 0 for all, or at most that many");
  expect_errors_sentence([](GoodErrors& g) { g.op.scratch_bytes = 1; }, FG_STATUS_INVALID_ARGUMENT,
                         "fg_image_errors: scratch_bytes is 1 but 72 bytes are needed; pass as many bytes as "
                         "fg_image_errors_scratch_bytes() says");
  expect_errors_sentence(
      [](GoodErrors& g) { g.errors.tensor.data = g.y.memory.data(); }, FG_STATUS_INVALID_ARGUMENT,
      "fg_image_errors: errors and y overlap in memory; what is written needs memory of its own");
}

}  // namespace
}  // namespace fg::test
