#include "viewer/render/drr_volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/error.h"

namespace fg {
namespace {

constexpr std::size_t kStagingBytes = std::size_t{32} << 20;

VkExtent3D padded(const std::array<int, 3>& extent) {
  return {static_cast<std::uint32_t>(extent[0]) + 2, static_cast<std::uint32_t>(extent[1]) + 2,
          static_cast<std::uint32_t>(extent[2]) + 2};
}

void check_volume(const Volume& volume) {
  const auto [nx, ny, nz] = volume.extent;
  if (nx < 1 || ny < 1 || nz < 1)
    throw Failure(ExitCode::unreadable_input, fmt::format("the volume is empty ({} x {} x {} voxels)", nx, ny, nz));
  if (volume.values.size() != static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nz))
    throw Failure(ExitCode::internal, fmt::format("a volume of {} x {} x {} voxels came with {} values", nx, ny, nz,
                                                  volume.values.size()));
}

void check_attenuation(const Attenuation& a) {
  if (!(a.mu_water >= 0) || !(a.mu_bone >= 0) || !(a.hu_bone > 0) || !std::isfinite(a.mu_water + a.mu_bone + a.hu_bone))
    throw Failure(ExitCode::usage, fmt::format("the attenuation of water and bone must be 0 or more and bone's HU "
                                               "positive, got {} and {} per mm at {} HU",
                                               a.mu_water, a.mu_bone, a.hu_bone));
}

void check_device(const vk::OwnDevice& device, const Volume& volume) {
  const VkPhysicalDeviceImageFormatInfo2 wanted{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .format = VK_FORMAT_R32_SFLOAT,
      .type = VK_IMAGE_TYPE_3D,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT};
  VkImageFormatProperties2 offered{.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
  vk::check(device.GetPhysicalDeviceImageFormatProperties2(device.physical, &wanted, &offered),
            "asking for 3D images of floats");
  const VkExtent3D most = offered.imageFormatProperties.maxExtent, size = padded(volume.extent);
  const VkDeviceSize size_bytes = VkDeviceSize{size.width} * size.height * size.depth * sizeof(float);
  const auto [nx, ny, nz] = volume.extent;
  if (size.width > most.width || size.height > most.height || size.depth > most.depth)
    throw Failure(ExitCode::internal, fmt::format("the volume has {} x {} x {} voxels; {} takes at most {} x {} x {}; "
                                                  "crop or downsample it",
                                                  nx, ny, nz, device.properties.deviceName, most.width - 2,
                                                  most.height - 2, most.depth - 2));
  if (size_bytes > offered.imageFormatProperties.maxResourceSize)
    throw Failure(ExitCode::internal,
                  fmt::format("the volume's {} x {} x {} voxels need {} MiB; {} takes images of at most {} MiB; crop or "
                              "downsample it",
                              nx, ny, nz, size_bytes >> 20, device.properties.deviceName,
                              offered.imageFormatProperties.maxResourceSize >> 20));
}

vk::Image make_image(const vk::OwnDevice& device, const Volume& volume) {
  try {
    return {device,
            {.format = VK_FORMAT_R32_SFLOAT,
             .extent = padded(volume.extent),
             .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT}};
  } catch (const vk::Error& error) {
    throw Failure(ExitCode::internal, fmt::format("the volume's {} x {} x {} voxels do not fit into the memory of {} "
                                                  "({}); crop or downsample it",
                                                  volume.extent[0], volume.extent[1], volume.extent[2],
                                                  device.properties.deviceName, vk::name_of(error.result)));
  }
}

}  // namespace

float attenuation_of(float hu, const Attenuation& a) {
  const double above_air = std::max(static_cast<double>(hu), -1000.0);
  const double mu = above_air <= 0 ? a.mu_water * (1 + above_air / 1000)
                                   : a.mu_water + (a.mu_bone - a.mu_water) * above_air / a.hu_bone;
  return static_cast<float>(std::max(mu, 0.0));
}

vk::Image upload_attenuation(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation) {
  check_volume(volume);
  check_attenuation(attenuation);
  check_device(device, volume);
  vk::Image image = make_image(device, volume);

  // Rows through a staging buffer of bounded size: a CT fills gigabytes, and its attenuation is needed only once.
  const VkExtent3D size = image.extent();
  const std::size_t row_floats = size.width, rows = std::size_t{size.height} * size.depth;
  const std::size_t rows_at_once = std::clamp<std::size_t>(kStagingBytes / (row_floats * 4), 1, rows);
  const vk::Buffer staging(device, rows_at_once * row_floats * 4, vk::Residence::upload);
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    vk::change_layout(device, cmd, image.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
  });
  for (std::size_t first = 0; first < rows; first += rows_at_once) {
    const std::size_t count = std::min(rows_at_once, rows - first);
    std::vector<VkBufferImageCopy> copies;
    for (std::size_t n = 0; n < count; ++n) {
      float* row = staging.as<float>().data() + n * row_floats;
      std::fill(row, row + row_floats, 0.0f);
      const std::size_t j = (first + n) % size.height, k = (first + n) / size.height;  // of the padded volume
      if (n == 0 || j == 0)
        copies.push_back({.bufferOffset = n * row_floats * 4,
                          .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                          .imageOffset = {0, static_cast<int>(j), static_cast<int>(k)},
                          .imageExtent = {size.width, 0, 1}});
      ++copies.back().imageExtent.height;
      if (j == 0 || j + 1 == size.height || k == 0 || k + 1 == size.depth) continue;
      const float* hu = volume.values.data() +
                        ((k - 1) * static_cast<std::size_t>(volume.extent[1]) + j - 1) *
                            static_cast<std::size_t>(volume.extent[0]);
      for (int i = 0; i < volume.extent[0]; ++i) row[i + 1] = attenuation_of(hu[i], attenuation);
    }
    vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
      device.CmdCopyBufferToImage(cmd, staging.get(), image.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                                  static_cast<std::uint32_t>(copies.size()), copies.data());
    });
  }
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    vk::change_layout(device, cmd, image.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                      VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
  });
  return image;
}

}  // namespace fg
