#pragma once
// A pair of images with a mask, and the measures of similarity to ask about it: run on CPU or CUDA, held against the oracle
// and, for gradients, against its differences.

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/registration/gradient_ncc.h"
#include "kernels/registration/mse.h"
#include "kernels/registration/mutual_information.h"
#include "kernels/registration/ncc.h"
#include "tests/kernels/test_compare.h"
#include "tests/oracle/similarity_oracle.h"

namespace fg::test {

struct SimilarityCase {
  TestImage<float> x, y;
  std::unique_ptr<TestImage<float>> mask;  // optional; of one channel or batch where these are all alike
  std::vector<double> score_weight;        // optional, [N]
  Memory gradient_layout{};
  bool wants_x = true, wants_y = true;

  SimilarityCase(Shape shape, const PixelFormula& x_formula, const PixelFormula& y_formula,
                 Memory layout = {})
      : x(make_image<float>(shape, x_formula, layout)), y(make_image<float>(shape, y_formula, layout)) {}

  SimilarityCase& with_mask(const PixelFormula& formula, int batch = 1, int channels = 1) {
    Shape shape = x.shape;
    shape.batch = batch;
    shape.channels = channels;
    mask = std::make_unique<TestImage<float>>(make_image<float>(shape, formula, x.layout));
    return *this;
  }
  ImageView<const float> mask_view() const {
    if (mask == nullptr) return {};
    ImageView<const float> view = mask->const_view();
    if (view.batch == 1) view.batch_stride = 0;
    if (view.channels == 1) view.channel_stride = 0;
    view.batch = x.shape.batch;
    view.channels = x.shape.channels;
    return view;
  }
  oracle::Plane mask_plane(int n, int c) const {
    return mask->plane(mask->shape.batch == 1 ? 0 : n, mask->shape.channels == 1 ? 0 : c);
  }
};

struct SimilarityOutput {
  std::vector<double> scores;
  TestImage<float> x_gradient, y_gradient;

  explicit SimilarityOutput(const SimilarityCase& c)
      : scores(static_cast<std::size_t>(c.x.shape.batch), NAN),
        x_gradient(c.x.shape, c.gradient_layout),
        y_gradient(c.x.shape, c.gradient_layout) {}
};

// On host memory.
inline SimilarImages images_of(const SimilarityCase& c, SimilarityOutput& out) {
  SimilarImages images;
  images.x = c.x.const_view();
  images.y = c.y.const_view();
  images.mask = c.mask_view();
  images.scores = {out.scores.data(), 1};
  if (!c.score_weight.empty()) images.score_weight = {c.score_weight.data(), 1};
  if (c.wants_x) images.x_gradient = out.x_gradient.view;
  if (c.wants_y) images.y_gradient = out.y_gradient.view;
  return images;
}

// ---- the measures: name, op on images, oracle of a plane, the two functions on CPU ----

struct NccMeasure {
  oracle::NccSizes sizes{};
  double eps = 1e-7;

  std::string name() const {
    std::string text = "ncc";
    for (const int patch : sizes.patches) text += " " + std::to_string(patch);
    return text;
  }
  Ncc op(const SimilarImages& images) const {
    Ncc op;
    op.images = images;
    op.scales = static_cast<int>(sizes.patches.size());
    for (std::size_t s = 0; s < sizes.patches.size(); ++s) op.scale[s] = {sizes.patches[s], sizes.weights[s]};
    op.eps = eps;
    return op;
  }
  double oracle(const oracle::Plane& x, const oracle::Plane& y, const oracle::Plane* mask) const {
    return oracle::ncc(x, y, mask, sizes, eps);
  }
};
inline std::size_t scratch_bytes_on_cpu(const Ncc& op) { return cpu::ncc_scratch_bytes(op); }
inline void run_on_cpu(const Ncc& op, Scratch scratch) { cpu::ncc(op, scratch); }

struct GradientNccMeasure {
  NccMeasure ncc{};
  double sigma = 1;

  std::string name() const { return "gradient " + ncc.name() + " sigma " + std::to_string(sigma); }
  GradientNcc op(const SimilarImages& images) const { return {ncc.op(images), sigma}; }
  double oracle(const oracle::Plane& x, const oracle::Plane& y, const oracle::Plane* mask) const {
    return oracle::gradient_ncc(x, y, mask, ncc.sizes, ncc.eps, sigma);
  }
};
inline std::size_t scratch_bytes_on_cpu(const GradientNcc& op) { return cpu::gradient_ncc_scratch_bytes(op); }
inline void run_on_cpu(const GradientNcc& op, Scratch scratch) { cpu::gradient_ncc(op, scratch); }

struct MseMeasure {
  std::string name() const { return "mse"; }
  Mse op(const SimilarImages& images) const { return {images}; }
  double oracle(const oracle::Plane& x, const oracle::Plane& y, const oracle::Plane* mask) const {
    return oracle::mse(x, y, mask);
  }
};
inline std::size_t scratch_bytes_on_cpu(const Mse& op) { return cpu::mse_scratch_bytes(op); }
inline void run_on_cpu(const Mse& op, Scratch scratch) { cpu::mse(op, scratch); }

// Ranges both 0: found.
struct InformationMeasure {
  int bins = 32;
  oracle::Range x_range{}, y_range{};

  std::string name() const { return "mutual information in " + std::to_string(bins) + " bins"; }
  MutualInformation op(const SimilarImages& images) const {
    return {images, bins, {x_range.low, x_range.high}, {y_range.low, y_range.high}};
  }
  double oracle(const oracle::Plane& x, const oracle::Plane& y, const oracle::Plane* mask) const {
    const bool given = x_range.low != x_range.high;
    return oracle::mutual_information(x, y, mask, bins, given ? x_range : oracle::range_of(x, mask),
                                      given ? y_range : oracle::range_of(y, mask));
  }
};
inline std::size_t scratch_bytes_on_cpu(const MutualInformation& op) {
  return cpu::mutual_information_scratch_bytes(op);
}
inline void run_on_cpu(const MutualInformation& op, Scratch scratch) { cpu::mutual_information(op, scratch); }

// Scratch is filled with bytes that make NaNs: it may not be read unwritten.
template <class Measure>
SimilarityOutput run_cpu(const Measure& measure, const SimilarityCase& c) {
  SimilarityOutput out(c);
  const auto op = measure.op(images_of(c, out));
  std::vector<double> scratch(scratch_bytes_on_cpu(op) / sizeof(double) + 1, NAN);
  run_on_cpu(op, {scratch.data(), scratch.size() * sizeof(double)});
  return out;
}

// ---- expectations ----

template <class Measure>
double oracle_score(const Measure& measure, const SimilarityCase& c, int n) {
  double sum = 0;
  for (int channel = 0; channel < c.x.shape.channels; ++channel) {
    oracle::Plane mask;
    if (c.mask != nullptr) mask = c.mask_plane(n, channel);
    sum += measure.oracle(c.x.plane(n, channel), c.y.plane(n, channel), c.mask == nullptr ? nullptr : &mask);
  }
  return sum / c.x.shape.channels;
}

template <class Measure, class Run>
void expect_scores_like_oracle(const Measure& measure, const SimilarityCase& c, const Run& run,
                               double tolerance) {
  SCOPED_TRACE(measure.name() + " of " + std::to_string(c.x.shape.height) + "x" +
               std::to_string(c.x.shape.width) + (c.mask == nullptr ? "" : " masked"));
  const SimilarityOutput out = run(measure, c);
  for (int n = 0; n < c.x.shape.batch; ++n)
    EXPECT_NEAR(out.scores[static_cast<std::size_t>(n)], oracle_score(measure, c, n), tolerance);
}

// dL/dx (of_y: dL/dy) by central differences of the oracle in double.
template <class Measure>
TestImage<float> oracle_gradient(const Measure& measure, const SimilarityCase& c, bool of_y, double step) {
  TestImage<float> gradient(c.x.shape);
  for (int n = 0; n < c.x.shape.batch; ++n)
    for (int channel = 0; channel < c.x.shape.channels; ++channel) {
      oracle::Plane planes[2] = {c.x.plane(n, channel), c.y.plane(n, channel)}, mask;
      if (c.mask != nullptr) mask = c.mask_plane(n, channel);
      const double upstream =
          (c.score_weight.empty() ? 1 : c.score_weight[static_cast<std::size_t>(n)]) / c.x.shape.channels;
      for (int i = 0; i < c.x.shape.height * c.x.shape.width; ++i) {
        double& sample = planes[of_y ? 1 : 0].value[static_cast<std::size_t>(i)];
        const double middle = sample;
        double value[2];
        for (const int side : {0, 1}) {
          sample = middle + (side == 0 ? -step : step);
          value[side] = measure.oracle(planes[0], planes[1], c.mask == nullptr ? nullptr : &mask);
        }
        sample = middle;
        gradient.at(n, channel, i / c.x.shape.width, i % c.x.shape.width) =
            static_cast<float>(upstream * (value[1] - value[0]) / (2 * step));
      }
    }
  return gradient;
}

template <class Measure, class Run>
void expect_gradients_like_differences(const Measure& measure, const SimilarityCase& c, const Run& run,
                                       double tolerance = 1e-5, double step = 1e-5) {
  SCOPED_TRACE(measure.name() + " of " + std::to_string(c.x.shape.height) + "x" +
               std::to_string(c.x.shape.width) + (c.mask == nullptr ? "" : " masked"));
  const SimilarityOutput out = run(measure, c);
  if (c.wants_x) {
    EXPECT_LE(relative_rms(out.x_gradient, oracle_gradient(measure, c, false, step)), tolerance);
  }
  if (c.wants_y) {
    EXPECT_LE(relative_rms(out.y_gradient, oracle_gradient(measure, c, true, step)), tolerance);
  }
}

// A mask that varies, with zeros, a negative weight and a NaN in it.
inline double patchy_mask(int n, int, int y, int x) {
  if (y == 1 && x == 1) return -0.5;
  if (y == 2 && x == 0) return NAN;
  const float w = noise(static_cast<std::uint32_t>(x / 3), static_cast<std::uint32_t>(y / 2),
                        static_cast<std::uint32_t>(77 + n));
  return w < 0.25f ? 0 : static_cast<double>(w);
}

}  // namespace fg::test
