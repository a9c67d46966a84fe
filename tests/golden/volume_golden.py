#!/usr/bin/env python3
"""Computes SSIM of small volumes made by formula with scikit-image, and prints volume_golden.h.

    python3 -m venv venv && venv/bin/pip install numpy scikit-image
    venv/bin/python tests/golden/volume_golden.py > assets/golden/volume_golden.h

Slice z of a volume is channel z of the images of ssim_golden_images.py. The package takes the mean of the windows that lie
inside, so that SSIM with zeros around the volume is its score of the volume with five zeros put around it.
"""
from importlib.metadata import version

import numpy
from skimage.metrics import structural_similarity

from ssim_golden_images import plane, reference_code, test_code


def volume(code, depth, height, width):
    return numpy.stack([plane(code, z, height, width) for z in range(depth)]).astype(numpy.float64)


def ssim(x, y):
    return structural_similarity(x, y, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)


print("#pragma once")
print("// Made by volume_golden.py with scikit-image %s (double precision)." % version("scikit-image"))
print("""
namespace fg::golden {
// clang-format off

// structural_similarity(data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False) of codes as doubles:
// over the windows that lie inside, and with five zeros around both volumes.
struct SkimageVolume {
  int depth, height, width;
  double valid, padded;
};
inline constexpr SkimageVolume kSkimageVolumes[] = {""")
for shape in [(11, 11, 11), (12, 33, 47), (24, 40, 18), (40, 13, 21)]:
    x, y = (volume(code, *shape) for code in (test_code, reference_code))
    print("    {%d, %d, %d, %.15g, %.15g}," % (*shape, ssim(x, y), ssim(numpy.pad(x, 5), numpy.pad(y, 5))))
print("""};
// clang-format on

}  // namespace fg::golden""")
