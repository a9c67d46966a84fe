#include "viewer/app/window/imgui_vulkan_symbols.h"

#include <string>

namespace {

// One pointer a function, empty until load_imgui_vulkan().
#define FG_IMGUI_VULKAN_FUNCTIONS(X)           \
  X(vkAllocateCommandBuffers)                  \
  X(vkAllocateDescriptorSets)                  \
  X(vkAllocateMemory)                          \
  X(vkBindBufferMemory)                        \
  X(vkBindImageMemory)                         \
  X(vkCmdBindDescriptorSets)                   \
  X(vkCmdBindIndexBuffer)                      \
  X(vkCmdBindPipeline)                         \
  X(vkCmdBindVertexBuffers)                    \
  X(vkCmdCopyBufferToImage)                    \
  X(vkCmdDrawIndexed)                          \
  X(vkCmdPipelineBarrier)                      \
  X(vkCmdPushConstants)                        \
  X(vkCmdSetScissor)                           \
  X(vkCmdSetViewport)                          \
  X(vkCreateBuffer)                            \
  X(vkCreateCommandPool)                       \
  X(vkCreateDescriptorSetLayout)               \
  X(vkCreateFence)                             \
  X(vkCreateFramebuffer)                       \
  X(vkCreateGraphicsPipelines)                 \
  X(vkCreateImage)                             \
  X(vkCreateImageView)                         \
  X(vkCreatePipelineLayout)                    \
  X(vkCreateRenderPass)                        \
  X(vkCreateSampler)                           \
  X(vkCreateSemaphore)                         \
  X(vkCreateShaderModule)                      \
  X(vkCreateSwapchainKHR)                      \
  X(vkDestroyBuffer)                           \
  X(vkDestroyCommandPool)                      \
  X(vkDestroyDescriptorSetLayout)              \
  X(vkDestroyFence)                            \
  X(vkDestroyFramebuffer)                      \
  X(vkDestroyImage)                            \
  X(vkDestroyImageView)                        \
  X(vkDestroyPipeline)                         \
  X(vkDestroyPipelineLayout)                   \
  X(vkDestroyRenderPass)                       \
  X(vkDestroySampler)                          \
  X(vkDestroySemaphore)                        \
  X(vkDestroyShaderModule)                     \
  X(vkDestroySurfaceKHR)                       \
  X(vkDestroySwapchainKHR)                     \
  X(vkDeviceWaitIdle)                          \
  X(vkFlushMappedMemoryRanges)                 \
  X(vkFreeCommandBuffers)                      \
  X(vkFreeMemory)                              \
  X(vkGetBufferMemoryRequirements)             \
  X(vkGetImageMemoryRequirements)              \
  X(vkGetPhysicalDeviceMemoryProperties)       \
  X(vkGetPhysicalDeviceSurfaceCapabilitiesKHR) \
  X(vkGetPhysicalDeviceSurfaceFormatsKHR)      \
  X(vkGetPhysicalDeviceSurfacePresentModesKHR) \
  X(vkGetSwapchainImagesKHR)                   \
  X(vkMapMemory)                               \
  X(vkUnmapMemory)                             \
  X(vkUpdateDescriptorSets)

struct Entries {
#define FG_MEMBER(name) PFN_##name name = nullptr;
  FG_IMGUI_VULKAN_FUNCTIONS(FG_MEMBER)
#undef FG_MEMBER
};
Entries entries;  // The signatures below are C's and carry no context, so this one cannot be a parameter.

}  // namespace

#define FG_FORWARD(result, name, parameters, arguments) \
  extern "C" VKAPI_ATTR result VKAPI_CALL name parameters { return entries.name arguments; }

// clang-format off
FG_FORWARD(VkResult, vkAllocateCommandBuffers, (VkDevice device, const VkCommandBufferAllocateInfo* pAllocateInfo, VkCommandBuffer* pCommandBuffers), (device, pAllocateInfo, pCommandBuffers))
FG_FORWARD(VkResult, vkAllocateDescriptorSets, (VkDevice device, const VkDescriptorSetAllocateInfo* pAllocateInfo, VkDescriptorSet* pDescriptorSets), (device, pAllocateInfo, pDescriptorSets))
FG_FORWARD(VkResult, vkAllocateMemory, (VkDevice device, const VkMemoryAllocateInfo* pAllocateInfo, const VkAllocationCallbacks* pAllocator, VkDeviceMemory* pMemory), (device, pAllocateInfo, pAllocator, pMemory))
FG_FORWARD(VkResult, vkBindBufferMemory, (VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize memoryOffset), (device, buffer, memory, memoryOffset))
FG_FORWARD(VkResult, vkBindImageMemory, (VkDevice device, VkImage image, VkDeviceMemory memory, VkDeviceSize memoryOffset), (device, image, memory, memoryOffset))
FG_FORWARD(void, vkCmdBindDescriptorSets, (VkCommandBuffer commandBuffer, VkPipelineBindPoint pipelineBindPoint, VkPipelineLayout layout, uint32_t firstSet, uint32_t descriptorSetCount, const VkDescriptorSet* pDescriptorSets, uint32_t dynamicOffsetCount, const uint32_t* pDynamicOffsets), (commandBuffer, pipelineBindPoint, layout, firstSet, descriptorSetCount, pDescriptorSets, dynamicOffsetCount, pDynamicOffsets))
FG_FORWARD(void, vkCmdBindIndexBuffer, (VkCommandBuffer commandBuffer, VkBuffer buffer, VkDeviceSize offset, VkIndexType indexType), (commandBuffer, buffer, offset, indexType))
FG_FORWARD(void, vkCmdBindPipeline, (VkCommandBuffer commandBuffer, VkPipelineBindPoint pipelineBindPoint, VkPipeline pipeline), (commandBuffer, pipelineBindPoint, pipeline))
FG_FORWARD(void, vkCmdBindVertexBuffers, (VkCommandBuffer commandBuffer, uint32_t firstBinding, uint32_t bindingCount, const VkBuffer* pBuffers, const VkDeviceSize* pOffsets), (commandBuffer, firstBinding, bindingCount, pBuffers, pOffsets))
FG_FORWARD(void, vkCmdCopyBufferToImage, (VkCommandBuffer commandBuffer, VkBuffer srcBuffer, VkImage dstImage, VkImageLayout dstImageLayout, uint32_t regionCount, const VkBufferImageCopy* pRegions), (commandBuffer, srcBuffer, dstImage, dstImageLayout, regionCount, pRegions))
FG_FORWARD(void, vkCmdDrawIndexed, (VkCommandBuffer commandBuffer, uint32_t indexCount, uint32_t instanceCount, uint32_t firstIndex, int32_t vertexOffset, uint32_t firstInstance), (commandBuffer, indexCount, instanceCount, firstIndex, vertexOffset, firstInstance))
FG_FORWARD(void, vkCmdPipelineBarrier, (VkCommandBuffer commandBuffer, VkPipelineStageFlags srcStageMask, VkPipelineStageFlags dstStageMask, VkDependencyFlags dependencyFlags, uint32_t memoryBarrierCount, const VkMemoryBarrier* pMemoryBarriers, uint32_t bufferMemoryBarrierCount, const VkBufferMemoryBarrier* pBufferMemoryBarriers, uint32_t imageMemoryBarrierCount, const VkImageMemoryBarrier* pImageMemoryBarriers), (commandBuffer, srcStageMask, dstStageMask, dependencyFlags, memoryBarrierCount, pMemoryBarriers, bufferMemoryBarrierCount, pBufferMemoryBarriers, imageMemoryBarrierCount, pImageMemoryBarriers))
FG_FORWARD(void, vkCmdPushConstants, (VkCommandBuffer commandBuffer, VkPipelineLayout layout, VkShaderStageFlags stageFlags, uint32_t offset, uint32_t size, const void* pValues), (commandBuffer, layout, stageFlags, offset, size, pValues))
FG_FORWARD(void, vkCmdSetScissor, (VkCommandBuffer commandBuffer, uint32_t firstScissor, uint32_t scissorCount, const VkRect2D* pScissors), (commandBuffer, firstScissor, scissorCount, pScissors))
FG_FORWARD(void, vkCmdSetViewport, (VkCommandBuffer commandBuffer, uint32_t firstViewport, uint32_t viewportCount, const VkViewport* pViewports), (commandBuffer, firstViewport, viewportCount, pViewports))
FG_FORWARD(VkResult, vkCreateBuffer, (VkDevice device, const VkBufferCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkBuffer* pBuffer), (device, pCreateInfo, pAllocator, pBuffer))
FG_FORWARD(VkResult, vkCreateCommandPool, (VkDevice device, const VkCommandPoolCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkCommandPool* pCommandPool), (device, pCreateInfo, pAllocator, pCommandPool))
FG_FORWARD(VkResult, vkCreateDescriptorSetLayout, (VkDevice device, const VkDescriptorSetLayoutCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkDescriptorSetLayout* pSetLayout), (device, pCreateInfo, pAllocator, pSetLayout))
FG_FORWARD(VkResult, vkCreateFence, (VkDevice device, const VkFenceCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkFence* pFence), (device, pCreateInfo, pAllocator, pFence))
FG_FORWARD(VkResult, vkCreateFramebuffer, (VkDevice device, const VkFramebufferCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkFramebuffer* pFramebuffer), (device, pCreateInfo, pAllocator, pFramebuffer))
FG_FORWARD(VkResult, vkCreateGraphicsPipelines, (VkDevice device, VkPipelineCache pipelineCache, uint32_t createInfoCount, const VkGraphicsPipelineCreateInfo* pCreateInfos, const VkAllocationCallbacks* pAllocator, VkPipeline* pPipelines), (device, pipelineCache, createInfoCount, pCreateInfos, pAllocator, pPipelines))
FG_FORWARD(VkResult, vkCreateImage, (VkDevice device, const VkImageCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkImage* pImage), (device, pCreateInfo, pAllocator, pImage))
FG_FORWARD(VkResult, vkCreateImageView, (VkDevice device, const VkImageViewCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkImageView* pView), (device, pCreateInfo, pAllocator, pView))
FG_FORWARD(VkResult, vkCreatePipelineLayout, (VkDevice device, const VkPipelineLayoutCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkPipelineLayout* pPipelineLayout), (device, pCreateInfo, pAllocator, pPipelineLayout))
FG_FORWARD(VkResult, vkCreateRenderPass, (VkDevice device, const VkRenderPassCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkRenderPass* pRenderPass), (device, pCreateInfo, pAllocator, pRenderPass))
FG_FORWARD(VkResult, vkCreateSampler, (VkDevice device, const VkSamplerCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkSampler* pSampler), (device, pCreateInfo, pAllocator, pSampler))
FG_FORWARD(VkResult, vkCreateSemaphore, (VkDevice device, const VkSemaphoreCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkSemaphore* pSemaphore), (device, pCreateInfo, pAllocator, pSemaphore))
FG_FORWARD(VkResult, vkCreateShaderModule, (VkDevice device, const VkShaderModuleCreateInfo* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkShaderModule* pShaderModule), (device, pCreateInfo, pAllocator, pShaderModule))
FG_FORWARD(VkResult, vkCreateSwapchainKHR, (VkDevice device, const VkSwapchainCreateInfoKHR* pCreateInfo, const VkAllocationCallbacks* pAllocator, VkSwapchainKHR* pSwapchain), (device, pCreateInfo, pAllocator, pSwapchain))
FG_FORWARD(void, vkDestroyBuffer, (VkDevice device, VkBuffer buffer, const VkAllocationCallbacks* pAllocator), (device, buffer, pAllocator))
FG_FORWARD(void, vkDestroyCommandPool, (VkDevice device, VkCommandPool commandPool, const VkAllocationCallbacks* pAllocator), (device, commandPool, pAllocator))
FG_FORWARD(void, vkDestroyDescriptorSetLayout, (VkDevice device, VkDescriptorSetLayout descriptorSetLayout, const VkAllocationCallbacks* pAllocator), (device, descriptorSetLayout, pAllocator))
FG_FORWARD(void, vkDestroyFence, (VkDevice device, VkFence fence, const VkAllocationCallbacks* pAllocator), (device, fence, pAllocator))
FG_FORWARD(void, vkDestroyFramebuffer, (VkDevice device, VkFramebuffer framebuffer, const VkAllocationCallbacks* pAllocator), (device, framebuffer, pAllocator))
FG_FORWARD(void, vkDestroyImage, (VkDevice device, VkImage image, const VkAllocationCallbacks* pAllocator), (device, image, pAllocator))
FG_FORWARD(void, vkDestroyImageView, (VkDevice device, VkImageView imageView, const VkAllocationCallbacks* pAllocator), (device, imageView, pAllocator))
FG_FORWARD(void, vkDestroyPipeline, (VkDevice device, VkPipeline pipeline, const VkAllocationCallbacks* pAllocator), (device, pipeline, pAllocator))
FG_FORWARD(void, vkDestroyPipelineLayout, (VkDevice device, VkPipelineLayout pipelineLayout, const VkAllocationCallbacks* pAllocator), (device, pipelineLayout, pAllocator))
FG_FORWARD(void, vkDestroyRenderPass, (VkDevice device, VkRenderPass renderPass, const VkAllocationCallbacks* pAllocator), (device, renderPass, pAllocator))
FG_FORWARD(void, vkDestroySampler, (VkDevice device, VkSampler sampler, const VkAllocationCallbacks* pAllocator), (device, sampler, pAllocator))
FG_FORWARD(void, vkDestroySemaphore, (VkDevice device, VkSemaphore semaphore, const VkAllocationCallbacks* pAllocator), (device, semaphore, pAllocator))
FG_FORWARD(void, vkDestroyShaderModule, (VkDevice device, VkShaderModule shaderModule, const VkAllocationCallbacks* pAllocator), (device, shaderModule, pAllocator))
FG_FORWARD(void, vkDestroySurfaceKHR, (VkInstance instance, VkSurfaceKHR surface, const VkAllocationCallbacks* pAllocator), (instance, surface, pAllocator))
FG_FORWARD(void, vkDestroySwapchainKHR, (VkDevice device, VkSwapchainKHR swapchain, const VkAllocationCallbacks* pAllocator), (device, swapchain, pAllocator))
FG_FORWARD(VkResult, vkDeviceWaitIdle, (VkDevice device), (device))
FG_FORWARD(VkResult, vkFlushMappedMemoryRanges, (VkDevice device, uint32_t memoryRangeCount, const VkMappedMemoryRange* pMemoryRanges), (device, memoryRangeCount, pMemoryRanges))
FG_FORWARD(void, vkFreeCommandBuffers, (VkDevice device, VkCommandPool commandPool, uint32_t commandBufferCount, const VkCommandBuffer* pCommandBuffers), (device, commandPool, commandBufferCount, pCommandBuffers))
FG_FORWARD(void, vkFreeMemory, (VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks* pAllocator), (device, memory, pAllocator))
FG_FORWARD(void, vkGetBufferMemoryRequirements, (VkDevice device, VkBuffer buffer, VkMemoryRequirements* pMemoryRequirements), (device, buffer, pMemoryRequirements))
FG_FORWARD(void, vkGetImageMemoryRequirements, (VkDevice device, VkImage image, VkMemoryRequirements* pMemoryRequirements), (device, image, pMemoryRequirements))
FG_FORWARD(void, vkGetPhysicalDeviceMemoryProperties, (VkPhysicalDevice physicalDevice, VkPhysicalDeviceMemoryProperties* pMemoryProperties), (physicalDevice, pMemoryProperties))
FG_FORWARD(VkResult, vkGetPhysicalDeviceSurfaceCapabilitiesKHR, (VkPhysicalDevice physicalDevice, VkSurfaceKHR surface, VkSurfaceCapabilitiesKHR* pSurfaceCapabilities), (physicalDevice, surface, pSurfaceCapabilities))
FG_FORWARD(VkResult, vkGetPhysicalDeviceSurfaceFormatsKHR, (VkPhysicalDevice physicalDevice, VkSurfaceKHR surface, uint32_t* pSurfaceFormatCount, VkSurfaceFormatKHR* pSurfaceFormats), (physicalDevice, surface, pSurfaceFormatCount, pSurfaceFormats))
FG_FORWARD(VkResult, vkGetPhysicalDeviceSurfacePresentModesKHR, (VkPhysicalDevice physicalDevice, VkSurfaceKHR surface, uint32_t* pPresentModeCount, VkPresentModeKHR* pPresentModes), (physicalDevice, surface, pPresentModeCount, pPresentModes))
FG_FORWARD(VkResult, vkGetSwapchainImagesKHR, (VkDevice device, VkSwapchainKHR swapchain, uint32_t* pSwapchainImageCount, VkImage* pSwapchainImages), (device, swapchain, pSwapchainImageCount, pSwapchainImages))
FG_FORWARD(VkResult, vkMapMemory, (VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size, VkMemoryMapFlags flags, void** ppData), (device, memory, offset, size, flags, ppData))
FG_FORWARD(void, vkUnmapMemory, (VkDevice device, VkDeviceMemory memory), (device, memory))
FG_FORWARD(void, vkUpdateDescriptorSets, (VkDevice device, uint32_t descriptorWriteCount, const VkWriteDescriptorSet* pDescriptorWrites, uint32_t descriptorCopyCount, const VkCopyDescriptorSet* pDescriptorCopies), (device, descriptorWriteCount, pDescriptorWrites, descriptorCopyCount, pDescriptorCopies))
// clang-format on

namespace fg {

void load_imgui_vulkan(PFN_vkGetInstanceProcAddr get_instance_proc_addr, VkInstance instance) {
  std::string missing;
#define FG_LOAD(name)                                                                   \
  entries.name = reinterpret_cast<PFN_##name>(get_instance_proc_addr(instance, #name)); \
  if (!entries.name && missing.empty()) missing = #name;
  FG_IMGUI_VULKAN_FUNCTIONS(FG_LOAD)
#undef FG_LOAD
  if (!missing.empty())
    throw vk::Error(VK_ERROR_EXTENSION_NOT_PRESENT,
                    "the window needs " + missing + ", which this Vulkan driver lacks");
}

}  // namespace fg
