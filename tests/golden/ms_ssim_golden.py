#!/usr/bin/env python3
"""Computes MS-SSIM of small images made by formula with NumPy, in double, and prints ms_ssim_golden.h.

    python3 tests/golden/ms_ssim_golden.py > assets/golden/ms_ssim_golden.h

The conventions are those of pytorch-msssim 1.0.0, ms_ssim(data_range=255): valid windows, contrast and structure at
all levels but the last, relu of the means, avg_pool2d(kernel_size=2, padding=side % 2). The same integer formulas as in
ssim_golden.py make the images.
"""
import numpy

from ssim_golden_images import plane, reference_code, test_code

WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]


def blur(image, taps):
    rows = sum(w * image[:, i:image.shape[1] - len(taps) + 1 + i] for i, w in enumerate(taps))
    return sum(w * rows[i:image.shape[0] - len(taps) + 1 + i] for i, w in enumerate(taps))


def level_means(x, y, taps):
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = blur(x, taps), blur(y, taps)
    vx, vy, cov = blur(x * x, taps) - mx * mx, blur(y * y, taps) - my * my, blur(x * y, taps) - mx * my
    cs = (2 * cov + c2) / (vx + vy + c2)
    return ((2 * mx * my + c1) / (mx * mx + my * my + c1) * cs).mean(), cs.mean()


def pool(image):
    height, width = image.shape
    padded = numpy.pad(image, ((height % 2, height % 2), (width % 2, width % 2)))
    padded = padded[:padded.shape[0] // 2 * 2, :padded.shape[1] // 2 * 2]
    return padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2).mean(axis=(1, 3))


def ms_ssim(x, y, window, weights):
    taps = numpy.exp(-(numpy.arange(window) - window // 2) ** 2 / (2 * 1.5 ** 2))
    taps /= taps.sum()
    product = 1.0
    for level, weight in enumerate(weights):
        mean, contrast = level_means(x, y, taps)
        product *= max(mean if level + 1 == len(weights) else contrast, 0) ** weight
        x, y = pool(x), pool(y)
    return product


print("""#pragma once
// Made by ms_ssim_golden.py with NumPy %s (double precision).

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images; the first `levels` of the usual weights, or all equal to 1 / levels.
struct MsSsim {
  int height, width, channel, window, levels;
  bool equal_weights;
  double score;
};
inline constexpr MsSsim kMsSsim[] = {""" % numpy.__version__)
for height, width, window, levels in [(176, 176, 11, 5), (161, 163, 11, 5), (170, 205, 11, 5), (101, 99, 7, 4),
                                      (45, 51, 11, 3), (40, 56, 11, 2), (40, 56, 9, 1), (33, 47, 7, 3)]:
    for c in (0, 2):
        for equal in (False, True):
            weights = [1 / levels] * levels if equal else WEIGHTS[:levels]
            x, y = (plane(code, c, height, width).astype(float) for code in (test_code, reference_code))
            print("    {%d, %d, %d, %d, %d, %s, %.15g}," % (height, width, c, window, levels, "true" if equal else "false",
                                                          ms_ssim(x, y, window, weights)))
print("""};
// clang-format on

}  // namespace fg::golden""")
