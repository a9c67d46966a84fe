#pragma once
// Stable least-significant-digit radix sort of (key, value) pairs of 32-bit words, in Vulkan compute.
//
// Three dispatches a digit (count per block, scan, scatter) instead of one with look-back: nothing relies on
// workgroups making progress beside each other, and no subgroup operation is used, so the result is the same
// bits on every device.

#include <array>
#include <cstdint>

#include "plugin/vk/buffer.h"
#include "plugin/vk/compute_pass.h"
#include "plugin/vk/own_device.h"
#include "shaders/sort/layout.h"

namespace fg {

class RadixSort {
 public:
  // Both give the same result. groups: a workgroup of 256 threads ranks its elements together, for GPUs.
  // lanes: each lane sorts a run of its own, for CPUs, where a barrier costs as much as sorting ten elements.
  enum class Variant { groups, lanes };
  static Variant suited(const vk::Device& device) {
    return device.is_cpu() ? Variant::lanes : Variant::groups;
  }
  RadixSort(const vk::OwnDevice& device, Variant variant);

  // Bytes of the scratch buffers for up to capacity elements.
  VkDeviceSize part_counts_bytes(std::uint64_t capacity) const;
  static VkDeviceSize digit_totals_bytes() { return sort::kThreads * sizeof(std::uint32_t); }

  // What one list of elements is sorted with; all borrowed, and to outlive the use on the device.
  struct Buffers {
    const vk::Buffer* elements[2];   // uvec2 (key, value): a pass moves them from one to the other
    const vk::Buffer* part_counts;   // scratch
    const vk::Buffer* digit_totals;  // scratch; after a pass: elements by digit
    const vk::Buffer* control;       // holds the number of elements
  };
  // Descriptors of those buffers.
  class Bound {
    friend class RadixSort;
    std::array<vk::BindingSet, 2> histogram_, scatter_;  // by the source's index
    vk::BindingSet scan_;
  };
  Bound bind(const Buffers& buffers) const;

  struct Pass {
    int source = 0;                       // elements[source] to elements[1 - source]
    std::uint32_t first_bit = 0;          // of the digit
    std::uint32_t bits = 8;               // 1..8
    std::uint32_t count_word = 0;         // word of the control buffer that holds the number of elements
    bool compact = false;                 // elements with key 2^32 - 1 are left out
    std::uint32_t blocks = 0;             // workgroups, ceil(elements / kBlock); used where arguments is null
    VkBuffer arguments = VK_NULL_HANDLE;  // or dispatch arguments on the device
    VkDeviceSize arguments_offset_bytes = 0;
  };
  // The elements and their count must be visible to compute before; the caller places a barrier behind.
  void record(VkCommandBuffer cmd, const Bound& bound, const Pass& pass) const;

 private:
  const vk::OwnDevice* device_;
  std::uint32_t parts_a_block_;
  vk::ComputePass histogram_, scan_, scatter_;
};

}  // namespace fg
