#include "viewer/diff/scores/score_flip.h"

#include "framegauge/framegauge.h"

namespace fg {
namespace {

// One image, channels last.
struct Rgb {
  const void* values;
  DLDataTypeCode code;
  std::uint8_t bits;
  int stored_channels;
};

Rgb of_floats(const std::vector<float>& values) { return {values.data(), kDLFloat, 32, 3}; }
Rgb of_codes(const std::vector<std::uint8_t>& rgba) { return {rgba.data(), kDLUInt, 8, 4}; }

bool is_linear(const Frame& frame) { return frame.kind == Frame::Kind::rgb && frame.scene_linear; }
bool has_light(const Frame& frame) { return is_linear(frame) || !frame.light.empty(); }

const std::vector<float>& light_of(const Frame& frame) { return is_linear(frame) ? frame.rgb : frame.light; }

// Which of the two lack something, or null.
const char* lacking(bool test_has, bool reference_has) {
  if (test_has && reference_has) return nullptr;
  return test_has ? "the reference is" : reference_has ? "the test is" : "test and reference are";
}

// The picture of planes lives in `picture`.
Rgb display_of(const Frame& frame, Image8& picture) {
  if (frame.kind == Frame::Kind::rgb8) return of_codes(frame.rgba8);
  if (frame.kind == Frame::Kind::planes) {
    picture = to_picture(frame, 1.0);
    return of_codes(picture.rgba);
  }
  return of_floats(frame.rgb);
}

}  // namespace

std::string why_no_flip(const FramePair& pair, Metric metric) {
  const Frame &test = *pair.test, &reference = *pair.reference;
  if (metric == Metric::flip_hdr) {
    if (const char* which = lacking(has_light(test), has_light(reference)))
      return std::string("flip-hdr is of the linear light of OpenEXR, PFM and HDR, and ") + which +
             " display-referred; take flip for such pictures";
  } else if (const char* which = lacking(!is_linear(test), !is_linear(reference))) {
    return std::string("flip is of display-referred values, and under --tonemap none ") + which +
           " linear; leave it out, or take flip-hdr";
  }
  return {};
}

double flip_of(const FramePair& pair, const Samples& samples, Metric metric, const FlipViewing& viewing,
               std::vector<float>* map, OpDevice& device) {
  const bool hdr = metric == Metric::flip_hdr;
  Image8 test_picture, reference_picture;
  const Rgb test = hdr ? of_floats(light_of(*pair.test)) : display_of(*pair.test, test_picture);
  const Rgb reference =
      hdr ? of_floats(light_of(*pair.reference)) : display_of(*pair.reference, reference_picture);
  const int height = pair.test->height, width = pair.test->width;
  double score = kNone;
  if (map) map->resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  OpCall call(device);
  const auto input = [&](const Rgb& image, const void* sampled, const void* kept) {
    return call.input(image.values, image.code, image.bits, {1, height, width, image.stored_channels}, {},
                      image.values == sampled ? kept : nullptr);
  };
  FgFlip op;
  fg_flip_defaults(&op);
  op.x = input(test, samples.test, samples.kept.first);
  op.y = input(reference, samples.reference, samples.kept.second);
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.range = hdr ? FG_FLIP_HDR : FG_FLIP_LDR;
  op.pixels_per_degree = viewing.pixels_per_degree;
  op.tone_mapper = viewing.tone_mapper;
  op.start_exposure = viewing.start;
  op.stop_exposure = viewing.stop;
  op.exposures = viewing.exposures;
  op.map = call.output(map ? map->data() : nullptr, kDLFloat, 32, {1, height, width, 1});
  op.mean = call.output(&score, kDLFloat, 64, {1});
  call.run(op, fg_flip_scratch_bytes, fg_flip);
  return score;
}

}  // namespace fg
