#include "viewer/diff/score_ncc.h"

#include <limits>
#include <vector>

#include "framegauge/framegauge.h"
#include "viewer/device/host_tensor.h"

namespace fg {

double ncc_of(const NccImages& images, const Mask* mask) {
  const std::vector<std::int64_t> shape{1, images.shape[0], images.shape[1], images.shape[2]};
  const std::vector<std::int64_t> strides{images.shape[0] * images.shape[1] * images.shape[2],
                                          images.strides[0], images.strides[1], images.strides[2]};
  const HostTensor x(images.test, kDLFloat, 32, shape, strides);
  const HostTensor y(images.reference, kDLFloat, 32, shape, strides);
  const HostTensor weights(mask ? mask->weights.data() : nullptr, kDLFloat, 32, {1, 1, shape[2], shape[3]});
  double score = std::numeric_limits<double>::quiet_NaN();
  HostTensor scores(&score, kDLFloat, 64, {1});
  FgSimilarity op;
  fg_similarity_defaults(&op);
  op.measure = FG_SIMILARITY_NCC;
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.mask = mask ? &weights.tensor : nullptr;
  op.eps = 1e-20;  // the textbook's: nothing is added to the variances that a picture has
  op.scores = &scores.tensor;
  const auto scratch = scratch_for(op, fg_similarity_scratch_bytes);
  expect_ok(fg_similarity(&op, nullptr));
  return score;
}

namespace {

std::vector<float> luma_codes(const Frame& frame) {
  const Plane& luma = frame.planes[0];
  std::vector<float> codes(static_cast<std::size_t>(luma.width) * static_cast<std::size_t>(luma.height));
  for (std::size_t i = 0; i < codes.size(); ++i)
    codes[i] =
        static_cast<float>(frame.bits <= 8 ? luma.bytes[i] : luma.bytes[2 * i] | luma.bytes[2 * i + 1] << 8);
  return codes;
}

}  // namespace

double ncc_of(const FramePair& pair, const Mask* mask) {
  const std::int64_t height = pair.test->height, width = pair.test->width;
  if (pair.test->kind == Frame::Kind::planes) {
    const std::vector<float> test = luma_codes(*pair.test), reference = luma_codes(*pair.reference);
    return ncc_of({test.data(), reference.data(), {1, height, width}, {height * width, width, 1}}, mask);
  }
  if (pair.test->kind == Frame::Kind::rgb8) {
    const FramePair floats{std::make_shared<const Frame>(as_floats(*pair.test)),
                           std::make_shared<const Frame>(as_floats(*pair.reference))};
    return ncc_of(floats, mask);
  }
  return ncc_of({pair.test->rgb.data(), pair.reference->rgb.data(), {3, height, width}, {1, 3 * width, 3}},
                mask);
}

}  // namespace fg
