#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/ssim/ssim2d_gradient_case.h"

namespace fg::test {
namespace {

class ssim2d_gradient_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

// The op with all its memory on the device. Scratch and outputs are filled with bytes that make NaNs: scratch may
// not be read unwritten, and every sample of an output must be written.
template <class T>
class OnDevice {
 public:
  OnDevice(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options)
      : case_(x, y, options),
        x_(x.memory),
        y_(y.memory),
        map_(case_.out.map.memory),
        x_gradient_(case_.out.x_gradient.memory),
        y_gradient_(case_.out.y_gradient.memory),
        results_(std::vector<double>(case_.out.scores.size() + 2, NAN)) {
    Ssim2dGradient<T>& op = case_.op;
    op.forward.x.data = x_.data();
    op.forward.y.data = y_.data();
    op.forward.map.data = map_.data();
    op.forward.mean = results_.data();
    op.l1 = results_.data() + 1;
    op.forward.scores.data = results_.data() + 2;
    if (op.map_weight.data != nullptr)
      op.map_weight.data = map_weight_.emplace(case_.map_weight->memory).data();
    if (op.score_weight.data != nullptr)
      op.score_weight.data = score_weight_.emplace(case_.options.score_weight).data();
    if (op.x_gradient.data != nullptr) op.x_gradient.data = x_gradient_.data();
    if (op.y_gradient.data != nullptr) op.y_gradient.data = y_gradient_.data();
    scratch_.emplace(std::vector<unsigned char>(cuda::ssim2d_gradient_scratch_bytes(op), 0xFF));
  }

  void launch(cudaStream_t stream) {
    cuda::ssim2d_gradient(case_.op, {scratch_->data(), scratch_->size_bytes()}, 0, stream);
  }
  GradientOutput read() {
    GradientOutput out{TestImage<float>(case_.out.map.shape, case_.out.map.layout),
                       TestImage<float>(case_.out.x_gradient.shape, case_.out.x_gradient.layout),
                       TestImage<float>(case_.out.y_gradient.shape, case_.out.y_gradient.layout),
                       {}};
    const auto copy = [](const DeviceArray<float>& from, TestImage<float>& to) {
      const std::vector<float> values = from.read();
      std::copy(values.begin(), values.end(), to.memory.begin());  // the view stays on its memory
    };
    copy(map_, out.map);
    copy(x_gradient_, out.x_gradient);
    copy(y_gradient_, out.y_gradient);
    const std::vector<double> results = results_.read();
    out.mean = results[0];
    out.l1 = results[1];
    out.scores.assign(results.begin() + 2, results.end());
    return out;
  }

 private:
  GradientCase<T> case_;
  DeviceArray<T> x_, y_;
  DeviceArray<float> map_, x_gradient_, y_gradient_;
  DeviceArray<double> results_;  // the mean, l1, then the scores
  std::optional<DeviceArray<float>> map_weight_;
  std::optional<DeviceArray<double>> score_weight_;
  std::optional<DeviceArray<unsigned char>> scratch_;
};

template <class T>
GradientOutput run_cuda(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options) {
  OnDevice<T> on_device(x, y, options);
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  return on_device.read();
}

// The bounds that the CPU is held to (ssim2d_gradient_cpu_test), against the same oracle.
template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options = {}) {
  const GradientOutput out = run_cuda(x, y, options);
  const GradientError error = gradient_error(x, y, options, out);
  EXPECT_LE(error.x, 1e-5);
  EXPECT_LE(error.y, 1e-5);
  EXPECT_LE(error.x_worst, 1e-4);
  EXPECT_LE(error.y_worst, 1e-4);
  const GradientOutput cpu = run_gradient_cpu(x, y, options);
  EXPECT_NEAR(out.mean, cpu.mean, 1e-6);
  for (std::size_t i = 0; i < out.scores.size(); ++i) EXPECT_NEAR(out.scores[i], cpu.scores[i], 1e-6);
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c)
      for (int row = 0; row < cpu.map.shape.height; ++row)
        for (int column = 0; column < cpu.map.shape.width; ++column)
          ASSERT_NEAR(out.map.at(n, c, row, column), cpu.map.at(n, c, row, column), 4e-6);  // 2e-6 each
}

TEST_F(ssim2d_gradient_cuda, easy_and_hard_pairs_match_the_oracle) {
  for (const GradientPair& pair : gradient_pairs())
    for (const Padding padding : {Padding::same, Padding::valid}) {
      SCOPED_TRACE(std::string(pair.name) + (padding == Padding::same ? ", same" : ", valid"));
      const Shape shape{2, 2, 75, 130};
      const auto x = make_image<float>(shape, pair.x), y = make_image<float>(shape, pair.y);
      expect_like_oracle(x, y, {.padding = padding});
      expect_like_oracle(x, y, {.padding = padding, .mean_weight = 0, .map_weight = random_weight});
    }
}

TEST_F(ssim2d_gradient_cuda, odd_sizes_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 3, 1, 200}, Shape{1, 1, 200, 1}, Shape{1, 1, 10, 10},
                             Shape{2, 3, 11, 11}, Shape{1, 1, 12, 12}, Shape{1, 1, 33, 65},
                             Shape{1, 1, 64, 128}, Shape{1, 1, 65, 129}, Shape{1, 1, 127, 257}}) {
    SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
    const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
    expect_like_oracle(x, y);
    if (shape.height >= 11 && shape.width >= 11) expect_like_oracle(x, y, {.padding = Padding::valid});
  }
}

TEST_F(ssim2d_gradient_cuda, every_window_weight_and_dtype_matches_the_oracle) {
  const Shape shape{2, 2, 37, 141};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    const auto x = make_image<T>(shape, noisy_scene), y = make_image<T>(shape, scene);
    for (const int window : {7, 9, 11})
      for (const Padding padding : {Padding::same, Padding::valid}) {
        SCOPED_TRACE(window);
        expect_like_oracle(x, y,
                           {.window = window, .padding = padding, .mean_weight = -0.2, .l1_weight = 0.8});
        expect_like_oracle(x, y,
                           {.window = window,
                            .padding = padding,
                            .mean_weight = 40,
                            .l1_weight = 30,
                            .map_weight = random_weight,
                            .score_weight = {10, -20, 5, 30}});
      }
  };
  check(float{});
  check(Half{});
  check(BFloat16{});
}

TEST_F(ssim2d_gradient_cuda, one_gradient_alone_has_the_bits_of_both) {
  const auto x = make_image<float>({1, 2, 70, 140}, noisy_scene),
             y = make_image<float>({1, 2, 70, 140}, scene);
  const GradientOutput both = run_cuda(x, y, {});
  EXPECT_EQ(run_cuda(x, y, {.wants_y = false}).x_gradient.memory, both.x_gradient.memory);
  EXPECT_EQ(run_cuda(x, y, {.wants_x = false}).y_gradient.memory, both.y_gradient.memory);
}

TEST_F(ssim2d_gradient_cuda, strided_pitched_and_interleaved_memory_matches_the_oracle) {
  for (const Memory& layout :
       {Memory{.row_padding = 13}, Memory{.column_step = 3}, Memory{.interleaved = true},
        Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}}) {
    const auto x = make_image<float>({2, 3, 35, 140}, noisy_scene, layout),
               y = make_image<float>({2, 3, 35, 140}, scene, layout);
    expect_like_oracle(x, y, {.map_weight = random_weight, .map_layout = layout, .gradient_layout = layout});
  }
}

TEST_F(ssim2d_gradient_cuda, identical_images_have_exactly_no_gradient) {
  for (const PixelFormula& formula : {PixelFormula(scene), PixelFormula(wave)}) {
    const auto x = make_image<float>({1, 3, 170, 230}, formula),
               y = make_image<float>({1, 3, 170, 230}, formula);
    const GradientOutput out = run_cuda(x, y, {.l1_weight = 1});
    EXPECT_EQ(out.mean, 1.0);
    EXPECT_EQ(out.l1, 0.0);
    for (const float g : out.x_gradient.memory) ASSERT_EQ(g, 0.0f);
    for (const float g : out.y_gradient.memory) ASSERT_EQ(g, 0.0f);
  }
}

TEST_F(ssim2d_gradient_cuda, a_NaN_or_Inf_spoils_its_score_and_what_its_windows_touch) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto x = make_image<float>({1, 2, 60, 90}, noisy_scene), y = make_image<float>({1, 2, 60, 90}, scene);
    x.at(0, 1, 20, 30) = bad;
    const GradientOutput out = run_cuda(x, y, {});
    EXPECT_FALSE(std::isnan(out.scores[0]));
    EXPECT_TRUE(std::isnan(out.scores[1]));
    for (int row = 0; row < 60; ++row)
      for (int column = 0; column < 90; ++column) {
        ASSERT_FALSE(std::isnan(out.x_gradient.at(0, 0, row, column)));
        if (std::abs(row - 20) <= 10 && std::abs(column - 30) <= 10) {
          ASSERT_TRUE(std::isnan(out.x_gradient.at(0, 1, row, column)));
          ASSERT_TRUE(std::isnan(out.y_gradient.at(0, 1, row, column)));
        }
      }
    EXPECT_FALSE(std::isnan(out.x_gradient.at(0, 1, 59, 89)));
  }
}

TEST_F(ssim2d_gradient_cuda, every_run_gives_the_same_bits) {
  const auto x = make_image<float>({2, 3, 300, 500}, noisy_scene),
             y = make_image<float>({2, 3, 300, 500}, scene);
  OnDevice<float> on_device(x, y, {.l1_weight = 0.5});
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  const GradientOutput first = on_device.read();
  for (int run = 0; run < 20; ++run) on_device.launch(stream.get());
  stream.wait();
  const GradientOutput last = on_device.read();
  EXPECT_EQ(last.scores, first.scores);
  EXPECT_EQ(last.l1, first.l1);
  EXPECT_EQ(last.x_gradient.memory, first.x_gradient.memory);
  EXPECT_EQ(last.y_gradient.memory, first.y_gradient.memory);
}

}  // namespace
}  // namespace fg::test
