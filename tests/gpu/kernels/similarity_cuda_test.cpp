#include <gtest/gtest.h>

#include <optional>

#include "tests/gpu/kernels/on_device.h"
#include "tests/kernels/registration/similarity_expectations.h"

namespace fg::test {
namespace {

class similarity_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

std::size_t scratch_bytes_on_cuda(const Ncc& op) { return cuda::ncc_scratch_bytes(op); }
std::size_t scratch_bytes_on_cuda(const GradientNcc& op) { return cuda::gradient_ncc_scratch_bytes(op); }
std::size_t scratch_bytes_on_cuda(const Mse& op) { return cuda::mse_scratch_bytes(op); }
std::size_t scratch_bytes_on_cuda(const MutualInformation& op) {
  return cuda::mutual_information_scratch_bytes(op);
}
void launch_on_cuda(const Ncc& op, Scratch scratch, void* stream) { cuda::ncc(op, scratch, 0, stream); }
void launch_on_cuda(const GradientNcc& op, Scratch scratch, void* stream) {
  cuda::gradient_ncc(op, scratch, 0, stream);
}
void launch_on_cuda(const Mse& op, Scratch scratch, void* stream) { cuda::mse(op, scratch, 0, stream); }
void launch_on_cuda(const MutualInformation& op, Scratch scratch, void* stream) {
  cuda::mutual_information(op, scratch, 0, stream);
}

// A case with all its memory on the device. Scratch is filled with bytes that make NaNs: it may not be read unwritten.
template <class Measure>
class OnDeviceCase {
 public:
  OnDeviceCase(const Measure& measure, const SimilarityCase& c)
      : out_(c),
        x_(c.x.memory),
        y_(c.y.memory),
        x_gradient_(out_.x_gradient),
        y_gradient_(out_.y_gradient),
        scores_(out_.scores),
        op_(measure.op(on_device(c))),
        scratch_(std::vector<unsigned char>(scratch_bytes_on_cuda(op_), 0xFF)) {}

  void launch(cudaStream_t stream) { launch_on_cuda(op_, {scratch_.data(), scratch_.size_bytes()}, stream); }
  SimilarityOutput& read() {
    x_gradient_.read(out_.x_gradient);
    y_gradient_.read(out_.y_gradient);
    out_.scores = scores_.read();
    return out_;
  }

 private:
  SimilarImages on_device(const SimilarityCase& c) {
    SimilarImages images = images_of(c, out_);
    images.x.data = x_.data();
    images.y.data = y_.data();
    images.scores.data = scores_.data();
    if (c.mask != nullptr) images.mask.data = mask_.emplace(c.mask->memory).data();
    if (!c.score_weight.empty()) images.score_weight.data = score_weight_.emplace(c.score_weight).data();
    if (c.wants_x) images.x_gradient.data = x_gradient_.data();
    if (c.wants_y) images.y_gradient.data = y_gradient_.data();
    return images;
  }

  SimilarityOutput out_;
  DeviceArray<float> x_, y_;
  std::optional<DeviceArray<float>> mask_;
  std::optional<DeviceArray<double>> score_weight_;
  DeviceImage x_gradient_, y_gradient_;
  DeviceArray<double> scores_;
  decltype(std::declval<Measure>().op(SimilarImages{})) op_;
  DeviceArray<unsigned char> scratch_;
};

const auto on_cuda = [](const auto& measure, const SimilarityCase& c) {
  OnDeviceCase<std::decay_t<decltype(measure)>> on_device(measure, c);
  const Stream stream;
  on_device.launch(stream.get());
  stream.wait();
  return std::move(on_device.read());
};

// Of constants; windows are counted in units of 2^-22, and those of a bin do not multiply exactly then.
constexpr double kInformationOfNothing = 1e-6;

template <class Measure>
void expect_like_cpu(const Measure& measure, const SimilarityCase& c) {
  SCOPED_TRACE(measure.name() + " of " + std::to_string(c.x.shape.height) + "x" +
               std::to_string(c.x.shape.width) + (c.mask == nullptr ? "" : " masked"));
  const SimilarityOutput cpu = run_cpu(measure, c), out = on_cuda(measure, c);
  // NCC and MSE sum the same doubles in another order. Edges are made in float, some 1e-6 of the samples' range apart.
  // Histograms of mutual information are counted in units of 2^-22 of a sample, so that thin tails of windows are lost.
  constexpr bool kEdges = std::is_same_v<Measure, GradientNccMeasure>,
                 kInformation = std::is_same_v<Measure, InformationMeasure>;
  for (std::size_t n = 0; n < cpu.scores.size(); ++n)
    EXPECT_NEAR(out.scores[n], cpu.scores[n], kEdges || kInformation ? 4e-6 : 1e-9);
  const double tolerance = kInformation ? 2e-4 : kEdges ? 2e-5 : 1e-6;
  if (c.wants_x) {
    EXPECT_LE(relative_rms(out.x_gradient, cpu.x_gradient), tolerance);
  }
  if (c.wants_y) {
    EXPECT_LE(relative_rms(out.y_gradient, cpu.y_gradient), tolerance);
  }
}

TEST_F(similarity_cuda, odd_sizes_and_masks_match_the_cpu) {
  for (const Shape& shape : {Shape{1, 1, 4, 4}, Shape{2, 3, 9, 14}, Shape{1, 1, 33, 65}, Shape{3, 1, 70, 7},
                             Shape{1, 2, 127, 257}, Shape{1, 1, 5, 2100}})
    for (const bool masked : {false, true}) {
      SimilarityCase c = plain_case(shape);
      if (masked)
        c.with_mask([](int, int, int y, int x) { return y == 3 && x > 9 ? 0.0 : 0.25 + 0.001 * x; });
      for_measures([&](const auto& measure) {
        if constexpr (std::is_same_v<std::decay_t<decltype(measure)>, InformationMeasure>) {
          if (shape.height * shape.width < 400) return;  // fewer samples than bins: nearly all of it is tails
        }
        expect_like_cpu(measure, c);
      });
    }
}

TEST_F(similarity_cuda, large_patches_many_bins_and_wide_gaussians_match_the_cpu) {
  const SimilarityCase c = plain_case({1, 1, 200, 180});
  expect_like_cpu(NccMeasure{{{51}, {1}}}, c);
  expect_like_cpu(NccMeasure{{{190, 2, 13}, {1, 2, 3}}}, c);
  expect_like_cpu(GradientNccMeasure{{}, 4}, c);
  expect_like_cpu(InformationMeasure{256, {0, 1}, {0, 1}}, plain_case({1, 1, 700, 600}));
}

TEST_F(similarity_cuda, score_weights_and_single_gradients_match_the_cpu) {
  for_measures([](const auto& measure) {
    SimilarityCase c = plain_case({2, 2, 40, 60});
    c.score_weight = {1.5, -0.75};
    c.wants_y = false;
    expect_like_cpu(measure, c);
    c.wants_y = true;
    c.wants_x = false;
    expect_like_cpu(measure, c);
    c.wants_y = false;
    expect_like_cpu(measure, c);
  });
}

TEST_F(similarity_cuda, large_images_match_the_cpu) {
  for_measures([](const auto& measure) { expect_like_cpu(measure, plain_case({2, 1, 600, 700})); });
}

// More pixels than are kept at a time: 2^23.
TEST_F(similarity_cuda, a_batch_that_is_worked_on_in_parts_matches_the_cpu) {
  const SimilarityCase c = plain_case({3, 1, 2000, 2200});
  expect_like_cpu(NccMeasure{{{3}, {1}}}, c);
  expect_like_cpu(GradientNccMeasure{}, c);
}

TEST_F(similarity_cuda, memory_layout_does_not_change_a_bit) {
  for_measures([](const auto& measure) { expect_same_bits_in_any_layout(measure, on_cuda); });
}

TEST_F(similarity_cuda, what_is_not_seen_has_no_say) {
  for_measures([](const auto& measure) { expect_unseen_pixels_to_have_no_say(measure, on_cuda); });
}

TEST_F(similarity_cuda, a_NaN_or_Inf_makes_its_image_NaN_and_no_other) {
  for_measures([](const auto& measure) { expect_a_NaN_or_Inf_to_spoil_its_image_alone(measure, on_cuda); });
}

TEST_F(similarity_cuda, an_infinite_weight_makes_the_mutual_information_of_its_image_NaN_and_no_other) {
  expect_an_infinite_weight_to_spoil_its_image_alone(InformationMeasure{}, on_cuda);
  expect_an_infinite_weight_to_spoil_its_image_alone(InformationMeasure{120, {-0.1, 1.1}, {-0.1, 1.1}},
                                                     on_cuda);
}

TEST_F(similarity_cuda, constant_patches_of_a_step_score_0_however_small_eps) {
  expect_constant_patches_of_a_step_to_score_0(on_cuda);
}

TEST_F(similarity_cuda, an_image_that_shows_nothing_scores_0_without_gradient) {
  for_measures([](const auto& measure) { expect_nothing_of_what_shows_nothing(measure, on_cuda); });
}

TEST_F(similarity_cuda, identical_and_constant_images_have_known_scores) {
  expect_known_scores_of_identical_and_constant_images(on_cuda, kInformationOfNothing);
}

TEST_F(similarity_cuda, a_single_pixel_has_a_score) {
  expect_a_pixel_to_have_a_score(on_cuda, kInformationOfNothing);
}

TEST_F(similarity_cuda, a_patch_larger_than_the_image_is_the_whole) {
  expect_a_patch_larger_than_the_image_to_be_the_whole(on_cuda);
}

TEST_F(similarity_cuda, an_offset_of_all_samples_changes_no_correlation) {
  expect_an_offset_to_change_nothing(on_cuda);
}

TEST_F(similarity_cuda, every_run_gives_the_same_bits) {
  for_measures([](const auto& measure) {
    SimilarityCase c = plain_case({2, 1, 300, 500});
    c.with_mask(some_mask);
    OnDeviceCase<std::decay_t<decltype(measure)>> on_device(measure, c);
    const Stream stream;
    on_device.launch(stream.get());
    stream.wait();
    const SimilarityOutput first = std::move(on_device.read());
    OnDeviceCase<std::decay_t<decltype(measure)>> again(measure, c);
    for (int run = 0; run < 20; ++run) again.launch(stream.get());
    stream.wait();
    EXPECT_TRUE(same_bits(again.read(), first)) << measure.name();
  });
}

TEST_F(similarity_cuda, a_launch_can_be_captured_in_a_graph_and_replayed) {
  for_measures([](const auto& measure) {
    const SimilarityCase c = plain_case({1, 1, 100, 120});
    OnDeviceCase<std::decay_t<decltype(measure)>> on_device(measure, c);
    const Stream stream;
    on_device.launch(stream.get());
    stream.wait();
    run_captured(
        stream, [&] { on_device.launch(stream.get()); }, 3);
    EXPECT_NEAR(on_device.read().scores[0], run_cpu(measure, c).scores[0], 4e-6) << measure.name();
  });
}

}  // namespace
}  // namespace fg::test
