#include "viewer/render/gaussian_pairs.h"

#include <algorithm>

namespace fg {

GaussianPairs::GaussianPairs(const vk::OwnDevice& device, const RadixSort& sorter, const vk::Buffer& control,
                             std::uint32_t pairs_wanted, std::uint32_t tiles_wanted)
    : pair_capacity(pairs_wanted),
      tile_capacity(tiles_wanted),
      pairs{vk::Buffer(device, VkDeviceSize{pair_capacity} * 8, vk::Residence::device),
            vk::Buffer(device, VkDeviceSize{pair_capacity} * 8, vk::Residence::device)},
      part_counts(device, sorter.part_counts_bytes(pair_capacity), vk::Residence::device),
      digit_totals(device, RadixSort::digit_totals_bytes(), vk::Residence::device),
      starts(device, (VkDeviceSize{tile_capacity} + 1) * 4, vk::Residence::device),
      sort(sorter.bind({.elements = {&pairs[0], &pairs[1]},
                        .part_counts = &part_counts,
                        .digit_totals = &digit_totals,
                        .control = &control})) {}

std::uint32_t GaussianPairs::most_pairs(const vk::OwnDevice& device) {
  const VkPhysicalDeviceLimits& limits = device.properties.limits;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(
      {limits.maxStorageBufferRange / 8, std::uint64_t{limits.maxComputeWorkGroupCount[0]} * sort::kBlock,
       0xfffff000u}));
}

std::uint32_t GaussianPairs::first_guess(const vk::OwnDevice& device, std::uint32_t splats,
                                         std::uint32_t tiles) {
  const std::uint64_t guess = (1u << 18) + std::uint64_t{splats} * 4 + std::uint64_t{tiles} * 512;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(guess, most_pairs(device)));
}

}  // namespace fg
