#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/gpu/kernels/on_device.h"
#include "tests/kernels/ssim/ms_ssim_case.h"
#include "tests/kernels/test_compare.h"

namespace fg::test {
namespace {

class ms_ssim_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

template <class T>
class MsOnDevice : public OnDevice<T, MsCase<T>, MsOptions> {
 public:
  using OnDevice<T, MsCase<T>, MsOptions>::OnDevice;

  void launch(cudaStream_t stream) {
    OnDevice<T, MsCase<T>, MsOptions>::launch(
        cuda::ms_ssim_scratch_bytes(this->op()),
        [&](const MsSsim<T>& op, Scratch scratch) { cuda::ms_ssim(op, scratch, 0, stream); });
  }
};

template <class T>
MsOutput run_cuda(const TestImage<T>& x, const TestImage<T>& y, const MsOptions& options) {
  MsOnDevice<T> on_device(x, y, options);
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  on_device.read();
  return std::move(on_device.out());
}

template <class T>
void expect_like_cpu(const TestImage<T>& x, const TestImage<T>& y, MsOptions options) {
  SCOPED_TRACE(std::to_string(x.shape.height) + "x" + std::to_string(x.shape.width) + " window " +
               std::to_string(options.window) + " levels " + std::to_string(options.levels));
  if (sizeof(T) == 1) options = values_alone(options);
  const MsOutput cpu = run_ms(x, y, options);
  const auto check = [&](const MsOutput& out) {
    // Both are within 2e-6 of the oracle (ms_ssim_cpu_test, ms_ssim_strip_test), most of it the same rounding.
    for (std::size_t i = 0; i < cpu.scores.size(); ++i) EXPECT_NEAR(out.scores[i], cpu.scores[i], 2e-6);
    EXPECT_NEAR(out.mean, cpu.mean, 2e-6);
  };
  const MsOutput out = run_cuda(x, y, options);
  check(out);
  if (options.wants_x) {
    EXPECT_LE(relative_rms(out.x_gradient, cpu.x_gradient), 1e-5);
  }
  if (options.wants_y) {
    EXPECT_LE(relative_rms(out.y_gradient, cpu.y_gradient), 1e-5);
  }
  if (options.wants_x || options.wants_y) check(run_cuda(x, y, values_alone(options)));
}

TEST_F(ms_ssim_cuda, odd_sizes_windows_and_level_counts_match_the_cpu) {
  struct Case {
    Shape shape;
    int window, levels;
  };
  for (const Case& c : {Case{{1, 1, 11, 11}, 11, 1}, Case{{2, 2, 40, 45}, 7, 1}, Case{{1, 2, 45, 47}, 11, 3},
                        Case{{1, 1, 44, 131}, 11, 2}, Case{{1, 1, 61, 150}, 9, 3}, Case{{2, 3, 31, 33}, 7, 3},
                        Case{{1, 3, 161, 161}, 11, 5}, Case{{1, 3, 177, 239}, 11, 5},
                        Case{{2, 1, 512, 300}, 11, 5}, Case{{1, 3, 999, 1000}, 11, 5}}) {
    const MsOptions options{.window = c.window, .levels = c.levels};
    expect_like_cpu(make_image<float>(c.shape, noisy_scene), make_image<float>(c.shape, scene), options);
    expect_like_cpu(make_image<std::uint8_t>(c.shape, noisy_scene), make_image<std::uint8_t>(c.shape, scene),
                    options);
  }
}

TEST_F(ms_ssim_cuda, more_levels_than_one_launch_pools_match_the_cpu) {
  const Shape shape{1, 2, 900, 901};
  const std::vector<double> weights(8, 0.125);
  for (const int levels : {6, 7, 8})
    expect_like_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene),
                    {.window = 7, .levels = levels, .weights = weights});
}

TEST_F(ms_ssim_cuda, easy_and_hard_pairs_match_the_cpu) { for_each_pair(expect_like_cpu<float>); }

TEST_F(ms_ssim_cuda, score_weights_layouts_and_dtypes_match_the_cpu) {
  const Shape shape{2, 3, 46, 150};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    for (const Memory& layout : {Memory{}, Memory{.row_padding = 13}, Memory{.column_step = 3},
                                 Memory{.interleaved = true, .extra_channels = 1}})
      for (const int levels : {1, 3})
        expect_like_cpu(make_image<T>(shape, noisy_scene, layout), make_image<T>(shape, scene, layout),
                        {.levels = levels,
                         .weights = {0.3, 0.3, 0.4},
                         .mean_weight = 0.5,
                         .score_weight = {1.5, -0.75, 2, 0.25, 1, -1},
                         .gradient_layout = layout});
  };
  check(float{});
  check(Half{});
  check(BFloat16{});
  check(std::uint8_t{});
}

// The compiler fuses other multiplications where both are made.
TEST_F(ms_ssim_cuda, one_gradient_alone_is_that_of_both) {
  const auto x = make_image<float>({1, 2, 70, 140}, noisy_scene),
             y = make_image<float>({1, 2, 70, 140}, scene);
  const MsOutput both = run_cuda(x, y, {.levels = 3});
  EXPECT_LE(relative_rms(run_cuda(x, y, {.levels = 3, .wants_y = false}).x_gradient, both.x_gradient), 1e-6);
  EXPECT_LE(relative_rms(run_cuda(x, y, {.levels = 3, .wants_x = false}).y_gradient, both.y_gradient), 1e-6);
}

TEST_F(ms_ssim_cuda, identical_images_score_exactly_1_without_gradient) {
  expect_exactly_1_of_identical_images(run_cuda<float>);
}

TEST_F(ms_ssim_cuda, a_level_that_is_not_above_0_scores_0_with_a_gradient_of_0) {
  expect_no_gradient_of_a_level_that_is_not_above_0(run_cuda<float>);
}

TEST_F(ms_ssim_cuda, a_NaN_or_Inf_makes_its_channel_NaN_and_no_other) {
  expect_a_NaN_or_Inf_to_spoil_its_channel_alone(run_cuda<float>);
}

TEST_F(ms_ssim_cuda, every_run_gives_the_same_bits) {
  const auto x = make_image<float>({2, 3, 300, 500}, noisy_scene),
             y = make_image<float>({2, 3, 300, 500}, scene);
  for (const bool with_gradient : {false, true}) {
    MsOnDevice<float> on_device(x, y, {.wants_x = with_gradient, .wants_y = with_gradient});
    const Stream stream;
    on_device.launch(stream.get());
    stream.wait();
    on_device.read();
    const std::vector<double> scores = on_device.out().scores;
    const double mean = on_device.out().mean;
    const std::vector<float> gradient = on_device.out().x_gradient.memory;
    for (int run = 0; run < 20; ++run) on_device.launch(stream.get());
    stream.wait();
    on_device.read();
    EXPECT_EQ(on_device.out().scores, scores);
    EXPECT_EQ(on_device.out().mean, mean);
    if (with_gradient) {
      EXPECT_EQ(on_device.out().x_gradient.memory, gradient);
    }
  }
}

TEST_F(ms_ssim_cuda, a_launch_can_be_captured_in_a_graph_and_replayed) {
  const auto x = make_image<float>({1, 3, 170, 180}, noisy_scene),
             y = make_image<float>({1, 3, 170, 180}, scene);
  for (const int levels : {1, 5}) {
    MsOnDevice<float> on_device(x, y, {.levels = levels});
    // Allocates the scratch; an allocation or a wait would fail in the capture.
    const Stream stream;
    on_device.launch(stream.get());
    stream.wait();
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t replay = nullptr;
    cuda(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal));
    on_device.launch(stream.get());
    cuda(cudaStreamEndCapture(stream.get(), &graph));
    cuda(cudaGraphInstantiate(&replay, graph, 0));
    for (int run = 0; run < 3; ++run) cuda(cudaGraphLaunch(replay, stream.get()));
    stream.wait();
    on_device.read();
    EXPECT_NEAR(on_device.out().mean, run_ms(x, y, {.levels = levels}).mean, 2e-6);
    cudaGraphExecDestroy(replay);
    cudaGraphDestroy(graph);
  }
}

}  // namespace
}  // namespace fg::test
