#include "viewer/diff/score_flip.h"

#include <limits>

#include "framegauge/framegauge.h"
#include "viewer/device/host_tensor.h"

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

const std::vector<float>& light_of(const Frame& frame) {
  if (frame.kind == Frame::Kind::rgb && frame.scene_linear) return frame.rgb;
  if (!frame.light.empty()) return frame.light;
  throw Failure(
      ExitCode::usage,
      "flip-hdr is of linear light, and a picture is display-referred; give it OpenEXR, PFM or HDR files, or "
      "take flip");
}

// The picture of planes lives in `picture`.
Rgb display_of(const Frame& frame, Image8& picture) {
  if (frame.kind == Frame::Kind::rgb8) return of_codes(frame.rgba8);
  if (frame.kind == Frame::Kind::planes) {
    picture = to_picture(frame, 1.0);
    return of_codes(picture.rgba);
  }
  if (frame.scene_linear)
    throw Failure(
        ExitCode::usage,
        "flip is of display-referred values, and --tonemap none leaves them linear; leave it out, or take "
        "flip-hdr");
  return of_floats(frame.rgb);
}

}  // namespace

double flip_of(const FramePair& pair, Metric metric, const FlipViewing& viewing, std::vector<float>* map) {
  const bool hdr = metric == Metric::flip_hdr;
  Image8 test_picture, reference_picture;
  const Rgb test = hdr ? of_floats(light_of(*pair.test)) : display_of(*pair.test, test_picture);
  const Rgb reference =
      hdr ? of_floats(light_of(*pair.reference)) : display_of(*pair.reference, reference_picture);
  const int height = pair.test->height, width = pair.test->width;
  const HostTensor x(test.values, test.code, test.bits, {1, height, width, test.stored_channels});
  const HostTensor y(reference.values, reference.code, reference.bits,
                     {1, height, width, reference.stored_channels});
  double score = std::numeric_limits<double>::quiet_NaN();
  HostTensor mean(&score, kDLFloat, 64, {1});
  if (map) map->resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  HostTensor errors(map ? map->data() : nullptr, kDLFloat, 32, {1, height, width, 1});
  FgFlip op;
  fg_flip_defaults(&op);
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.range = hdr ? FG_FLIP_HDR : FG_FLIP_LDR;
  op.pixels_per_degree = viewing.pixels_per_degree;
  op.tone_mapper = viewing.tone_mapper;
  op.start_exposure = viewing.start;
  op.stop_exposure = viewing.stop;
  op.exposures = viewing.exposures;
  op.map = map ? &errors.tensor : nullptr;
  op.mean = &mean.tensor;
  const auto scratch = scratch_for(op, fg_flip_scratch_bytes);
  expect_ok(fg_flip(&op, nullptr));
  return score;
}

}  // namespace fg
