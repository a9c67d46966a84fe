#include "tests/plugin/evaluator/counted_vulkan.h"

#include <cstdint>
#include <cstring>
#include <mutex>
#include <utility>

namespace fg::test {
namespace {

struct {
  std::mutex mutex;
  std::map<std::pair<std::string, std::uint64_t>, std::size_t> live;  // kind and handle: bytes, of memory
  std::size_t made = 0, unknown = 0, device_waits = 0;
} counts;
PFN_vkGetInstanceProcAddr real_instance_functions = nullptr;
PFN_vkGetDeviceProcAddr real_device_functions = nullptr;

void add(const char* kind, std::uint64_t handle, std::size_t bytes = 0) {
  const std::lock_guard lock(counts.mutex);
  counts.live[{kind, handle}] = bytes;
  ++counts.made;
}

void remove(const char* kind, std::uint64_t handle) {
  if (!handle) return;
  const std::lock_guard lock(counts.mutex);
  counts.unknown += counts.live.erase({kind, handle}) == 0;
}

std::size_t bytes_of(const void*) { return 0; }
std::size_t bytes_of(const VkMemoryAllocateInfo* info) { return info->allocationSize; }

// The functions that make one object and take it away again. Handles are pointers on 64-bit platforms, and opaque.
template <class Create, class Destroy>
struct Pair;
template <class Info, class Handle>
struct Pair<VkResult(VKAPI_PTR*)(VkDevice, const Info*, const VkAllocationCallbacks*, Handle*),
            void(VKAPI_PTR*)(VkDevice, Handle, const VkAllocationCallbacks*)> {
  static inline const char* kind = nullptr;
  static inline decltype(real_device_functions(nullptr, "")) create = nullptr, destroy = nullptr;

  static VKAPI_ATTR VkResult VKAPI_CALL counted_create(VkDevice device, const Info* info,
                                                       const VkAllocationCallbacks* memory, Handle* handle) {
    using Function = VkResult(VKAPI_PTR*)(VkDevice, const Info*, const VkAllocationCallbacks*, Handle*);
    const VkResult result = reinterpret_cast<Function>(create)(device, info, memory, handle);
    if (result == VK_SUCCESS) add(kind, reinterpret_cast<std::uint64_t>(*handle), bytes_of(info));
    return result;
  }
  static VKAPI_ATTR void VKAPI_CALL counted_destroy(VkDevice device, Handle handle,
                                                    const VkAllocationCallbacks* memory) {
    using Function = void(VKAPI_PTR*)(VkDevice, Handle, const VkAllocationCallbacks*);
    remove(kind, reinterpret_cast<std::uint64_t>(handle));
    reinterpret_cast<Function>(destroy)(device, handle, memory);
  }
};

PFN_vkVoidFunction real_create_pipelines = nullptr, real_destroy_pipeline = nullptr;
VKAPI_ATTR VkResult VKAPI_CALL counted_create_pipelines(VkDevice device, VkPipelineCache cache,
                                                        std::uint32_t count,
                                                        const VkComputePipelineCreateInfo* infos,
                                                        const VkAllocationCallbacks* memory,
                                                        VkPipeline* pipelines) {
  const VkResult result = reinterpret_cast<PFN_vkCreateComputePipelines>(real_create_pipelines)(
      device, cache, count, infos, memory, pipelines);
  for (std::uint32_t i = 0; i < count; ++i)
    if (pipelines[i]) add("pipeline", reinterpret_cast<std::uint64_t>(pipelines[i]));
  return result;
}
VKAPI_ATTR void VKAPI_CALL counted_destroy_pipeline(VkDevice device, VkPipeline pipeline,
                                                    const VkAllocationCallbacks* memory) {
  remove("pipeline", reinterpret_cast<std::uint64_t>(pipeline));
  reinterpret_cast<PFN_vkDestroyPipeline>(real_destroy_pipeline)(device, pipeline, memory);
}

PFN_vkVoidFunction real_device_wait = nullptr;
VKAPI_ATTR VkResult VKAPI_CALL counted_device_wait(VkDevice device) {
  const std::lock_guard lock(counts.mutex);
  ++counts.device_waits;
  return reinterpret_cast<PFN_vkDeviceWaitIdle>(real_device_wait)(device);
}

// What the evaluator is to call for name: null where that is not counted.
PFN_vkVoidFunction counted(const char* name, PFN_vkVoidFunction real) {
#define FG_COUNT(object, create_name, destroy_name)                    \
  {                                                                    \
    using P = Pair<PFN_vk##create_name, PFN_vk##destroy_name>;         \
    P::kind = object;                                                  \
    if (std::strcmp(name, "vk" #create_name) == 0) {                   \
      P::create = real;                                                \
      return reinterpret_cast<PFN_vkVoidFunction>(P::counted_create);  \
    }                                                                  \
    if (std::strcmp(name, "vk" #destroy_name) == 0) {                  \
      P::destroy = real;                                               \
      return reinterpret_cast<PFN_vkVoidFunction>(P::counted_destroy); \
    }                                                                  \
  }
  FG_COUNT("memory", AllocateMemory, FreeMemory)
  FG_COUNT("buffer", CreateBuffer, DestroyBuffer)
  FG_COUNT("image", CreateImage, DestroyImage)
  FG_COUNT("image view", CreateImageView, DestroyImageView)
  FG_COUNT("sampler", CreateSampler, DestroySampler)
  FG_COUNT("shader module", CreateShaderModule, DestroyShaderModule)
  FG_COUNT("pipeline layout", CreatePipelineLayout, DestroyPipelineLayout)
  FG_COUNT("descriptor set layout", CreateDescriptorSetLayout, DestroyDescriptorSetLayout)
  FG_COUNT("descriptor pool", CreateDescriptorPool, DestroyDescriptorPool)
  FG_COUNT("command pool", CreateCommandPool, DestroyCommandPool)
  FG_COUNT("fence", CreateFence, DestroyFence)
  FG_COUNT("semaphore", CreateSemaphore, DestroySemaphore)
  FG_COUNT("event", CreateEvent, DestroyEvent)
  FG_COUNT("query pool", CreateQueryPool, DestroyQueryPool)
  FG_COUNT("CUDA module", CreateCuModuleNVX, DestroyCuModuleNVX)
  FG_COUNT("CUDA function", CreateCuFunctionNVX, DestroyCuFunctionNVX)
#undef FG_COUNT
  if (std::strcmp(name, "vkCreateComputePipelines") == 0) {
    real_create_pipelines = real;
    return reinterpret_cast<PFN_vkVoidFunction>(counted_create_pipelines);
  }
  if (std::strcmp(name, "vkDestroyPipeline") == 0) {
    real_destroy_pipeline = real;
    return reinterpret_cast<PFN_vkVoidFunction>(counted_destroy_pipeline);
  }
  if (std::strcmp(name, "vkDeviceWaitIdle") == 0) {
    real_device_wait = real;
    return reinterpret_cast<PFN_vkVoidFunction>(counted_device_wait);
  }
  return nullptr;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_functions(VkDevice device, const char* name) {
  const PFN_vkVoidFunction real = real_device_functions(device, name);
  const PFN_vkVoidFunction ours = real ? counted(name, real) : nullptr;
  return ours ? ours : real;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_functions(VkInstance instance, const char* name) {
  const PFN_vkVoidFunction real = real_instance_functions(instance, name);
  if (std::strcmp(name, "vkGetDeviceProcAddr") != 0) return real;
  real_device_functions = reinterpret_cast<PFN_vkGetDeviceProcAddr>(real);
  return reinterpret_cast<PFN_vkVoidFunction>(device_functions);
}

}  // namespace

PFN_vkGetInstanceProcAddr counted_vulkan(const vk::OwnDevice& device) {
  real_instance_functions = device.GetInstanceProcAddr;
  const std::lock_guard lock(counts.mutex);
  counts.live.clear();
  counts.made = counts.unknown = counts.device_waits = 0;
  return instance_functions;
}

VulkanCounts vulkan_counts() {
  const std::lock_guard lock(counts.mutex);
  VulkanCounts sums{
      .live = {}, .made = counts.made, .unknown = counts.unknown, .device_waits = counts.device_waits};
  for (const auto& [object, bytes] : counts.live) {
    ++sums.live[object.first];
    sums.live_bytes += bytes;
  }
  return sums;
}

}  // namespace fg::test
