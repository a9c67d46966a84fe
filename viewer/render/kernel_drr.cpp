#include "viewer/render/kernel_drr.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "viewer/device/op_call.h"
#include "viewer/error.h"
#include "viewer/render/drr_op.h"
#include "viewer/render/drr_rays.h"
#include "viewer/render/drr_volume.h"

namespace fg {
namespace {

// Of each label its channel, -1: none.
std::vector<std::int32_t> channel_table(const DrrLabelMap& labels) {
  const std::int16_t largest = *std::max_element(labels.channels.begin(), labels.channels.end());
  std::vector<std::int32_t> table(static_cast<std::size_t>(largest) + 1, -1);
  for (std::size_t c = 0; c < labels.channels.size(); ++c)
    table[static_cast<std::size_t>(labels.channels[c])] = static_cast<std::int32_t>(c);
  return table;
}

std::size_t checked_count(std::int64_t channels, const DrrGeometry& geometry) {
  constexpr std::int64_t kMost = std::int64_t{1} << 31;  // 8 GB
  const std::int64_t pixels = std::int64_t{geometry.height} * geometry.width;
  if (pixels > kMost / channels)
    throw Failure(ExitCode::usage,
                  fmt::format("the radiograph would have {} x {} pixels and {} channels; at most {} numbers "
                              "are made at once: take fewer pixels or --labels",
                              geometry.width, geometry.height, channels, kMost));
  return static_cast<std::size_t>(pixels * channels);
}

}  // namespace

std::vector<float> kernel_drr(const ComputeDevice& device, const Volume& volume,
                              const Attenuation& attenuation, const DrrGeometry& geometry,
                              const DrrWalk& walk, const DrrLabelMap* labels) {
  check_volume(volume);
  check_attenuation(attenuation);
  world_to_voxel(volume);
  DrrGeometry checked = geometry;
  checked.n_samples = walk.sampling == FG_DRR_SAMPLES_ON_SEGMENT ? walk.samples : DrrGeometry{}.n_samples;
  check_geometry(checked);
  const auto channels = labels ? static_cast<std::int64_t>(labels->channels.size()) : 1;
  std::vector<float> images(checked_count(channels, geometry));
  const auto [nx, ny, nz] = volume.extent;
  std::array<double, 16> pose{};
  write_rows(geometry.camera_to_world, pose.data());
  std::vector<std::int32_t> table;

  OpDevice on(device);
  OpCall call(on);
  FgDrr op = drr_op(geometry, volume.voxel_to_world);
  op.numbers = FG_DRR_HOUNSFIELD;
  op.mu_water = attenuation.mu_water;
  op.mu_bone = attenuation.mu_bone;
  op.hu_bone = attenuation.hu_bone;
  op.method = walk.method;
  op.reduction = walk.reduction;
  op.sampling = walk.sampling;
  op.samples = walk.samples;
  op.step_mm = walk.step_mm;
  op.volume = call.input(volume.values.data(), kDLFloat, 32, {nz, ny, nx});
  op.poses = call.input(pose.data(), kDLFloat, 64, {1, 4, 4});
  if (labels) {
    table = channel_table(*labels);
    op.labels = call.input(labels->voxels.data(), kDLInt, 16, {nz, ny, nx});
    op.label_channels = call.input(table.data(), kDLInt, 32, {static_cast<std::int64_t>(table.size())});
  }
  op.images = call.output(images.data(), kDLFloat, 32, {1, channels, geometry.height, geometry.width});
  call.run(op, fg_drr_scratch_bytes, fg_drr);
  return images;
}

}  // namespace fg
