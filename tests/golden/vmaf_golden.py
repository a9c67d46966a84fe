#!/usr/bin/env python3
"""Scores luma planes made by formula with libvmaf's float_ssim and float_ms_ssim, and prints vmaf_golden.h.

    python3 -m venv venv && venv/bin/pip install numpy imageio-ffmpeg    # an ffmpeg program with libvmaf inside
    venv/bin/python tests/golden/vmaf_golden.py > assets/golden/vmaf_golden.h

The same integer formulas as in ssim_golden.py make the planes. libvmaf prints six decimals.
"""
import json
import os
import re
import subprocess
import tempfile

import imageio_ffmpeg

from ssim_golden_images import plane, reference_code, test_code

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def scores(height, width, c):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, code in (("test", test_code), ("reference", reference_code)):
            files.append(os.path.join(folder, name))
            with open(files[-1], "wb") as out:
                out.write(plane(code, c, height, width).tobytes() + bytes([128]) * (height * width // 2))
        inputs = [word for file in files for word in
                  ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "%dx%d" % (width, height), "-i", file)]
        log = os.path.join(folder, "log.json")
        graph = ("libvmaf=feature='name=float_ssim|name=float_ms_ssim':"
                 "log_fmt=json:log_path=" + log)
        subprocess.run([FFMPEG, "-v", "error", *inputs, "-lavfi", graph, "-f", "null", "-"], check=True)
        with open(log) as text:
            result = json.load(text)
        return result["version"], result["frames"][0]["metrics"]


rows = []
for height, width in [(176, 176), (240, 320), (480, 640)]:
    for c in (0, 2):
        version, metrics = scores(height, width, c)
        rows.append("    {%d, %d, %d, %.6f, %.6f}," % (height, width, c, metrics["float_ssim"], metrics["float_ms_ssim"]))
program = re.search(r"version (\S+)", subprocess.run([FFMPEG, "-version"], capture_output=True, text=True).stdout).group(1)
print("""#pragma once
// Made by vmaf_golden.py with libvmaf %s in FFmpeg %s.

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images as a Y plane of 8 bits; the scores have six decimals.
struct VmafScores {
  int height, width, channel;
  double float_ssim, float_ms_ssim;
};
inline constexpr VmafScores kVmafScores[] = {""" % (version, program))
print("\n".join(rows))
print("""};
// clang-format on

}  // namespace fg::golden""")
