#pragma once
// The little Vulkan that a CUDA renderer needs to show its frames: a device that shares memory with CUDA, a queue, and
// command buffers whose submissions wait for CUDA and tell it when they have finished. Where a window would present, this one
// copies the last frame to the host.

#include <vulkan/vulkan.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <framegauge/vulkan.hpp>
#include <stdexcept>
#include <string>
#include <vector>

inline void check(VkResult result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + " failed: VkResult " + std::to_string(result));
}

class Screen {
 public:
  static constexpr std::uint32_t kFramesInFlight = 3;

  Screen() {
    const VkApplicationInfo application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                        .pApplicationName = "cuda_renderer",
                                        .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                    .pApplicationInfo = &application};
    check(vkCreateInstance(&info, nullptr, &instance), "no Vulkan device: vkCreateInstance");
    try {
      choose_device();
      open_device();
    } catch (...) {
      close();
      throw;
    }
  }
  Screen(const Screen&) = delete;
  ~Screen() { close(); }

  // The next command buffer, once its earlier submission has finished.
  VkCommandBuffer begin() {
    check(vkWaitForFences(device, 1, &fences_[next_], VK_TRUE, UINT64_MAX), "vkWaitForFences");
    const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    check(vkBeginCommandBuffer(commands_[next_], &info), "vkBeginCommandBuffer");
    return commands_[next_];
  }
  // In the turn of a shared image: after CUDA has written it, and CUDA may write again after it.
  void submit(const FgSharedImageSubmission& turn) {
    check(vkEndCommandBuffer(commands_[next_]), "vkEndCommandBuffer");
    const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                               .waitSemaphoreValueCount = 1,
                                               .pWaitSemaphoreValues = &turn.wait_value,
                                               .signalSemaphoreValueCount = 1,
                                               .pSignalSemaphoreValues = &turn.signal_value};
    const VkPipelineStageFlags stages = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            .pNext = &values,
                            .waitSemaphoreCount = 1,
                            .pWaitSemaphores = &turn.semaphore,
                            .pWaitDstStageMask = &stages,
                            .commandBufferCount = 1,
                            .pCommandBuffers = &commands_[next_],
                            .signalSemaphoreCount = 1,
                            .pSignalSemaphores = &turn.semaphore};
    check(vkResetFences(device, 1, &fences_[next_]), "vkResetFences");
    check(vkQueueSubmit(queue_, 1, &info, fences_[next_]), "vkQueueSubmit");
    next_ = (next_ + 1) % kFramesInFlight;
  }
  void wait() { check(vkDeviceWaitIdle(device), "vkDeviceWaitIdle"); }

  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  std::uint32_t queue_family = 0;
  framegauge::DeviceRequirements wanted;  // enabled on the device
  std::string name;

 private:
  // The first that can share images with CUDA.
  void choose_device() {
    std::uint32_t count = 0;
    check(vkEnumeratePhysicalDevices(instance, &count, nullptr), "vkEnumeratePhysicalDevices");
    std::vector<VkPhysicalDevice> devices(count);
    check(vkEnumeratePhysicalDevices(instance, &count, devices.data()), "vkEnumeratePhysicalDevices");
    for (const VkPhysicalDevice candidate : devices) {
      wanted = framegauge::device_requirements(instance, candidate, vkGetInstanceProcAddr);
      if (!wanted.timeline_semaphore) continue;
      physical = candidate;
      VkPhysicalDeviceProperties properties;
      vkGetPhysicalDeviceProperties(physical, &properties);
      name = properties.deviceName;
      choose_queue_family();
      return;
    }
    throw std::runtime_error("no Vulkan device shares images with CUDA; install an NVIDIA driver");
  }

  // One that does compute and no graphics where there is one: nothing is drawn here.
  void choose_queue_family() {
    std::uint32_t count = 0;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)) continue;
      queue_family = i;
      if (!(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT)) return;
    }
  }

  void open_device() {
    VkPhysicalDeviceTimelineSemaphoreFeatures timelines{
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES, .timelineSemaphore = VK_TRUE};
    const VkPhysicalDeviceBufferDeviceAddressFeatures addresses{
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
        .pNext = &timelines,
        .bufferDeviceAddress = wanted.buffer_device_address};
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue_info{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                             .queueFamilyIndex = queue_family,
                                             .queueCount = 1,
                                             .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info{
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &addresses,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue_info,
        .enabledExtensionCount = static_cast<std::uint32_t>(wanted.extensions.size()),
        .ppEnabledExtensionNames = wanted.extensions.data()};
    check(vkCreateDevice(physical, &info, nullptr, &device), "vkCreateDevice");
    vkGetDeviceQueue(device, queue_family, 0, &queue_);

    const VkCommandPoolCreateInfo pool{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                       .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                       .queueFamilyIndex = queue_family};
    check(vkCreateCommandPool(device, &pool, nullptr, &pool_), "vkCreateCommandPool");
    const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .commandPool = pool_,
                                               .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = kFramesInFlight};
    check(vkAllocateCommandBuffers(device, &allocate, commands_.data()), "vkAllocateCommandBuffers");
    for (VkFence& fence : fences_) {
      const VkFenceCreateInfo signaled{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
                                       .flags = VK_FENCE_CREATE_SIGNALED_BIT};
      check(vkCreateFence(device, &signaled, nullptr, &fence), "vkCreateFence");
    }
  }

  void close() {
    if (device) {
      vkDeviceWaitIdle(device);
      for (const VkFence fence : fences_) vkDestroyFence(device, fence, nullptr);
      vkDestroyCommandPool(device, pool_, nullptr);
      vkDestroyDevice(device, nullptr);
    }
    vkDestroyInstance(instance, nullptr);
  }

  VkQueue queue_ = VK_NULL_HANDLE;
  VkCommandPool pool_ = VK_NULL_HANDLE;
  std::array<VkCommandBuffer, kFramesInFlight> commands_{};
  std::array<VkFence, kFramesInFlight> fences_{};
  std::size_t next_ = 0;
};
