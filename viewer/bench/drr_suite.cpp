#include "viewer/bench/drr_suite.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "viewer/bench/bench_tensor.h"

namespace fg {
namespace {

struct Detector {
  int poses, side;
};

std::vector<Detector> detectors(bool quick) {
  if (quick) return {{1, 50}, {8, 50}, {1, 128}, {1, 256}};
  return {{1, 200}, {8, 200}, {1, 512}, {1, 1024}};
}

// The volume on a device.
struct PlacedVolume {
  DrrBenchVolume shape;
  BenchTensor tensor;

  PlacedVolume(BenchDevice& device, const DrrBenchVolume& volume, const std::vector<float>& voxels)
      : shape(volume), tensor(device, {volume.depth, volume.height, volume.width}, kBenchFloat32) {
    device.copy(tensor.get()->data, voxels.data(), tensor.bytes());
  }
};

template <class T>
std::vector<T> read(BenchDevice& device, BenchTensor& tensor) {
  std::vector<T> values(tensor.elements());
  device.copy(values.data(), tensor.get()->data, tensor.bytes());
  return values;
}

// Radiographs of some poses, and the gradient of their sum.
class DrrWork {
 public:
  DrrWork(BenchDevice& device, PlacedVolume& volume, const std::vector<DrrBenchPose>& poses,
          const DrrBenchCamera& camera, FgDrrMethod method)
      : device_(device),
        poses_(device, {static_cast<std::int64_t>(poses.size()), 3, 4}, kBenchFloat64),
        images_(device, {poses_.get()->shape[0], 1, camera.side, camera.side}, kBenchFloat32),
        image_gradient_(device, {poses_.get()->shape[0], 1, camera.side, camera.side}, kBenchFloat32),
        poses_gradient_(device, {poses_.get()->shape[0], 3, 4}, kBenchFloat64) {
    device.copy(poses_.get()->data, poses.data(), poses_.bytes());
    const std::vector<float> ones(image_gradient_.elements(), 1.0f);
    device.copy(image_gradient_.get()->data, ones.data(), image_gradient_.bytes());
    fg_drr_defaults(&drr_);
    drr_.volume = volume.tensor.get();
    const std::array<double, 16> affine = volume.shape.voxel_to_world();
    std::copy(affine.begin(), affine.end(), drr_.voxel_to_world);
    drr_.numbers = FG_DRR_ATTENUATION;
    drr_.poses = poses_.get();
    drr_.sdd_mm = DrrBenchCamera::kSddMm;
    drr_.delx_mm = drr_.dely_mm = camera.pixel_mm();
    drr_.method = method;
    drr_.samples = camera.samples;
    drr_.images = images_.get();
    fg_drr_gradient_defaults(&gradient_);
    gradient_.drr = &drr_;
    gradient_.image_gradient = image_gradient_.get();
    gradient_.poses_gradient = poses_gradient_.get();
    // fg_drr() asks for none.
    expect_offered(fg_drr_gradient_scratch_bytes(&gradient_, &gradient_.scratch_bytes));
    scratch_ = device.allocate(gradient_.scratch_bytes);
    gradient_.scratch = scratch_.get();
  }

  void render() { expect_offered(fg_drr(&drr_, device_.stream())); }
  void differentiate() { expect_offered(fg_drr_gradient(&gradient_, device_.stream())); }

  double mean() {
    const std::vector<float> values = read<float>(device_, images_);
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }
  double slope_by_distance() {
    return read<double>(device_, poses_gradient_)[7];
  }  // by y of the first source

 private:
  BenchDevice& device_;
  BenchTensor poses_, images_, image_gradient_, poses_gradient_;
  FgDrr drr_;
  FgDrrGradient gradient_;
  std::shared_ptr<void> scratch_;
};

void measure(DrrRow& row, BenchDevice& device, PlacedVolume& volume, const DrrBenchCamera& camera, int runs) {
  try {
    DrrWork work(device, volume, drr_bench_poses(row.poses), camera, row.method);
    row.microseconds = device.time(runs, [&] {
      work.render();
      if (row.with_gradient) work.differentiate();
    });
    row.mean = work.mean();
    if (row.with_gradient) row.slope = work.slope_by_distance();
  } catch (const NotMeasured& problem) {
    row.reason = problem.reason;
  }
}

int runs_of(const DrrBenchOptions& options, const BenchDevice& device) {
  if (options.runs > 0) return options.runs;
  return device.dlpack().device_type == kDLCPU ? 3 : device.default_runs();
}

}  // namespace

DrrReport bench_drr(const DrrBenchOptions& options) {
  const auto devices = bench_devices(options.device);
  const DrrBenchVolume volume = drr_bench_volume(options.quick);
  DrrReport report{.volume = volume, .samples = DrrBenchCamera{}.samples, .devices = {}, .rows = {}};
  options.on_start(devices.size() * detectors(options.quick).size() * 4);
  const std::vector<float> voxels = volume.voxels();
  for (const auto& device : devices) {
    report.devices.push_back({device->id(), device->name(), device->driver(), device->copy_gb_per_s()});
    PlacedVolume placed(*device, volume, voxels);
    for (const Detector& detector : detectors(options.quick)) {
      const DrrBenchCamera camera{.side = detector.side};
      const DrrBenchRays rays = count_rays(volume, drr_bench_poses(detector.poses), camera);
      for (const FgDrrMethod method : {FG_DRR_TRILINEAR, FG_DRR_SIDDON})
        for (const bool with_gradient : {false, true}) {
          if (options.interrupted()) return report;
          DrrRow row{.device_id = device->id(),
                     .method = method,
                     .with_gradient = with_gradient,
                     .poses = detector.poses,
                     .side = detector.side,
                     .rays = rays,
                     .microseconds = {},
                     .reason = ""};
          measure(row, *device, placed, camera, runs_of(options, *device));
          report.rows.push_back(std::move(row));
          options.on_row(device->id() + " " + std::to_string(detector.side));
        }
    }
  }
  return report;
}

}  // namespace fg
