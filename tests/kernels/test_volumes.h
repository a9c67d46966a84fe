#pragma once
// Small volumes made by formula, in any memory layout: test_images.h with a third axis.

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

#include "kernels/core/half.h"
#include "kernels/core/volume_view.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/ssim3d_oracle.h"

namespace fg::test {

struct VolumeShape {
  int batch = 1, channels = 1, depth = 1, height = 1, width = 1;
};

// How a volume lies in memory.
struct VolumeMemory {
  bool interleaved = false;  // NDHWC
  int row_padding = 0;       // elements after each row
  int column_step = 1;       // planar only: every n-th element of a row
};

template <class T>
T voxel_of(double value) {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return static_cast<std::uint8_t>(std::lround(value * 255));
  else if constexpr (std::is_same_v<T, Half>)
    return half_of(value);
  else if constexpr (std::is_same_v<T, BFloat16>)
    return bfloat_of(value);
  else
    return static_cast<T>(value);
}

// A volume with its memory. Elements that belong to no voxel hold a value that would spoil every score.
template <class T>
struct TestVolume {
  VolumeShape shape;
  VolumeMemory layout;
  std::vector<T> memory;
  VolumeBatchView<T> view;

  static T poison() {
    if constexpr (std::is_same_v<T, std::uint8_t>)
      return 93;
    else if constexpr (sizeof(T) == 2)
      return T{0xFFFF};  // a NaN in both formats
    else
      return std::numeric_limits<T>::quiet_NaN();
  }
  explicit TestVolume(VolumeShape s, VolumeMemory how = {}) : shape(s), layout(how) {
    view.batch = s.batch;
    view.channels = s.channels;
    view.depth = s.depth;
    view.height = s.height;
    view.width = s.width;
    if (layout.interleaved) {
      view.channel_stride = 1;
      view.column_stride = s.channels;
      view.row_stride = s.width * s.channels + layout.row_padding;
      view.slice_stride = s.height * view.row_stride;
      view.batch_stride = s.depth * view.slice_stride;
    } else {
      view.column_stride = layout.column_step;
      view.row_stride = s.width * layout.column_step + layout.row_padding;
      view.slice_stride = s.height * view.row_stride;
      view.channel_stride = s.depth * view.slice_stride;
      view.batch_stride = s.channels * view.channel_stride;
    }
    memory.assign(static_cast<std::size_t>(s.batch * view.batch_stride), poison());
    view.data = memory.data();
  }
  TestVolume(TestVolume&&) = default;  // a vector's memory stays where it is when moved
  TestVolume& operator=(TestVolume&&) = default;
  TestVolume(const TestVolume&) = delete;

  T& at(int n, int c, int z, int y, int x) { return view.volume(n, c).at(z, y, x); }
  const T& at(int n, int c, int z, int y, int x) const { return view.volume(n, c).at(z, y, x); }

  VolumeBatchView<const T> const_view() const {
    return {view.data,         view.batch,      view.channels,     view.depth,
            view.height,       view.width,      view.batch_stride, view.channel_stride,
            view.slice_stride, view.row_stride, view.column_stride};
  }
  oracle::Volume volume(int n, int c) const {
    oracle::Volume v(shape.depth, shape.height, shape.width);
    std::size_t i = 0;
    for (int z = 0; z < shape.depth; ++z)
      for (int y = 0; y < shape.height; ++y)
        for (int x = 0; x < shape.width; ++x, ++i)
          v.value[i] = static_cast<double>(to_float(at(n, c, z, y, x)));
    return v;
  }
};

using VoxelFormula = std::function<double(int n, int c, int z, int y, int x)>;  // 0..1

template <class T>
TestVolume<T> make_volume(VolumeShape shape, const VoxelFormula& formula, VolumeMemory layout = {}) {
  TestVolume<T> volume(shape, layout);
  for (int n = 0; n < shape.batch; ++n)
    for (int c = 0; c < shape.channels; ++c)
      for (int z = 0; z < shape.depth; ++z)
        for (int y = 0; y < shape.height; ++y)
          for (int x = 0; x < shape.width; ++x)
            volume.at(n, c, z, y, x) = voxel_of<T>(formula(n, c, z, y, x));
  return volume;
}

inline double random_voxel(int n, int c, int z, int y, int x) {
  return static_cast<double>(noise(static_cast<std::uint32_t>(x + 512 * z), static_cast<std::uint32_t>(y),
                                   static_cast<std::uint32_t>(c + 16 * n)));
}
inline double other_random_voxel(int n, int c, int z, int y, int x) {
  return random_voxel(n + 100, c, z, y, x);
}

// Organs of a sort: smooth shading, and balls with sharp surfaces; the volume under test adds noise.
inline double smooth_voxel(int n, int c, int z, int y, int x) {
  return 0.5 + 0.2 * std::sin(0.09 * x + c) * std::cos(0.07 * y + n) + 0.2 * std::sin(0.05 * z + 0.03 * y);
}
inline double organ_voxel(int n, int c, int z, int y, int x) {
  const int a = x % 23 - 11, b = y % 19 - 9, d = z % 21 - 10;
  const int distance = a * a + b * b + d * d;
  return distance < 30 ? 0.02 : distance < 60 ? 0.97 : 0.9 * smooth_voxel(n, c, z, y, x);
}
inline double noisy_organ_voxel(int n, int c, int z, int y, int x) {
  return 0.9 * organ_voxel(n, c, z, y, x) + 0.1 * random_voxel(n, c, z, y, x);
}
// Nearly converged: a smooth difference of 1e-3.
inline double near_voxel(int n, int c, int z, int y, int x) {
  return smooth_voxel(n, c, z, y, x) + 1e-3 * std::sin(0.3 * x + 0.2 * y + 0.25 * z);
}
// Grain of small amplitude beside a step from black to white along each axis.
inline double grain_voxel(int n, int c, int z, int y, int x) {
  return (x > 20 || y > 25 || z > 17 ? 0.95 : 0.01) + 0.04 * random_voxel(n, c, z, y, x);
}
inline double other_grain_voxel(int n, int c, int z, int y, int x) { return grain_voxel(n, c + 5, z, y, x); }

}  // namespace fg::test
