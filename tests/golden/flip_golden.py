#!/usr/bin/env python3
"""Computes FLIP of small images made by formula with the package of its authors, and prints flip_golden.h.

    python3 -m venv venv && venv/bin/pip install numpy flip-evaluator
    venv/bin/python tests/golden/flip_golden.py > assets/golden/flip_golden.h

The integer formulas of ssim_golden_images.py, and light(), stand in assets/golden/golden_codes.h.
"""
from importlib.metadata import version

import flip_evaluator
import numpy

from ssim_golden_images import plane, reference_code, test_code

SIZES = [(40, 56), (33, 47), (7, 90), (1, 1)]


def codes(code, height, width):
    return numpy.stack([plane(code, c, height, width) for c in range(3)], axis=-1).astype(numpy.float32)


def light(code, height, width):
    """Eighteen stops of it; exact in float."""
    stops = (numpy.arange(width)[None, :] // 5 + numpy.arange(height)[:, None] // 7) % 11 - 4
    return ((codes(code, height, width) + 1) / 256 * 2.0 ** stops[:, :, None]).astype(numpy.float32)


def case(reference, test, dynamic_range, parameters):
    error_map, mean, used = flip_evaluator.evaluate(reference, test, dynamic_range, applyMagma=False,
                                                    parameters=parameters)
    height, width = error_map.shape[:2]
    row, column = height // 2, width // 3
    return mean, row, column, error_map[row, column, 0], used


print("#pragma once")
print("// Made by flip_golden.py with flip-evaluator %s (single precision)." % version("flip-evaluator"))
print("""
namespace fg::golden {
// clang-format off

// LDR-FLIP of codes / 255: the mean, and one value of the map.
struct LdrFlip {
  int height, width;
  double pixels_per_degree, mean;
  int row, column;
  double value;
};
inline constexpr LdrFlip kLdrFlip[] = {""")
for height, width in SIZES:
    for ppd in (67.0206, 25.0, 110.0):
        result = case(codes(reference_code, height, width) / 255, codes(test_code, height, width) / 255, "LDR",
                      {"ppd": ppd})
        print("    {%d, %d, %g, %.9g, %d, %d, %.9g}," % (height, width, ppd, *result[:4]))
print("""};

// HDR-FLIP of light() at 67.0206 pixels per degree: the exposures, the mean, and one value of the map. Mappers: 0 ACES,
// 1 Reinhard, 2 Hable. is_given: the exposures were given, not found.
struct HdrFlip {
  int height, width, mapper;
  bool is_given;
  double start, stop;
  int count;
  double mean;
  int row, column;
  double value;
};
inline constexpr HdrFlip kHdrFlip[] = {""")
for height, width in SIZES[:3]:
    for mapper, name in enumerate(("aces", "reinhard", "hable")):
        for given in ({}, {"startExposure": -3.5, "stopExposure": 4.25, "numExposures": 5}):
            mean, row, column, value, used = case(
                light(reference_code, height, width), light(test_code, height, width), "HDR",
                {"ppd": 67.0206, "tonemapper": name, **given})
            print("    {%d, %d, %d, %s, %.9g, %.9g, %d, %.9g, %d, %d, %.9g}," %
                  (height, width, mapper, "true" if given else "false", used["startExposure"], used["stopExposure"],
                   used["numExposures"], mean, row, column, value))
print("""};
// clang-format on

}  // namespace fg::golden""")
