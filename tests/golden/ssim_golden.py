#!/usr/bin/env python3
"""Computes SSIM of small images made by formula with scikit-image and pytorch-msssim, and prints ssim_golden.h.

    python3 -m venv venv && venv/bin/pip install numpy scikit-image torch pytorch-msssim
    venv/bin/python tests/golden/ssim_golden.py > assets/golden/ssim_golden.h

The integer formulas of ssim_golden_images.py stand in assets/golden/golden_codes.h.
"""
from importlib.metadata import version

import torch
from pytorch_msssim import ssim as pytorch_ssim
from skimage.metrics import structural_similarity

from ssim_golden_images import plane, reference_code, test_code


def skimage_case(height, width, c):
    score, full = structural_similarity(
        plane(test_code, c, height, width), plane(reference_code, c, height, width), data_range=255,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True)
    row, column = height // 2, width // 3
    return score, row - 5, column - 5, full[row, column]


def pytorch_case(height, width, c, window):
    """The package's own score, and its score with taps made in double: it makes its own in float."""
    def tensor(code):
        return torch.from_numpy(plane(code, c, height, width)).double()[None, None]
    taps = torch.exp(-(torch.arange(window, dtype=torch.float64) - window // 2) ** 2 / (2 * 1.5 ** 2))
    taps = (taps / taps.sum())[None, None, None]
    x, y = tensor(test_code), tensor(reference_code)
    return (pytorch_ssim(x, y, data_range=255, win_size=window, win_sigma=1.5).item(),
            pytorch_ssim(x, y, data_range=255, win=taps).item())


SIZES = [(40, 56), (33, 47), (96, 64), (11, 11)]

print("#pragma once")
print("// Made by ssim_golden.py with scikit-image %s, pytorch-msssim %s, torch %s (double precision)." %
      (version("scikit-image"), version("pytorch-msssim"), version("torch").split("+")[0]))
print("""
namespace fg::golden {
// clang-format off

// structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False), uint8 codes: the mean over the
// valid region, and one value of the map at (row, column) of that region.
struct SkimageSsim {
  int height, width, channel;
  double mean;
  int row, column;
  double value;
};
inline constexpr SkimageSsim kSkimageSsim[] = {""")
for height, width in SIZES:
    for c in range(3):
        score, row, column, value = skimage_case(height, width, c)
        if row < 0 or column < 0 or column >= width - 10:  # 11 x 11 has one value
            row, column, value = 0, 0, score
        print("    {%d, %d, %d, %.15g, %d, %d, %.15g}," % (height, width, c, score, row, column, value))
print("""};

// pytorch_msssim.ssim(data_range=255, win_size=window, win_sigma=1.5), codes as doubles: the mean, and the mean with taps
// that are made in double (win=) instead of in float.
struct PytorchSsim {
  int height, width, channel, window;
  double mean, mean_with_exact_taps;
};
inline constexpr PytorchSsim kPytorchSsim[] = {""")
for height, width in SIZES:
    for c in range(3):
        for window in (7, 9, 11):
            print("    {%d, %d, %d, %d, %.15g, %.15g}," % (height, width, c, window, *pytorch_case(height, width, c, window)))
print("""};
// clang-format on

}  // namespace fg::golden""")
