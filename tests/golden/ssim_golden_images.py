"""The images of the golden values: integer formulas, so that every program makes the same codes."""
import numpy


def reference_code(c, y, x):
    return ((x * x + 2 * y * y + 3 * x * y) // 16 + 40 * c) % 256


def test_code(c, y, x):
    grain = (31 * x + 57 * y + 13 * c + (x * y) % 41) % 61 - 30
    return min(max(reference_code(c, y, x) + grain, 0), 255)


def plane(code, c, height, width):
    return numpy.array([[code(c, y, x) for x in range(width)] for y in range(height)], dtype=numpy.uint8)
