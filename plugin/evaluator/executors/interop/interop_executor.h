#pragma once
// CUDA kernels on a stream, on memory that Vulkan shares: needs VK_KHR_external_memory_fd and a CUDA driver.
//
// The command buffer copies the frame to a shared buffer. When its commands have run, which the host sees at the next
// record or poll, the kernels are started; what they draw reaches the evaluator's images with the commands of a later
// frame. So nothing on either side ever waits for the other: no stream hangs on a command buffer that was never
// submitted, and when CUDA is behind, frames are dropped. Ownership of memory passes by barriers to and from
// VK_QUEUE_FAMILY_EXTERNAL.
//
// Every round costs two switches between the GPU's contexts, hundreds of microseconds whatever the kernels do (an H200: 328
// on an idle graphics queue, 316 on one that does compute alone; tests/bench/interop_floor_bench.cpp).

#include "plugin/evaluator/executors/executor.h"
#include "plugin/vk/compute_pass.h"

namespace fg {

class InteropExecutor : public Executor {
 public:
  // The device extensions to enable.
  static constexpr const char* kExtensions[] = {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};

  // Whether this library and the physical device have what it needs, once it is enabled; CUDA is not asked.
  static bool is_offered(const vk::Dispatch& functions, VkPhysicalDevice physical);

  // Throws Error where CUDA does not have the device.
  InteropExecutor(const vk::Device& device, const ExecutorSettings& settings);
  static std::string why_unavailable(const vk::Device& device, std::uint32_t queue_family);

  FgExecutor kind() const override { return FG_EXECUTOR_INTEROP; }
  CommandScope scope() const override;
  bool goes_on() const override { return true; }
  std::unique_ptr<Workspace> make_workspace(VkExtent2D extent) override;

  const vk::Device& device() const { return *device_; }
  int cuda_device() const { return cuda_device_; }
  const ExecutorSettings& settings() const { return settings_; }
  const vk::ComputePass& pack() const { return pack_; }
  const vk::ComputePass& unpack() const { return unpack_; }

 private:
  const vk::Device* device_;
  ExecutorSettings settings_;
  int cuda_device_;
  vk::ComputePass pack_, unpack_;
};

}  // namespace fg
