#pragma once
// A DRR with all that it is made of, to be run on CPU or CUDA and held against the oracle.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kernels/drr/drr.h"
#include "tests/oracle/drr_rays_oracle.h"

namespace fg::test {

using oracle::Matrix4;

inline Matrix4 identity() { return {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}}; }
inline Matrix4 product(const Matrix4& a, const Matrix4& b) {
  Matrix4 m{};
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 4; ++c)
      for (std::size_t k = 0; k < 4; ++k) m[r][c] += a[r][k] * b[k][c];
  return m;
}
// Degrees about z, then x, then y of the turned frame; then moved.
inline Matrix4 turned(double z, double x, double y, double tx = 0, double ty = 0, double tz = 0) {
  const double rad = 3.14159265358979323846 / 180;
  const double cz = std::cos(z * rad), sz = std::sin(z * rad), cx = std::cos(x * rad), sx = std::sin(x * rad),
               cy = std::cos(y * rad), sy = std::sin(y * rad);
  const Matrix4 about_z{{{cz, -sz, 0, tx}, {sz, cz, 0, ty}, {0, 0, 1, tz}, {0, 0, 0, 1}}};
  const Matrix4 about_x{{{1, 0, 0, 0}, {0, cx, -sx, 0}, {0, sx, cx, 0}, {0, 0, 0, 1}}};
  const Matrix4 about_y{{{cy, 0, sy, 0}, {0, 1, 0, 0}, {-sy, 0, cy, 0}, {0, 0, 0, 1}}};
  return product(product(about_z, about_x), about_y);
}
// The source distance_mm from the origin, looking at it: anterior to posterior, or the mirrored view from behind.
inline Matrix4 view(bool posterior, double distance_mm, const Matrix4& turn = identity()) {
  const double y = posterior ? 1 : -1;
  return product(turn, {{{-1, 0, 0, 0}, {0, 0, y, -y * distance_mm}, {0, -1, 0, 0}, {0, 0, 0, 1}}});
}
inline Matrix4 spaced(double x, double y, double z, int nx, int ny, int nz) {  // the grid's middle at 0, 0, 0
  return {{{x, 0, 0, -0.5 * x * (nx - 1)},
           {0, y, 0, -0.5 * y * (ny - 1)},
           {0, 0, z, -0.5 * z * (nz - 1)},
           {0, 0, 0, 1}}};
}

inline FgDrrValues hounsfield(double mu_water = 0.0192, double mu_bone = 0.0573, double hu_bone = 1000,
                              float scale = 1, float offset = 0) {
  return {1,
          scale,
          offset,
          static_cast<float>(mu_water),
          static_cast<float>(mu_water / 1000),
          static_cast<float>((mu_bone - mu_water) / hu_bone)};
}
inline double oracle_mu(const FgDrrValues& v, double number) {
  if (v.hu == 0) return number * static_cast<double>(v.scale);
  const double h = number * static_cast<double>(v.scale) + static_cast<double>(v.offset);
  const double mu = static_cast<double>(v.mu_water) +
                    h * (h > 0 ? static_cast<double>(v.high_slope) : static_cast<double>(v.low_slope));
  return mu < 0 ? 0 : mu;
}

template <class T>
T voxel_number(double value) {
  if constexpr (std::is_same_v<T, Half>)
    return to_half(static_cast<float>(value));
  else if constexpr (std::is_same_v<T, float>)
    return static_cast<float>(value);
  else
    return static_cast<T>(std::lround(value));
}

template <class T>
struct DrrCase {
  int nx = 23, ny = 17, nz = 19;
  std::vector<T> volume;  // x fastest
  std::vector<std::uint8_t> labels;
  std::vector<std::int32_t> channel_of;
  int channels = 1;
  FgDrrValues values = hounsfield();
  Matrix4 voxel_to_world = spaced(4, 5, 6, 23, 17, 19);
  std::vector<Matrix4> poses{view(false, 200)};
  DrrRays rays{.height = 21, .width = 27, .intrinsics = {300, 3.5, 4.5, 5, -3}};
  std::vector<double> intrinsics;        // [B, 5]
  std::vector<std::int32_t> pixels;      // [n]
  std::vector<double> sources, targets;  // [n or 1, 3], [n, 3]
  FgDrrSampling sampling{FG_DRR_SEGMENT, 301, 0};
  DrrMethod method = DrrMethod::trilinear;
  DrrReduction reduction = DrrReduction::sum;
  int image_height = 21, image_width = 27;

  // Voxels of every kind (air, water, bone, below air) from a fixed sequence.
  explicit DrrCase(int x = 23, int y = 17, int z = 19)
      : nx(x), ny(y), nz(z), voxel_to_world(spaced(4, 5, 6, x, y, z)) {
    std::uint32_t state = 12345;
    for (int n = 0; n < nx * ny * nz; ++n) {
      state = state * 1664525u + 1013904223u;
      volume.push_back(voxel_number<T>(-1100 + (state >> 16) / 65536.0 * 2600));
    }
  }
  void set_volume(const std::function<double(int x, int y, int z)>& formula) {
    for (int z = 0; z < nz; ++z)
      for (int y = 0; y < ny; ++y)
        for (int x = 0; x < nx; ++x)
          volume[static_cast<std::size_t>((z * ny + y) * nx + x)] = voxel_number<T>(formula(x, y, z));
  }
  void set_image(int height, int width) {
    rays.height = image_height = height;
    rays.width = image_width = width;
  }
  std::size_t pixels_of_image() const { return static_cast<std::size_t>(image_height * image_width); }
  std::size_t numbers_of_images() const {
    return poses.size() * static_cast<std::size_t>(channels) * pixels_of_image();
  }

  // The op with its memory where place(vector) says; images are still missing.
  template <class Place>
  Drr<T> bind(const Place& place) const {
    Drr<T> op;
    op.volume = {place(volume), nz, ny, nx, std::int64_t{nx} * ny, nx, 1};
    op.values = values;
    if (!labels.empty()) op.labels.bytes = {place(labels), nz, ny, nx, std::int64_t{nx} * ny, nx, 1};
    if (!channel_of.empty()) {
      op.labels.channel_of = place(channel_of);
      op.labels.labels = static_cast<std::int32_t>(channel_of.size());
    }
    double affine[12];
    for (std::size_t i = 0; i < 12; ++i) affine[i] = voxel_to_world[i / 4][i % 4];
    EXPECT_TRUE(invert_affine(affine, op.world_to_voxel));
    const auto batch = static_cast<std::int64_t>(poses.size());
    op.poses = numbers(place(pose_numbers()), batch, 3, 4);
    op.rays = rays;
    if (!intrinsics.empty()) op.rays.intrinsics_of = numbers(place(intrinsics), batch, 5, 1);
    if (!pixels.empty()) op.rays.pixels = place(pixels);
    if (!targets.empty()) {
      op.rays.targets = numbers(place(targets), 1, static_cast<std::int64_t>(targets.size()) / 3, 3);
      op.rays.sources = numbers(place(sources), 1, static_cast<std::int64_t>(sources.size()) / 3, 3);
      op.rays.targets.stride[0] = op.rays.sources.stride[0] = 0;
      if (sources.size() == 3) op.rays.sources.stride[1] = 0;
    }
    op.sampling = sampling;
    op.method = method;
    op.reduction = reduction;
    op.images = image_view<float>(nullptr);
    return op;
  }
  template <class E>
  ImageView<E> image_view(E* data) const {
    const std::int64_t plane = std::int64_t{image_height} * image_width;
    return {data,
            static_cast<std::int64_t>(poses.size()),
            channels,
            image_height,
            image_width,
            channels * plane,
            plane,
            image_width,
            1};
  }
  std::vector<double> pose_numbers() const {
    std::vector<double> all;
    for (const Matrix4& pose : poses)
      for (std::size_t i = 0; i < 12; ++i) all.push_back(pose[i / 4][i % 4]);
    return all;
  }
  static NumbersView numbers(const double* data, std::int64_t a, std::int64_t b, std::int64_t c) {
    return {data, true, {a, b, c}, {b * c, c, 1}};
  }
};

inline constexpr auto on_host = [](const auto& vector) { return vector.data(); };

template <class T>
std::vector<float> run_cpu(const DrrCase<T>& c) {
  std::vector<float> images(c.numbers_of_images(), NAN);
  const std::vector<double> poses = c.pose_numbers();
  Drr<T> op = c.bind(on_host);
  op.poses.data = poses.data();
  op.images.data = images.data();
  cpu::drr(op);
  return images;
}

// ---- the same in double, by the oracle ----

struct OracleDrr {
  oracle::RayVolume volume;
  std::vector<Matrix4> poses;
  std::vector<std::array<double, 5>> intrinsics;  // of each pose
  std::vector<oracle::Vector3> sources, targets;  // of points; empty: of pixels
  oracle::RayOptions options;
  bool siddon = false, parallel = false;
  int detector_height = 0, detector_width = 0, row = 0, column = 0, height = 0, width = 0, channels = 1;
  std::vector<std::int32_t> pixels;
  std::vector<int> label_of_channel;  // which label a channel shows; empty: no labels

  std::vector<double> images() const {
    std::vector<double> all;
    for (std::size_t b = 0; b < poses.size(); ++b) {
      const oracle::RayCaster caster(volume, poses[b]);
      for (int c = 0; c < channels; ++c)
        for (int r = 0; r < height; ++r)
          for (int k = 0; k < width; ++k) {
            oracle::Vector3 s, t;
            ray(b, r, k, s, t);
            oracle::RayOptions o = options;
            if (!label_of_channel.empty()) o.only_label = label_of_channel[static_cast<std::size_t>(c)];
            all.push_back(siddon ? caster.siddon(s, t, o) : caster.trilinear(s, t, o));
          }
    }
    return all;
  }

 private:
  void ray(std::size_t pose, int r, int k, oracle::Vector3& s, oracle::Vector3& t) const {
    if (!targets.empty()) {
      const auto n = static_cast<std::size_t>(r * width + k);
      t = targets[n];
      s = sources.size() == 1 ? sources[0] : sources[n];
      return;
    }
    int u = column + k, v = row + r;
    if (!pixels.empty()) {
      u = pixels[static_cast<std::size_t>(k)] % detector_width;
      v = pixels[static_cast<std::size_t>(k)] / detector_width;
    }
    const auto& [sdd, delx, dely, x0, y0] = intrinsics[pose];
    const double fx = sdd / delx, fy = sdd / dely, cx = x0 / delx + detector_width / 2.0,
                 cy = y0 / dely + detector_height / 2.0;
    t = {sdd * (u + 0.5 - cx) / fx, sdd * (v + 0.5 - cy) / fy, sdd};
    s = parallel ? oracle::Vector3{t[0], t[1], 0} : oracle::Vector3{0, 0, 0};
  }
};

template <class T>
OracleDrr oracle_of(const DrrCase<T>& c) {
  OracleDrr o;
  o.volume = {c.nx, c.ny, c.nz, {}, {c.labels.begin(), c.labels.end()}, c.voxel_to_world};
  for (const T number : c.volume)
    o.volume.mu.push_back(oracle_mu(c.values, static_cast<double>(to_float(number))));
  o.poses = c.poses;
  for (std::size_t b = 0; b < c.poses.size(); ++b) {
    const DrrIntrinsics& k = c.rays.intrinsics;
    if (c.intrinsics.empty())
      o.intrinsics.push_back({k.sdd, k.delx, k.dely, k.x0, k.y0});
    else
      o.intrinsics.push_back({c.intrinsics[b * 5], c.intrinsics[b * 5 + 1], c.intrinsics[b * 5 + 2],
                              c.intrinsics[b * 5 + 3], c.intrinsics[b * 5 + 4]});
  }
  for (std::size_t i = 0; i < c.targets.size(); i += 3)
    o.targets.push_back({c.targets[i], c.targets[i + 1], c.targets[i + 2]});
  for (std::size_t i = 0; i < c.sources.size(); i += 3)
    o.sources.push_back({c.sources[i], c.sources[i + 1], c.sources[i + 2]});
  using Places = oracle::RayOptions::Places;
  o.options.places = c.sampling.kind == FG_DRR_SEGMENT  ? Places::segment
                     : c.sampling.kind == FG_DRR_INSIDE ? Places::inside
                                                        : Places::step;
  o.options.count = c.sampling.count;
  o.options.step_mm = static_cast<double>(c.sampling.step_mm);
  o.options.maximum = c.reduction == DrrReduction::maximum;
  o.siddon = c.method == DrrMethod::siddon;
  o.parallel = c.rays.beam == DrrBeam::parallel;
  o.detector_height = c.rays.height;
  o.detector_width = c.rays.width;
  o.row = c.rays.row;
  o.column = c.rays.column;
  o.height = c.image_height;
  o.width = c.image_width;
  o.channels = c.channels;
  o.pixels = c.pixels;
  if (!c.labels.empty())
    for (int channel = 0; channel < c.channels; ++channel) {
      int label = channel;
      for (std::size_t l = 0; l < c.channel_of.size(); ++l)
        if (c.channel_of[l] == channel) label = static_cast<int>(l);
      o.label_of_channel.push_back(label);
    }
  return o;
}

// Largest difference over largest expected value; infinite where one is not finite.
template <class Got>
double relative_error(const std::vector<Got>& got, const std::vector<double>& expected) {
  if (got.size() != expected.size()) return INFINITY;
  double worst = 0, most = 0;
  for (std::size_t n = 0; n < got.size(); ++n) {
    if (!std::isfinite(got[n])) return INFINITY;
    worst = std::max(worst, std::abs(static_cast<double>(got[n]) - expected[n]));
    most = std::max(most, std::abs(expected[n]));
  }
  return most > 0 ? worst / most : worst;
}

}  // namespace fg::test
