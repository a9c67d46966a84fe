#include "viewer/diff/scores/samples.h"

#include <array>
#include <cmath>

#include "framegauge/framegauge.h"

namespace fg {

PlaneSamples::PlaneSamples(const Plane& test, const Plane& reference, int bits) {
  samples_ = {.test = test.bytes.data(),
              .reference = reference.bytes.data(),
              .width = test.width,
              .height = test.height,
              .row_pixels = test.width};
  if (bits <= 8) return;
  test_ = floats_of(test, bits);
  reference_ = floats_of(reference, bits);
  samples_.test = test_.data();
  samples_.reference = reference_.data();
  samples_.code = kDLFloat;
  samples_.bits = 32;
  samples_.data_range = std::ldexp(1.0, bits) - 1;
}

double psnr_of(double mse) {
  return mse == 0 ? std::numeric_limits<double>::infinity() : -10 * std::log10(mse);
}

Errors errors_of(const Samples& samples, OpDevice& device) {
  std::array<double, FG_ERROR_COLUMNS> values{};
  OpCall call(device);
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  set_images(op, call, samples);
  op.errors = call.output(values.data(), kDLFloat, 64, {1, FG_ERROR_COLUMNS});
  call.run(op, fg_image_errors_scratch_bytes, fg_image_errors);
  return {values[FG_ERROR_MSE], values[FG_ERROR_MAE], values[FG_ERROR_MAX], values[FG_ERROR_PSNR]};
}

}  // namespace fg
