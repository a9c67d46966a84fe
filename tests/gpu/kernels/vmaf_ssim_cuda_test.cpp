#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/ssim/vmaf_ssim_case.h"

namespace fg::test {
namespace {

class vmaf_ssim_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

template <class T>
VmafOutput run_vmaf_cuda(const TestImage<T>& x, const TestImage<T>& y, int bits, int levels, int scale) {
  VmafSsim<T> op = make_vmaf_op(x, y, bits, levels, scale);
  const std::int64_t planes = op.x.planes(), columns = 3 * levels;
  const DeviceArray<T> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> results(
      std::vector<double>(static_cast<std::size_t>(1 + planes * (1 + columns)), NAN));
  const DeviceArray<unsigned char> scratch(cuda::vmaf_ssim_scratch_bytes(op));
  cuda(cudaMemset(scratch.data(), 0xFF, scratch.size_bytes()));  // NaNs
  op.x.data = device_x.data();
  op.y.data = device_y.data();
  op.mean = results.data();
  op.scores = {results.data() + 1, planes, 1, 1, 1};
  op.lcs = {results.data() + 1 + planes, planes, columns, columns, 1};
  const Stream stream;
  cuda::vmaf_ssim(op, {scratch.data(), scratch.size_bytes()}, 0, stream.get());
  stream.wait();
  const std::vector<double> all = results.read();
  const auto split = all.begin() + 1 + planes;
  return {std::vector<double>(all.begin() + 1, split), std::vector<double>(split, all.end()), all[0]};
}

template <class T>
void expect_like_cpu(Shape shape, int bits, int levels, int scale, Memory layout = {}) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " scale " +
               std::to_string(scale) + ", " + std::to_string(levels) + " levels");
  const auto x = make_codes<T>(shape, bits, noisy_scene, layout),
             y = make_codes<T>(shape, bits, scene, layout);
  const VmafOutput gpu = run_vmaf_cuda(x, y, bits, levels, scale),
                   cpu = run_vmaf_cpu(x, y, bits, levels, scale);
  // The same terms, added in another order, then a mean rounded to float: one step of it. Products of 15
  // powers of such means: a few steps. The wavelet's sums, in another order too, round to another float now
  // and then.
  const double tolerance = levels == 1 ? 1.2e-7 : 5e-7;
  for (std::size_t i = 0; i < cpu.scores.size(); ++i) EXPECT_NEAR(gpu.scores[i], cpu.scores[i], tolerance);
  for (std::size_t i = 0; i < cpu.lcs.size(); ++i) EXPECT_NEAR(gpu.lcs[i], cpu.lcs[i], tolerance);
  EXPECT_NEAR(gpu.mean, cpu.mean, tolerance);
}

TEST_F(vmaf_ssim_cuda, sizes_depths_and_strides_match_the_cpu) {
  for (const Shape& shape : {Shape{1, 1, 11, 11}, Shape{2, 1, 11, 40}, Shape{3, 2, 75, 139}}) {
    expect_like_cpu<std::uint8_t>(shape, 8, 1, 1);
    expect_like_cpu<std::uint16_t>(shape, 10, 1, 1);
    expect_like_cpu<std::uint16_t>(shape, 16, 1, 1, {.row_padding = 5});
    expect_like_cpu<std::uint8_t>(shape, 8, 1, 1, {.column_step = 3});
  }
}

TEST_F(vmaf_ssim_cuda, every_scale_matches_the_cpu) {
  for (int scale = 1; scale <= 10; ++scale) expect_like_cpu<std::uint8_t>({1, 1, 135, 189}, 8, 1, scale);
  expect_like_cpu<std::uint8_t>({1, 1, 1080, 1920}, 8, 1, 4);
}

TEST_F(vmaf_ssim_cuda, five_levels_match_the_cpu) {
  expect_like_cpu<std::uint8_t>({1, 1, 176, 176}, 8, 5, 1);
  expect_like_cpu<std::uint8_t>({3, 1, 181, 203}, 8, 5, 1);
  expect_like_cpu<std::uint16_t>({1, 1, 720, 1283}, 10, 5, 1);
}

TEST_F(vmaf_ssim_cuda, many_planes_share_scratch_and_match_the_cpu) {
  // 2^24 samples of all levels lie in scratch at once: of 400 x 1000 these are 15 planes of five levels.
  expect_like_cpu<std::uint8_t>({18, 1, 400, 1000}, 8, 5, 1);
}

}  // namespace
}  // namespace fg::test
