// fg_similarity: arguments checked once and completely, then one call of the kernel of its measure.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/registration/gradient_ncc.h"
#include "kernels/registration/mse.h"
#include "kernels/registration/mutual_information.h"
#include "kernels/registration/ncc.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_similarity", "fg_similarity_scratch_bytes", "FgSimilarity",
                         "fg_similarity_defaults"};

std::string at(const char* name, int index) { return std::string(name) + "[" + std::to_string(index) + "]"; }

void check_scales(const Checker& check, const FgSimilarity& op) {
  check.expect(op.scales >= 1 && op.scales <= FG_SIMILARITY_MAX_SCALES,
               "scales is " + std::to_string(op.scales) + "; expected 1 to " +
                   std::to_string(FG_SIMILARITY_MAX_SCALES));
  for (int s = 0; s < op.scales; ++s) {
    check.expect(op.patches[s] >= 0, at("patches", s) + " is " + std::to_string(op.patches[s]) +
                                         "; expected a number of pixels, or 0 for the whole image");
    check_finite(check, at("patch_weights", s).c_str(), op.patch_weights[s]);
  }
  check.expect(std::isfinite(op.eps) && op.eps >= 1e-60,
               "eps is " + text(op.eps) + "; expected a finite number, 1e-60 or more, 1e-7 for instance");
}

// The Gaussian of the edges is reflected at the border, once.
void check_sigma(const Checker& check, const FgSimilarity& op, const ImageShape& shape) {
  check.expect(op.sigma >= 0 && op.sigma <= kMaxEdgeSigma,
               "sigma is " + text(op.sigma) + "; expected 0 to " + text(kMaxEdgeSigma) + " pixels");
  const int radius = edge_blur_radius(op.sigma);
  check.expect(shape.height > radius && shape.width > radius,
               "x has shape " + shape_name(*op.x) + "; the edges of sigma " + text(op.sigma) +
                   " need more than " + std::to_string(radius) + " pixels a side; pass a smaller sigma",
               ErrorCode::size_mismatch);
}

void check_values(const Checker& check, const char* name, const double* range) {
  check_finite(check, at(name, 0).c_str(), range[0]);
  check_finite(check, at(name, 1).c_str(), range[1]);
  check.expect(range[0] <= range[1], std::string(name) + " is " + text(range[0]) + " to " + text(range[1]) +
                                         "; expected the lower end first, or both alike to have it found");
}

void check_information(const Checker& check, const FgSimilarity& op) {
  check.expect(
      op.bins >= 4 && op.bins <= kMaxInformationBins,
      "bins is " + std::to_string(op.bins) + "; expected 4 to " + std::to_string(kMaxInformationBins));
  check_values(check, "x_range", op.x_range);
  check_values(check, "y_range", op.y_range);
}

ImageShape check_similarity(const Checker& check, const FgSimilarity& op, Purpose purpose) {
  checked_enum(check, "measure", op.measure, FG_SIMILARITY_MUTUAL_INFORMATION,
               "FG_SIMILARITY_NCC (0), FG_SIMILARITY_GRADIENT_NCC (1), FG_SIMILARITY_MSE (2) or "
               "FG_SIMILARITY_MUTUAL_INFORMATION (3)");
  check_alike(check, op.x, op.y, {is_float32}, "float32", purpose);
  const ImageShape shape = image_shape(check, "x", *op.x, FG_LAYOUT_NCHW);
  check.expect(op.x->ndim == op.y->ndim && shape == image_shape(check, "y", *op.y, FG_LAYOUT_NCHW),
               "y has shape " + shape_name(*op.y) + ", x has " + shape_name(*op.x) +
                   "; both must be the same (a stride of 0 repeats an image)",
               ErrorCode::size_mismatch);
  if (op.measure == FG_SIMILARITY_NCC || op.measure == FG_SIMILARITY_GRADIENT_NCC) check_scales(check, op);
  if (op.measure == FG_SIMILARITY_GRADIENT_NCC) check_sigma(check, op, shape);
  if (op.measure == FG_SIMILARITY_MUTUAL_INFORMATION) check_information(check, op);
  return shape;
}

void check_mask(const Checker& check, const FgSimilarity& op) {
  check.tensor("mask", op.mask, true);
  std::vector<std::int64_t> expected(op.x->shape, op.x->shape + op.x->ndim);
  if (op.mask->ndim == op.x->ndim)
    for (int axis = 0; axis + 2 < op.x->ndim; ++axis)
      if (op.mask->shape[axis] == 1) expected[static_cast<std::size_t>(axis)] = 1;
  check_input(check, "mask", op.mask, *op.x, is_float32, "float32", expected,
              "that of x, or with 1 for its batch, its channels or both");
}

void check_similarity_tensors(const Checker& check, const FgSimilarity& op, const ImageShape& shape) {
  if (op.mask != nullptr) check_mask(check, op);
  check.expect(op.scores != nullptr || op.x_gradient != nullptr || op.y_gradient != nullptr,
               "scores, x_gradient and y_gradient are all NULL; ask for at least one of them");
  const std::vector<std::int64_t> images{shape.batch}, extents(op.x->shape, op.x->shape + op.x->ndim);
  if (op.score_weight != nullptr)
    check_input(check, "score_weight", op.score_weight, *op.x, is_float64, "float64", images,
                "one for each image");
  if (op.scores != nullptr)
    check_output(check, "scores", op.scores, *op.x, is_float64, "float64", images, "one for each image");
  if (op.x_gradient != nullptr)
    check_output(check, "x_gradient", op.x_gradient, *op.x, is_float32, "float32", extents, "that of x");
  if (op.y_gradient != nullptr)
    check_output(check, "y_gradient", op.y_gradient, *op.x, is_float32, "float32", extents, "that of y");
}

template <class T>
ImageView<T> view_of(const DLTensor* t) {
  if (t == nullptr) return {};
  const Checker none("");
  return image_view<T>(*t, FG_LAYOUT_NCHW, image_shape(none, "", *t, FG_LAYOUT_NCHW).channels);
}

ImageView<const float> mask_view(const DLTensor* t, const ImageShape& shape) {
  ImageView<const float> view = view_of<const float>(t);
  if (t == nullptr) return view;
  if (view.batch == 1) view.batch_stride = 0;
  if (view.channels == 1) view.channel_stride = 0;
  view.batch = shape.batch;
  view.channels = shape.channels;
  return view;
}

SimilarImages images_of(const FgSimilarity& op, const ImageShape& shape, Purpose purpose) {
  SimilarImages images;
  images.x = view_of<const float>(op.x);
  images.y = view_of<const float>(op.y);
  if (purpose == Purpose::scratch) {
    if (op.x_gradient != nullptr) images.x_gradient.batch = shape.batch;
    if (op.y_gradient != nullptr) images.y_gradient.batch = shape.batch;
    return images;
  }
  images.mask = mask_view(op.mask, shape);
  images.scores = column_of<double>(op.scores);
  images.score_weight = column_of<const double>(op.score_weight);
  images.x_gradient = view_of<float>(op.x_gradient);
  images.y_gradient = view_of<float>(op.y_gradient);
  return images;
}

Ncc ncc_of(const FgSimilarity& op, const SimilarImages& images) {
  Ncc kernel;
  kernel.images = images;
  kernel.scales = op.scales;
  for (int s = 0; s < op.scales; ++s)
    kernel.scale[static_cast<std::size_t>(s)] = {op.patches[s], op.patch_weights[s]};
  kernel.eps = op.eps;
  return kernel;
}

// An op of one measure, and where its implementations are.
template <class Kernel>
struct Measure {
  Kernel kernel;
  std::size_t (*cpu_scratch)(const Kernel&);
  std::size_t (*cuda_scratch)(const Kernel&);
  void (*on_cpu)(const Kernel&, Scratch);
  void (*on_cuda)(const Kernel&, Scratch, int, void*);
};

// body(measure) for the measure that is asked for.
template <class Body>
auto with_measure(const FgSimilarity& op, const ImageShape& shape, Purpose purpose, const Body& body) {
  const SimilarImages images = images_of(op, shape, purpose);
  switch (op.measure) {
    case FG_SIMILARITY_GRADIENT_NCC:
      return body(Measure<GradientNcc>{{ncc_of(op, images), op.sigma},
                                       cpu::gradient_ncc_scratch_bytes,
                                       cuda::gradient_ncc_scratch_bytes,
                                       cpu::gradient_ncc,
                                       cuda::gradient_ncc});
    case FG_SIMILARITY_MSE:
      return body(
          Measure<Mse>{{images}, cpu::mse_scratch_bytes, cuda::mse_scratch_bytes, cpu::mse, cuda::mse});
    case FG_SIMILARITY_MUTUAL_INFORMATION:
      return body(Measure<MutualInformation>{
          {images, op.bins, {op.x_range[0], op.x_range[1]}, {op.y_range[0], op.y_range[1]}},
          cpu::mutual_information_scratch_bytes,
          cuda::mutual_information_scratch_bytes,
          cpu::mutual_information,
          cuda::mutual_information});
    case FG_SIMILARITY_NCC:
      break;
  }
  return body(
      Measure<Ncc>{ncc_of(op, images), cpu::ncc_scratch_bytes, cuda::ncc_scratch_bytes, cpu::ncc, cuda::ncc});
}

std::size_t similarity_scratch(const FgSimilarity& op, const ImageShape& shape) {
  return with_measure(op, shape, Purpose::scratch, [&](const auto& measure) {
    return is_on_cpu(*op.x) ? measure.cpu_scratch(measure.kernel) : measure.cuda_scratch(measure.kernel);
  });
}

void run_similarity(const Checker& check, const FgSimilarity& op, void* stream) {
  const ImageShape shape = check_similarity(check, op, Purpose::run);
  check_similarity_tensors(check, op, shape);
  const Scratch scratch = checked_memory(
      check, *op.x, {op.scratch, op.scratch_bytes, similarity_scratch(op, shape), kNames.question},
      {{"x", op.x}, {"y", op.y}, {"mask", op.mask}, {"score_weight", op.score_weight}},
      {{"scores", op.scores}, {"x_gradient", op.x_gradient}, {"y_gradient", op.y_gradient}});
  with_measure(op, shape, Purpose::run, [&](const auto& measure) {
    launch(*op.x, measure.kernel, scratch, stream, measure.on_cpu, measure.on_cuda);
  });
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_similarity_defaults(FgSimilarity* op) {
  fg::abi::set_defaults(op);
  if (op == nullptr) return;
  op->scales = 1;
  op->patch_weights[0] = 1;
  op->eps = 1e-7;
  op->sigma = 1;
  op->bins = 32;
}

FgStatus fg_similarity_scratch_bytes(const FgSimilarity* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgSimilarity& given) {
    return similarity_scratch(given, check_similarity(check, given, Purpose::scratch));
  });
}

FgStatus fg_similarity(const FgSimilarity* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgSimilarity& given) {
    run_similarity(check, given, stream);
  });
}

}  // extern "C"
