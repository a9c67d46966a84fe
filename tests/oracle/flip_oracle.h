#pragma once
// FLIP by its papers, naive, in double: every filter is a square of weights that is laid over the image at every pixel.
// Shares no code with kernels/.

#include <array>
#include <vector>

#include "tests/oracle/planes.h"

namespace fg::oracle {

using RgbPlanes = std::array<Plane, 3>;

struct FlipResult {
  Plane map;
  double mean = 0;
  double start = 0, stop = 0;  // of HDR-FLIP
  int count = 1;
};

// sRGB 0..1.
FlipResult ldr_flip(const RgbPlanes& test, const RgbPlanes& reference, double pixels_per_degree);

enum class FlipCurve { aces, reinhard, hable };

// Linear light. count 0: start, stop and count are found from the reference.
struct HdrFlipOptions {
  double pixels_per_degree = 67.0206;
  FlipCurve curve = FlipCurve::aces;
  double start = 0, stop = 0;
  int count = 0;
};
FlipResult hdr_flip(const RgbPlanes& test, const RgbPlanes& reference, const HdrFlipOptions& options);

}  // namespace fg::oracle
