#pragma once
// SSIM of volumes, naive, in double: a cube of normalised Gaussian weights, means, weighted squared
// differences from the means (Wang et al. 2004, eq. 13-16, with a third axis), and its gradient by the product
// and quotient rules on those means. Shares no code with kernels/.

#include <cstddef>
#include <vector>

namespace fg::oracle {

struct Volume {
  int depth = 0, height = 0, width = 0;
  std::vector<double> value;

  Volume() = default;
  Volume(int d, int h, int w)
      : depth(d),
        height(h),
        width(w),
        value(static_cast<std::size_t>(d) * static_cast<std::size_t>(h) * static_cast<std::size_t>(w)) {}
  std::size_t index(int z, int y, int x) const {
    return (static_cast<std::size_t>(z) * static_cast<std::size_t>(height) + static_cast<std::size_t>(y)) *
               static_cast<std::size_t>(width) +
           static_cast<std::size_t>(x);
  }
  double at(int z, int y, int x) const { return value[index(z, y, x)]; }
};

struct Ssim3dOptions {
  int window = 11;
  bool crop = false;  // true: only windows inside the volume; false: zeros outside
  double range = 1, k1 = 0.01, k2 = 0.03;
};

struct Ssim3dResult {
  Volume map;
  double mean = 0;
  Volume x_gradient, y_gradient;  // of the sum of weight(p) map(p); empty when not asked for
};

// weight: null for no gradient, else one number for each voxel of the map.
Ssim3dResult ssim3d(const Volume& x, const Volume& y, const Ssim3dOptions& options,
                    const Volume* weight = nullptr);

}  // namespace fg::oracle
