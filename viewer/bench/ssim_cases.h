#pragma once
// The suite `bench ssim`: every structural similarity of the library.

#include <vector>

#include "viewer/bench/bench_row.h"

namespace fg {

// sizes: H x W: images of 3 channels and planes; N x C x H x W: images; D x H x W and N x C x D x H x W: volumes. What
// is not among them is left out. Empty: sizes that suit the device.
std::vector<BenchCase> ssim_cases(const BenchDevice& device, const std::vector<BenchShape>& sizes);

}  // namespace fg
