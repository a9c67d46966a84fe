#!/usr/bin/env python3
"""`framegauge diff` against FLIP's own package, on pictures made here and on pairs that are given. Exit code 1 where a mean is
further than 1e-4 from the mean of the package's map.

    python3 -m venv venv && venv/bin/pip install numpy flip-evaluator
    venv/bin/python tests/bench/peers/flip.py [--program build/dev/viewer/framegauge] [TEST REFERENCE]...

Pairs are PNG for LDR, PFM for HDR. Three columns: ours, the mean of the package's map in double, and the mean that the
package gives, which it adds up in single precision.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import zlib

import flip_evaluator
import numpy

ALLOWED = 1e-4


def write_png(file, codes):
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    height, width, _ = codes.shape
    rows = b"".join(b"\0" + row.tobytes() for row in codes)
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_pfm(file, light):
    height, width, _ = light.shape
    file.write_bytes(b"PF\n%d %d\n-1.0\n" % (width, height) + light[::-1].astype("<f4").tobytes())


def read_pfm(file):
    kind, size, scale, data = pathlib.Path(file).read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    if kind != b"PF" or float(scale) >= 0:
        sys.exit(f"{file}: expected a PFM of three channels, little-endian")
    return numpy.frombuffer(data, "<f4").reshape(height, width, 3)[::-1].copy()


def made_pairs(folder):
    """Shading with hard edges, disturbed; the same over twenty stops."""
    height, width = 540, 960
    y, x, c = numpy.meshgrid(numpy.arange(height), numpy.arange(width), numpy.arange(3), indexing="ij")
    scene = 0.5 + 0.3 * numpy.sin(0.05 * x + c) * numpy.cos(0.07 * y)
    scene = numpy.where((x // 29 + y // 31 + c) % 3 == 0, 0.1, scene)
    random = numpy.random.default_rng(1)
    changes = {"noise": scene + 0.05 * random.standard_normal(scene.shape), "tint": scene * [1.07, 1.0, 0.93],
               "shift": numpy.roll(scene, 1, axis=1)}
    stops = 2.0 ** ((x // 60 + y // 45) % 20 - 12)
    write_png(folder / "reference.png", (scene * 255).round().astype(numpy.uint8))
    write_pfm(folder / "reference.pfm", scene * stops)
    for name, changed in changes.items():
        write_png(folder / f"{name}.png", (changed.clip(0, 1) * 255).round().astype(numpy.uint8))
        write_pfm(folder / f"{name}.pfm", changed.clip(0) * stops)
        for ending in ("png", "pfm"):
            yield folder / f"{name}.{ending}", folder / f"reference.{ending}"


def ours(program, test, reference, metric, *options):
    command = [program, "diff", str(test), str(reference), "--metrics", metric, "--json", "-", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["scores"][metric]


def compare(program, test, reference):
    worst = 0
    hdr = test.suffix.lower() == ".pfm"
    given = (read_pfm(reference), read_pfm(test)) if hdr else (str(reference), str(test))
    for mapper in ("aces", "reinhard", "hable") if hdr else ("",):
        error_map, mean, _ = flip_evaluator.evaluate(*given, "HDR" if hdr else "LDR", applyMagma=False,
                                                     parameters={"tonemapper": mapper} if hdr else {})
        score = ours(program, test, reference, *(("flip-hdr", "--flip-tonemap", mapper) if hdr else ("flip",)))
        theirs = error_map.astype(numpy.float64).mean()
        worst = max(worst, abs(score - theirs))
        print(f"{test.name:24} {mapper or 'LDR':9} {score:.7f}  {theirs:.7f}  {mean:.7f}   {score - theirs:+.1e}  {score - mean:+.1e}")
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/dev/viewer/framegauge")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    if len(options.files) % 2:
        parser.error("expected pairs: TEST REFERENCE")
    print(f"{'test':24} {'kind':9} {'ours':9}  {'its map':9}  {'its mean':9}   differences")
    with tempfile.TemporaryDirectory() as folder:
        pairs = list(made_pairs(pathlib.Path(folder))) + list(zip(options.files[::2], options.files[1::2]))
        worst = max(compare(options.program, *pair) for pair in pairs)
    print(f"largest difference from the mean of the package's map: {worst:.1e}; {ALLOWED:.0e} is allowed")
    sys.exit(1 if worst > ALLOWED else 0)


main()
