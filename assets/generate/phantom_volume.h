#pragma once
// A thorax made of ellipsoids and tubes, in Hounsfield units. Not anatomy to measure on: something that looks
// and scores like a chest CT, small enough to live in a repository.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace phantom {

// Millimetres, x to the patient's left, y to posterior, z to superior (LPS), origin in the middle of the
// chest.
struct Point {
  double x = 0, y = 0, z = 0;
};
inline Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Point operator*(double s, Point a) { return {s * a.x, s * a.y, s * a.z}; }
inline double dot(Point a, Point b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

// Uniform numbers that are the same on every machine (Steele et al. 2014, SplitMix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double uniform();  // 0 <= u < 1
  double between(double low, double high) { return low + (high - low) * uniform(); }
  double normal();  // mean 0, variance 1, within +-6: the sum of twelve uniforms

 private:
  std::uint64_t state_;
};

struct Grid {
  static constexpr std::array<int, 3> kExtent = {96, 80, 96};  // voxels along x, y, z; x fastest
  static constexpr double kSpacing = 4;                        // mm

  std::vector<double> hu =
      std::vector<double>(static_cast<std::size_t>(kExtent[0]) * kExtent[1] * kExtent[2], -1000);

  static double first(int axis) {
    return -0.5 * kSpacing * (kExtent[axis] - 1);
  }  // of the first voxel's centre, mm
  static std::size_t index(int i, int j, int k) {
    return (static_cast<std::size_t>(k) * kExtent[1] + static_cast<std::size_t>(j)) * kExtent[0] +
           static_cast<std::size_t>(i);
  }
};

std::vector<std::int16_t> make_thorax();  // HU, in the grid's order

}  // namespace phantom
