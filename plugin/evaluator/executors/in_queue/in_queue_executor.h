#pragma once
// CUDA kernels in the host's command buffer: needs VK_NVX_binary_import, VK_NVX_image_view_handle and
// bufferDeviceAddress, and no CUDA library.

#include <string_view>
#include <vector>

#include "kernels/live/live_launch.h"
#include "plugin/evaluator/executors/executor.h"
#include "plugin/vk/compute_pass.h"
#include "plugin/vk/cuda_kernel.h"

namespace fg {

class InQueueExecutor : public Executor {
 public:
  // The device extensions to enable.
  static constexpr const char* kExtensions[] = {VK_NVX_BINARY_IMPORT_EXTENSION_NAME,
                                                VK_NVX_IMAGE_VIEW_HANDLE_EXTENSION_NAME};

  // Whether this library and the physical device have what it needs, once it is enabled.
  static bool is_offered(const vk::Dispatch& functions, VkPhysicalDevice physical);

  // Throws vk::Error where the driver refuses the kernels.
  InQueueExecutor(const vk::Device& device, const ExecutorSettings& settings);
  static std::string why_unavailable(const vk::Device& device, std::uint32_t queue_family);

  FgExecutor kind() const override { return FG_EXECUTOR_IN_QUEUE; }
  CommandScope scope() const override;
  std::unique_ptr<Workspace> make_workspace(VkExtent2D extent) override;

  const vk::Device& device() const { return *device_; }
  const ExecutorSettings& settings() const { return settings_; }
  // Of the host's view; it is asked for anew each frame, since a view may have taken another's place.
  std::uint64_t texture_of(VkImageView view) const {
    return vk::texture_handle(*device_, view, sampler_.get());
  }
  const vk::ComputePass& linearize() const { return linearize_; }
  // op: the LiveSsim or LiveReference that the launch is of.
  void record(VkCommandBuffer cmd, const live::Launch& launch, const void* op) const {
    kernel(launch.entry).record(cmd, {{launch.grid[0], launch.grid[1], launch.grid[2]}, launch.threads}, op);
  }
  void record(VkCommandBuffer cmd, const live::LiveReference& op) const {
    record(cmd, live::launch_of(op), &op);
  }

 private:
  const vk::CudaKernel& kernel(std::string_view entry) const;

  struct Entry {
    std::string_view name;
    vk::CudaKernel kernel;
  };
  const vk::Device* device_;
  ExecutorSettings settings_;
  vk::UniqueSampler sampler_;
  vk::ComputePass linearize_;
  vk::CudaModule module_;
  std::vector<Entry> kernels_;
};

}  // namespace fg
