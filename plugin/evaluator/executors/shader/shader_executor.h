#pragma once
// SPIR-V compute in the host's command buffer: runs on every Vulkan 1.2 device, with nothing enabled.

#include "plugin/evaluator/executors/executor.h"
#include "plugin/vk/compute_pass.h"

namespace fg {

// The passes of shaders/ssim, specialised for a window and a padding.
struct SsimPasses {
  vk::ComputePass reference_rows, reference_columns, rows, columns, statistics;
};

class ShaderExecutor : public Executor {
 public:
  ShaderExecutor(const vk::Device& device, const ExecutorSettings& settings);
  static std::string why_unavailable(const vk::Device& device, std::uint32_t queue_family);

  FgExecutor kind() const override { return FG_EXECUTOR_SHADER; }
  CommandScope scope() const override;
  std::unique_ptr<Workspace> make_workspace(VkExtent2D extent) override;

  std::size_t statistics_bytes() const;
  const vk::Device& device() const { return *device_; }
  const ExecutorSettings& settings() const { return settings_; }
  const SsimPasses& passes() const { return passes_; }
  const vk::ComputePass& linearize() const { return linearize_; }
  // Workgroups of the statistics pass. Few on a CPU, where each is work for one core and clears a histogram.
  std::uint32_t statistics_groups() const { return device_->is_cpu() ? 16 : 256; }

 private:
  const vk::Device* device_;
  ExecutorSettings settings_;
  SsimPasses passes_;
  vk::ComputePass linearize_;
};

}  // namespace fg
