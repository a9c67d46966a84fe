#pragma once
// Vulkan as an evaluator sees it, counted: what it creates, destroys, allocates and frees through the functions of its
// host's get_instance_proc_addr, and how often it waits for the device.

#include <cstddef>
#include <map>
#include <string>

#include "plugin/vk/own_device.h"

namespace fg::test {

// For FgEvaluatorInfo. Counts from zero; one device at a time.
PFN_vkGetInstanceProcAddr counted_vulkan(const vk::OwnDevice& device);

struct VulkanCounts {
  std::map<std::string, std::size_t> live;  // objects of each kind of which there are any
  std::size_t live_bytes = 0;               // of device memory
  std::size_t made = 0;                     // objects of all kinds, since the beginning
  std::size_t unknown = 0;                  // destroyed objects that were not there
  std::size_t device_waits = 0;             // calls of vkDeviceWaitIdle
};
VulkanCounts vulkan_counts();

}  // namespace fg::test
