#include "viewer/diff/scores/score_ncc.h"

#include "framegauge/framegauge.h"

namespace fg {
namespace {

// The op takes floats alone; codes are exact in them.
std::vector<float> floats_of(const void* codes, const Samples& samples) {
  const auto* const first = static_cast<const std::uint8_t*>(codes);
  return {first, first + samples.strides().front()};
}

}  // namespace

double ncc_of(const Samples& samples, const Mask* mask, OpDevice& device) {
  if (samples.code == kDLUInt) {
    const std::vector<float> test = floats_of(samples.test, samples),
                             reference = floats_of(samples.reference, samples);
    Samples floats = samples.with(test.data(), reference.data());
    floats.code = kDLFloat;
    floats.bits = 32;
    return ncc_of(floats, mask, device);
  }
  const std::vector<std::int64_t> last = samples.strides();  // channels last; the op takes them first
  const std::vector<std::int64_t> shape{1, samples.channels, samples.height, samples.width};
  const std::vector<std::int64_t> strides{last[0], last[3], last[1], last[2]};
  double score = kNone;
  OpCall call(device);
  FgSimilarity op;
  fg_similarity_defaults(&op);
  op.measure = FG_SIMILARITY_NCC;
  op.x = call.input(samples.test, kDLFloat, 32, shape, strides, samples.kept.first);
  op.y = call.input(samples.reference, kDLFloat, 32, shape, strides, samples.kept.second);
  if (mask) op.mask = call.input(mask->weights.data(), kDLFloat, 32, {1, 1, samples.height, samples.width});
  op.eps = 1e-20;  // the textbook's: nothing is added to the variances that a picture has
  op.scores = call.output(&score, kDLFloat, 64, {1});
  call.run(op, fg_similarity_scratch_bytes, fg_similarity);
  return score;
}

}  // namespace fg
