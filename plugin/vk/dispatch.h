#pragma once
// The Vulkan entry points that we call, looked up at run time: the program starts where there is no Vulkan, and
// inside a layer or an embedded host the calls go where the host's own calls go.

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

// clang-format off
#define FG_VK_INSTANCE_FUNCTIONS(X) \
  X(DestroyInstance) X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties2) \
  X(GetPhysicalDeviceFeatures2) X(GetPhysicalDeviceQueueFamilyProperties) \
  X(GetPhysicalDeviceMemoryProperties) X(GetPhysicalDeviceFormatProperties) \
  X(GetPhysicalDeviceImageFormatProperties2) X(EnumerateDeviceExtensionProperties) X(CreateDevice) \
  X(GetDeviceProcAddr)

// Present only when their extension is enabled; null otherwise.
#define FG_VK_OPTIONAL_INSTANCE_FUNCTIONS(X) \
  X(CreateDebugUtilsMessengerEXT) X(DestroyDebugUtilsMessengerEXT) X(DestroySurfaceKHR) \
  X(GetPhysicalDeviceSurfaceSupportKHR) X(GetPhysicalDeviceSurfaceCapabilitiesKHR) \
  X(GetPhysicalDeviceSurfaceFormatsKHR) X(GetPhysicalDeviceSurfacePresentModesKHR)

#define FG_VK_DEVICE_FUNCTIONS(X) \
  X(DestroyDevice) X(GetDeviceQueue) X(DeviceWaitIdle) X(QueueSubmit) X(QueueWaitIdle) \
  X(AllocateMemory) X(FreeMemory) X(MapMemory) X(UnmapMemory) X(FlushMappedMemoryRanges) \
  X(InvalidateMappedMemoryRanges) X(CreateBuffer) X(DestroyBuffer) X(GetBufferMemoryRequirements) \
  X(BindBufferMemory) X(CreateImage) X(DestroyImage) X(GetImageMemoryRequirements) X(BindImageMemory) \
  X(CreateImageView) X(DestroyImageView) X(CreateSampler) X(DestroySampler) X(CreateShaderModule) \
  X(DestroyShaderModule) X(CreatePipelineLayout) X(DestroyPipelineLayout) X(CreateComputePipelines) \
  X(CreateGraphicsPipelines) X(DestroyPipeline) X(CreateDescriptorSetLayout) \
  X(DestroyDescriptorSetLayout) X(CreateDescriptorPool) X(DestroyDescriptorPool) \
  X(AllocateDescriptorSets) X(UpdateDescriptorSets) X(CreateCommandPool) X(DestroyCommandPool) \
  X(ResetCommandPool) X(AllocateCommandBuffers) X(FreeCommandBuffers) X(BeginCommandBuffer) \
  X(EndCommandBuffer) X(ResetCommandBuffer) X(CreateFence) X(DestroyFence) X(WaitForFences) \
  X(ResetFences) X(GetFenceStatus) X(CreateSemaphore) X(DestroySemaphore) X(CreateEvent) \
  X(DestroyEvent) X(GetEventStatus) X(SetEvent) X(ResetEvent) X(CmdSetEvent) X(CmdResetEvent) \
  X(CreateQueryPool) X(DestroyQueryPool) X(GetQueryPoolResults) X(CmdResetQueryPool) \
  X(CmdWriteTimestamp) X(CreateRenderPass) X(DestroyRenderPass) X(CreateFramebuffer) \
  X(DestroyFramebuffer) X(CmdBeginRenderPass) X(CmdEndRenderPass) X(CmdSetViewport) X(CmdSetScissor) \
  X(CmdDraw) X(CmdBindPipeline) X(CmdBindDescriptorSets) X(CmdPushConstants) X(CmdDispatch) \
  X(CmdDispatchIndirect) X(CmdPipelineBarrier) X(CmdCopyBuffer) X(CmdCopyImage) X(CmdCopyBufferToImage) \
  X(CmdCopyImageToBuffer) X(CmdBlitImage) X(CmdFillBuffer) X(CmdUpdateBuffer) X(CmdClearColorImage)

#define FG_VK_OPTIONAL_DEVICE_FUNCTIONS(X) \
  X(CreateSwapchainKHR) X(DestroySwapchainKHR) X(GetSwapchainImagesKHR) X(AcquireNextImageKHR) \
  X(QueuePresentKHR) X(SetDebugUtilsObjectNameEXT) X(GetBufferDeviceAddress) \
  X(CreateCuModuleNVX) X(DestroyCuModuleNVX) X(CreateCuFunctionNVX) X(DestroyCuFunctionNVX) \
  X(CmdCuLaunchKernelNVX) X(GetImageViewHandleNVX) X(GetMemoryFdKHR) X(GetSemaphoreFdKHR) \
  X(GetSemaphoreCounterValue) X(WaitSemaphores) X(SignalSemaphore)
// clang-format on

namespace fg::vk {

// One member a function, named without its prefix: device.CmdDispatch(cmd, x, y, 1).
struct Dispatch {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
#define FG_VK_MEMBER(name) PFN_vk##name name = nullptr;
  FG_VK_INSTANCE_FUNCTIONS(FG_VK_MEMBER)
  FG_VK_OPTIONAL_INSTANCE_FUNCTIONS(FG_VK_MEMBER)
  FG_VK_DEVICE_FUNCTIONS(FG_VK_MEMBER)
  FG_VK_OPTIONAL_DEVICE_FUNCTIONS(FG_VK_MEMBER)
#undef FG_VK_MEMBER

  // Throw Error naming the first entry point that is required and missing.
  void load_instance(PFN_vkGetInstanceProcAddr get_instance_proc_addr, VkInstance instance);
  void load_device(VkDevice device);
};

}  // namespace fg::vk
