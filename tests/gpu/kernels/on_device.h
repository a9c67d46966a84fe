#pragma once
// An op with all its memory on the device, for ops whose case (tests/kernels/ssim) has images, gradients, scores and a
// mean.

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/test_images.h"

namespace fg::test {

// A host image's memory on the device, read back into an image of the same layout.
class DeviceImage {
 public:
  explicit DeviceImage(const TestImage<float>& image) : memory_(image.memory) {}
  float* data() const { return memory_.data(); }
  void read(TestImage<float>& to) const {
    const std::vector<float> values = memory_.read();
    std::copy(values.begin(), values.end(), to.memory.begin());  // the view stays on its memory
  }

 private:
  DeviceArray<float> memory_;
};

// Case: MsCase or MaskedCase, whose outputs hold NaN where nothing is written. Scratch is filled with bytes that make NaNs:
// it may not be read unwritten.
template <class T, class Case, class... More>
class OnDevice {
 public:
  OnDevice(const TestImage<T>& x, const TestImage<T>& y, const More&... arguments)
      : case_(x, y, arguments...),
        x_(x.memory),
        y_(y.memory),
        x_gradient_(case_.out.x_gradient),
        y_gradient_(case_.out.y_gradient),
        results_(std::vector<double>(case_.out.scores.size() + 1, NAN)) {
    auto& op = case_.op;
    op.x.data = x_.data();
    op.y.data = y_.data();
    op.mean = results_.data();
    op.scores.data = results_.data() + 1;
    if (op.score_weight.data != nullptr)
      op.score_weight.data = score_weight_.emplace(case_.options.score_weight).data();
    if (op.x_gradient.data != nullptr) op.x_gradient.data = x_gradient_.data();
    if (op.y_gradient.data != nullptr) op.y_gradient.data = y_gradient_.data();
  }

  auto& op() { return case_.op; }
  auto& out() { return case_.out; }

  // call(op, scratch): the launches.
  template <class Call>
  void launch(std::size_t scratch_bytes, const Call& call) {
    if (!scratch_) scratch_.emplace(std::vector<unsigned char>(scratch_bytes, 0xFF));
    call(case_.op, Scratch{scratch_->data(), scratch_->size_bytes()});
  }
  // Everything but what a case has beside these.
  void read() {
    x_gradient_.read(case_.out.x_gradient);
    y_gradient_.read(case_.out.y_gradient);
    const std::vector<double> results = results_.read();
    case_.out.mean = results[0];
    case_.out.scores.assign(results.begin() + 1, results.end());
  }

 private:
  Case case_;
  DeviceArray<T> x_, y_;
  DeviceImage x_gradient_, y_gradient_;
  DeviceArray<double> results_;  // the mean, then the scores
  std::optional<DeviceArray<double>> score_weight_;
  std::optional<DeviceArray<unsigned char>> scratch_;
};

}  // namespace fg::test
