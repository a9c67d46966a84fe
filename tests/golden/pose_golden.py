#!/usr/bin/env python3
"""Computes rotations and rigid motions as matrix exponentials by their Taylor series, in 60 decimal digits, and prints
pose_golden.h. No closed formula is used: neither Rodrigues' nor sines and cosines of Euler angles.

    python3 tests/golden/pose_golden.py > assets/golden/pose_golden.h
"""
from decimal import Decimal, getcontext

getcontext().prec = 60
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def product(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(4)) for j in range(4)] for i in range(4)]


def exponential(twist):
    x, y, z, u, v, w = twist
    zero = Decimal(0)
    generator = [[zero, -z, y, u], [z, zero, -x, v], [-y, x, zero, w], [zero] * 4]
    term = [[Decimal(int(i == j)) for j in range(4)] for i in range(4)]
    total = [row[:] for row in term]
    for n in range(1, 90):
        term = [[value / n for value in row] for row in product(term, generator)]
        total = [[a + b for a, b in zip(*rows)] for rows in zip(total, term)]
    return total


def scaled_axis(axis, angle):
    size = sum(c * c for c in axis).sqrt()
    return [c / size * angle for c in axis]


def numbers(values):
    return "{" + ", ".join(repr(float(value)) for value in values) + "}"


ANGLES = ["0", "1e-12", "1e-8", "1e-4", "0.01", "0.3", "1.9", "2.1", "3", PI - Decimal("1e-4"), PI - Decimal("1e-9")]
AXES = [(2, -3, 6), (-1, 0, 0), (Decimal("0.3"), Decimal("0.001"), -5)]
VELOCITY = [Decimal(40), Decimal("-12.5"), Decimal(850)]

print("""#pragma once
// Made by pose_golden.py: matrix exponentials by their Taylor series in 60 digits.

namespace fg::golden {
// clang-format off

// Rotation vector and velocity, and the upper three rows of the exponential of the twist.
struct Twist {
  double log[6];
  double matrix[12];
};
inline constexpr Twist kTwists[] = {""")
for angle in ANGLES:
    for axis in AXES:
        # The doubles that the test passes, not the decimals that they are rounded from.
        log = [Decimal(float(v)) for v in scaled_axis([Decimal(c) for c in axis], Decimal(angle)) + VELOCITY]
        matrix = exponential(log)
        print("    {%s,\n     %s}," % (numbers(log), numbers(sum(matrix[:3], []))))
print("""};

// Intrinsic Euler angles in degrees and the rotation, rows first.
struct Euler {
  const char* order;
  double degrees[3];
  double matrix[9];
};
inline constexpr Euler kEuler[] = {""")
for order in "XYZ XZY YXZ YZX ZXY ZYX XYX XZX YXY YZY ZXZ ZYZ".split():
    total = exponential([Decimal(0)] * 6)
    degrees = [Decimal("31.5"), Decimal("52.25"), Decimal("-117.75")]
    for axis, angle in zip(order, degrees):
        total = product(total, exponential([angle * PI / 180 * (axis == c) for c in "XYZ"] + [Decimal(0)] * 3))
    print('    {"%s", %s,\n     %s},' % (order, numbers(degrees), numbers(sum((row[:3] for row in total[:3]), []))))
print("""};

// clang-format on
}  // namespace fg::golden""")
