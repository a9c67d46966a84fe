// DRRs and their gradients on CUDA against those on CPU.

#include <gtest/gtest.h>

#include <memory>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/drr/drr_gradient_case.h"

namespace fg::test {
namespace {

class drr_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

// Vectors brought to the device, for as long as this lives.
class Places {
 public:
  template <class E>
  E* operator()(const std::vector<E>& values) const {
    const auto array = std::make_shared<DeviceArray<E>>(values);
    kept_->push_back(array);
    return array->data();
  }
  template <class E>
  std::shared_ptr<DeviceArray<E>> filled(std::size_t count, E value) const {
    return std::make_shared<DeviceArray<E>>(std::vector<E>(count, value));
  }

 private:
  std::shared_ptr<std::vector<std::shared_ptr<void>>> kept_ =
      std::make_shared<std::vector<std::shared_ptr<void>>>();
};

template <class T>
std::vector<float> run_cuda(const DrrCase<T>& c) {
  const Places places;
  Drr<T> op = c.bind(places);
  const auto images = places.filled<float>(c.numbers_of_images(), NAN);
  op.images.data = images->data();
  const Stream stream;
  cuda::drr(op, 0, stream.get());
  stream.wait();
  return images->read();
}

// Sums in another order, positions rounded with fused multiply-adds: both are within 5e-6 (trilinear) and 2e-5 (Siddon) of
// the oracle.
template <class T>
void expect_like_cpu(const DrrCase<T>& c, double tolerance = 2e-5) {
  const std::vector<float> cpu = run_cpu(c);
  EXPECT_LT(relative_error(run_cuda(c), std::vector<double>(cpu.begin(), cpu.end())), tolerance);
}

const FgDrrSampling kSamplings[] = {
    {FG_DRR_SEGMENT, 301, 0}, {FG_DRR_INSIDE, 150, 0}, {FG_DRR_STEP, 0, 0.7f}};

template <class T, class Check>
void for_methods(DrrCase<T> c, const Check& check) {
  for (const FgDrrSampling& sampling : kSamplings) {
    SCOPED_TRACE("sampling " + std::to_string(sampling.kind));
    c.sampling = sampling;
    c.method = DrrMethod::trilinear;
    check(c);
  }
  SCOPED_TRACE("siddon");
  c.method = DrrMethod::siddon;
  check(c);
}

template <class T>
void expect_every_method(const DrrCase<T>& c) {
  for_methods(c, [](const DrrCase<T>& checked) { expect_like_cpu(checked, 4e-5); });
}

TEST_F(drr_cuda, every_view_beam_and_affine_matches_the_cpu) {
  for (const bool posterior : {false, true})
    for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
      DrrCase<float> c;
      c.rays.beam = beam;
      c.poses = {view(posterior, 200.3, turned(12, -34, 56)), view(posterior, 190.7, turned(5, 3, -4)),
                 view(posterior, 15.3, turned(1, 3, 90.2))};
      expect_every_method(c);
      c.voxel_to_world = product(turned(31, -22, 47, 4, -7, 9), spaced(-4, 5, -6, c.nx, c.ny, c.nz));
      expect_every_method(c);
    }
}

TEST_F(drr_cuda, axes_of_one_voxel_match_the_cpu) {
  constexpr int kExtents[][3] = {{1, 17, 19}, {23, 1, 19}, {23, 17, 1}, {1, 1, 19}, {1, 1, 1}};
  for (const auto& [x, y, z] : kExtents) {
    DrrCase<float> c(x, y, z);
    c.voxel_to_world = spaced(14, 15, 16, x, y, z);
    c.volume[0] = 500;
    c.poses = {view(false, 200.3, turned(3, 4, 5))};
    expect_every_method(c);
  }
}

TEST_F(drr_cuda, half_and_integer_voxels_match_the_cpu) {
  const auto check = []<class T>(DrrCase<T> c) {
    c.poses = {view(false, 200.3, turned(5, 3, -4))};
    if (std::is_same_v<T, std::uint16_t>)
      c.set_volume([](int x, int y, int z) { return (x * 131 + y * 557 + z * 911) % 2600; });
    expect_every_method(c);
    c.values = {0, 0.001f, 0, 0, 0, 0};
    c.set_volume([](int x, int y, int z) { return (x * 131 + y * 557 + z * 911) % 260 * 0.25; });
    expect_every_method(c);
  };
  check(DrrCase<float>());
  check(DrrCase<Half>());
  check(DrrCase<std::int16_t>());
  check(DrrCase<std::uint16_t>());
}

TEST_F(drr_cuda, images_of_any_size_patches_lists_and_points_match_the_cpu) {
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 300}, {37, 5}, {200, 200}, {700, 700}}) {
    DrrCase<float> c;
    c.set_image(height, width);
    c.rays.intrinsics.delx = 94.0 / width;
    c.rays.intrinsics.dely = 94.0 / height;
    c.poses = {view(false, 200.3, turned(5, 3, -4)), view(true, 190, turned(1, 2, 3))};
    expect_like_cpu(c);
  }
  DrrCase<float> patch;
  patch.intrinsics = {300, 3.5, 4.5, 5, -3};
  patch.rays.row = 5;
  patch.rays.column = 11;
  patch.image_height = 9;
  patch.image_width = 13;
  patch.poses = {view(false, 200.3, turned(5, 3, -4))};
  expect_every_method(patch);
  DrrCase<float> list;
  list.pixels = {0, 566, 300, 300, 17, 283, 40};
  list.image_height = 1;
  list.image_width = 7;
  list.poses = patch.poses;
  expect_every_method(list);
  list.pixels[2] = 567;
  list.pixels[3] = -1;
  const std::vector<float> images = run_cuda(list);
  for (std::size_t i = 0; i < images.size(); ++i) EXPECT_EQ(std::isnan(images[i]), i == 2 || i == 3);
}

DrrCase<float> points_case(bool one_source) {
  DrrCase<float> c = smooth_case<float>();
  c.poses = {view(false, 200.3), view(true, 180, turned(10, 20, 30))};
  for (int n = 0; n < 200; ++n) {
    if (!one_source) c.sources.insert(c.sources.end(), {n * 0.05371 - 9, n * -0.07137 + 0.1, 0.03113 * n});
    c.targets.insert(c.targets.end(), {n * -0.31173 + 20, n * 0.29371 - 15, 280 + 0.20391 * n});
  }
  if (one_source) c.sources = {1.137, 2.371, 3.713};
  c.image_height = 1;
  c.image_width = 200;
  return c;
}

TEST_F(drr_cuda, channels_of_labels_and_maxima_match_the_cpu) {
  DrrCase<float> c;
  for (int n = 0; n < c.nx * c.ny * c.nz; ++n) c.labels.push_back(static_cast<std::uint8_t>(n * 7 / 29 % 5));
  c.channels = 5;
  c.poses = {view(false, 200.123, turned(5.1, 3.2, -4.3)), view(true, 190.1, turned(1, 2, 3))};
  for (const DrrReduction reduction : {DrrReduction::sum, DrrReduction::maximum})
    for (const DrrMethod method : {DrrMethod::trilinear, DrrMethod::siddon}) {
      c.reduction = reduction;
      c.method = method;
      // Within rounding of two labels, or of a voxel's corner, either may count.
      const std::vector<float> cpu = run_cpu(c), gpu = run_cuda(c);
      const float most = *std::max_element(cpu.begin(), cpu.end());
      std::size_t off = 0;
      for (std::size_t i = 0; i < cpu.size(); ++i) off += !(std::abs(gpu[i] - cpu[i]) <= 5e-5f * most);
      EXPECT_LE(off, cpu.size() / 100);
    }
  c.reduction = DrrReduction::sum;
  c.method = DrrMethod::trilinear;
  c.channel_of = {-1, 1, -1, 0, 7};
  c.channels = 2;
  expect_like_cpu(c, 2e-3);
}

TEST_F(drr_cuda, rays_that_miss_are_zero_and_poses_that_are_not_finite_are_NaN) {
  DrrCase<float> c;
  c.poses = {view(false, -200), view(false, 200)};
  c.poses[1][1][2] = NAN;
  for_methods(c, [](const DrrCase<float>& checked) {
    const std::vector<float> images = run_cuda(checked);
    for (std::size_t i = 0; i < images.size(); ++i) {
      if (i < images.size() / 2)
        ASSERT_EQ(images[i], 0.0f);
      else
        ASSERT_TRUE(std::isnan(images[i]));
    }
  });
}

enum class Launch { plain, captured };

template <class T>
GradientResult run_cuda_gradient(const DrrCase<T>& c, const Wanted& wanted, Launch launch = Launch::plain) {
  const Places places;
  DrrGradient<T> op;
  const auto batch = static_cast<std::int64_t>(c.poses.size());
  op.forward = c.bind(places);
  op.image_gradient = c.image_view(static_cast<const float*>(places(upstream(c, wanted.same_for_channels))));
  std::vector<std::pair<std::vector<double>*, std::shared_ptr<DeviceArray<double>>>> tables;
  GradientResult out;
  const auto table = [&](std::vector<double>& to, std::int64_t rows, std::int64_t columns) {
    tables.emplace_back(&to, places.filled<double>(static_cast<std::size_t>(batch * rows * columns), NAN));
    return GradientTable{tables.back().second->data(), {rows * columns, columns, 1}};
  };
  if (wanted.poses) op.poses = table(out.poses, 3, 4);
  if (wanted.intrinsics) op.intrinsics = table(out.intrinsics, 5, 1);
  if (wanted.points) {
    op.sources = table(out.sources, static_cast<std::int64_t>(c.sources.size()) / 3, 3);
    op.targets = table(out.targets, static_cast<std::int64_t>(c.targets.size()) / 3, 3);
  }
  const auto volume = places.filled<float>(c.volume.size(), NAN);
  if (wanted.volume) op.volume = {volume->data(), c.nz, c.ny, c.nx, std::int64_t{c.nx} * c.ny, c.nx, 1};
  const auto slopes = places.filled<float>(wanted.by_slopes ? numbers_of_slopes(c) : 1, NAN),
             images = places.filled<float>(c.numbers_of_images(), NAN);
  if (wanted.by_slopes) op.forward.slopes = slopes_view(c, slopes->data());
  const std::size_t bytes = cuda::drr_gradient_scratch_bytes(op);
  const auto scratch = places.filled<unsigned char>(bytes, 0xFF);
  const Stream stream;
  if (wanted.by_slopes) op.forward.images.data = images->data();
  const auto run = [&] {
    if (wanted.by_slopes) cuda::drr(op.forward, 0, stream.get());
    cuda::drr_gradient(op, {scratch->data(), bytes}, 0, stream.get());
  };
  if (launch == Launch::captured)
    run_captured(stream, run);
  else
    run();
  stream.wait();
  for (const auto& [to, from] : tables) *to = from->read();
  if (wanted.by_slopes) out.images = images->read();
  if (wanted.volume) {
    const std::vector<float> values = volume->read();
    out.volume.assign(values.begin(), values.end());
  }
  return out;
}

template <class T>
void expect_gradient_like_cpu(const DrrCase<T>& c, const Wanted& wanted) {
  const GradientResult cpu = run_cpu_gradient(c, wanted), gpu = run_cuda_gradient(c, wanted);
  // A sample within rounding of a voxel's plane has the slope of either side: a few of some ten thousand.
  constexpr double kTolerance = 2e-4;
  EXPECT_LT(relative_error(gpu.poses, cpu.poses), kTolerance) << "poses";
  EXPECT_LT(relative_error(gpu.intrinsics, cpu.intrinsics), kTolerance) << "intrinsics";
  EXPECT_LT(relative_error(gpu.sources, cpu.sources), 5e-3) << "sources: single rays";
  EXPECT_LT(relative_error(gpu.targets, cpu.targets), 5e-3) << "targets: single rays";
  EXPECT_LT(relative_error(gpu.volume, cpu.volume), 1e-4) << "volume";
  EXPECT_LT(relative_error(gpu.images, std::vector<double>(cpu.images.begin(), cpu.images.end())), 4e-5)
      << "images that were made along with slopes";
}

TEST_F(drr_cuda, gradients_match_the_cpu) {
  for (const DrrBeam beam : {DrrBeam::cone, DrrBeam::parallel}) {
    DrrCase<float> c = smooth_case<float>();
    c.set_image(40, 50);
    c.rays.beam = beam;
    c.poses = {view(false, 200.3, turned(12, -34, 56)), view(true, 180, turned(10, 20, 30)),
               view(false, 20.3, turned(8, 2, 3))};
    c.intrinsics = {300, 1.9, 2.4, 5, -3, 320, 2, 2, 0, 1, 310, 2, 2, 0, 1};
    for_methods(c, [](const DrrCase<float>& checked) {
      expect_gradient_like_cpu(checked, {.poses = true, .intrinsics = true, .volume = true});
      expect_gradient_like_cpu(checked, {.poses = true, .intrinsics = true, .by_slopes = true});
    });
  }
  const auto check = []<class T>(DrrCase<T> c) {
    c.poses = {view(false, 200.3, turned(12, -14, 6))};
    c.set_image(40, 50);
    c.rays.intrinsics = {300, 1.9, 2.4, 5, -3};
    for_methods(c, [](const DrrCase<T>& checked) {
      expect_gradient_like_cpu(checked, {.poses = true, .volume = true});
      expect_gradient_like_cpu(checked, {.poses = true, .by_slopes = true});
    });
  };
  check(smooth_case<Half>());
  check(smooth_case<std::int16_t>());
}

TEST_F(drr_cuda, gradients_of_maxima_match_the_cpu) {
  DrrCase<float> c = smooth_case<float>();
  c.set_image(40, 50);
  c.rays.intrinsics = {300, 1.9, 2.4, 5, -3};
  c.reduction = DrrReduction::maximum;
  c.poses = {view(false, 200.3, turned(12, -34, 56)), view(true, 180, turned(10, 20, 30))};
  // Of a thousand rays one or two have two samples whose maxima differ by a rounding, and slopes by a few per cent.
  const auto expect_like = [](const DrrCase<float>& checked, const Wanted& wanted) {
    const GradientResult cpu = run_cpu_gradient(checked, wanted), gpu = run_cuda_gradient(checked, wanted),
                         again = run_cuda_gradient(checked, wanted);
    EXPECT_LT(relative_error(gpu.poses, cpu.poses), 2e-3) << "poses";
    EXPECT_LT(relative_error(gpu.intrinsics, cpu.intrinsics), 2e-3) << "intrinsics";
    EXPECT_EQ(again.poses, gpu.poses);
    EXPECT_EQ(again.intrinsics, gpu.intrinsics);
    double off = 0, all = 0;  // a maximum that is another sample's moves its gradient to other voxels
    for (std::size_t i = 0; i < cpu.volume.size(); ++i) {
      off += std::abs(gpu.volume[i] - cpu.volume[i]);
      all += std::abs(cpu.volume[i]);
    }
    EXPECT_LT(off, 5e-3 * all) << "volume";
  };
  const auto check = [&](DrrCase<float> checked) {
    for (const FgDrrSampling& sampling : kSamplings) {
      checked.sampling = sampling;
      expect_like(checked, {.poses = true, .intrinsics = true, .volume = true});
    }
    checked.method = DrrMethod::siddon;
    expect_like(checked, {.volume = true});
  };
  check(c);
  for (int n = 0; n < c.nx * c.ny * c.nz; ++n) c.labels.push_back(static_cast<std::uint8_t>(n % c.nx / 8));
  c.channels = 3;
  check(c);
}

TEST_F(drr_cuda, images_with_slopes_and_their_gradient_can_be_captured_in_a_graph) {
  DrrCase<float> c = smooth_case<float>();
  c.set_image(40, 50);
  c.rays.intrinsics = {300, 1.9, 2.4, 5, -3};
  c.poses = {view(false, 200.3, turned(12, -34, 56)), view(true, 180, turned(10, 20, 30))};
  for_methods(c, [](const DrrCase<float>& checked) {
    const Wanted kept{.poses = true, .intrinsics = true, .by_slopes = true};
    const GradientResult plain = run_cuda_gradient(checked, kept),
                         captured = run_cuda_gradient(checked, kept, Launch::captured);
    EXPECT_EQ(captured.images, plain.images);
    EXPECT_EQ(captured.poses, plain.poses);
    EXPECT_EQ(captured.intrinsics, plain.intrinsics);
  });
}

TEST_F(drr_cuda, gradients_by_points_match_the_cpu) {
  for (const bool one_source : {false, true})
    for_methods(points_case(one_source), [](const DrrCase<float>& c) {
      expect_like_cpu(c);
      expect_gradient_like_cpu(c, {.poses = true, .points = true});
      expect_gradient_like_cpu(c, {.poses = true, .points = true, .by_slopes = true});
    });
}

TEST_F(drr_cuda, gradients_with_labels_match_the_cpu) {
  DrrCase<float> c = smooth_case<float>();
  for (int z = 0; z < c.nz; ++z)
    for (int y = 0; y < c.ny; ++y)
      for (int x = 0; x < c.nx; ++x)
        c.labels.push_back(static_cast<std::uint8_t>(x < 11 ? 0 : y < 9 ? 1 : 2));
  c.channels = 3;
  c.set_image(40, 50);
  c.rays.intrinsics = {300, 1.9, 2.4, 5, -3};
  c.poses = {view(false, 200.123, turned(5.1, 3.2, -4.3))};
  for_methods(c, [](const DrrCase<float>& checked) {
    const GradientResult cpu = run_cpu_gradient(checked, {.poses = true}),
                         gpu = run_cuda_gradient(checked, {.poses = true});
    EXPECT_LT(relative_error(gpu.poses, cpu.poses), 2e-3)
        << "single samples may have the label beside theirs";
  });
}

TEST_F(drr_cuda, images_and_gradients_by_pose_are_the_same_bits_on_every_run) {
  DrrCase<float> c;
  c.set_image(90, 110);
  c.rays.intrinsics = {300, 0.9, 0.9, 0, 0};
  c.poses = {view(false, 200.3, turned(12, -34, 56)), view(true, 180, turned(10, 20, 30))};
  for_methods(c, [](const DrrCase<float>& checked) {
    const std::vector<float> images = run_cuda(checked);
    const Wanted walked{.poses = true, .intrinsics = true},
        kept{.poses = true, .intrinsics = true, .by_slopes = true};
    const GradientResult once = run_cuda_gradient(checked, walked),
                         once_kept = run_cuda_gradient(checked, kept);
    for (int run = 0; run < 5; ++run) {
      EXPECT_EQ(run_cuda(checked), images);
      const GradientResult again = run_cuda_gradient(checked, walked),
                           again_kept = run_cuda_gradient(checked, kept);
      EXPECT_EQ(again.poses, once.poses);
      EXPECT_EQ(again.intrinsics, once.intrinsics);
      EXPECT_EQ(again_kept.poses, once_kept.poses);
      EXPECT_EQ(again_kept.intrinsics, once_kept.intrinsics);
      EXPECT_EQ(again_kept.images, once_kept.images);
    }
  });
}

TEST_F(drr_cuda, exposures_match_the_cpu) {
  std::vector<float> x(1000), upstream(1000), cpu(1000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(i) * 0.01f;
    upstream[i] = static_cast<float>(i % 7) - 3;
  }
  const auto view_of = [](auto* data) {
    return ImageView<std::remove_pointer_t<decltype(data)>>{data, 1, 2, 10, 50, 1000, 500, 50, 1};
  };
  const Places places;
  for (const ExposureDirection direction : {ExposureDirection::expose, ExposureDirection::linearise})
    for (const bool gradient : {false, true}) {
      Exposure op{
          view_of(static_cast<const float*>(x.data())), {}, view_of(cpu.data()), direction, 1000, 0.5f};
      if (gradient) op.gradient = view_of(static_cast<const float*>(upstream.data()));
      cpu::exposure(op);
      const auto gpu = places.filled<float>(1000, NAN);
      op.input.data = places(x);
      if (gradient) op.gradient.data = places(upstream);
      op.output.data = gpu->data();
      const Stream stream;
      cuda::exposure(op, 0, stream.get());
      stream.wait();
      EXPECT_LT(relative_error(gpu->read(), std::vector<double>(cpu.begin(), cpu.end())), 1e-6);
    }
}

}  // namespace
}  // namespace fg::test
