// fg_drr, fg_drr_gradient and fg_exposure: what the kernels' own tests prove, through the C interface; and its sentences.

#include <framegauge/drr.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/kernels/drr/drr_case.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

FgStatus run(FgDrr& op) { return run_with_scratch(op, fg_drr_scratch_bytes, fg_drr); }
FgStatus run(FgDrrGradient& op) {
  return run_with_scratch(op, fg_drr_gradient_scratch_bytes, fg_drr_gradient);
}

// A call that succeeds, of a DrrCase.
struct GoodDrr {
  DrrCase<float> source;
  Tensor<float> volume{{19, 17, 23}};
  Tensor<double> poses{{2, 4, 4}};
  Tensor<float> images{{2, 1, 21, 27}};
  FgDrr op;

  GoodDrr() {
    source.poses = {view(false, 200.3, turned(12, -14, 6)), view(true, 180, turned(10, 20, 30))};
    volume.memory.assign(source.volume.begin(), source.volume.end());
    volume.tensor.data = volume.memory.data();
    for (std::size_t i = 0; i < 32; ++i) poses[i] = source.poses[i / 16][i / 4 % 4][i % 4];
    fg_drr_defaults(&op);
    op.volume = &volume;
    for (std::size_t i = 0; i < 16; ++i) op.voxel_to_world[i] = source.voxel_to_world[i / 4][i % 4];
    op.poses = &poses;
    op.sdd_mm = 300;
    op.delx_mm = 3.5;
    op.dely_mm = 4.5;
    op.x0_mm = 5;
    op.y0_mm = -3;
    op.samples = 301;
    op.images = &images;
  }
  double error() { return relative_error(images.memory, oracle_of(source).images()); }
};

TEST(fg_drr, every_method_and_sampling_matches_the_oracle) {
  GoodDrr good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LT(good.error(), 5e-6);
  good.op.sampling = FG_DRR_SAMPLES_INSIDE;
  good.op.samples = 80;
  good.source.sampling = {FG_DRR_INSIDE, 80, 0};
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LT(good.error(), 5e-6);
  good.op.sampling = FG_DRR_SAMPLES_BY_STEP;
  good.op.step_mm = 0.75;
  good.op.samples = -7;  // has no say
  good.source.sampling = {FG_DRR_STEP, 0, 0.75f};
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LT(good.error(), 5e-6);
  good.op.method = FG_DRR_SIDDON;
  good.source.method = DrrMethod::siddon;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LT(good.error(), 2e-5);
  good.op.beam = FG_DRR_PARALLEL;
  good.source.rays.beam = DrrBeam::parallel;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LT(good.error(), 2e-5);
}

TEST(fg_drr, strided_volumes_float_poses_of_three_rows_and_reversed_images_give_the_same) {
  GoodDrr good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  // x slowest in memory, the order of torchio.
  Tensor<float> turned_volume({19, 17, 23}, 0.0f, {1, 19, 19 * 17});
  for (std::size_t z = 0; z < 19; ++z)
    for (std::size_t y = 0; y < 17; ++y)
      for (std::size_t x = 0; x < 23; ++x)
        turned_volume[(x * 17 + y) * 19 + z] = good.volume[(z * 17 + y) * 23 + x];
  Tensor<double> three_rows({2, 3, 4});
  for (std::size_t i = 0; i < 24; ++i) three_rows[i] = good.poses[i / 12 * 16 + i % 12];
  Tensor<float> reversed({2, 1, 21, 27}, 0.0f, {-567, 567, -27, -1});
  reversed.tensor.data = reversed.memory.data() + (2 * 567 - 1);
  good.op.volume = &turned_volume;
  good.op.poses = &three_rows;
  good.op.images = &reversed;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 1134; ++i) ASSERT_EQ(reversed[1133 - i], good.images[i]);
  Tensor<float> single({4, 4}), single_image({1, 1, 21, 27});
  for (std::size_t i = 0; i < 16; ++i) single[i] = static_cast<float>(good.poses[i]);
  good.op.poses = &single;
  good.op.images = &single_image;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 567; ++i)
    ASSERT_NEAR(single_image[i], good.images[i], 1e-4) << "poses rounded to float";
}

TEST(fg_drr, windows_lists_of_pixels_points_and_intrinsics_of_each_pose_give_the_same_pixels) {
  GoodDrr good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  FgDrr op = good.op;
  Tensor<float> window({2, 1, 5, 7});
  op.height = 21;
  op.width = 27;
  op.row = 3;
  op.column = 11;
  op.images = &window;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 70; ++i)
    ASSERT_EQ(window[i], good.images[i / 35 * 567 + (3 + i % 35 / 7) * 27 + 11 + i % 7]);
  op.row = op.column = 0;
  Tensor<std::int32_t> pixels({2, 3});
  pixels.tensor.dtype = {kDLInt, 32, 1};
  pixels.memory = {0, 566, 300, 17, 18, 19};
  pixels.tensor.data = pixels.memory.data();
  Tensor<float> listed({2, 1, 3});
  op.pixels = &pixels;
  op.images = &listed;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 6; ++i)
    ASSERT_EQ(listed[i], good.images[i / 3 * 567 + static_cast<std::size_t>(pixels[i])]);
  op.pixels = nullptr;
  Tensor<double> sources({1, 3}), targets({3, 3});
  for (std::size_t i = 0; i < 3; ++i) {
    targets[3 * i] = (static_cast<double>(i) + 4 + 0.5 - 13.5) * 3.5 - 5;
    targets[3 * i + 1] = (9 + 0.5 - 10.5) * 4.5 + 3;
    targets[3 * i + 2] = 300;
  }
  op.sources = &sources;
  op.targets = &targets;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 6; ++i)
    ASSERT_FLOAT_EQ(listed[i], good.images[i / 3 * 567 + 9 * 27 + 4 + i % 3]);
  op = good.op;
  Tensor<double> intrinsics({2, 5});
  for (std::size_t i = 0; i < 10; ++i) intrinsics[i] = std::array{300.0, 3.5, 4.5, 5.0, -3.0}[i % 5];
  Tensor<float> other({2, 1, 21, 27});
  op.intrinsics = &intrinsics;
  op.sdd_mm = 1e9;
  op.images = &other;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(other.memory, good.images.memory);
}

TEST(fg_drr, integer_voxels_with_labels_and_a_table_match_float_ones) {
  GoodDrr good;
  Tensor<std::int16_t> integers({19, 17, 23}), words({19, 17, 23});
  Tensor<std::uint8_t> labels({19, 17, 23});
  integers.tensor.dtype = words.tensor.dtype = {kDLInt, 16, 1};
  for (std::size_t i = 0; i < integers.memory.size(); ++i) {
    good.volume[i] = std::floor(good.volume[i]);
    integers[i] = static_cast<std::int16_t>(good.volume[i]);
    labels[i] = static_cast<std::uint8_t>(i / 23 % 5);
    words[i] = labels[i];
  }
  Tensor<float> five({2, 5, 21, 27}), two({2, 2, 21, 27});
  good.op.labels = &labels;
  good.op.images = &five;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  good.op.volume = &integers;
  good.op.labels = &words;
  Tensor<std::int32_t> table({5});
  table.tensor.dtype = {kDLInt, 32, 1};
  table.memory = {-1, -1, 0, -1, 1};
  table.tensor.data = table.memory.data();
  good.op.label_channels = &table;
  good.op.images = &two;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < 567; ++i) {
      ASSERT_EQ(two[b * 1134 + i], five[b * 2835 + 2 * 567 + i]);
      ASSERT_EQ(two[b * 1134 + 567 + i], five[b * 2835 + 4 * 567 + i]);
    }
}

struct GoodGradient {
  GoodDrr forward;
  Tensor<float> image_gradient{{2, 1, 21, 27}, 1.0f}, volume_gradient{{19, 17, 23}};
  Tensor<double> poses_gradient{{2, 3, 4}}, intrinsics_gradient{{2, 5}};
  FgDrrGradient op;

  GoodGradient() {
    fg_drr_gradient_defaults(&op);
    op.drr = &forward.op;
    forward.op.images = nullptr;
    op.image_gradient = &image_gradient;
    op.poses_gradient = &poses_gradient;
    op.intrinsics_gradient = &intrinsics_gradient;
    op.volume_gradient = &volume_gradient;
  }
};

// The sum of all pixels, by the oracle.
double oracle_sum(const OracleDrr& o) {
  double sum = 0;
  for (const double value : o.images()) sum += value;
  return sum;
}

TEST(fg_drr_gradient, by_pose_intrinsics_and_volume_agrees_with_differences_of_the_oracle) {
  GoodGradient good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  const OracleDrr o = oracle_of(good.forward.source);
  const auto difference = [&](double step, const std::function<void(OracleDrr&, double)>& change) {
    OracleDrr more = o, less = o;
    change(more, step);
    change(less, -step);
    return (oracle_sum(more) - oracle_sum(less)) / (2 * step);
  };
  double error = 0, size = 0;
  for (const std::size_t i : {0u, 5u, 10u}) {
    const double expected =
        difference(1e-8, [&](OracleDrr& m, double by) { m.poses[1][i / 4][i % 4] += by; });
    error += std::pow(good.poses_gradient[12 + i] - expected, 2);
    size += expected * expected;
  }
  EXPECT_LT(std::sqrt(error / size), 1e-3);
  for (const std::size_t i : {1u, 2u}) {
    const double expected = difference(1e-8, [&](OracleDrr& m, double by) { m.intrinsics[0][i] += by; });
    EXPECT_NEAR(good.intrinsics_gradient[i], expected, 1e-3 * std::abs(expected));
  }
  for (const std::size_t voxel : {3000u, 4000u, 4321u}) {
    const double number = static_cast<double>(good.forward.volume[voxel]);
    const double slope = number > 0 ? 0.0381e-3 : number > -1000 ? 0.0192e-3 : 0;
    const double expected =
        slope * difference(1e-3, [&](OracleDrr& m, double by) { m.volume.mu[voxel] += by; });
    EXPECT_NEAR(good.volume_gradient[voxel], expected, 1e-4 * std::abs(expected) + 1e-12);
  }
}

// The scratch that is asked for holds what maxima need beside the rays' sums; Siddon's have a gradient by the volume.
TEST(fg_drr_gradient, of_maxima_it_is_given_too) {
  GoodGradient good;
  good.forward.op.reduction = FG_DRR_MAXIMUM;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  OracleDrr o = oracle_of(good.forward.source);
  o.options.maximum = true;
  OracleDrr more = o, less = o;
  more.poses[1][1][3] += 1e-6;
  less.poses[1][1][3] -= 1e-6;
  const double expected = (oracle_sum(more) - oracle_sum(less)) / 2e-6;
  EXPECT_NEAR(good.poses_gradient[12 + 7], expected, 1e-3 * std::abs(expected));

  good.forward.op.method = FG_DRR_SIDDON;
  good.op.poses_gradient = good.op.intrinsics_gradient = nullptr;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  double sum = 0;
  for (const float value : good.volume_gradient.memory) sum += static_cast<double>(value);
  EXPECT_GT(sum, 0);
  // Each ray's maximum is bone here: one voxel each, whose mu rises by 0.0381 in 1000 HU.
  EXPECT_NEAR(sum, 2 * 21 * 27 * 0.0381e-3, 1e-3 * sum);
}

TEST(fg_drr_gradient, from_slopes_that_fg_drr_kept_it_is_the_same) {
  GoodGradient good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  const std::vector<double> poses = good.poses_gradient.memory, intrinsics = good.intrinsics_gradient.memory;
  // Rows with room to spare.
  Tensor<float> slopes({2, 7, 21, 27}, -7.0f, {7 * 21 * 32, 21 * 32, 32, 1}, 2 * 7 * 21 * 32);
  good.forward.op.slopes = &slopes;
  good.forward.op.images = &good.forward.images;
  ASSERT_EQ(run(good.forward.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LT(good.forward.error(), 5e-6);
  for (std::size_t i = 0; i < slopes.memory.size(); ++i) EXPECT_EQ(i % 32 >= 27, slopes[i] == -7.0f) << i;
  good.op.volume_gradient = nullptr;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < poses.size(); ++i)
    EXPECT_NEAR(good.poses_gradient[i], poses[i], 1e-5 * std::abs(poses[i]) + 1e-4) << i;
  for (std::size_t i = 0; i < intrinsics.size(); ++i)
    EXPECT_NEAR(good.intrinsics_gradient[i], intrinsics[i], 1e-5 * std::abs(intrinsics[i]) + 1e-5) << i;
}

TEST(fg_exposure, there_and_back_is_where_one_began) {
  Tensor<float> x({2, 3}), intensity({2, 3}), back({2, 3});
  for (std::size_t i = 0; i < 6; ++i) x[i] = static_cast<float>(i);
  FgExposure op;
  fg_exposure_defaults(&op);
  op.input = &x;
  op.i0 = 5000;
  op.output = &intensity;
  ASSERT_EQ(fg_exposure(&op, nullptr), FG_STATUS_OK) << fg_last_error();
  EXPECT_FLOAT_EQ(intensity[2], 5000 * std::exp(-2.0f));
  op.direction = FG_LINEARISE;
  op.input = &intensity;
  op.output = &back;
  ASSERT_EQ(fg_exposure(&op, nullptr), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(back[i], x[i], 1e-5);
  op.i0 = 0;
  EXPECT_EQ(fg_exposure(&op, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_exposure: i0 is 0; expected a finite number above 0");
  op.i0 = 1;
  op.output = &intensity;
  EXPECT_EQ(fg_exposure(&op, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_exposure: output and input overlap in memory; what is written needs memory of its own");
}

// 2 images of 2 x 3 pixels with some 5000 to 30 photons each.
struct NoisyExposure {
  Tensor<float> integrals{{2, 1, 2, 3}}, counts{{2, 1, 2, 3}};
  FgExposure op;
  NoisyExposure() {
    for (std::size_t i = 0; i < 12; ++i) integrals[i] = 0.45f * static_cast<float>(i);
    fg_exposure_defaults(&op);
    op.input = &integrals;
    op.output = &counts;
    op.i0 = 5000;
    op.noise = FG_NOISE_POISSON;
    op.seed = 3;
  }
};

TEST(fg_exposure, counts_of_photons_come_back_with_their_seed) {
  NoisyExposure a, b;
  ASSERT_EQ(fg_exposure(&a.op, nullptr), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_exposure(&b.op, nullptr), FG_STATUS_OK) << fg_last_error();
  bool other = false;
  for (std::size_t i = 0; i < 12; ++i) {
    const double mean = 5000 * std::exp(-static_cast<double>(a.integrals[i]));
    EXPECT_NEAR(a.counts[i], mean, 5 * std::sqrt(mean));
    EXPECT_EQ(a.counts[i], std::floor(a.counts[i]));
    EXPECT_EQ(a.counts[i], b.counts[i]);
    other |= std::abs(a.counts[i] - mean) > 0.5;
  }
  EXPECT_TRUE(other) << "no noise";
  b.op.seed = std::uint64_t{3} | std::uint64_t{1} << 32;
  ASSERT_EQ(fg_exposure(&b.op, nullptr), FG_STATUS_OK) << fg_last_error();
  bool same = true;
  for (std::size_t i = 0; i < 12; ++i) same &= a.counts[i] == b.counts[i];
  EXPECT_FALSE(same) << "the upper half of the seed counts";
}

TEST(fg_exposure, a_pixel_without_photons_counts_as_the_lowest_when_it_is_linearised) {
  NoisyExposure dark;
  for (std::size_t i = 0; i < 12; ++i) dark.integrals[i] = 100;
  ASSERT_EQ(fg_exposure(&dark.op, nullptr), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(dark.counts[i], 0);
  FgExposure back;
  fg_exposure_defaults(&back);
  back.direction = FG_LINEARISE;
  back.input = &dark.counts;
  back.output = &dark.integrals;
  back.i0 = 5000;
  back.lowest = 0.5;
  ASSERT_EQ(fg_exposure(&back, nullptr), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 12; ++i) EXPECT_FLOAT_EQ(dark.integrals[i], std::log(10000.0f));
}

TEST(fg_exposure, the_gradient_of_counts_is_that_of_their_means) {
  NoisyExposure noisy;
  Tensor<float> upstream({2, 1, 2, 3}), plain({2, 1, 2, 3});
  for (std::size_t i = 0; i < 12; ++i) upstream[i] = static_cast<float>(i) - 4;
  noisy.op.gradient = &upstream;
  ASSERT_EQ(fg_exposure(&noisy.op, nullptr), FG_STATUS_OK) << fg_last_error();
  noisy.op.noise = FG_NOISE_NONE;
  noisy.op.output = &plain;
  ASSERT_EQ(fg_exposure(&noisy.op, nullptr), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(noisy.counts[i], plain[i]);
    EXPECT_FLOAT_EQ(plain[i], -5000 * std::exp(-noisy.integrals[i]) * upstream[i]);
  }
}

TEST(fg_exposure, noise_that_cannot_be_gets_a_sentence) {
  const auto expect_refused = [](const std::function<void(FgExposure&)>& spoil, const std::string& sentence) {
    NoisyExposure good;
    spoil(good.op);
    EXPECT_EQ(fg_exposure(&good.op, nullptr), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(std::string(fg_last_error()), "fg_exposure: " + sentence);
  };
  expect_refused([](FgExposure& op) { op.noise = static_cast<FgNoise>(2); },
                 "noise is 2; expected FG_NOISE_NONE (0) or FG_NOISE_POISSON (1)");
  expect_refused(
      [](FgExposure& op) { op.direction = FG_LINEARISE; },
      "noise is FG_NOISE_POISSON with direction FG_LINEARISE; noise comes with the exposure: expose "
      "with it, then linearise without");
  expect_refused([](FgExposure& op) { op.first_image = -1; },
                 "first_image is -1; expected 0 to 4503599627370494");
  expect_refused([](FgExposure& op) { op.first_image = std::int64_t{1} << 52; },
                 "first_image is 4503599627370496; expected 0 to 4503599627370494");
  expect_refused([](FgExposure& op) { op.i0 = -1; }, "i0 is -1; expected a finite number above 0");
  expect_refused([](FgExposure& op) { op.i0 = NAN; }, "i0 is nan; expected a finite number above 0");
}

// ---- sentences ----

void expect_sentence(const std::function<void(GoodDrr&)>& spoil, FgStatus status,
                     const std::string& sentence) {
  GoodDrr good;
  spoil(good);
  EXPECT_EQ(fg_drr(&good.op, nullptr), status);
  EXPECT_EQ(std::string(fg_last_error()), "fg_drr: " + sentence);
}

TEST(fg_drr_errors, volumes_that_cannot_be_right_get_a_sentence) {
  expect_sentence([](GoodDrr& g) { g.op.volume = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "volume is NULL; pass the address of a DLTensor");
  expect_sentence(
      [](GoodDrr& g) {
        g.volume.shape = {1, 19, 17, 23};
        g.volume.tensor.shape = g.volume.shape.data();
        g.volume.tensor.ndim = 4;
      },
      FG_STATUS_INVALID_ARGUMENT,
      "volume has 4 dimensions; expected [D, H, W]; of a series or of channels, pass one volume at a time");
  expect_sentence([](GoodDrr& g) { g.volume.shape[0] = 0; }, FG_STATUS_INVALID_ARGUMENT,
                  "volume has shape [0, 17, 23]; every extent must be between 1 and 1073741824");
  expect_sentence(
      [](GoodDrr& g) {
        g.volume.tensor.dtype = {kDLFloat, 64, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "volume has dtype float64; expected float32, float16, int16 or uint16");
  expect_sentence([](GoodDrr& g) { g.op.voxel_to_world[0] = 0; }, FG_STATUS_INVALID_ARGUMENT,
                  "voxel_to_world is singular: it flattens the voxels; check the spacing and directions of "
                  "the volume's header");
  expect_sentence([](GoodDrr& g) { g.op.voxel_to_world[3] = static_cast<double>(NAN); },
                  FG_STATUS_INVALID_ARGUMENT,
                  "voxel_to_world holds NaN or infinity; pass the affine of the volume's header");
  expect_sentence(
      [](GoodDrr& g) { g.op.voxel_to_world[12] = 7; }, FG_STATUS_INVALID_ARGUMENT,
      "the last row of voxel_to_world is 7 0 0 1; expected 0 0 0 1, rows first (is the matrix transposed?)");
  expect_sentence(
      [](GoodDrr& g) {
        for (int i = 0; i < 12; ++i) g.op.voxel_to_world[i] *= 1e-3;
      },
      FG_STATUS_INVALID_ARGUMENT,
      "by voxel_to_world the volume is only 0.114 mm long; expected millimetres: multiply an affine in "
      "metres by 1000");
}

TEST(fg_drr_errors, cameras_that_cannot_be_right_get_a_sentence) {
  expect_sentence([](GoodDrr& g) { g.op.sdd_mm = 1.02; }, FG_STATUS_INVALID_ARGUMENT,
                  "sdd_mm is 1.02; expected the millimetres from source to detector, 10 or more: multiply "
                  "metres by 1000");
  expect_sentence([](GoodDrr& g) { g.op.delx_mm = -2; }, FG_STATUS_INVALID_ARGUMENT,
                  "delx_mm is -2; expected a finite number above 0");
  expect_sentence([](GoodDrr& g) { g.op.samples = 1; }, FG_STATUS_INVALID_ARGUMENT,
                  "samples is 1; expected 2 to 65536");
  expect_sentence(
      [](GoodDrr& g) {
        g.op.sampling = FG_DRR_SAMPLES_BY_STEP;
        g.op.step_mm = 0;
      },
      FG_STATUS_INVALID_ARGUMENT, "step_mm is 0; expected 0.001 to 1000 mm");
  expect_sentence([](GoodDrr& g) { g.op.beam = static_cast<FgDrrBeam>(3); }, FG_STATUS_INVALID_ARGUMENT,
                  "beam is 3; expected FG_DRR_CONE (0) or FG_DRR_PARALLEL (1)");
  expect_sentence([](GoodDrr& g) { g.poses[17] = static_cast<double>(NAN); }, FG_STATUS_INVALID_ARGUMENT,
                  "poses[1] holds NaN or infinity; expected camera_to_world");
  expect_sentence(
      [](GoodDrr& g) { g.poses[12] = 5; }, FG_STATUS_INVALID_ARGUMENT,
      "the last row of poses[0] is 5 0 0 1; expected 0 0 0 1, rows first (is the matrix transposed?)");
  expect_sentence([](GoodDrr& g) { g.op.poses = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                  "poses is NULL; pass camera_to_world of each image");
  expect_sentence([](GoodDrr& g) { g.poses.shape[1] = 2; }, FG_STATUS_SIZE_MISMATCH,
                  "poses has shape [2, 2, 4]; expected [B, 4, 4], [B, 3, 4], [4, 4] or [3, 4]");
}

TEST(fg_drr_errors, images_that_do_not_fit_get_a_sentence) {
  expect_sentence([](GoodDrr& g) { g.images.shape[0] = 1; }, FG_STATUS_SIZE_MISMATCH,
                  "images has shape [1, 1, 21, 27]; expected [2, 1, 21, 27], poses by channels by pixels");
  expect_sentence([](GoodDrr& g) { g.images.tensor.ndim = 3; }, FG_STATUS_INVALID_ARGUMENT,
                  "images has 3 dimensions; expected [B, C, h, w]");
  expect_sentence(
      [](GoodDrr& g) {
        g.images.shape = {2, 3, 7, 27}, g.images.tensor.shape = g.images.shape.data();
      },
      FG_STATUS_SIZE_MISMATCH,
      "the images have 3 channels but labels is NULL; pass labels, or images of 1 channel");
  expect_sentence(
      [](GoodDrr& g) {
        g.op.height = 20;
        g.op.width = 30;
        g.op.column = 3;
      },
      FG_STATUS_SIZE_MISMATCH,
      "the images are 21 x 27 pixels from row 0, column 3 on; the detector has 20 x 30 (height x width)");
  expect_sentence([](GoodDrr& g) { g.images.tensor.data = g.volume.tensor.data; }, FG_STATUS_INVALID_ARGUMENT,
                  "images and volume overlap in memory; what is written needs memory of its own");
}

TEST(fg_drr_errors, slopes_that_cannot_be_kept_get_a_sentence) {
  Tensor<float> six({2, 6, 21, 27}), seven({2, 7, 21, 27});
  expect_sentence([&](GoodDrr& g) { g.op.slopes = &six; }, FG_STATUS_SIZE_MISMATCH,
                  "slopes has shape [2, 6, 21, 27]; expected [2, 7, 21, 27], poses by 7 by pixels");
  expect_sentence(
      [&](GoodDrr& g) {
        g.op.slopes = &seven;
        g.op.reduction = FG_DRR_MAXIMUM;
      },
      FG_STATUS_UNSUPPORTED,
      "slopes are given together with labels or FG_DRR_MAXIMUM; they are kept of plain sums alone, leave "
      "them "
      "NULL");
}

// Slopes that a question about scratch reads, before there is memory of them.
TEST(fg_drr_errors, the_scratch_question_needs_the_shape_of_slopes_but_no_memory) {
  GoodGradient good;
  good.op.volume_gradient = nullptr;
  Tensor<float> slopes({2, 7, 21, 27});
  good.forward.op.slopes = &slopes;
  std::size_t with_memory = 0, without = 0, bytes = 0;
  ASSERT_EQ(fg_drr_gradient_scratch_bytes(&good.op, &with_memory), FG_STATUS_OK) << fg_last_error();
  slopes.tensor.data = nullptr;
  ASSERT_EQ(fg_drr_gradient_scratch_bytes(&good.op, &without), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(without, with_memory);
  good.forward.op.images = &good.forward.images;
  EXPECT_EQ(fg_drr_scratch_bytes(&good.forward.op, &bytes), FG_STATUS_OK) << fg_last_error();
  const auto refused = [&](FgStatus status, const std::string& sentence) {
    EXPECT_EQ(fg_drr_gradient_scratch_bytes(&good.op, &bytes), status);
    EXPECT_EQ(std::string(fg_last_error()), "fg_drr_gradient_scratch_bytes: " + sentence);
    EXPECT_EQ(fg_drr_scratch_bytes(&good.forward.op, &bytes), status);
    EXPECT_EQ(std::string(fg_last_error()), "fg_drr_scratch_bytes: " + sentence);
  };
  slopes.tensor.shape = nullptr;
  refused(FG_STATUS_INVALID_ARGUMENT, "slopes has 4 dimensions but no shape; fill DLTensor.shape");
  slopes.tensor.ndim = 0;
  refused(FG_STATUS_SIZE_MISMATCH, "slopes has shape []; expected [2, 7, 21, 27], poses by 7 by pixels");
}

// The same tensors on a device: what is asked for does not hang on whether there is memory yet.
TEST(fg_drr_errors, the_scratch_of_a_gradient_by_slopes_on_CUDA_is_the_same_with_and_without_memory) {
#ifndef FRAMEGAUGE_HAS_CUDA
  GTEST_SKIP() << "this build has no CUDA kernels";
#endif
  GoodGradient good;
  good.op.volume_gradient = nullptr;
  Tensor<float> slopes({2, 7, 21, 27});
  good.forward.op.slopes = &slopes;
  Tensor<float> image_gradient({2, 1, 21, 27});
  good.op.image_gradient = &image_gradient;
  for (DLTensor* t : {&good.forward.volume, &good.forward.poses, &slopes, &image_gradient})
    t->device = {kDLCUDA, 0};
  std::size_t with_memory = 0, without = 0;
  ASSERT_EQ(fg_drr_gradient_scratch_bytes(&good.op, &with_memory), FG_STATUS_OK) << fg_last_error();
  slopes.tensor.data = nullptr;
  ASSERT_EQ(fg_drr_gradient_scratch_bytes(&good.op, &without), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(without, with_memory);
  EXPECT_GT(without, 0u);
}

void expect_gradient_sentence(const std::function<void(GoodGradient&)>& spoil, FgStatus status,
                              const std::string& sentence) {
  GoodGradient good;
  spoil(good);
  EXPECT_EQ(run(good.op), status);
  EXPECT_NE(std::string(fg_last_error()).find(sentence), std::string::npos) << fg_last_error();
}

TEST(fg_drr_errors, gradients_that_make_no_sense_get_a_sentence) {
  expect_gradient_sentence([](GoodGradient& g) { g.op.drr = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                           "drr is NULL; pass the address of an FgDrr filled by fg_drr_defaults()");
  expect_gradient_sentence([](GoodGradient& g) { g.forward.op.struct_size = 8; }, FG_STATUS_INVALID_ARGUMENT,
                           "struct_size is 8, this library has an FgDrr of " + std::to_string(sizeof(FgDrr)));
  expect_gradient_sentence(
      [](GoodGradient& g) {
        g.forward.op.reduction = FG_DRR_MAXIMUM;
        g.forward.op.method = FG_DRR_SIDDON;
      },
      FG_STATUS_UNSUPPORTED,
      "a maximum of FG_DRR_SIDDON is the number of one voxel, whose gradient by the rays is 0; ask for "
      "volume_gradient alone, or take FG_DRR_TRILINEAR");
  expect_gradient_sentence(
      [](GoodGradient& g) {
        g.op.poses_gradient = g.op.intrinsics_gradient = g.op.volume_gradient = nullptr;
      },
      FG_STATUS_INVALID_ARGUMENT, "no gradient is asked for");
  expect_gradient_sentence(
      [](GoodGradient& g) { g.op.targets_gradient = &g.poses_gradient; }, FG_STATUS_INVALID_ARGUMENT,
      "gradients by points are asked for, but drr->targets is NULL; pass the rays as points");
  expect_gradient_sentence([](GoodGradient& g) { g.poses_gradient.shape[1] = 4; }, FG_STATUS_SIZE_MISMATCH,
                           "poses_gradient has shape [2, 4, 4]; expected [2, 3, 4]");
  Tensor<float> slopes({2, 7, 21, 27});
  expect_gradient_sentence([&](GoodGradient& g) { g.forward.op.slopes = &slopes; },
                           FG_STATUS_INVALID_ARGUMENT,
                           "volume_gradient is asked for, but drr->slopes is given, which knows of the rays "
                           "alone; set drr->slopes to NULL");
  GoodGradient good;
  std::size_t bytes = 0;
  ASSERT_EQ(fg_drr_gradient_scratch_bytes(&good.op, &bytes), FG_STATUS_OK) << fg_last_error();
  ASSERT_GT(bytes, 0u);
  EXPECT_EQ(fg_drr_gradient(&good.op, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(std::string(fg_last_error()),
            "fg_drr_gradient: scratch is NULL but " + std::to_string(bytes) +
                " bytes are needed; pass as many bytes as fg_drr_gradient_scratch_bytes() says");
}

}  // namespace
}  // namespace fg::test
