#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>

#include "tests/kernels/image/image_errors_case.h"

namespace fg::test {
namespace {

constexpr double kFloats = 2e-7;  // twice the rounding of a difference of floats
constexpr double kCodes = 1e-14;  // integers are exact; the division by 255 and the oracle's roundings

TEST(image_errors_cpu, odd_sizes_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 1, 7}, Shape{1, 3, 200, 7}, Shape{3, 1, 33, 65},
                             Shape{1, 3, 127, 257}, Shape{1, 1, 3, 1600}}) {
    SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
    const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
    expect_errors_like_oracle(x, y, run_errors_cpu(x, y), kFloats);
    const auto u = make_image<std::uint8_t>(shape, noisy_scene), v = make_image<std::uint8_t>(shape, scene);
    expect_errors_like_oracle(u, v, run_errors_cpu(u, v), kCodes);
  }
}

TEST(image_errors_cpu, identical_images_have_no_error_and_infinite_PSNR) {
  const auto x = make_image<float>({1, 3, 20, 30}, scene), y = make_image<float>({1, 3, 20, 30}, scene);
  EXPECT_EQ(run_errors_cpu(x, y), (ErrorTable{0, 0, 0, std::numeric_limits<double>::infinity()}));
}

TEST(image_errors_cpu, black_against_white_is_one) {
  const auto black = make_image<std::uint8_t>({1, 3, 20, 30}, [](int, int, int, int) { return 0.0; });
  const auto white = make_image<std::uint8_t>({1, 3, 20, 30}, [](int, int, int, int) { return 1.0; });
  EXPECT_EQ(run_errors_cpu(black, white), (ErrorTable{1, 1, 1, 0}));
}

TEST(image_errors_cpu, a_NaN_or_Inf_makes_all_errors_of_its_image_NaN) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const bool in_both : {false, true})
      for (const int column : {0, 299}) {  // in a whole vector, and in the rest of a row
        auto x = make_image<float>({2, 1, 9, 300}, noisy_scene), y = make_image<float>({2, 1, 9, 300}, scene);
        const ErrorTable clean = run_errors_cpu(x, y);
        x.at(1, 0, 4, column) = bad;
        if (in_both) y.at(1, 0, 4, column) = bad;
        const ErrorTable table = run_errors_cpu(x, y);
        for (std::size_t i = 0; i < 4; ++i) {
          EXPECT_EQ(table[i], clean[i]);
          EXPECT_TRUE(std::isnan(table[4 + i]));
        }
      }
}

TEST(image_errors_cpu, memory_layout_and_thread_count_do_not_change_a_bit) {
  const Shape shape{2, 3, 150, 700};
  const ErrorTable plain =
      run_errors_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene));
  for (const Memory& layout :
       {Memory{.row_padding = 13}, Memory{.column_step = 3}, Memory{.interleaved = true},
        Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}})
    EXPECT_EQ(run_errors_cpu(make_image<float>(shape, noisy_scene, layout),
                             make_image<float>(shape, scene, layout)),
              plain);
  for (const std::size_t threads : {1u, 2u, 5u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    EXPECT_EQ(run_errors_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene)), plain);
  }
}

}  // namespace
}  // namespace fg::test
