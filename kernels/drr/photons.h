#pragma once
// Counts of photons: what a detector sees of line integrals, quantum noise included.

#include <cstdint>

#include "kernels/core/tensor_view.h"

namespace fg {

// output = a draw from the Poisson distribution of mean i0 exp(-input), the same on CPU and CUDA bit for bit. What is drawn
// depends on the seed, the number of the image, (first_image + n) channels + c, and the pixel in it: not on strides,
// threads, or how a batch is cut into calls.
struct PhotonCounts {
  ImageView<const float> input;
  ImageView<float> output;
  double i0 = 1;  // photons, above 0
  std::uint64_t seed = 0;
  std::int64_t first_image = 0;  // (first_image + batch) channels <= kMostPhotonPlanes
};
inline constexpr std::int64_t kMostPhotonPlanes = std::int64_t{1} << 52;
inline constexpr std::int64_t kMostPhotonPixels = std::int64_t{1} << 44;  // of a plane

namespace cpu {
void photon_counts(const PhotonCounts& op);
}
namespace cuda {  // as in drr.h
void photon_counts(const PhotonCounts& op, int device, void* stream);
}

}  // namespace fg
