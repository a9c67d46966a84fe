#include "viewer/diff/score_ncc.h"

#include "framegauge/framegauge.h"

namespace fg {
namespace {

// The op takes floats alone; codes are exact in them.
std::vector<float> floats_of(const void* codes, const Samples& samples) {
  const auto* const first = static_cast<const std::uint8_t*>(codes);
  return {first, first + samples.strides().front()};
}

}  // namespace

double ncc_of(const Samples& samples, const Mask* mask) {
  if (samples.code == kDLUInt) {
    const std::vector<float> test = floats_of(samples.test, samples),
                             reference = floats_of(samples.reference, samples);
    Samples floats = samples;
    floats.test = test.data();
    floats.reference = reference.data();
    floats.code = kDLFloat;
    floats.bits = 32;
    return ncc_of(floats, mask);
  }
  const std::vector<std::int64_t> last = samples.strides();  // channels last; the op takes them first
  const std::vector<std::int64_t> shape{1, samples.channels, samples.height, samples.width};
  const std::vector<std::int64_t> strides{last[0], last[3], last[1], last[2]};
  const HostTensor x(samples.test, kDLFloat, 32, shape, strides);
  const HostTensor y(samples.reference, kDLFloat, 32, shape, strides);
  const HostTensor weights(mask ? mask->weights.data() : nullptr, kDLFloat, 32,
                           {1, 1, samples.height, samples.width});
  double score = kNone;
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

}  // namespace fg
