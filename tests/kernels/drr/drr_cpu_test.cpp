// DRRs on CPU against the oracle.

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <limits>

#include "tests/kernels/drr/drr_case.h"

namespace fg::test {
namespace {

// Float coordinates round to some 2e-6 voxel in these small volumes, where neighbouring voxels differ by up to the largest
// attenuation; some hundred samples average out. Worst measured 1.6e-6.
constexpr double kFloatRounding = 5e-6;
// Between noisy voxels each crossing of a plane is a jump, off by the same rounding. Worst measured 1.0e-5.
constexpr double kSiddonRounding = 2e-5;

template <class T>
void expect_oracle(const DrrCase<T>& c, double tolerance = kFloatRounding) {
  const std::vector<double> expected = oracle_of(c).images();
  EXPECT_GT(*std::max_element(expected.begin(), expected.end()), 0.005)
      << "the oracle sees nothing: a poor test";
  EXPECT_LT(relative_error(run_cpu(c), expected), tolerance);
}

const FgDrrSampling kSamplings[] = {{FG_DRR_SEGMENT, 301, 0}, {FG_DRR_INSIDE, 80, 0}, {FG_DRR_STEP, 0, 0.9f}};

// Siddon, and trilinear with samples of every kind.
template <class T>
void expect_every_method(DrrCase<T> c, double tolerance = kFloatRounding) {
  for (const FgDrrSampling& sampling : kSamplings) {
    SCOPED_TRACE("sampling " + std::to_string(sampling.kind));
    c.sampling = sampling;
    c.method = DrrMethod::trilinear;
    expect_oracle(c, tolerance);
  }
  SCOPED_TRACE("siddon");
  c.method = DrrMethod::siddon;
  expect_oracle(c, std::max(tolerance, kSiddonRounding));
}

TEST(drr_cpu, every_view_and_beam_agrees_with_the_oracle) {
  for (const bool posterior : {false, true})
    for (const Matrix4& turn : {turned(0, 0, 0), turned(12, -34, 56)})
      for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
        DrrCase<float> c;
        c.poses = {view(posterior, 200, turn)};
        c.rays.beam = beam;
        // The beam along a voxel plane: which of the two voxels a ray is in is a matter of rounding there.
        if (beam == DrrBeam::parallel) c.poses[0][0][3] += 0.37, c.poses[0][2][3] += 0.41;
        expect_every_method(c);
      }
}

TEST(drr_cpu, negative_oblique_sheared_and_anisotropic_affines_agree_with_the_oracle) {
  const Matrix4 oblique = turned(31, -22, 47, 4, -7, 9);
  for (const double sx : {-4.0, 4.0})
    for (const double sz : {-6.0, 0.9}) {
      DrrCase<float> c;
      c.poses = {view(false, 200, turned(5, 3, -4))};
      c.voxel_to_world = spaced(sx, -5, sz, c.nx, c.ny, c.nz);
      expect_every_method(c);
      c.voxel_to_world = product(oblique, c.voxel_to_world);
      expect_every_method(c);
    }
  DrrCase<float> sheared;
  sheared.voxel_to_world[0][2] = 2.5;  // a tilted gantry
  sheared.poses = {view(false, 200, turned(5, 3, -4))};
  expect_every_method(sheared);
}

TEST(drr_cpu, a_source_inside_the_volume_and_a_detector_inside_it_agree_with_the_oracle) {
  for (const double distance : {0.0, 30.0, 300.0, 310.0}) {
    DrrCase<float> c;
    c.poses = {view(false, distance, turned(8, 2, 0, 1, 0, 2))};
    expect_every_method(c);
  }
}

TEST(drr_cpu, axes_of_one_voxel_agree_with_the_oracle) {
  constexpr int kExtents[][3] = {{1, 17, 19}, {23, 1, 19}, {23, 17, 1}, {1, 1, 19}, {1, 1, 1}};
  for (const auto& [x, y, z] : kExtents) {
    DrrCase<float> c(x, y, z);
    c.voxel_to_world = spaced(14, 15, 16, x, y, z);
    c.volume[0] = 500;
    c.poses = {view(false, 200, turned(3, 4, 5))};
    expect_every_method(c);
  }
}

TEST(drr_cpu, other_attenuation_sample_counts_and_steps_agree_with_the_oracle) {
  DrrCase<float> c;
  c.values = hounsfield(0.03, 0.01, 700);
  for (const int count : {2, 37, 2000}) {
    c.sampling = {FG_DRR_INSIDE, count, 0};
    expect_oracle(c);
    c.sampling = {FG_DRR_SEGMENT, std::max(count, 4), 0};
    expect_oracle(c);
  }
  for (const float step : {0.1f, 2.0f, 13.0f}) {
    c.sampling = {FG_DRR_STEP, 0, step};
    expect_oracle(c);
  }
}

template <class T>
void expect_numbers_of(const FgDrrValues& values, double tolerance) {
  DrrCase<T> c;
  c.values = values;
  c.poses = {view(false, 200, turned(5, 3, -4))};
  if (std::is_same_v<T, std::uint16_t>)
    c.set_volume([](int x, int y, int z) { return (x * 131 + y * 557 + z * 911) % 2600; });
  if (values.hu == 0)
    c.set_volume([](int x, int y, int z) { return (x * 131 + y * 557 + z * 911) % 260 * 0.25; });
  expect_every_method(c, tolerance);
}

TEST(drr_cpu, half_and_integer_voxels_with_a_scale_agree_with_the_oracle) {
  expect_numbers_of<Half>(hounsfield(), kFloatRounding);
  expect_numbers_of<std::int16_t>(hounsfield(), kFloatRounding);
  expect_numbers_of<std::uint16_t>(hounsfield(0.0192, 0.0573, 1000, 0.5f, -1024), kFloatRounding);
  const FgDrrValues attenuation{0, 0.001f, 0, 0, 0, 0};
  expect_numbers_of<float>(attenuation, kFloatRounding);
  expect_numbers_of<Half>(attenuation, kFloatRounding);
  expect_numbers_of<std::int16_t>(attenuation, kFloatRounding);
}

TEST(drr_cpu, batches_with_intrinsics_of_their_own_patches_and_pixel_lists_agree_with_the_oracle) {
  DrrCase<float> c;
  c.poses = {view(false, 200), view(true, 180, turned(10, 20, 30)), view(false, 220, turned(90, 0, 0))};
  c.intrinsics = {300, 3.5, 4.5, 5, -3, 320, 3, 4, 0, 0, 280, 4, 5, -7, 11};
  expect_every_method(c);
  DrrCase<float> patch = c;
  patch.rays.row = 5;
  patch.rays.column = 11;
  patch.image_height = 9;
  patch.image_width = 13;
  expect_every_method(patch);
  DrrCase<float> list = c;
  list.pixels = {0, 566, 300, 300, 17, 283, 40};
  list.image_height = 1;
  list.image_width = 7;
  expect_every_method(list);
  list.pixels[2] = 567;  // not on the detector
  list.pixels[3] = -1;
  const std::vector<float> images = run_cpu(list);
  for (std::size_t i = 0; i < images.size(); ++i) EXPECT_EQ(std::isnan(images[i]), i % 7 == 2 || i % 7 == 3);
}

TEST(drr_cpu, rays_between_points_agree_with_the_oracle) {
  DrrCase<float> c;
  c.poses = {view(false, 200), view(true, 180, turned(10, 20, 30))};
  for (int n = 0; n < 12; ++n) {
    c.sources.insert(c.sources.end(), {n * 1.5 - 9, n * -0.7, 0.3 * n});
    c.targets.insert(c.targets.end(), {n * -3.1 + 20, n * 2.9 - 15, 280 + 2.0 * n});
  }
  c.image_height = 3;
  c.image_width = 4;
  expect_every_method(c);
  c.sources = {1, 2, 3};
  expect_every_method(c);
}

template <class T>
DrrCase<T> labelled() {
  DrrCase<T> c;
  for (int n = 0; n < c.nx * c.ny * c.nz; ++n) c.labels.push_back(static_cast<std::uint8_t>(n * 7 / 29 % 5));
  c.channels = 5;
  // Off the planes half way between voxels: which label a sample there has is a matter of rounding.
  c.poses = {view(false, 200.123, turned(5.1, 3.2, -4.3))};
  return c;
}

TEST(drr_cpu, channels_of_labels_agree_with_the_oracle_and_add_up_to_the_whole) {
  DrrCase<float> c = labelled<float>();
  for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon})
    for (const DrrReduction reduction : {DrrReduction::sum, DrrReduction::maximum}) {
      c.method = method;
      c.reduction = reduction;
      // A sample within rounding of two labels counts for the other one: up to one sample of some ten a channel.
      expect_oracle(c, method == DrrMethod::siddon ? 1e-5 : 2e-3);
    }
  c.reduction = DrrReduction::sum;
  for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon}) {
    c.method = method;
    const std::vector<float> channels = run_cpu(c);
    DrrCase<float> plain = c;
    plain.labels.clear();
    plain.channels = 1;
    const std::vector<float> whole = run_cpu(plain);
    std::vector<double> sum(whole.size());
    for (std::size_t i = 0; i < channels.size(); ++i)
      sum[i % whole.size()] += static_cast<double>(channels[i]);
    EXPECT_LT(relative_error(whole, sum), 1e-6);
  }
}

TEST(drr_cpu, a_table_chooses_the_channel_of_each_label) {
  DrrCase<float> c = labelled<float>();
  const std::vector<float> all = run_cpu(c);
  c.channel_of = {-1, 1, -1, 0, 7};  // 7: no such channel; 4 has none
  c.channels = 2;
  const std::vector<float> two = run_cpu(c);
  const std::size_t plane = c.pixels_of_image();
  for (std::size_t i = 0; i < plane; ++i) {
    ASSERT_EQ(two[i], all[3 * plane + i]);
    ASSERT_EQ(two[plane + i], all[plane + i]);
  }
}

// How many pixels are off by more than 5e-5 of the largest value.
int pixels_off(const DrrCase<float>& c) {
  const std::vector<float> got = run_cpu(c);
  const std::vector<double> expected = oracle_of(c).images();
  const double most = *std::max_element(expected.begin(), expected.end());
  int off = 0;
  for (std::size_t i = 0; i < got.size(); ++i)
    off += !(std::abs(static_cast<double>(got[i]) - expected[i]) <= 5e-5 * most);
  return off;
}

TEST(drr_cpu, maximum_intensity_projections_agree_with_the_oracle) {
  DrrCase<float> c;
  c.reduction = DrrReduction::maximum;
  for (const Matrix4& pose : {view(false, 200), view(true, 180, turned(10, 20, 30))}) {
    c.poses = {pose};
    c.method = DrrMethod::trilinear;
    for (const FgDrrSampling& sampling : kSamplings) {
      c.sampling = sampling;
      EXPECT_EQ(pixels_off(c), 0);
    }
    // A ray that grazes the corner of a bright voxel may see it or not: 1 in 100.
    c.method = DrrMethod::siddon;
    EXPECT_LE(pixels_off(c), 5);
  }
}

TEST(drr_cpu, rays_that_miss_and_volumes_of_air_are_exactly_zero) {
  for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon})
    for (const FgDrrSampling& sampling : kSamplings)
      for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
        DrrCase<float> c(5, 6, 7);
        c.voxel_to_world = spaced(2, 2, 2, 5, 6, 7);
        c.method = method;
        c.sampling = sampling;
        c.rays.beam = beam;
        c.poses = {view(false, 200), view(false, -200)};
        c.poses[0][0][3] += 900;
        for (const float value : run_cpu(c)) ASSERT_EQ(value, 0.0f);
        c.poses = {view(false, 200)};
        c.set_volume([](int, int, int) { return -1000; });
        for (const float value : run_cpu(c)) ASSERT_EQ(value, 0.0f);
      }
}

TEST(drr_cpu, a_NaN_voxel_spoils_the_rays_that_see_it_and_no_others) {
  for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon})
    for (const FgDrrValues& values : {hounsfield(), FgDrrValues{0, 0.001f, 0, 0, 0, 0}}) {
      DrrCase<float> c;
      c.method = method;
      c.values = values;
      const std::vector<float> clean = run_cpu(c);
      c.volume[static_cast<std::size_t>((9 * 17 + 8) * 23 + 11)] = std::numeric_limits<float>::quiet_NaN();
      const std::vector<float> spoilt = run_cpu(c);
      int spoils = 0;
      for (std::size_t i = 0; i < clean.size(); ++i) {
        if (std::isnan(spoilt[i]))
          ++spoils;
        else
          ASSERT_EQ(spoilt[i], clean[i]);
      }
      EXPECT_GE(spoils, 1);
      EXPECT_LE(spoils, 40);
    }
}

TEST(drr_cpu, a_pose_that_is_not_finite_gives_NaN_and_leaves_the_other_poses_alone) {
  DrrCase<float> c;
  const std::vector<float> clean = run_cpu(c);
  for (const double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY), 1e300}) {
    c.poses = {view(false, 200), view(false, 200)};
    c.poses[1][1][2] = bad;
    for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon})
      for (const FgDrrSampling& sampling : kSamplings) {
        c.method = method;
        c.sampling = sampling;
        const std::vector<float> images = run_cpu(c);
        for (std::size_t i = 0; i < clean.size(); ++i) {
          ASSERT_FALSE(std::isnan(images[i]));
          ASSERT_TRUE(std::isnan(images[clean.size() + i]));
        }
      }
  }
}

TEST(drr_cpu, the_thread_count_does_not_change_a_bit) {
  DrrCase<float> c;
  c.set_image(40, 300);
  const std::vector<float> many = run_cpu(c);
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  EXPECT_EQ(run_cpu(c), many);
}

// What CUDA relies on: samples in the middle of a ray are looked up without care for the border.
TEST(drr_cpu, inner_samples_have_all_eight_voxels_and_samples_left_out_see_nothing) {
  std::uint32_t state = 1;
  const auto random = [&](double low, double high) {
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(low + (high - low) * (state >> 8) / 16777216.0);
  };
  int inner = 0;
  for (int ray_number = 0; ray_number < 20000; ++ray_number) {
    const FgDrrGrid grid{1 + ray_number % 300, 2 + ray_number / 7 % 40, 1 + ray_number / 3 % 90};
    FgDrrRay ray{{random(-20, 320), random(-10, 50), random(-10, 100)},
                 {random(-900, 900), random(-900, 900), random(-900, 900)},
                 random(0, 1),
                 random(100, 1000)};
    if (ray_number % 5 == 0) ray.along.x = 0;  // along an axis, and on its border
    if (ray_number % 10 == 0) ray.at.x = static_cast<float>(grid.nx - 1);
    if (ray_number % 11 == 0) ray.along.y = 1e-4f;
    for (const FgDrrSampling& sampling : kSamplings) {
      const FgDrrMarch march = fg_drr_march(ray, grid, sampling);
      for (int n = march.first - 3; n <= march.last + 3; ++n) {
        const float beta = fg_drr_beta(march, n);
        const FgDrrVec p = fg_drr_point(ray, beta);
        const FgDrrTaps careful = fg_drr_taps(p, grid);
        const bool left_out = n < march.first || n > march.last;
        const float fade = careful.x.fade * careful.y.fade * careful.z.fade;
        // Outside of the volume, or beyond the ray's own ends.
        const bool on_ray = beta > 1e-4f - ray.alpha && beta < 1 - 1e-4f - ray.alpha;
        ASSERT_FALSE(left_out && on_ray && fade > 0);
        if (n < march.inner_first || n > march.inner_last) continue;
        ++inner;
        ASSERT_FALSE(left_out);
        const FgDrrTaps taps = fg_drr_taps_inside(p);
        ASSERT_EQ(fade, 1.0f);
        ASSERT_TRUE(taps.x.base >= 0 && taps.x.base <= grid.nx - 2);
        ASSERT_TRUE(taps.y.base >= 0 && taps.y.base <= grid.ny - 2);
        ASSERT_TRUE(taps.z.base >= 0 && taps.z.base <= grid.nz - 2);
        ASSERT_EQ(taps.x.base + taps.x.fraction, careful.x.base + careful.x.fraction);
        ASSERT_EQ(taps.y.fraction, careful.y.fraction);
        ASSERT_EQ(taps.z.fraction, careful.z.fraction);
      }
    }
  }
  EXPECT_GT(inner, 10000);
}

// ---- what an integral must be, without an oracle ----

TEST(drr_cpu, siddon_through_one_voxel_is_the_length_inside_it) {
  DrrCase<float> c(3, 3, 3);
  c.values = {0, 1, 0, 0, 0, 0};
  c.voxel_to_world = spaced(2, 3, 4, 3, 3, 3);
  c.set_volume([](int x, int y, int z) { return x == 1 && y == 1 && z == 1 ? 1 : 0; });
  c.method = DrrMethod::siddon;
  c.poses = {identity()};
  c.image_height = 1;
  c.image_width = 4;
  c.sources = {-50, 0, 0, 0.1, -40, 0.2, -20, -30, -40, -2, 0.5, -30};
  c.targets = {60, 0, 0, 0.1, 70, 0.2, 30, 45, 60, 3, 0.5, 45};
  // The box is [-1, 1] x [-1.5, 1.5] x [-2, 2]; the third ray is its diagonal, the fourth leaves it through top and bottom.
  const std::vector<double> expected{2, 3, std::sqrt(4.0 + 9 + 16), 4 * std::sqrt(1 + 25.0 / 5625)};
  // Float coordinates of 1e-7 of a way of 100 mm.
  EXPECT_LT(relative_error(run_cpu(c), expected), 1e-5);
}

// What a ray has inside an ellipsoid about the origin.
double chord(const oracle::Vector3& s, const oracle::Vector3& t, const oracle::Vector3& radius) {
  double a = 0, b = 0, c = -1, length = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double d = t[k] - s[k];
    a += d * d / (radius[k] * radius[k]);
    b += 2 * s[k] * d / (radius[k] * radius[k]);
    c += s[k] * s[k] / (radius[k] * radius[k]);
    length += d * d;
  }
  const double root = b * b - 4 * a * c;
  return root > 0 ? std::sqrt(root) / a * std::sqrt(length) : 0;
}

// The ellipsoid's share of each voxel, from 6 x 6 x 6 points.
DrrCase<float> ellipsoid(int n, double spacing, const oracle::Vector3& radius) {
  DrrCase<float> c(n, n, n);
  c.values = {0, 1, 0, 0, 0, 0};
  c.voxel_to_world = spaced(spacing, spacing, spacing, n, n, n);
  c.set_volume([&](int x, int y, int z) {
    int hits = 0;
    for (int i = 0; i < 216; ++i) {
      const double px = (x - 0.5 * (n - 1) + (i % 6 - 2.5) / 6) * spacing / radius[0];
      const double py = (y - 0.5 * (n - 1) + (i / 6 % 6 - 2.5) / 6) * spacing / radius[1];
      const double pz = (z - 0.5 * (n - 1) + (i / 36 - 2.5) / 6) * spacing / radius[2];
      hits += px * px + py * py + pz * pz <= 1;
    }
    return hits / 216.0;
  });
  c.poses = {view(false, 200, turned(20, -15, 10))};
  return c;
}

// The root of the mean square of the error against the chords of an ellipsoid, relative to the longest.
double ellipsoid_error(int n, double spacing, DrrMethod method) {
  const oracle::Vector3 radius{20, 14, 17};
  DrrCase<float> c = ellipsoid(n, spacing, radius);
  c.method = method;
  c.sampling = {FG_DRR_STEP, 0, static_cast<float>(spacing * 0.1)};
  const std::vector<float> got = run_cpu(c);
  double squares = 0;
  for (int r = 0; r < 21; ++r)
    for (int k = 0; k < 27; ++k) {
      const oracle::Vector4 source = oracle::times(c.poses[0], {0, 0, 0, 1});
      const oracle::Vector4 target =
          oracle::times(c.poses[0], {(k + 0.5 - 13.5) * 3.5 - 5, (r + 0.5 - 10.5) * 4.5 + 3, 300, 1});
      const double expected =
          chord({source[0], source[1], source[2]}, {target[0], target[1], target[2]}, radius);
      squares += std::pow(static_cast<double>(got[static_cast<std::size_t>(r * 27 + k)]) - expected, 2);
    }
  return std::sqrt(squares / (21 * 27)) / 40;
}

TEST(drr_cpu, both_methods_converge_to_the_chords_of_an_ellipsoid) {
  for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon}) {
    const double coarse = ellipsoid_error(20, 2.4, method), fine = ellipsoid_error(80, 0.6, method);
    EXPECT_LT(fine, 6e-3) << "a part of half a voxel at the rim, over 40 mm";
    EXPECT_LT(fine, coarse / 3) << "four times finer voxels";
  }
}

TEST(drr_cpu, along_a_row_of_voxel_centres_trilinear_converges_to_siddon_as_the_step_shrinks) {
  DrrCase<float> c;
  c.poses = {identity()};
  c.voxel_to_world = spaced(4, 5, 6, c.nx, c.ny, c.nz);
  c.image_height = 1;
  c.image_width = 3;
  // Along x, y and z through the middle of the volume, where the interpolant's trapezoids add up to the voxels.
  c.sources = {-70, 0, 0, 0, -60, 0, 0, 0, -80};
  c.targets = {75, 0, 0, 0, 65, 0, 0, 0, 85};
  c.method = DrrMethod::siddon;
  const std::vector<float> siddon = run_cpu(c);
  const std::vector<double> exact(siddon.begin(), siddon.end());
  c.method = DrrMethod::trilinear;
  double last = 1;
  for (const float step : {2.9f, 0.29f, 0.029f}) {
    c.sampling = {FG_DRR_STEP, 0, step};
    const double error = relative_error(run_cpu(c), exact);
    EXPECT_LT(error, last / 3);
    last = error;
  }
  EXPECT_LT(last, 1e-4);
}

TEST(drr_cpu, an_affine_that_is_singular_or_not_finite_has_no_inverse) {
  double inverse[12];
  const double good[12] = {1e-3, 0, 0, 5, 0, -2e-3, 0, 6, 0, 0, 3e-3, 7};  // metres
  EXPECT_TRUE(invert_affine(good, inverse));
  EXPECT_DOUBLE_EQ(inverse[0], 1000);
  EXPECT_DOUBLE_EQ(inverse[7], 3000);
  double flat[12] = {1, 2, 3, 0, 2, 4, 6, 0, 0, 0, 1, 0};
  EXPECT_FALSE(invert_affine(flat, inverse));
  double unknown[12] = {1, 0, 0, 0, 0, 1, 0, static_cast<double>(NAN), 0, 0, 1, 0};
  EXPECT_FALSE(invert_affine(unknown, inverse));
}

TEST(drr_cpu, exposures_and_their_gradients_follow_beer_and_lambert) {
  std::vector<float> x{0, 0.5f, 3, 20}, intensity(4), back(4), upstream{1, 2, 3, 4}, slope(4);
  const auto view_of = [](auto* data) {
    return ImageView<std::remove_pointer_t<decltype(data)>>{data, 1, 1, 1, 4, 4, 4, 4, 1};
  };
  Exposure op{view_of(static_cast<const float*>(x.data())),
              {},
              view_of(intensity.data()),
              ExposureDirection::expose,
              1e5f,
              1};
  cpu::exposure(op);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(intensity[i], 1e5 * std::exp(-static_cast<double>(x[i])), 1e-6 * 1e5);
  op.gradient = view_of(static_cast<const float*>(upstream.data()));
  op.output = view_of(slope.data());
  cpu::exposure(op);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_FLOAT_EQ(slope[i], -intensity[i] * upstream[i]);
  Exposure log{view_of(static_cast<const float*>(intensity.data())),
               {},
               view_of(back.data()),
               ExposureDirection::linearise,
               1e5f,
               1};
  cpu::exposure(log);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(back[i], x[i], 1e-5);
  EXPECT_NEAR(back[3], std::log(1e5), 1e-5) << "darker than the lowest intensity";
  log.gradient = op.gradient;
  log.output = op.output;
  cpu::exposure(log);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(slope[i], -upstream[i] / intensity[i]);
  EXPECT_EQ(slope[3], 0.0f);
}

}  // namespace
}  // namespace fg::test
