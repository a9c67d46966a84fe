#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/gpu/kernels/on_device.h"
#include "tests/kernels/ssim/masked_ssim_case.h"
#include "tests/kernels/ssim/ssim2d_gradient_case.h"
#include "tests/kernels/test_compare.h"

namespace fg::test {
namespace {

class masked_ssim_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

template <class T>
class MaskedOnDevice : public OnDevice<T, MaskedCase<T>, TestImage<float>, MaskedOptions> {
  using Base = OnDevice<T, MaskedCase<T>, TestImage<float>, MaskedOptions>;

 public:
  MaskedOnDevice(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                 const MaskedOptions& options)
      : Base(x, y, mask, options), mask_(mask), map_(this->out().map) {
    this->op().mask.data = mask_.data();
    this->op().map.data = map_.data();
  }
  void launch(cudaStream_t stream) {
    Base::launch(
        cuda::masked_ssim2d_scratch_bytes(this->op()),
        [&](const MaskedSsim2d<T>& op, Scratch scratch) { cuda::masked_ssim2d(op, scratch, 0, stream); });
  }
  MaskedOutput& read() {
    Base::read();
    map_.read(this->out().map);
    return this->out();
  }

 private:
  DeviceImage mask_, map_;
};

template <class T>
MaskedOutput run_cuda(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                      const MaskedOptions& options = {}) {
  MaskedOnDevice<T> on_device(x, y, mask, options);
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  return std::move(on_device.read());
}

// Tolerances as for masked_ssim_strip_test, against the oracle; gradients against the CPU.
template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                        const MaskedOptions& options = {}) {
  SCOPED_TRACE(std::to_string(x.shape.height) + "x" + std::to_string(x.shape.width) + " window " +
               std::to_string(options.window));
  const auto check = [&](const MaskedOutput& out) {
    expect_like_masked_oracle(x, y, mask, options.window, out, 1e-6, 4e-6);
  };
  check(run_cuda(x, y, mask, values_alone(options)));
  if (sizeof(T) == 1) return;
  const MaskedOutput out = run_cuda(x, y, mask, options), cpu = run_masked(x, y, mask, options);
  check(out);
  EXPECT_LE(relative_rms(out.x_gradient, cpu.x_gradient), 1e-5);
  EXPECT_LE(relative_rms(out.y_gradient, cpu.y_gradient), 1e-5);
}

const auto expect_like = [](const auto& x, const auto& y, const auto& mask, const MaskedOptions& options) {
  expect_like_oracle(x, y, mask, options);
};

TEST_F(masked_ssim_cuda, soft_masks_at_odd_sizes_match_the_oracle_and_the_cpu) {
  for_each_soft_mask(expect_like);
}

TEST_F(masked_ssim_cuda, holes_stripes_and_lone_samples_match_the_oracle_and_the_cpu) {
  for_each_hard_mask(expect_like);
}

TEST_F(masked_ssim_cuda, one_mask_serves_all_channels_in_any_memory) {
  for_each_layout_with_one_mask(expect_like);
}

TEST_F(masked_ssim_cuda, with_a_mask_of_ones_the_inside_is_SSIM_valid) {
  const Shape shape{1, 2, 50, 150};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const MaskedOutput out = run_cuda(x, y, make_image<float>(shape, ones));
  const SsimOutput valid = run_cpu(x, y, {.padding = Padding::valid});
  for (int c = 0; c < 2; ++c)
    for (int row = 0; row < 40; ++row)
      for (int column = 0; column < 140; ++column)
        ASSERT_NEAR(out.map.at(0, c, row + 5, column + 5), valid.map.at(0, c, row, column), 4e-6);
}

// The compiler fuses other multiplications where both are made.
TEST_F(masked_ssim_cuda, one_gradient_alone_is_that_of_both) {
  const Shape shape{1, 1, 70, 140};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const auto mask = make_image<float>(shape, soft_mask);
  const MaskedOutput both = run_cuda(x, y, mask);
  EXPECT_LE(relative_rms(run_cuda(x, y, mask, {.wants_y = false}).x_gradient, both.x_gradient), 1e-6);
  EXPECT_LE(relative_rms(run_cuda(x, y, mask, {.wants_x = false}).y_gradient, both.y_gradient), 1e-6);
}

TEST_F(masked_ssim_cuda, what_lies_under_a_weight_of_0_never_counts) {
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})})
    expect_nothing_of_what_is_hidden(run_cuda<float>, options);
}

TEST_F(masked_ssim_cuda, identical_images_score_exactly_1_without_gradient) {
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})})
    expect_exactly_1_of_identical_images(run_cuda<float>, options);
}

TEST_F(masked_ssim_cuda, weights_that_are_not_above_0_and_channels_that_show_nothing) {
  expect_weights_not_above_0_to_count_as_0(run_cuda<float>);
}

TEST_F(masked_ssim_cuda, a_NaN_that_is_seen_makes_only_its_channel_NaN) {
  const Shape shape{1, 2, 60, 90};
  auto x = make_image<float>(shape, noisy_scene);
  const auto y = make_image<float>(shape, scene), mask = make_image<float>(shape, ones);
  const MaskedOutput clean = run_cuda(x, y, mask);
  x.at(0, 1, 20, 25) = std::numeric_limits<float>::quiet_NaN();
  const MaskedOutput out = run_cuda(x, y, mask);
  EXPECT_EQ(out.scores[0], clean.scores[0]);
  EXPECT_TRUE(std::isnan(out.scores[1]));
  EXPECT_TRUE(std::isnan(out.mean));
  for (int row = 0; row < 60; ++row)
    for (int column = 0; column < 90; ++column) {
      ASSERT_FALSE(std::isnan(out.x_gradient.at(0, 0, row, column)));
      if (std::abs(row - 20) <= 10 && std::abs(column - 25) <= 10) {
        ASSERT_TRUE(std::isnan(out.x_gradient.at(0, 1, row, column)));
      }
    }
  EXPECT_FALSE(
      std::isnan(out.x_gradient.at(0, 1, 59, 89)));  // as far as ssim2d_strip_test allows, and 5 more
}

TEST_F(masked_ssim_cuda, every_run_gives_the_same_bits) {
  const Shape shape{2, 3, 300, 500};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene),
             mask = make_image<float>(shape, soft_mask);
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})}) {
    MaskedOnDevice<float> on_device(x, y, mask, options);
    const Stream stream;
    on_device.launch(stream.get());
    stream.wait();
    const std::vector<double> scores = on_device.read().scores;
    const std::vector<float> map = on_device.out().map.memory, gradient = on_device.out().x_gradient.memory;
    for (int run = 0; run < 20; ++run) on_device.launch(stream.get());
    stream.wait();
    const MaskedOutput& last = on_device.read();
    EXPECT_EQ(last.scores, scores);
    EXPECT_EQ(last.map.memory, map);
    if (options.wants_x) {
      EXPECT_EQ(last.x_gradient.memory, gradient);
    }
  }
}

}  // namespace
}  // namespace fg::test
