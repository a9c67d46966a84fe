#include "viewer/render/radix_sort.h"

#include "plugin/vk/commands.h"
#include "shaders/sort/histogram.comp.h"
#include "shaders/sort/histogram_lanes.comp.h"
#include "shaders/sort/scan_rows.comp.h"
#include "shaders/sort/scatter.comp.h"
#include "shaders/sort/scatter_lanes.comp.h"

namespace fg {
namespace {

using vk::kStorageBuffer;

vk::ComputePass make_pass(const vk::Device& device, std::span<const std::uint32_t> spirv, std::size_t buffers,
                          std::vector<std::uint32_t> constants = {}) {
  return {device,
          {.spirv = spirv,
           .bindings = std::vector<VkDescriptorType>(buffers, kStorageBuffer),
           .push_bytes = sizeof(sort::Pass),
           .constants = std::move(constants)}};
}

}  // namespace

RadixSort::RadixSort(const vk::OwnDevice& device, Variant variant)
    : device_(&device), parts_a_block_(variant == Variant::groups ? 1 : sort::kLanes) {
  if (variant == Variant::groups) {
    histogram_ = make_pass(device, shaders::sort_histogram, 3);
    scan_ = make_pass(device, shaders::sort_scan_rows, 3, {sort::kThreads, parts_a_block_});
    scatter_ = make_pass(device, shaders::sort_scatter, 5);
  } else {
    histogram_ = make_pass(device, shaders::sort_histogram_lanes, 3);
    scan_ = make_pass(device, shaders::sort_scan_rows, 3, {sort::kLanes, parts_a_block_});
    scatter_ = make_pass(device, shaders::sort_scatter_lanes, 5);
  }
}

VkDeviceSize RadixSort::part_counts_bytes(std::uint64_t capacity) const {
  const std::uint64_t blocks = (capacity + sort::kBlock - 1) / sort::kBlock;
  return (blocks ? blocks : 1) * parts_a_block_ * sort::kThreads * sizeof(std::uint32_t);
}

RadixSort::Bound RadixSort::bind(const Buffers& b) const {
  Bound bound;
  for (int source = 0; source < 2; ++source) {
    bound.histogram_[source] =
        vk::BindingSet(*device_, histogram_,
                       {vk::bind(*b.control), vk::bind(*b.elements[source]), vk::bind(*b.part_counts)});
    bound.scatter_[source] =
        vk::BindingSet(*device_, scatter_,
                       {vk::bind(*b.control), vk::bind(*b.elements[source]), vk::bind(*b.part_counts),
                        vk::bind(*b.digit_totals), vk::bind(*b.elements[1 - source])});
  }
  bound.scan_ = vk::BindingSet(*device_, scan_,
                               {vk::bind(*b.control), vk::bind(*b.part_counts), vk::bind(*b.digit_totals)});
  return bound;
}

void RadixSort::record(VkCommandBuffer cmd, const Bound& bound, const Pass& pass) const {
  const sort::Pass push{pass.first_bit, 1u << pass.bits, pass.count_word, pass.compact ? 1u : 0u};
  const auto over_blocks = [&](const vk::ComputePass& shader, const vk::BindingSet& set) {
    if (pass.arguments)
      shader.record_indirect(cmd, set, &push, pass.arguments, pass.arguments_offset_bytes);
    else
      shader.record(cmd, set, &push, pass.blocks);
  };
  over_blocks(histogram_, bound.histogram_[pass.source]);
  vk::compute_barrier(*device_, cmd);
  scan_.record(cmd, bound.scan_, &push, push.digits);
  vk::compute_barrier(*device_, cmd);
  over_blocks(scatter_, bound.scatter_[pass.source]);
}

}  // namespace fg
