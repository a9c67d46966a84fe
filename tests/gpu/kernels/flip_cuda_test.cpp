// FLIP on CUDA against the oracle and the CPU.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/flip/flip_case.h"

namespace fg::test {
namespace {

class flip_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

enum class Map { wanted, not_wanted };
enum class Launch { plain, captured };

template <class T>
FlipOutput run_cuda(const TestImage<T>& x, const TestImage<T>& y, const FlipOptions& options = {},
                    Map map = Map::wanted, Launch launch = Launch::plain) {
  FlipCase<T> with(x, y, options);
  const DeviceArray<T> device_x(x.memory), device_y(y.memory);
  const DeviceArray<float> device_map(with.out.map.memory);
  const DeviceArray<double> scores(with.out.scores), table(with.out.exposures),
      mean(std::vector<double>{NAN});
  Flip<T> op = with.op;
  op.x.data = device_x.data();
  op.y.data = device_y.data();
  if (map == Map::wanted)
    op.map.data = device_map.data();
  else
    op.map = {};
  op.scores.data = scores.data();
  op.exposure_table.data = table.data();
  op.mean = mean.data();
  const DeviceArray<unsigned char> scratch(cuda::flip_scratch_bytes(op));
  cuda(cudaMemset(scratch.data(), 0xFF, scratch.size_bytes()));
  const Stream stream;
  const auto run = [&] { cuda::flip(op, {scratch.data(), scratch.size_bytes()}, 0, stream.get()); };
  if (launch == Launch::captured)
    run_captured(stream, run);
  else
    run();
  stream.wait();
  const std::vector<float> values = device_map.read();
  std::copy(values.begin(), values.end(), with.out.map.memory.begin());  // of which the view is
  with.out.scores = scores.read();
  with.out.exposures = table.read();
  with.out.mean = mean.read()[0];
  return std::move(with.out);
}

template <class T>
void expect_like_oracle(const Shape& shape, const FlipOptions& options, const Memory& memory = {}) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
  const auto x = make_image<T>(shape, options.linear ? noisy_light_scene : noisy_scene, memory);
  const auto y = make_image<T>(shape, options.linear ? light_scene : scene, memory);
  expect_flip_like_oracle(x, y, options, run_cuda(x, y, options));
}

TEST_F(flip_cuda, odd_sizes_dtypes_and_layouts_match_the_oracle) {
  const Memory rgba{.interleaved = true, .extra_channels = 1, .row_padding = 9};
  for (const Shape& shape : {Shape{1, 3, 1, 1}, Shape{1, 3, 1, 7}, Shape{1, 3, 9, 1}, Shape{2, 3, 33, 47},
                             Shape{1, 3, 65, 129}, Shape{1, 3, 3, 261}})
    for (const Memory& memory : {Memory{}, rgba}) {
      expect_like_oracle<float>(shape, {}, memory);
      expect_like_oracle<std::uint8_t>(shape, {}, memory);
    }
  expect_like_oracle<Half>({1, 3, 33, 47}, {});
  expect_like_oracle<BFloat16>({1, 3, 33, 47}, {.linear = true});
}

TEST_F(flip_cuda, every_viewing_distance_matches_the_oracle) {
  for (const double ppd : {1.0, 20.0, 110.0, 470.0})
    expect_like_oracle<float>({1, 3, 20, 31}, {.pixels_per_degree = ppd});
}

TEST_F(flip_cuda, high_dynamic_range_matches_the_oracle) {
  for (const FlipToneMapper mapper :
       {FlipToneMapper::aces, FlipToneMapper::reinhard, FlipToneMapper::hable}) {
    expect_like_oracle<float>({2, 3, 33, 47}, {.linear = true, .tone_mapper = mapper});
    expect_like_oracle<float>({1, 3, 9, 60},
                              {.linear = true, .tone_mapper = mapper, .exposures = {-5.5, 3.25, 4}});
  }
}

// The median is found in another way than on the CPU: of an even and an odd number of pixels, and of equal ones.
TEST_F(flip_cuda, the_exposures_are_those_of_the_CPU) {
  for (const Shape& shape : {Shape{1, 3, 1, 1}, Shape{1, 3, 1, 2}, Shape{2, 3, 37, 41}, Shape{1, 3, 40, 50}})
    for (const bool is_flat : {false, true}) {
      const auto y =
          make_image<float>(shape, is_flat ? [](int, int, int, int) { return 0.75; } : light_scene);
      const FlipOptions hdr{.linear = true};
      const FlipOutput cpu = run_flip(y, y, hdr), out = run_cuda(y, y, hdr);
      for (std::size_t i = 0; i < cpu.exposures.size(); ++i)
        EXPECT_NEAR(out.exposures[i], cpu.exposures[i], 1e-6);
      EXPECT_EQ(out.mean, 0.0);
    }
}

TEST_F(flip_cuda, equal_images_have_no_error_at_all) {
  const auto expect_none = [](const auto& image, const FlipOptions& options) {
    const FlipOutput out = run_cuda(image, image, options);
    EXPECT_EQ(out.mean, 0.0);
    for (int n = 0; n < image.shape.batch; ++n)
      for (int y = 0; y < image.shape.height; ++y)
        for (int x = 0; x < image.shape.width; ++x) ASSERT_EQ(out.map.at(n, 0, y, x), 0.0f) << y << " " << x;
  };
  const Shape shape{2, 3, 70, 150};
  expect_none(make_image<float>(shape, noisy_scene), {});
  expect_none(make_image<std::uint8_t>(shape, noisy_scene), {});
  expect_none(make_image<float>(shape, light_scene), {.linear = true});
}

// Exposures that are to be found are waited for, and cannot be captured.
TEST_F(flip_cuda, a_launch_with_known_exposures_can_be_captured_in_a_graph) {
  const auto expect_captured = [](const auto& x, const auto& y, const FlipOptions& options) {
    const FlipOutput plain = run_cuda(x, y, options),
                     captured = run_cuda(x, y, options, Map::wanted, Launch::captured);
    EXPECT_EQ(captured.scores, plain.scores);
    EXPECT_EQ(captured.exposures, plain.exposures);
    EXPECT_EQ(captured.mean, plain.mean);
    EXPECT_GT(captured.mean, 0);
  };
  const Shape shape{2, 3, 70, 150};
  expect_captured(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), {});
  expect_captured(make_image<std::uint8_t>(shape, noisy_scene), make_image<std::uint8_t>(shape, scene), {});
  expect_captured(make_image<float>(shape, noisy_light_scene), make_image<float>(shape, light_scene),
                  {.linear = true, .exposures = {-5.5, 3.25, 4}});
}

TEST_F(flip_cuda, the_score_is_the_same_without_a_map_and_in_every_run) {
  const auto x = make_image<float>({2, 3, 300, 500}, noisy_light_scene),
             y = make_image<float>({2, 3, 300, 500}, light_scene);
  const FlipOptions hdr{.linear = true};
  const FlipOutput first = run_cuda(x, y, hdr);
  EXPECT_NEAR(first.mean, run_flip(x, y, hdr).mean, 2 * kFlipMean);
  for (int run = 0; run < 5; ++run) EXPECT_EQ(run_cuda(x, y, hdr, Map::not_wanted).scores, first.scores);
}

TEST_F(flip_cuda, a_NaN_or_Inf_makes_its_image_NaN_and_no_other) {
  for (const bool linear : {false, true})
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      auto x = make_image<float>({2, 3, 70, 150}, noisy_scene), y = make_image<float>({2, 3, 70, 150}, scene);
      const FlipOptions options{.linear = linear};
      const FlipOutput clean = run_cuda(x, y, options);
      x.at(1, 2, 30, 100) = bad;
      const FlipOutput out = run_cuda(x, y, options);
      EXPECT_EQ(out.scores[0], clean.scores[0]);
      EXPECT_TRUE(std::isnan(out.scores[1]));
      EXPECT_TRUE(std::isnan(out.mean));
      EXPECT_EQ(out.map.at(1, 0, 30 + 11, 100), clean.map.at(1, 0, 30 + 11, 100));
    }
}

}  // namespace
}  // namespace fg::test
