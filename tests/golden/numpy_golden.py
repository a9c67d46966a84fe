#!/usr/bin/env python3
"""Computes what no package offers, or none need offer, of small images made by formula with NumPy, in double, and prints
numpy_golden.h.

    python3 tests/golden/numpy_golden.py > assets/golden/numpy_golden.h

SSIM as in the 3DGS papers: Gaussian window, sigma 1.5, zeros around the image, constants 0.01 and 0.03, mean over every
pixel. Mean and largest absolute difference of codes / 255, and Pearson's correlation. The same integer formulas as in
ssim_golden.py make the images.
"""
import numpy

from ssim_golden_images import plane, reference_code, test_code


def padded(image, window):
    """The weighted means around every pixel; what lies outside is 0."""
    taps = numpy.exp(-(numpy.arange(window) - window // 2) ** 2 / (2 * 1.5 ** 2))
    for axis in (0, 1):
        image = numpy.apply_along_axis(numpy.convolve, axis, image, taps / taps.sum(), "same")
    return image


def ssim(x, y, window):
    mean_x, mean_y = padded(x, window), padded(y, window)
    spread = padded(x * x, window) - mean_x ** 2 + padded(y * y, window) - mean_y ** 2
    common = padded(x * y, window) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 0.01 ** 2) / (mean_x ** 2 + mean_y ** 2 + 0.01 ** 2)
    return (luminance * (2 * common + 0.03 ** 2) / (spread + 0.03 ** 2)).mean()


print("""#pragma once
// Made by numpy_golden.py with NumPy %s (double precision).

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images: SSIM with zeros around the image, for windows of 7, 9 and 11.
struct PlainScores {
  int height, width, channel;
  double ssim7, ssim9, ssim11, mae, max, ncc;
};
inline constexpr PlainScores kPlainScores[] = {""" % numpy.__version__)
for height, width in [(40, 56), (33, 47), (96, 64), (11, 11)]:
    for c in range(3):
        x, y = (plane(code, c, height, width) / 255.0 for code in (test_code, reference_code))
        scores = [ssim(x, y, window) for window in (7, 9, 11)]
        scores += [abs(x - y).mean(), abs(x - y).max(), numpy.corrcoef(x.ravel(), y.ravel())[0, 1]]
        print("    {%d, %d, %d, %s}," % (height, width, c, ", ".join("%.15g" % score for score in scores)))
print("""};
// clang-format on

}  // namespace fg::golden""")
