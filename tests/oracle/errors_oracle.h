#pragma once
// Pixel errors by their definitions, naive, in double (sums in long double: a million terms in a row). Shares
// no code with kernels/.

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/oracle/planes.h"

namespace fg::oracle {

struct Errors {
  double mse = 0, mae = 0, max = 0, psnr = 0;
};

// Over all planes of an image; range: the largest sample value.
inline Errors image_errors(const std::vector<Plane>& x, const std::vector<Plane>& y, double range) {
  long double squares = 0, magnitudes = 0, samples = 0;
  Errors errors;
  for (std::size_t c = 0; c < x.size(); ++c)
    for (std::size_t i = 0; i < x[c].value.size(); ++i) {
      const double difference = (x[c].value[i] - y[c].value[i]) / range;
      squares += difference * difference;
      magnitudes += std::abs(difference);
      errors.max = std::max(errors.max, std::abs(difference));
      samples += 1;
    }
  errors.mse = static_cast<double>(squares / samples);
  errors.mae = static_cast<double>(magnitudes / samples);
  errors.psnr = 10 * std::log10(1 / errors.mse);
  return errors;
}

}  // namespace fg::oracle
