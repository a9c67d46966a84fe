#include "viewer/render/drr_volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/mat3x3.hpp>
#include <glm/matrix.hpp>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/error.h"

namespace fg {
namespace {

constexpr VkImageUsageFlags kUsage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
constexpr std::size_t kStagingBytes = std::size_t{32} << 20;

std::string size_text(const Volume& volume) {
  return fmt::format("{} x {} x {} voxels", volume.extent[0], volume.extent[1], volume.extent[2]);
}

Failure too_large(const vk::OwnDevice& device, const Volume& volume, const std::string& why) {
  return {ExitCode::internal, fmt::format("the volume's {} are too many for {}: {}; crop or downsample it",
                                          size_text(volume), device.properties.deviceName, why)};
}

VkImageFormatProperties offered_by(const vk::OwnDevice& device) {
  const VkPhysicalDeviceImageFormatInfo2 wanted{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
      .format = VK_FORMAT_R32_SFLOAT,
      .type = VK_IMAGE_TYPE_2D,
      .tiling = VK_IMAGE_TILING_OPTIMAL,
      .usage = kUsage};
  VkImageFormatProperties2 offered{.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2};
  vk::check(device.GetPhysicalDeviceImageFormatProperties2(device.physical, &wanted, &offered),
            "asking for images of floats");
  return offered.imageFormatProperties;
}

// Devices take fewer layers than rows or columns (often 2048 against 16384): a longer third axis trades
// places with the shortest one.
std::array<int, 3> order_of_axes(const vk::OwnDevice& device, const Volume& volume) {
  const std::array<int, 3>& n = volume.extent;
  const VkImageFormatProperties offered = offered_by(device);
  const auto fits = [](int voxels, std::uint32_t most) {
    return static_cast<std::uint32_t>(voxels) + 2 <= most;
  };
  std::array<int, 3> axes{0, 1, 2};
  if (!fits(n[2], offered.maxArrayLayers)) std::swap(axes[2], axes[n[0] <= n[1] ? 0 : 1]);
  if (!fits(n[axes[0]], offered.maxExtent.width) || !fits(n[axes[1]], offered.maxExtent.height) ||
      !fits(n[axes[2]], offered.maxArrayLayers))
    throw too_large(
        device, volume,
        fmt::format("it takes images of {} x {} pixels and {} layers, a border of one voxel included",
                    offered.maxExtent.width, offered.maxExtent.height, offered.maxArrayLayers));
  const std::uint64_t texels =
      (std::uint64_t(n[0]) + 2) * (std::uint64_t(n[1]) + 2) * (std::uint64_t(n[2]) + 2);
  if (texels * sizeof(float) > offered.maxResourceSize)
    throw too_large(device, volume,
                    fmt::format("they need {} MiB, and it takes images of at most {} MiB",
                                (texels * sizeof(float)) >> 20, offered.maxResourceSize >> 20));
  return axes;
}

void change_layers(const vk::OwnDevice& device, VkImage image, VkImageLayout from, VkImageLayout to) {
  const VkImageMemoryBarrier barrier{
      .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
      .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
      .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
      .oldLayout = from,
      .newLayout = to,
      .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .image = image,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, VK_REMAINING_ARRAY_LAYERS}};
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    device.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0,
                              0, nullptr, 0, nullptr, 1, &barrier);
  });
}

}  // namespace

void check_volume(const Volume& volume) {
  const auto [nx, ny, nz] = volume.extent;
  if (nx < 1 || ny < 1 || nz < 1)
    throw Failure(ExitCode::unreadable_input, "the volume is empty: " + size_text(volume));
  if (volume.values.size() !=
      static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nz))
    throw Failure(ExitCode::internal,
                  fmt::format("a volume of {} came with {} values", size_text(volume), volume.values.size()));
  double longest = 0;
  for (int axis = 0; axis < 3; ++axis)
    longest = std::max(longest, volume.extent[static_cast<std::size_t>(axis)] *
                                    glm::length(glm::dvec3(volume.voxel_to_world[axis])));
  if (longest < 1)  // as fg_drr() has it
    throw Failure(ExitCode::unreadable_input,
                  fmt::format("the volume's longest side is {:.3g} mm; its header is expected to be in "
                              "millimetres, this looks like metres: multiply its spacing by 1000",
                              longest));
}

void check_attenuation(const Attenuation& a) {
  if (!(a.mu_water >= 0) || !(a.mu_bone >= 0) || !(a.hu_bone > 0) ||
      !std::isfinite(a.mu_water + a.mu_bone + a.hu_bone))
    throw Failure(ExitCode::usage,
                  fmt::format("the attenuation of water and bone must be 0 or more and bone's HU "
                              "positive, got {} and {} per mm at {} HU",
                              a.mu_water, a.mu_bone, a.hu_bone));
}

glm::dmat4 world_to_voxel(const Volume& volume) {
  const glm::dmat3 axes(volume.voxel_to_world);
  const double sides = glm::length(axes[0]) * glm::length(axes[1]) * glm::length(axes[2]);
  if (!(std::abs(glm::determinant(axes)) > 1e-9 * sides))  // true for NaN too
    throw Failure(
        ExitCode::unreadable_input,
        "the volume's voxel_to_world cannot be inverted: its axes lie in one plane or have no length");
  return glm::inverse(volume.voxel_to_world);
}

float attenuation_of(float hu, const Attenuation& a) {
  const double above_air = std::max(static_cast<double>(hu), -1000.0);
  const double mu = above_air <= 0 ? a.mu_water * (1 + above_air / 1000)
                                   : a.mu_water + (a.mu_bone - a.mu_water) * above_air / a.hu_bone;
  return static_cast<float>(std::max(mu, 0.0));
}

AttenuationTexture::AttenuationTexture(const vk::OwnDevice& device, const Volume& volume,
                                       const Attenuation& attenuation) {
  check_volume(volume);
  check_attenuation(attenuation);
  axes_ = order_of_axes(device, volume);
  const auto texels = [&](int axis) { return static_cast<std::uint32_t>(volume.extent[axes_[axis]]) + 2; };
  size_ = {texels(0), texels(1), texels(2)};

  const VkImageCreateInfo image_info{.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                     .imageType = VK_IMAGE_TYPE_2D,
                                     .format = VK_FORMAT_R32_SFLOAT,
                                     .extent = {size_.width, size_.height, 1},
                                     .mipLevels = 1,
                                     .arrayLayers = size_.depth,
                                     .samples = VK_SAMPLE_COUNT_1_BIT,
                                     .tiling = VK_IMAGE_TILING_OPTIMAL,
                                     .usage = kUsage,
                                     .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
                                     .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED};
  VkImage image;
  vk::check(device.CreateImage(device.handle, &image_info, nullptr, &image),
            "creating the image of a volume");
  image_ = vk::UniqueImage(device, image);

  VkMemoryRequirements needs;
  device.GetImageMemoryRequirements(device.handle, image, &needs);
  const VkMemoryAllocateInfo allocate{
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .allocationSize = needs.size,
      .memoryTypeIndex = device.memory_type(needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)};
  VkDeviceMemory memory;
  if (const VkResult result = device.AllocateMemory(device.handle, &allocate, nullptr, &memory);
      result != VK_SUCCESS)
    throw too_large(device, volume,
                    fmt::format("allocating {} MiB gave {}", needs.size >> 20, vk::name_of(result)));
  memory_ = vk::UniqueMemory(device, memory);
  vk::check(device.BindImageMemory(device.handle, image, memory, 0),
            "binding memory to the image of a volume");

  view_ = vk::make_view(device, image, VK_IMAGE_VIEW_TYPE_2D_ARRAY, VK_FORMAT_R32_SFLOAT);

  // Gathers need no filter, and never leave the image.
  sampler_ = vk::make_sampler(device, VK_FILTER_NEAREST);

  change_layers(device, image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
  fill(device, volume, attenuation);
  change_layers(device, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
}

glm::dmat4 AttenuationTexture::voxel_to_texel() const {
  glm::dmat4 matrix(0.0);
  for (int axis = 0; axis < 3; ++axis) matrix[axes_[axis]][axis] = 1.0;
  matrix[3] = {1, 1, 1, 1};
  return matrix;
}

// Rows go through a staging buffer of bounded size: a CT may fill gigabytes, and its attenuation is needed
// only once.
void AttenuationTexture::fill(const vk::OwnDevice& device, const Volume& volume,
                              const Attenuation& attenuation) const {
  const std::array<std::size_t, 3> voxel_stride{
      1, static_cast<std::size_t>(volume.extent[0]),
      static_cast<std::size_t>(volume.extent[0]) * static_cast<std::size_t>(volume.extent[1])};
  const std::array<std::size_t, 3> stride{voxel_stride[axes_[0]], voxel_stride[axes_[1]],
                                          voxel_stride[axes_[2]]};
  const std::size_t row_floats = size_.width, rows = std::size_t{size_.height} * size_.depth;
  const std::size_t rows_at_once =
      std::clamp<std::size_t>(kStagingBytes / (row_floats * sizeof(float)), 1, rows);
  const vk::Buffer staging(device, rows_at_once * row_floats * sizeof(float), vk::Residence::upload);

  for (std::size_t first = 0; first < rows; first += rows_at_once) {
    const std::size_t count = std::min(rows_at_once, rows - first);
    std::vector<VkBufferImageCopy> copies;  // one a layer that these rows touch
    for (std::size_t n = 0; n < count; ++n) {
      float* row = staging.as<float>().data() + n * row_floats;
      const std::size_t y = (first + n) % size_.height, layer = (first + n) / size_.height;
      if (n == 0 || y == 0)
        copies.push_back(
            {.bufferOffset = n * row_floats * sizeof(float),
             .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, static_cast<std::uint32_t>(layer), 1},
             .imageOffset = {0, static_cast<std::int32_t>(y), 0},
             .imageExtent = {size_.width, 0, 1}});
      ++copies.back().imageExtent.height;
      std::fill(row, row + row_floats, 0.0f);
      if (y == 0 || y + 1 == size_.height || layer == 0 || layer + 1 == size_.depth) continue;
      const float* hu = volume.values.data() + (layer - 1) * stride[2] + (y - 1) * stride[1];
      for (std::size_t x = 0; x + 2 < row_floats; ++x)
        row[x + 1] = attenuation_of(hu[x * stride[0]], attenuation);
    }
    vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
      device.CmdCopyBufferToImage(cmd, staging.get(), image_.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                                  static_cast<std::uint32_t>(copies.size()), copies.data());
    });
  }
}

}  // namespace fg
