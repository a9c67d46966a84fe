#!/usr/bin/env python3
"""Scores luma planes made by formula with libvmaf's integer SSIM, and prints integer_ssim_golden.h.

libvmaf has the source of this feature but leaves it out of its list, so that no program offers it. Here the source file
is compiled by itself, among stand-ins for the headers that it includes, and its function is called.

    # libvmaf/src/feature/integer_ssim.c of github.com/Netflix/vmaf at 096090531bb2dd47442898b893b0e43b873a6b63
    python3 tests/golden/integer_ssim_golden.py integer_ssim.c > assets/golden/integer_ssim_golden.h

The same integer formulas as in ssim_golden.py make the planes.
"""
import ctypes
import os
import subprocess
import sys
import tempfile

from ssim_golden_images import plane, reference_code, test_code

STAND_INS = """
#include <stdint.h>
#include <stdlib.h>
enum VmafPixelFormat { unknown };
typedef struct VmafFeatureCollector VmafFeatureCollector;
typedef struct { void *data[3]; long stride[3]; unsigned bpc, w[3], h[3]; } VmafPicture;
typedef struct VmafFeatureExtractor VmafFeatureExtractor;
struct VmafFeatureExtractor {
  const char *name;
  int (*init)(VmafFeatureExtractor *, enum VmafPixelFormat, unsigned, unsigned, unsigned);
  int (*extract)(VmafFeatureExtractor *, VmafPicture *, VmafPicture *, unsigned, VmafFeatureCollector *);
  int (*close)(VmafFeatureExtractor *);
};
static inline int vmaf_feature_collector_append(VmafFeatureCollector *c, const char *name, double score, unsigned i) {
  return 0;
}
"""
DOOR = """
#include "integer_ssim.c"
double score(const unsigned char *x, const unsigned char *y, int depth, int width, int height) {
  const int stride = width * (depth > 8 ? 2 : 1);
  return calc_ssim(x, stride, y, stride, 1.0, depth, width, height);
}
"""


def compiled(source):
    with tempfile.TemporaryDirectory() as folder:
        texts = {"feature_collector.h": "", "feature_extractor.h": STAND_INS, "door.c": DOOR}
        for name, text in texts.items():
            with open(os.path.join(folder, name), "w") as out:
                out.write(text)
        os.symlink(os.path.abspath(source), os.path.join(folder, "integer_ssim.c"))
        library = os.path.join(folder, "door.so")
        # Each product is rounded before it is added: as in the x86-64 builds of libvmaf, which have no fused operations.
        subprocess.run(["cc", "-O2", "-ffp-contract=off", "-shared", "-fPIC", os.path.join(folder, "door.c"), "-o",
                        library, "-lm"], check=True)
        score = ctypes.CDLL(library).score
    score.restype = ctypes.c_double
    return score


def main():
    score = compiled(sys.argv[1])
    rows = []
    for height, width in [(1, 1), (7, 5), (40, 56), (176, 176), (240, 320), (480, 640)]:
        for c in (0, 2):
            test, reference = (plane(code, c, height, width).tobytes() for code in (test_code, reference_code))
            rows.append("    {%d, %d, %d, %.17g}," % (height, width, c, score(test, reference, 8, width, height)))
    print("""#pragma once
// Made by integer_ssim_golden.py with libvmaf's integer_ssim.c of commit 096090531bb2dd47442898b893b0e43b873a6b63.

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images as a Y plane of 8 bits.
struct IntegerSsim {
  int height, width, channel;
  double score;
};
inline constexpr IntegerSsim kIntegerSsim[] = {""")
    print("\n".join(rows))
    print("""};
// clang-format on

}  // namespace fg::golden""")


if __name__ == "__main__":
    main()
