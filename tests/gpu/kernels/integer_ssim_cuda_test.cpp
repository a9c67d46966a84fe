#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/ssim/integer_ssim_case.h"

namespace fg::test {
namespace {

class integer_ssim_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

// The op with all its memory on the device. Scratch is filled with bytes that spoil every sum: it may not be
// read unwritten.
template <class T>
class OnDevice {
 public:
  OnDevice(const TestImage<T>& x, const TestImage<T>& y, int bits)
      : op_(make_integer_op(x, y, bits)),
        x_(x.memory),
        y_(y.memory),
        results_(std::vector<double>(static_cast<std::size_t>(op_.x.planes()) + 1, NAN)),
        scratch_(cuda::integer_ssim_scratch_bytes(op_)) {
    cuda(cudaMemset(scratch_.data(), 0x7F, scratch_.size_bytes()));
    op_.x.data = x_.data();
    op_.y.data = y_.data();
    op_.scores = {results_.data() + 1, op_.x.planes(), 1, 1, 1};
    op_.mean = results_.data();
  }
  void launch(cudaStream_t stream) {
    cuda::integer_ssim(op_, {scratch_.data(), scratch_.size_bytes()}, 0, stream);
  }
  IntegerOutput read() const {
    const std::vector<double> results = results_.read();
    return {std::vector<double>(results.begin() + 1, results.end()), results[0]};
  }

 private:
  IntegerSsim<T> op_;
  DeviceArray<T> x_, y_;
  DeviceArray<double> results_;  // the mean, then the scores
  DeviceArray<unsigned char> scratch_;
};

template <class T>
void expect_the_cpus_bits(const TestImage<T>& x, const TestImage<T>& y, int bits) {
  OnDevice<T> on_device(x, y, bits);
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  const IntegerOutput gpu = on_device.read(), cpu = run_integer_cpu(x, y, bits);
  for (std::size_t i = 0; i < cpu.scores.size(); ++i)
    EXPECT_EQ(bits_of(gpu.scores[i]), bits_of(cpu.scores[i]))
        << "plane " << i << ", " << bits << " bits, " << gpu.scores[i] << " against " << cpu.scores[i];
  EXPECT_EQ(bits_of(gpu.mean), bits_of(cpu.mean));
}

void check(Shape shape, const PixelFormula& x, const PixelFormula& y, Memory layout = {}) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
  expect_the_cpus_bits(make_codes<std::uint8_t>(shape, 8, x, layout),
                       make_codes<std::uint8_t>(shape, 8, y, layout), 8);
  for (const int bits : {10, 12, 16})
    expect_the_cpus_bits(make_codes<std::uint16_t>(shape, bits, x, layout),
                         make_codes<std::uint16_t>(shape, bits, y, layout), bits);
}

TEST_F(integer_ssim_cuda, odd_sizes_have_the_cpus_bits) {
  for (const Shape& shape :
       {Shape{1, 1, 1, 1}, Shape{1, 2, 1, 200}, Shape{1, 1, 200, 1}, Shape{1, 1, 3, 5}, Shape{1, 1, 8, 8},
        Shape{1, 1, 56, 32}, Shape{1, 1, 57, 33}, Shape{3, 1, 127, 257}, Shape{1, 1, 600, 700}})
    check(shape, noisy_scene, scene);
}

TEST_F(integer_ssim_cuda, full_frames_have_the_cpus_bits) {
  expect_the_cpus_bits(make_codes<std::uint8_t>({1, 1, 2160, 3840}, 8, noisy_scene),
                       make_codes<std::uint8_t>({1, 1, 2160, 3840}, 8, scene), 8);
  check({1, 1, 1080, 1920}, noisy_scene, scene);
}

// Sums about zero, negative sums, sums of equal terms, small sums: most of their segments are added serially,
// or their additions are ties.
TEST_F(integer_ssim_cuda, sums_of_every_kind_have_the_cpus_bits) {
  const Shape shape{1, 1, 300, 500};
  const auto constant = [](double v) { return [v](int, int, int, int) { return v; }; };
  check(shape, white_noise, other_white_noise);
  check(shape, white_noise, inverted_noise);
  check(shape, scene, scene);
  check(shape, constant(0), constant(1));
  check(shape, constant(0), constant(0.04));
  check({1, 1, 1080, 1920}, constant(0), constant(10.0 / 255));
  check({1, 1, 1080, 1920}, white_noise, [](int n, int c, int y, int x) {
    return x < 960 ? white_noise(n, c, y, x) : inverted_noise(n, c, y, x);  // up, and down again
  });
}

TEST_F(integer_ssim_cuda, strided_and_pitched_memory_has_the_cpus_bits) {
  for (const Memory& layout : {Memory{.row_padding = 13}, Memory{.row_padding = 4}, Memory{.column_step = 3},
                               Memory{.interleaved = true, .extra_channels = 1}})
    check({2, 3, 70, 140}, noisy_scene, scene, layout);
}

TEST_F(integer_ssim_cuda, many_planes_share_scratch_and_have_the_cpus_bits) {
  // 2^24 terms lie in scratch at once: of 1080p these are eight planes.
  expect_the_cpus_bits(make_codes<std::uint8_t>({10, 1, 1080, 1920}, 8, noisy_scene),
                       make_codes<std::uint8_t>({10, 1, 1080, 1920}, 8, scene), 8);
}

TEST_F(integer_ssim_cuda, a_launch_can_be_captured_in_a_graph_and_replayed) {
  const auto x = make_codes<std::uint8_t>({1, 1, 500, 600}, 8, noisy_scene),
             y = make_codes<std::uint8_t>({1, 1, 500, 600}, 8, scene);
  OnDevice<std::uint8_t> on_device(x, y, 8);
  const Stream stream;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  cuda(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal));
  on_device.launch(stream.get());
  cuda(cudaStreamEndCapture(stream.get(), &graph));
  cuda(cudaGraphInstantiate(&replay, graph, 0));
  for (int run = 0; run < 3; ++run) cuda(cudaGraphLaunch(replay, stream.get()));
  stream.wait();
  EXPECT_EQ(bits_of(on_device.read().mean), bits_of(run_integer_cpu(x, y, 8).mean));
  cudaGraphExecDestroy(replay);
  cudaGraphDestroy(graph);
}

}  // namespace
}  // namespace fg::test
