#pragma once
// One owner per Vulkan handle: UniqueBuffer buffer(device, handle); destroyed with its scope.

#include <utility>

#include "plugin/vk/device.h"

namespace fg::vk {

template <class Handle, auto Destroy>
class Unique {
 public:
  Unique() = default;
  Unique(const Device& device, Handle handle) : device_(&device), handle_(handle) {}
  Unique(Unique&& other) noexcept { swap(other); }
  Unique& operator=(Unique&& other) noexcept {
    Unique(std::move(other)).swap(*this);
    return *this;
  }
  ~Unique() {
    if (handle_ != VK_NULL_HANDLE) (device_->*Destroy)(device_->handle, handle_, nullptr);
  }

  Handle get() const { return handle_; }
  explicit operator bool() const { return handle_ != VK_NULL_HANDLE; }

 private:
  void swap(Unique& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
  }
  const Device* device_ = nullptr;
  Handle handle_ = VK_NULL_HANDLE;
};

using UniqueMemory = Unique<VkDeviceMemory, &Dispatch::FreeMemory>;
using UniqueBuffer = Unique<VkBuffer, &Dispatch::DestroyBuffer>;
using UniqueImage = Unique<VkImage, &Dispatch::DestroyImage>;
using UniqueImageView = Unique<VkImageView, &Dispatch::DestroyImageView>;
using UniqueSampler = Unique<VkSampler, &Dispatch::DestroySampler>;
using UniqueShaderModule = Unique<VkShaderModule, &Dispatch::DestroyShaderModule>;
using UniquePipeline = Unique<VkPipeline, &Dispatch::DestroyPipeline>;
using UniquePipelineLayout = Unique<VkPipelineLayout, &Dispatch::DestroyPipelineLayout>;
using UniqueDescriptorSetLayout = Unique<VkDescriptorSetLayout, &Dispatch::DestroyDescriptorSetLayout>;
using UniqueDescriptorPool = Unique<VkDescriptorPool, &Dispatch::DestroyDescriptorPool>;
using UniqueCommandPool = Unique<VkCommandPool, &Dispatch::DestroyCommandPool>;
using UniqueFence = Unique<VkFence, &Dispatch::DestroyFence>;
using UniqueSemaphore = Unique<VkSemaphore, &Dispatch::DestroySemaphore>;
using UniqueEvent = Unique<VkEvent, &Dispatch::DestroyEvent>;
using UniqueQueryPool = Unique<VkQueryPool, &Dispatch::DestroyQueryPool>;
using UniqueRenderPass = Unique<VkRenderPass, &Dispatch::DestroyRenderPass>;
using UniqueFramebuffer = Unique<VkFramebuffer, &Dispatch::DestroyFramebuffer>;
using UniqueCuModule = Unique<VkCuModuleNVX, &Dispatch::DestroyCuModuleNVX>;
using UniqueCuFunction = Unique<VkCuFunctionNVX, &Dispatch::DestroyCuFunctionNVX>;
using UniqueSwapchain = Unique<VkSwapchainKHR, &Dispatch::DestroySwapchainKHR>;

}  // namespace fg::vk
