#include "viewer/device/photons.h"

#include <framegauge/drr.h>

#include "viewer/device/host_tensor.h"
#include "viewer/device/status.h"

namespace fg {

void count_photons(std::vector<float>& integrals, int height, int width, double photons, std::uint64_t seed) {
  std::vector<float> counted(integrals.size());
  HostTensor plane(integrals.data(), kDLFloat, 32, {height, width}),
      counts(counted.data(), kDLFloat, 32, {height, width});
  FgExposure op;
  fg_exposure_defaults(&op);
  op.input = &plane.tensor;
  op.output = &counts.tensor;
  op.i0 = photons;
  op.noise = FG_NOISE_POISSON;
  op.seed = seed;
  expect_ok(fg_exposure(&op, nullptr));
  op.input = &counts.tensor;
  op.output = &plane.tensor;
  op.direction = FG_LINEARISE;
  op.lowest = 0.5;
  op.noise = FG_NOISE_NONE;
  expect_ok(fg_exposure(&op, nullptr));
}

}  // namespace fg
