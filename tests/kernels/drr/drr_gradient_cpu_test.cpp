// Gradients of DRRs on CPU against central differences of the oracle, in double precision.

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include "tests/kernels/drr/drr_gradient_case.h"

namespace fg::test {
namespace {

// The loss is sum g I. The step is small, because a kink of the interpolant or a change of voxels within it spoils
// the difference: some 1e-6 voxel, where a loss in double still has six digits of a difference.
constexpr double kStep = 1e-8;
constexpr double kTolerance = 1e-3;

double loss(const OracleDrr& o, const std::vector<float>& g) {
  const std::vector<double> images = o.images();
  double sum = 0;
  for (std::size_t i = 0; i < images.size(); ++i) sum += images[i] * static_cast<double>(g[i]);
  return sum;
}

// d loss / d number, where change(oracle, by) moves that number.
template <class Change>
double difference(const OracleDrr& o, const std::vector<float>& g, double step, const Change& change) {
  OracleDrr more = o, less = o;
  change(more, step);
  change(less, -step);
  return (loss(more, g) - loss(less, g)) / (2 * step);
}

// Both vectors as a whole: |got - expected| <= 1e-3 |expected|, and each entry against the largest of its group.
void expect_close(const std::vector<double>& got, const std::vector<double>& expected, const char* what,
                  double tolerance = kTolerance) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  double error = 0, size = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    error += std::pow(got[i] - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  EXPECT_GT(size, 0) << what << ": a poor test";
  EXPECT_LE(std::sqrt(error), tolerance * std::sqrt(size)) << what << ": " << std::sqrt(error / size);
}

template <class T>
void expect_pose_gradient(const DrrCase<T>& c, double tolerance = kTolerance) {
  const GradientResult got = run_cpu_gradient(c, {.poses = true});
  const OracleDrr o = oracle_of(c);
  const std::vector<float> g = upstream(c);
  for (std::size_t b = 0; b < c.poses.size(); ++b) {
    std::vector<double> turn, move, turn_expected, move_expected;
    for (std::size_t r = 0; r < 3; ++r)
      for (std::size_t k = 0; k < 4; ++k) {
        // Columns 0 to 2 multiply some hundred millimetres.
        const double step = k == 3 ? 100 * kStep : kStep;
        (k == 3 ? move_expected : turn_expected)
            .push_back(
                difference(o, g, step, [&](OracleDrr& moved, double by) { moved.poses[b][r][k] += by; }));
        (k == 3 ? move : turn).push_back(got.poses[b * 12 + r * 4 + k]);
      }
    expect_close(turn, turn_expected, "rotation", tolerance);
    expect_close(move, move_expected, "translation", tolerance);
  }
}

template <class T>
void expect_intrinsics_gradient(const DrrCase<T>& c) {
  const GradientResult got = run_cpu_gradient(c, {.intrinsics = true});
  const OracleDrr o = oracle_of(c);
  const std::vector<float> g = upstream(c);
  for (std::size_t b = 0; b < c.poses.size(); ++b)
    for (std::size_t i = 0; i < 5; ++i) {
      const double expected = difference(o, g, i == 1 || i == 2 ? kStep : 100 * kStep,
                                         [&](OracleDrr& moved, double by) { moved.intrinsics[b][i] += by; });
      // In a parallel beam samples move with sdd and weigh more by it: terms of some 3 that nearly cancel.
      const double scale = std::max(std::abs(expected), 0.05);
      EXPECT_NEAR(got.intrinsics[b * 5 + i], expected, kTolerance * scale) << "intrinsic " << i;
    }
}

const FgDrrSampling kSamplings[] = {
    {FG_DRR_SEGMENT, 301, 0}, {FG_DRR_INSIDE, 150, 0}, {FG_DRR_STEP, 0, 0.7f}};

// Every sampling of trilinear, and Siddon.
template <class T, class Check>
void for_methods(DrrCase<T> c, const Check& check) {
  for (const FgDrrSampling& sampling : kSamplings) {
    SCOPED_TRACE("sampling " + std::to_string(sampling.kind));
    c.sampling = sampling;
    check(c);
  }
  SCOPED_TRACE("siddon");
  c.method = DrrMethod::siddon;
  check(c);
}

TEST(drr_gradient_cpu, by_pose_agrees_with_differences_for_every_view_and_beam) {
  for (const bool posterior : {false, true})
    for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
      DrrCase<float> c = smooth_case<float>();
      c.rays.beam = beam;
      c.poses = {view(posterior, 200.3, turned(12, -34, 56, 3, 2, 1)),
                 view(posterior, 190.7, turned(5, 3, -4))};
      for_methods(c, [](const DrrCase<float>& checked) { expect_pose_gradient(checked); });
    }
}

TEST(drr_gradient_cpu, by_pose_agrees_with_differences_for_other_affines_and_numbers) {
  DrrCase<float> c = smooth_case<float>();
  c.poses = {view(false, 200.3, turned(12, -14, 6))};
  c.voxel_to_world = product(turned(31, -22, 47, 4, -7, 9), spaced(-4, 5, -6, c.nx, c.ny, c.nz));
  for_methods(c, [](const DrrCase<float>& checked) { expect_pose_gradient(checked); });
  DrrCase<std::int16_t> integers = smooth_case<std::int16_t>();
  integers.poses = c.poses;
  for_methods(integers, [](const DrrCase<std::int16_t>& checked) { expect_pose_gradient(checked); });
  DrrCase<Half> halves = smooth_case<Half>();
  halves.values = {0, 0.001f, 0, 0, 0, 0};
  halves.poses = c.poses;
  for_methods(halves, [](const DrrCase<Half>& checked) { expect_pose_gradient(checked); });
}

TEST(drr_gradient_cpu, by_pose_agrees_with_differences_where_the_source_is_inside_the_volume) {
  DrrCase<float> c = smooth_case<float>();
  c.poses = {view(false, 20.3, turned(8, 2, 3))};
  for_methods(c, [](const DrrCase<float>& checked) { expect_pose_gradient(checked); });
}

TEST(drr_gradient_cpu, by_intrinsics_agrees_with_differences) {
  for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
    DrrCase<float> c = smooth_case<float>();
    c.rays.beam = beam;
    c.poses = {view(false, 200.3, turned(12, -14, 6)), view(true, 180, turned(10, 20, 30))};
    c.intrinsics = {300, 7, 9, 5, -3, 320, 6, 8, 0, 1};
    for_methods(c, [](const DrrCase<float>& checked) { expect_intrinsics_gradient(checked); });
  }
}

DrrCase<float> points_case(bool one_source) {
  DrrCase<float> c = smooth_case<float>();
  c.poses = {view(false, 200.3), view(true, 180, turned(10, 20, 30))};
  for (int n = 0; n < 12; ++n) {
    if (!one_source) c.sources.insert(c.sources.end(), {n * 1.5371 - 9, n * -0.7137 + 0.1, 0.3113 * n});
    c.targets.insert(c.targets.end(), {n * -3.1173 + 20, n * 2.9371 - 15, 280 + 2.0391 * n});
  }
  if (one_source) c.sources = {1.137, 2.371, 3.713};
  c.image_height = 3;
  c.image_width = 4;
  return c;
}

// What the forward pass keeps of each ray is as good as walking through the volume again.
TEST(drr_gradient_cpu, by_kept_slopes_it_is_that_of_the_rays_and_the_image_does_not_change) {
  const auto check = [](const auto& c) {
    const bool points = !c.targets.empty();
    const Wanted wanted{.poses = true, .intrinsics = !points, .points = points};
    const GradientResult expected = run_cpu_gradient(c, wanted);
    Wanted kept = wanted;
    kept.by_slopes = true;
    const GradientResult got = run_cpu_gradient(c, kept);
    expect_close(got.poses, expected.poses, "poses", 1e-6);
    if (points) {
      expect_close(got.sources, expected.sources, "sources", 1e-5);
      expect_close(got.targets, expected.targets, "targets", 1e-5);
    } else {
      expect_close(got.intrinsics, expected.intrinsics, "intrinsics", 1e-5);
    }
    EXPECT_EQ(got.images, run_cpu(c));
  };
  for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
    DrrCase<float> c = smooth_case<float>();
    c.rays.beam = beam;
    c.poses = {view(false, 200.3, turned(12, -34, 56, 3, 2, 1)), view(true, 190.7, turned(5, 3, -4)),
               view(false, 20.3, turned(8, 2, 3)), view(false, -200)};
    for_methods(c, check);
  }
  DrrCase<std::int16_t> integers = smooth_case<std::int16_t>();
  integers.poses = {view(false, 200.3, turned(12, -14, 6))};
  for_methods(integers, check);
  for (const bool one_source : {false, true}) for_methods(points_case(one_source), check);
}

void expect_points_gradient(const DrrCase<float>& c) {
  const GradientResult got = run_cpu_gradient(c, {.poses = true, .points = true});
  const std::vector<float> g = upstream(c);
  const std::size_t sources = c.sources.size() / 3, targets = c.targets.size() / 3;
  for (std::size_t b = 0; b < 2; ++b) {
    OracleDrr o = oracle_of(c);  // of this pose alone
    o.poses = {c.poses[b]};
    o.intrinsics.resize(1);
    const std::vector<float> mine(g.begin() + static_cast<std::ptrdiff_t>(b * targets),
                                  g.begin() + static_cast<std::ptrdiff_t>((b + 1) * targets));
    std::vector<double> s, t;
    for (std::size_t n = 0; n < sources * 3; ++n)
      s.push_back(
          difference(o, mine, 100 * kStep, [&](OracleDrr& m, double by) { m.sources[n / 3][n % 3] += by; }));
    for (std::size_t n = 0; n < targets * 3; ++n)
      t.push_back(
          difference(o, mine, 100 * kStep, [&](OracleDrr& m, double by) { m.targets[n / 3][n % 3] += by; }));
    const auto part = [&](const std::vector<double>& all, std::size_t count) {
      return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(b * count * 3),
                                 all.begin() + static_cast<std::ptrdiff_t>((b + 1) * count * 3));
    };
    expect_close(part(got.sources, sources), s, "sources");
    expect_close(part(got.targets, targets), t, "targets");
  }
  expect_pose_gradient(c);
}

TEST(drr_gradient_cpu, by_source_and_detector_points_agrees_with_differences) {
  for (const bool one_source : {false, true}) for_methods(points_case(one_source), expect_points_gradient);
}

// The loss is linear in the attenuation: what a voxel adds to it is the loss of that voxel alone. Hounsfield units are
// linear away from 0.
template <class T>
void expect_volume_gradient(const DrrCase<T>& c) {
  const GradientResult got = run_cpu_gradient(c, {.volume = true});
  OracleDrr alone = oracle_of(c);
  std::fill(alone.volume.mu.begin(), alone.volume.mu.end(), 0);
  const std::vector<float> g = upstream(c);
  std::vector<double> mine, expected;
  for (std::size_t n = 0; n < c.volume.size(); n += 97) {
    const double number = static_cast<double>(to_float(c.volume[n]));
    const double slope = (oracle_mu(c.values, number + 1) - oracle_mu(c.values, number - 1)) / 2;
    alone.volume.mu[n] = 1;
    expected.push_back(slope * loss(alone, g));
    alone.volume.mu[n] = 0;
    mine.push_back(got.volume[n]);
  }
  expect_close(mine, expected, "volume", 1e-4);
}

TEST(drr_gradient_cpu, by_volume_agrees_with_differences) {
  DrrCase<float> c;  // noise: no kinks in this direction, but for Hounsfield units around 0
  c.poses = {view(false, 200.3, turned(12, -14, 6)), view(true, 30.4, turned(10, 20, 30))};
  for (float& number : c.volume)
    if (std::abs(number) < 2 || std::abs(number + 1000) < 2) number += 10;
  for_methods(c, [](const DrrCase<float>& checked) { expect_volume_gradient(checked); });
  c.values = {0, 0.001f, 0, 0, 0, 0};
  for_methods(c, [](const DrrCase<float>& checked) { expect_volume_gradient(checked); });
  DrrCase<std::int16_t> thin(23, 17, 1);
  thin.poses = {view(false, 200.3, turned(12, -14, 6))};
  thin.values = {0, 0.001f, 0, 0, 0, 0};
  for_methods(thin, [](const DrrCase<std::int16_t>& checked) { expect_volume_gradient(checked); });
}

TEST(drr_gradient_cpu, with_labels_each_sample_counts_with_its_channel) {
  DrrCase<float> c = smooth_case<float>();
  for (int z = 0; z < c.nz; ++z)
    for (int y = 0; y < c.ny; ++y)
      for (int x = 0; x < c.nx; ++x)
        c.labels.push_back(static_cast<std::uint8_t>(x < 11 ? 0 : y < 9 ? 1 : 2));
  c.channels = 3;
  c.poses = {view(false, 200.123, turned(5.1, 3.2, -4.3))};
  for_methods(c, [](DrrCase<float> checked) {
    // A gradient that is the same for all channels is that of the whole.
    const GradientResult got =
        run_cpu_gradient(checked, {.poses = true, .volume = true, .same_for_channels = true});
    DrrCase<float> whole = checked;
    whole.labels.clear();
    whole.channels = 1;
    const GradientResult expected = run_cpu_gradient(whole, {.poses = true, .volume = true});
    expect_close(got.poses, expected.poses, "poses", 1e-5);
    expect_close(got.volume, expected.volume, "volume", 1e-5);
    // By the volume the loss of channels is linear, too.
    expect_volume_gradient(checked);
  });
  c.method = DrrMethod::siddon;  // where labels change at the planes that count anyway
  expect_pose_gradient(c);
}

TEST(drr_gradient_cpu, the_thread_count_and_a_second_run_do_not_change_a_bit) {
  DrrCase<float> c;
  c.set_image(40, 300);
  c.poses = {view(false, 200.3, turned(12, -14, 6)), view(true, 180, turned(10, 20, 30))};
  for_methods(c, [](const DrrCase<float>& checked) {
    const Wanted all{.poses = true, .intrinsics = true, .volume = true};
    const GradientResult many = run_cpu_gradient(checked, all), again = run_cpu_gradient(checked, all);
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
    const GradientResult one = run_cpu_gradient(checked, all);
    for (const GradientResult& other : {again, one}) {
      EXPECT_EQ(other.poses, many.poses);
      EXPECT_EQ(other.intrinsics, many.intrinsics);
      EXPECT_EQ(other.volume, many.volume);
    }
  });
}

// ---- maxima ----

template <class Check>
void for_samplings(DrrCase<float> c, const Check& check) {
  c.reduction = DrrReduction::maximum;
  for (const FgDrrSampling& sampling : kSamplings) {
    SCOPED_TRACE("sampling " + std::to_string(sampling.kind));
    c.sampling = sampling;
    check(c);
  }
}

TEST(drr_gradient_cpu, of_maxima_by_pose_and_intrinsics_agrees_with_differences) {
  for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
    DrrCase<float> c = smooth_case<float>();
    c.rays.beam = beam;
    c.poses = {view(false, 200.3, turned(12, -34, 56, 3, 2, 1)), view(true, 190.7, turned(5, 3, -4))};
    for_samplings(c, [](const DrrCase<float>& checked) {
      expect_pose_gradient(checked);
      expect_intrinsics_gradient(checked);
    });
  }
  DrrCase<float> inside = smooth_case<float>();
  inside.poses = {view(false, 20.3, turned(8, 2, 3))};
  inside.values = {0, 0.001f, 0, 0, 0, 0};
  for_samplings(inside, [](const DrrCase<float>& checked) { expect_pose_gradient(checked); });
}

TEST(drr_gradient_cpu, of_maxima_by_points_agrees_with_differences) {
  for (const bool one_source : {false, true}) for_samplings(points_case(one_source), expect_points_gradient);
}

// The step is too small for another sample to become the largest. Every twentieth voxel that a maximum sees, and some others.
void expect_maximum_volume_gradient(const DrrCase<float>& c) {
  const GradientResult got = run_cpu_gradient(c, {.volume = true});
  const OracleDrr o = oracle_of(c);
  const std::vector<float> g = upstream(c);
  std::vector<double> mine, expected;
  std::size_t seen = 0;
  for (std::size_t n = 0; n < c.volume.size(); ++n) {
    if (!(got.volume[n] != 0 && seen++ % 20 == 0) && n % 1997 != 0) continue;
    const double number = static_cast<double>(c.volume[n]);
    const double slope = (oracle_mu(c.values, number + 1) - oracle_mu(c.values, number - 1)) / 2;
    expected.push_back(
        slope * difference(o, g, 1e-8, [&](OracleDrr& moved, double by) { moved.volume.mu[n] += by; }));
    mine.push_back(got.volume[n]);
  }
  EXPECT_GT(seen, 100u);
  expect_close(mine, expected, "volume");
}

TEST(drr_gradient_cpu, of_maxima_by_volume_agrees_with_differences_with_labels_too) {
  DrrCase<float> c = smooth_case<float>();
  for (float& number : c.volume)
    if (std::abs(number) < 2) number += 10;
  c.poses = {view(false, 200.3, turned(12, -14, 6)), view(true, 30.4, turned(10, 20, 30))};
  const auto with_siddon = [](DrrCase<float> checked) {
    for_samplings(checked, expect_maximum_volume_gradient);
    checked.reduction = DrrReduction::maximum;
    checked.method = DrrMethod::siddon;
    expect_maximum_volume_gradient(checked);
  };
  with_siddon(c);
  for (int n = 0; n < c.nx * c.ny * c.nz; ++n) c.labels.push_back(static_cast<std::uint8_t>(n % c.nx / 8));
  c.channels = 3;
  with_siddon(c);
  for_samplings(c, [](const DrrCase<float>& checked) { expect_pose_gradient(checked); });
}

// Along -y through voxels that are all alike.
TEST(drr_gradient_cpu, of_equal_samples_the_first_has_the_gradient) {
  DrrCase<float> c;
  c.set_volume([](int, int, int) { return 1; });
  c.values = {0, 1, 0, 0, 0, 0};
  c.rays.beam = DrrBeam::parallel;
  c.set_image(5, 6);
  c.reduction = DrrReduction::maximum;
  double sum = 0;
  for (const float g : upstream(c)) sum += static_cast<double>(g);
  for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon}) {
    c.method = method;
    const GradientResult got = run_cpu_gradient(c, {.volume = true});
    const int layers = method == DrrMethod::trilinear ? 2 : 1;
    double found = 0;
    for (int n = 0; n < c.nx * c.ny * c.nz; ++n)
      if (n / c.nx % c.ny >= c.ny - layers)
        found += got.volume[static_cast<std::size_t>(n)];
      else
        ASSERT_EQ(got.volume[static_cast<std::size_t>(n)], 0.0) << "voxel " << n;
    EXPECT_NEAR(found, sum, 1e-5 * std::abs(sum));
  }
}

TEST(drr_gradient_cpu, of_maxima_that_are_0_is_0) {
  DrrCase<float> c = smooth_case<float>();
  c.set_volume([](int x, int y, int z) { return -1 - 0.1 * (x + y + z); });
  c.values = {0, 1, 0, 0, 0, 0};
  for_samplings(c, [](const DrrCase<float>& checked) {
    for (const float value : run_cpu(checked)) ASSERT_EQ(value, 0.0f);
    const GradientResult got = run_cpu_gradient(checked, {.poses = true, .intrinsics = true, .volume = true});
    for (const auto& numbers : {got.poses, got.intrinsics, got.volume})
      for (const double number : numbers) ASSERT_EQ(number, 0.0);
  });
}

TEST(drr_gradient_cpu, of_maxima_is_the_same_bits_with_one_thread) {
  DrrCase<float> c;
  c.set_image(40, 300);
  c.poses = {view(false, 200.3, turned(12, -14, 6)), view(true, 180, turned(10, 20, 30))};
  for_samplings(c, [](const DrrCase<float>& checked) {
    const Wanted all{.poses = true, .intrinsics = true, .volume = true};
    const GradientResult many = run_cpu_gradient(checked, all);
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
    const GradientResult one = run_cpu_gradient(checked, all);
    EXPECT_EQ(one.poses, many.poses);
    EXPECT_EQ(one.intrinsics, many.intrinsics);
    EXPECT_EQ(one.volume, many.volume);
  });
}

TEST(drr_gradient_cpu, rays_that_miss_have_a_gradient_of_exactly_zero) {
  DrrCase<float> c;
  c.poses = {view(false, -200)};
  for_methods(c, [](const DrrCase<float>& checked) {
    const GradientResult got = run_cpu_gradient(checked, {.poses = true, .intrinsics = true, .volume = true});
    for (const auto& numbers : {got.poses, got.intrinsics, got.volume})
      for (const double number : numbers) ASSERT_EQ(number, 0.0);
  });
}

}  // namespace
}  // namespace fg::test
