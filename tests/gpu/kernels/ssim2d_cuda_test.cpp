#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/ssim/ssim2d_case.h"

namespace fg::test {
namespace {

class ssim2d_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

// The op with all its memory on the device. Scratch is filled with bytes that make NaNs: it may not be read
// unwritten.
template <class T>
class OnDevice {
 public:
  OnDevice(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options)
      : op_(make_op(x, y, options)),
        map_({x.shape.batch, x.shape.channels, op_.map_height(), op_.map_width()}, options.map_layout),
        x_(x.memory),
        y_(y.memory),
        device_map_(map_.memory),
        results_(std::vector<double>(static_cast<std::size_t>(op_.x.planes()) + 1, NAN)),
        scratch_(cuda::ssim2d_scratch_bytes(op_)) {
    cuda(cudaMemset(scratch_.data(), 0xFF, scratch_.size_bytes()));
    op_.x.data = x_.data();
    op_.y.data = y_.data();
    op_.map = map_.view;
    op_.map.data = device_map_.data();
    op_.scores = {results_.data() + 1, op_.x.batch, op_.x.channels, op_.x.channels, 1};
    op_.mean = results_.data();
  }

  void launch(cudaStream_t stream) { cuda::ssim2d(op_, {scratch_.data(), scratch_.size_bytes()}, 0, stream); }
  SsimOutput read() const {
    SsimOutput out{TestImage<float>(map_.shape, map_.layout), {}, 0};
    const std::vector<float> map = device_map_.read();
    std::copy(map.begin(), map.end(), out.map.memory.begin());
    const std::vector<double> results = results_.read();
    out.mean = results[0];
    out.scores.assign(results.begin() + 1, results.end());
    return out;
  }
  Ssim2d<T>& op() { return op_; }

 private:
  Ssim2d<T> op_;
  TestImage<float> map_;
  DeviceArray<T> x_, y_;
  DeviceArray<float> device_map_;
  DeviceArray<double> results_;  // the mean, then the scores
  DeviceArray<unsigned char> scratch_;
};

template <class T>
SsimOutput run_cuda(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  OnDevice<T> on_device(x, y, options);
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  return on_device.read();
}

void expect_like_cpu(const SsimOutput& gpu, const SsimOutput& cpu) {
  for (std::size_t i = 0; i < cpu.scores.size(); ++i) {
    // The same float terms in another order and about another sample of the window; sums in double. Both are
    // within 1e-6 of the oracle (ssim2d_cpu_test, ssim2d_strip_test).
    EXPECT_NEAR(gpu.scores[i], cpu.scores[i], 1e-6);
  }
  EXPECT_NEAR(gpu.mean, cpu.mean, 1e-6);
  for (int n = 0; n < cpu.map.shape.batch; ++n)
    for (int c = 0; c < cpu.map.shape.channels; ++c)
      for (int row = 0; row < cpu.map.shape.height; ++row)
        for (int column = 0; column < cpu.map.shape.width; ++column)
          ASSERT_NEAR(gpu.map.at(n, c, row, column), cpu.map.at(n, c, row, column), 4e-6);  // 2e-6 each
}

template <class T>
void check_case(const Shape& shape, const SsimOptions& options, const Memory& layout = {}) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " window " +
               std::to_string(options.window));
  const auto x = make_image<T>(shape, noisy_scene, layout), y = make_image<T>(shape, scene, layout);
  expect_like_cpu(run_cuda(x, y, options), run_cpu(x, y, options));
}

TEST_F(ssim2d_cuda, odd_sizes_match_the_cpu) {
  for (const Shape& shape :
       {Shape{1, 1, 1, 1}, Shape{1, 3, 1, 200}, Shape{1, 1, 200, 1}, Shape{1, 1, 7, 200}, Shape{1, 1, 200, 7},
        Shape{2, 3, 11, 11}, Shape{1, 3, 16, 16}, Shape{1, 3, 17, 17}, Shape{1, 1, 33, 65},
        Shape{1, 2, 54, 32}, Shape{1, 2, 55, 33}, Shape{3, 3, 127, 257}, Shape{1, 3, 999, 1000}}) {
    check_case<float>(shape, {});
    check_case<std::uint8_t>(shape, {});
  }
}

TEST_F(ssim2d_cuda, every_window_and_padding_matches_the_cpu) {
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      check_case<float>({2, 2, 117, 141}, {.window = window, .padding = padding});
      check_case<std::uint8_t>({2, 2, 117, 141}, {.window = window, .padding = padding});
      check_case<float>({1, 1, window, window}, {.window = window, .padding = padding});
    }
}

TEST_F(ssim2d_cuda, strided_pitched_and_interleaved_memory_matches_the_cpu) {
  for (const Memory& layout : {Memory{.row_padding = 13}, Memory{.column_step = 3},
                               Memory{.interleaved = true}, Memory{.interleaved = true, .extra_channels = 1},
                               Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}}) {
    check_case<float>({2, 3, 70, 140}, {.map_layout = layout}, layout);
    check_case<std::uint8_t>({2, 3, 70, 140}, {.map_layout = layout}, layout);
  }
}

TEST_F(ssim2d_cuda, identical_images_score_exactly_1) {
  const auto x = make_image<float>({2, 3, 300, 400}, scene), y = make_image<float>({2, 3, 300, 400}, scene);
  for (const int window : {7, 9, 11}) {
    const SsimOutput out = run_cuda(x, y, {.window = window});
    EXPECT_EQ(out.mean, 1.0);
    for (const double score : out.scores) EXPECT_EQ(score, 1.0);
    for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
  }
}

TEST_F(ssim2d_cuda, constants_near_constants_and_hard_edges_match_the_cpu) {
  const Shape shape{1, 1, 96, 140};
  const auto constant = [&](double v) {
    return make_image<float>(shape, [v](int, int, int, int) { return v; });
  };
  const auto check = [](const TestImage<float>& x, const TestImage<float>& y) {
    expect_like_cpu(run_cuda(x, y, {}), run_cpu(x, y, {}));
  };
  check(constant(0.5), constant(0.2));
  check(constant(0), constant(1));
  check(make_image<float>(shape, step_with_grain), make_image<float>(shape, step_with_other_grain));
  const SsimOutput near = run_cuda(constant(0.6), constant(0.6 + 1e-7), {});
  for (const float m : near.map.memory) {
    ASSERT_LE(m, 1.0f);
    ASSERT_NEAR(m, 1.0f, 1.2e-7f);  // as on CPU
  }
}

TEST_F(ssim2d_cuda, a_NaN_or_Inf_makes_only_its_channel_NaN) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto x = make_image<float>({2, 3, 140, 150}, noisy_scene), y = make_image<float>({2, 3, 140, 150}, scene);
    const SsimOutput clean = run_cuda(x, y, {});
    x.at(1, 2, 139, 149) = bad;
    const SsimOutput out = run_cuda(x, y, {});
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(out.scores[i], clean.scores[i]);
    EXPECT_TRUE(std::isnan(out.scores[5]));
    EXPECT_TRUE(std::isnan(out.mean));
  }
}

TEST_F(ssim2d_cuda, every_run_gives_the_same_bits_with_and_without_a_map) {
  const auto x = make_image<float>({2, 3, 500, 700}, noisy_scene),
             y = make_image<float>({2, 3, 500, 700}, scene);
  OnDevice<float> on_device(x, y, {});
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  const SsimOutput first = on_device.read();
  on_device.op().map.data = nullptr;
  for (int run = 0; run < 20; ++run) on_device.launch(stream.get());
  stream.wait();
  EXPECT_EQ(on_device.read().scores, first.scores);
  EXPECT_EQ(on_device.read().mean, first.mean);
}

TEST_F(ssim2d_cuda, a_launch_can_be_captured_in_a_graph_and_replayed) {
  const auto x = make_image<float>({1, 3, 100, 100}, noisy_scene),
             y = make_image<float>({1, 3, 100, 100}, scene);
  OnDevice<float> on_device(x, y, {});
  const Stream stream;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  cuda(cudaStreamBeginCapture(stream.get(),
                              cudaStreamCaptureModeGlobal));  // an allocation or a wait would fail here
  on_device.launch(stream.get());
  cuda(cudaStreamEndCapture(stream.get(), &graph));
  cuda(cudaGraphInstantiate(&replay, graph, 0));
  for (int run = 0; run < 3; ++run) cuda(cudaGraphLaunch(replay, stream.get()));
  stream.wait();
  expect_like_cpu(on_device.read(), run_cpu(x, y, {}));
  cudaGraphExecDestroy(replay);
  cudaGraphDestroy(graph);
}

TEST_F(ssim2d_cuda, rows_more_than_2_to_31_elements_apart_are_reached) {
  constexpr std::int64_t kPitch = std::int64_t{1} << 27;
  const Shape shape{1, 1, 20, 64};
  std::size_t free_bytes = 0, total_bytes = 0;
  cuda(cudaMemGetInfo(&free_bytes, &total_bytes));
  if (free_bytes < 2u * 20u * kPitch + (1u << 30)) GTEST_SKIP() << "needs 6 GiB of device memory";
  const auto x = make_image<std::uint8_t>(shape, noisy_scene), y = make_image<std::uint8_t>(shape, scene);
  const DeviceArray<std::uint8_t> far_x(19 * kPitch + 64), far_y(19 * kPitch + 64);
  for (const auto& [far, near] : {std::pair{&far_x, &x}, std::pair{&far_y, &y}})
    cuda(cudaMemcpy2D(far->data(), kPitch, near->memory.data(), 64, 64, 20, cudaMemcpyHostToDevice));
  OnDevice<std::uint8_t> on_device(x, y, {});
  on_device.op().x.data = far_x.data();
  on_device.op().y.data = far_y.data();
  on_device.op().x.row_stride = on_device.op().y.row_stride = kPitch;
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  expect_like_cpu(on_device.read(), run_cpu(x, y, {}));
}

}  // namespace
}  // namespace fg::test
