#pragma once
// Two pictures as the ops of the C interface take them, and what every kind of picture has its errors from.

#include <cstdint>
#include <limits>
#include <vector>

#include "viewer/device/op_call.h"
#include "viewer/diff/inputs/frame.h"

namespace fg {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // no score

// Samples of both pictures as an op takes them: one image of channels last.
struct Samples {
  const void *test = nullptr, *reference = nullptr;  // host memory
  OpDevice::Kept kept;  // the same on the device, where it has been brought there
  DLDataTypeCode code = kDLUInt;
  std::uint8_t bits = 8;
  int width = 0, height = 0, stored_channels = 1, channels = 1;
  double data_range = 1;
  int row_pixels = 0;  // from one row to the next

  std::vector<std::int64_t> shape() const { return {1, height, width, stored_channels}; }
  std::vector<std::int64_t> strides() const {
    return {std::int64_t{height} * row_pixels * stored_channels, std::int64_t{row_pixels} * stored_channels,
            stored_channels, 1};
  }
  // Other values of the same shape, which are not on the device.
  Samples with(const void* other_test, const void* other_reference) const {
    Samples samples = *this;
    samples.test = other_test;
    samples.reference = other_reference;
    samples.kept = {};
    return samples;
  }
  Samples part(const Rectangle& r) const {
    const std::size_t offset = (std::size_t(r.y) * row_pixels + r.x) * stored_channels * (bits / 8);
    Samples samples = *this;
    samples.test = static_cast<const std::uint8_t*>(test) + offset;
    samples.reference = static_cast<const std::uint8_t*>(reference) + offset;
    if (kept.first)
      samples.kept = {static_cast<const std::uint8_t*>(kept.first) + offset,
                      static_cast<const std::uint8_t*>(kept.second) + offset};
    samples.width = r.width;
    samples.height = r.height;
    return samples;
  }
};

template <class Op>
void set_images(Op& op, OpCall& call, const Samples& samples) {
  op.x = call.input(samples.test, samples.code, samples.bits, samples.shape(), samples.strides(),
                    samples.kept.first);
  op.y = call.input(samples.reference, samples.code, samples.bits, samples.shape(), samples.strides(),
                    samples.kept.second);
  op.layout = FG_LAYOUT_NHWC;
  op.channels = samples.channels;
  op.data_range = samples.data_range;
}

// Codes of 8 bits go into the ops as they are; deeper ones as floats of the codes, which are exact.
class PlaneSamples {
 public:
  PlaneSamples(const Plane& test, const Plane& reference, int bits);
  const Samples& get() const { return samples_; }

 private:
  Samples samples_;
  std::vector<float> test_, reference_;
};

struct Errors {
  double mse = 0, mae = 0, max = 0, psnr = 0;
};

double psnr_of(double mse);

Errors errors_of(const Samples& samples, OpDevice& device);

}  // namespace fg
