#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/image/image_errors_case.h"

namespace fg::test {
namespace {

class image_errors_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

template <class T>
ErrorTable run_errors_cuda(const TestImage<T>& x, const TestImage<T>& y) {
  ImageErrors<T> op = make_errors_op(x, y);
  const DeviceArray<T> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> table(ErrorTable(static_cast<std::size_t>(x.shape.batch * kErrorColumns), NAN));
  const DeviceArray<unsigned char> scratch(cuda::image_errors_scratch_bytes(op));
  cuda(cudaMemset(scratch.data(), 0xFF, scratch.size_bytes()));
  op.x.data = device_x.data();
  op.y.data = device_y.data();
  op.errors = {table.data(), x.shape.batch, kErrorColumns, kErrorColumns, 1};
  const Stream stream;
  cuda::image_errors(op, {scratch.data(), scratch.size_bytes()}, 0, stream.get());
  stream.wait();
  return table.read();
}

TEST_F(image_errors_cuda, odd_sizes_and_layouts_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 1, 7}, Shape{1, 3, 200, 7}, Shape{3, 1, 33, 65},
                             Shape{1, 3, 127, 257}, Shape{1, 1, 3, 4100}, Shape{2, 3, 700, 300}})
    for (const Memory& layout :
         {Memory{}, Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}}) {
      SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
      const auto x = make_image<float>(shape, noisy_scene, layout),
                 y = make_image<float>(shape, scene, layout);
      // Eight samples are added in float: 8 half steps of 6e-8 on top of the rounded difference, twice for
      // squares.
      expect_errors_like_oracle(x, y, run_errors_cuda(x, y), 7e-7);
      const auto u = make_image<std::uint8_t>(shape, noisy_scene, layout);
      const auto v = make_image<std::uint8_t>(shape, scene, layout);
      expect_errors_like_oracle(u, v, run_errors_cuda(u, v),
                                1e-14);  // as on CPU: integers below 2^24 are exact in float
    }
}

TEST_F(image_errors_cuda, identical_images_and_black_against_white_are_exact) {
  const auto x = make_image<float>({1, 3, 20, 30}, scene), y = make_image<float>({1, 3, 20, 30}, scene);
  EXPECT_EQ(run_errors_cuda(x, y), (ErrorTable{0, 0, 0, std::numeric_limits<double>::infinity()}));
  const auto black = make_image<std::uint8_t>({1, 3, 20, 30}, [](int, int, int, int) { return 0.0; });
  const auto white = make_image<std::uint8_t>({1, 3, 20, 30}, [](int, int, int, int) { return 1.0; });
  EXPECT_EQ(run_errors_cuda(black, white), (ErrorTable{1, 1, 1, 0}));
}

TEST_F(image_errors_cuda, a_NaN_or_Inf_makes_all_errors_of_its_image_NaN) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto x = make_image<float>({2, 1, 90, 300}, noisy_scene), y = make_image<float>({2, 1, 90, 300}, scene);
    const ErrorTable clean = run_errors_cuda(x, y);
    x.at(1, 0, 44, 299) = bad;
    const ErrorTable table = run_errors_cuda(x, y);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(table[i], clean[i]);
      EXPECT_TRUE(std::isnan(table[4 + i]));
    }
  }
}

TEST_F(image_errors_cuda, every_run_gives_the_same_bits) {
  const auto x = make_image<float>({2, 3, 500, 700}, noisy_scene),
             y = make_image<float>({2, 3, 500, 700}, scene);
  const ErrorTable first = run_errors_cuda(x, y);
  for (int run = 0; run < 10; ++run) EXPECT_EQ(run_errors_cuda(x, y), first);
}

}  // namespace
}  // namespace fg::test
