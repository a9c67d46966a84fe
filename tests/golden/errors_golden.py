#!/usr/bin/env python3
"""Mean square error and PSNR of small images made by formula with scikit-image; prints errors_golden.h.

    python3 -m venv venv && venv/bin/pip install numpy scikit-image
    venv/bin/python tests/golden/errors_golden.py > assets/golden/errors_golden.h
"""
from importlib.metadata import version

from skimage.metrics import mean_squared_error, peak_signal_noise_ratio

from ssim_golden_images import plane, reference_code, test_code

print("""#pragma once
// Made by errors_golden.py with scikit-image %s.

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images: mean_squared_error of the codes, peak_signal_noise_ratio(data_range=255).
struct SkimageErrors {
  int height, width, channel;
  double mse_of_codes, psnr;
};
inline constexpr SkimageErrors kSkimageErrors[] = {""" % version("scikit-image"))
for height, width in [(40, 56), (33, 47), (96, 64)]:
    for c in range(3):
        test, reference = plane(test_code, c, height, width), plane(reference_code, c, height, width)
        print("    {%d, %d, %d, %.15g, %.15g}," % (height, width, c, mean_squared_error(reference, test),
                                                 peak_signal_noise_ratio(reference, test, data_range=255)))
print("""};
// clang-format on

}  // namespace fg::golden""")
