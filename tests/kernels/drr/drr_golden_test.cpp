// The geometries that nanodrr 0.1.6 rendered of a real CT, its channels of labels, and the gradients by pose of its
// image metrics (shared data; skipped where that folder is absent).

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/kernels/drr/drr_gradient_case.h"
#include "viewer/io/volume.h"

namespace fg::test {
namespace {

const std::filesystem::path kData = FRAMEGAUGE_SHARED_DATA;

struct Golden {
  nlohmann::json json;
  Volume ct, labels;
};

std::optional<Golden> load_golden() {
  std::ifstream stream(kData / "drr_golden/totalseg.json");
  if (!stream) return {};
  return Golden{nlohmann::json::parse(stream), load_volume(kData / "ct/totalseg_example_ct.nii.gz"),
                load_volume(kData / "ct/totalseg_example_seg_fast_force_split.nii.gz")};
}

DrrCase<float> case_of(const Golden& golden, const std::string& name) {
  const nlohmann::json& j = golden.json.at("cases").at(name);
  DrrCase<float> c(1, 1, 1);
  c.nx = golden.ct.extent[0];
  c.ny = golden.ct.extent[1];
  c.nz = golden.ct.extent[2];
  c.volume = golden.ct.values;
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t k = 0; k < 4; ++k) {
      c.voxel_to_world[r][k] = golden.ct.voxel_to_world[static_cast<int>(k)][static_cast<int>(r)];
      c.poses[0][r][k] = j.at("camera_to_world")[r][k];
    }
  c.set_image(j.at("height"), j.at("width"));
  c.rays.intrinsics = {1020, j.at("delx_mm"), j.at("dely_mm"), j.at("x0_mm"), j.at("y0_mm")};
  c.rays.beam = j.at("orthographic").get<bool>() ? DrrBeam::parallel : DrrBeam::cone;
  c.sampling = {FG_DRR_SEGMENT, 500, 0};
  return c;
}

// The float32 values behind the header of a .npy file.
std::vector<double> read_npy_tail(const std::string& name, std::size_t count) {
  std::ifstream stream(kData / "drr_golden" / name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (bytes.size() < count * 4) return {};
  std::vector<float> values(count);
  std::memcpy(values.data(), bytes.data() + bytes.size() - count * 4, count * 4);
  return {values.begin(), values.end()};
}

TEST(drr_golden, images_of_six_geometries_agree) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  for (const auto& [name, j] : golden->json.at("cases").items()) {
    const DrrCase<float> c = case_of(*golden, name);
    const double error = relative_error(run_cpu(c), read_npy_tail(j.at("npy"), c.pixels_of_image()));
    // Both sum in float; theirs counts from the source. Worst measured 1.3e-5 (ortho).
    EXPECT_LT(error, 2e-5) << name;
    RecordProperty(name, std::to_string(error));
  }
}

TEST(drr_golden, channels_of_labels_agree) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  ASSERT_EQ(golden->labels.extent, golden->ct.extent);
  DrrCase<float> c = case_of(*golden, "ap");
  for (const float label : golden->labels.values) c.labels.push_back(static_cast<std::uint8_t>(label));
  c.channels = 118;
  const std::vector<float> images = run_cpu(c);
  for (const int label : {75, 77}) {
    const std::vector<double> expected =
        read_npy_tail("totalseg_ap_label" + std::to_string(label) + ".npy", c.pixels_of_image());
    const auto first = images.begin() + static_cast<std::ptrdiff_t>(label) * 40000;
    const double error = relative_error(std::vector<float>(first, first + 40000), expected);
    EXPECT_LT(error, 2e-4) << "label " << label;
    RecordProperty("label" + std::to_string(label), std::to_string(error));
  }
  for (const auto& [label, sum] : golden->json.at("label_channel_sums").items()) {
    double total = 0;
    for (std::size_t n = 0; n < 40000; ++n)
      total += static_cast<double>(images[static_cast<std::size_t>(std::stoi(label)) * 40000 + n]);
    EXPECT_NEAR(total, sum.get<double>(), 2e-4 * sum.get<double>() + 0.05) << "label " << label;
  }
}

// ---- image metrics in double, as nanodrr defines them (z-scores with population variance + eps, mean of products) ----

// Adds to dx what sum_i weight zx_i zy_i contributes, over a patch of the image; returns sum_i zx_i zy_i.
double add_ncc(const std::vector<double>& x, const std::vector<double>& y, int width, int r0, int c0,
               int rows, int columns, double eps, double weight, std::vector<double>& dx) {
  const double n = rows * columns;
  double mx = 0, my = 0, vx = 0, vy = 0, xy = 0;
  const auto each = [&](const auto& body) {
    for (int r = r0; r < r0 + rows; ++r)
      for (int c = c0; c < c0 + columns; ++c) body(static_cast<std::size_t>(r * width + c));
  };
  each([&](std::size_t i) { mx += x[i] / n, my += y[i] / n; });
  each([&](std::size_t i) {
    vx += (x[i] - mx) * (x[i] - mx) / n, vy += (y[i] - my) * (y[i] - my) / n, xy += (x[i] - mx) * (y[i] - my);
  });
  const double sx = std::sqrt(vx + eps), sy = std::sqrt(vy + eps);
  // d/dx_i of xy / (sx sy): (y_i - my) / (sx sy) - xy (x_i - mx) / (n sx^3 sy).
  each([&](std::size_t i) {
    dx[i] += weight * ((y[i] - my) / (sx * sy) - xy * (x[i] - mx) / (n * sx * sx * sx * sy));
  });
  return xy / (sx * sy);
}

struct Metric {
  double value = 0;
  std::vector<double> gradient;  // by x
};

Metric ncc(const std::vector<double>& x, const std::vector<double>& y, int height, int width) {
  Metric m{0, std::vector<double>(x.size())};
  const double pixels = static_cast<double>(x.size());
  m.value = add_ncc(x, y, width, 0, 0, height, width, 1e-7, 1 / pixels, m.gradient) / pixels;
  return m;
}

Metric patch_ncc(const std::vector<double>& x, const std::vector<double>& y, int height, int width,
                 int patch) {
  Metric m{0, std::vector<double>(x.size())};
  const double count = static_cast<double>((height - patch + 1) * (width - patch + 1)),
               pixels = patch * patch;
  for (int r = 0; r + patch <= height; ++r)
    for (int c = 0; c + patch <= width; ++c)
      m.value +=
          add_ncc(x, y, width, r, c, patch, patch, 1e-7, 1 / (count * pixels), m.gradient) / (count * pixels);
  return m;
}

// A filter on an image with its border reflected (about the outer pixels) or zero, and the filter's transpose.
struct Filter {
  int radius;
  std::vector<double> weights;  // [2 radius + 1, 2 radius + 1]
  bool reflected;

  // body(to, from, weight) for each pair of pixels.
  template <class Body>
  void each(int height, int width, const Body& body) const {
    const auto reflect = [](int i, int n) { return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i; };
    for (int r = 0; r < height; ++r)
      for (int c = 0; c < width; ++c)
        for (int y = -radius; y <= radius; ++y)
          for (int x = -radius; x <= radius; ++x) {
            const bool outside = r + y < 0 || r + y >= height || c + x < 0 || c + x >= width;
            if (outside && !reflected) continue;
            body(static_cast<std::size_t>(r * width + c),
                 static_cast<std::size_t>(reflect(r + y, height) * width + reflect(c + x, width)),
                 weights[static_cast<std::size_t>((y + radius) * (2 * radius + 1) + x + radius)]);
          }
  }
  std::vector<double> apply(const std::vector<double>& image, int height, int width) const {
    std::vector<double> out(image.size());
    each(height, width, [&](std::size_t to, std::size_t from, double w) { out[to] += w * image[from]; });
    return out;
  }
  std::vector<double> transposed(const std::vector<double>& image, int height, int width) const {
    std::vector<double> out(image.size());
    each(height, width, [&](std::size_t to, std::size_t from, double w) { out[from] += w * image[to]; });
    return out;
  }
};

// NCC of the two Sobel images of each (zeros outside), blurred with sigma 1 before (reflected).
Metric gradient_ncc(const std::vector<double>& x, const std::vector<double>& y, int height, int width) {
  Filter blur{3, {}, true};
  double total = 0;
  for (int i = 0; i < 49; ++i) {
    const int a = i / 7 - 3, b = i % 7 - 3;
    blur.weights.push_back(std::exp(-0.5 * (a * a + b * b)));
    total += blur.weights.back();
  }
  for (double& w : blur.weights) w /= total;
  const Filter sobels[] = {{1, {-1, 0, 1, -2, 0, 2, -1, 0, 1}, false},
                           {1, {-1, -2, -1, 0, 0, 0, 1, 2, 1}, false}};
  const std::vector<double> soft_x = blur.apply(x, height, width), soft_y = blur.apply(y, height, width);
  Metric m{0, std::vector<double>(x.size())};
  for (const Filter& sobel : sobels) {
    const Metric part =
        ncc(sobel.apply(soft_x, height, width), sobel.apply(soft_y, height, width), height, width);
    m.value += part.value / 2;
    const std::vector<double> by_x =
        blur.transposed(sobel.transposed(part.gradient, height, width), height, width);
    for (std::size_t i = 0; i < x.size(); ++i) m.gradient[i] += by_x[i] / 2;
  }
  return m;
}

// The gradient by camera_to_world of a loss with this derivative by the image, against the golden one.
void expect_pose_gradient(const DrrCase<float>& c, const std::vector<double>& by_image,
                          const nlohmann::json& expected, const char* what) {
  const std::vector<float> g(by_image.begin(), by_image.end());
  const std::vector<double> poses = c.pose_numbers();
  std::vector<double> got(12, NAN);
  DrrGradient<float> op;
  op.forward = c.bind(on_host);
  op.forward.poses.data = poses.data();
  op.image_gradient = c.image_view(g.data());
  op.poses = {got.data(), {12, 4, 1}};
  std::vector<double> scratch(cpu::drr_gradient_scratch_bytes(op) / sizeof(double));
  cpu::drr_gradient(op, {scratch.data(), scratch.size() * sizeof(double)});
  for (const bool translation : {false, true}) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < 12; ++i) {
      if ((i % 4 == 3) != translation) continue;
      const double value = expected[i / 4][i % 4];
      error += std::pow(got[i] - value, 2);
      size += value * value;
    }
    const double relative = std::sqrt(error / size);
    EXPECT_LT(relative, 1e-3) << what << (translation ? " translation" : " rotation");
    testing::Test::RecordProperty(std::string(what) + (translation ? "_translation" : "_rotation"),
                                  std::to_string(relative));
  }
}

TEST(drr_golden, gradients_by_pose_of_ncc_patch_ncc_and_gradient_ncc_agree) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  const DrrCase<float> c = case_of(*golden, "ap_rot");
  const std::vector<float> moving = run_cpu(c), fixed = run_cpu(case_of(*golden, "ap"));
  const std::vector<double> x(moving.begin(), moving.end()), y(fixed.begin(), fixed.end());
  const nlohmann::json& metrics = golden->json.at("metrics_ap_rot_vs_ap");
  const Metric whole = ncc(x, y, 200, 200), patches = patch_ncc(x, y, 200, 200, 13),
               edges = gradient_ncc(x, y, 200, 200);
  EXPECT_NEAR(whole.value, metrics.at("ncc").at("value").get<double>(), 1e-4);
  EXPECT_NEAR(patches.value, metrics.at("patch_ncc_13").at("value").get<double>(), 1e-4);
  expect_pose_gradient(c, whole.gradient, metrics.at("ncc").at("grad_camera_to_world_3x4"), "ncc");
  EXPECT_NEAR(edges.value, metrics.at("gradient_ncc").at("value").get<double>(), 1e-4);
  expect_pose_gradient(c, edges.gradient, metrics.at("gradient_ncc").at("grad_camera_to_world_3x4"),
                       "gradient_ncc");
  expect_pose_gradient(c, patches.gradient, metrics.at("patch_ncc_13").at("grad_camera_to_world_3x4"),
                       "patch_ncc_13");
}

}  // namespace
}  // namespace fg::test
