#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "plugin/evaluator/executors/interop/cuda_tick.h"
#include "plugin/evaluator/executors/interop/interop_executor.h"
#include "plugin/evaluator/executors/output_images.h"
#include "plugin/interop/cuda_import.h"
#include "plugin/vk/buffer.h"

namespace fg {

// What CUDA draws for Vulkan to copy: images of these formats.
struct OutputFormat {
  VkFormat format;
  interop::TexelFormat texels;
};
inline constexpr OutputFormat kSharedOutputs[] = {
    {VK_FORMAT_R32_SFLOAT, interop::TexelFormat::r32f},      // the map
    {VK_FORMAT_R8G8B8A8_UNORM, interop::TexelFormat::rgba8}  // the heatmap
};
inline constexpr VkImageUsageFlags kSharedOutputUsage = VK_IMAGE_USAGE_STORAGE_BIT;

// Both APIs' views of one piece of memory. CUDA's goes first.
struct SharedBuffer {
  SharedBuffer(const InteropExecutor& executor, std::size_t bytes);
  vk::Buffer buffer;
  interop::ImportedBuffer cuda;
};
struct SharedOutput {
  SharedOutput(const InteropExecutor& executor, VkExtent2D extent, const OutputFormat& format);
  vk::Image image;
  interop::ImportedImage cuda;
};

// The memory of the interop executor for one frame size. Borrows the executor.
//
// Every slot has a buffer for what Vulkan copies and a pair of images for what CUDA draws: both sides work on different
// frames at the same time. A slot's memory is made when it is first used.
class InteropWorkspace : public Workspace {
 public:
  InteropWorkspace(const InteropExecutor& executor, VkExtent2D extent);

  std::shared_ptr<void> record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                         std::uint32_t slot) override;
  RecordedFrame record_frame(VkCommandBuffer cmd, const FrameWork& work) override;
  void discarded() override;
  void start(Work work, std::uint32_t slot) override;
  std::optional<Ended> ended(Work work, std::uint32_t slot) override;
  std::size_t statistics_bytes() const override { return 4 * tick_->statistics_words(); }
  FgEvaluatorImages images() const override { return images_.describe(); }
  VkExtent2D extent() const override { return extent_; }

 private:
  // A way for pixels into CUDA.
  struct Input {
    std::shared_ptr<SharedBuffer> memory;
    vk::BindingSet bindings;
    bool codes = false;  // what the latest commands write
  };
  struct Frame {
    Input input;
    std::unique_ptr<SharedOutput> map, heatmap;
    vk::BindingSet copy;               // of both into images_
    bool outputs_are_general = false;  // as far as it is sure
    HeatmapStyle style;
    std::span<std::uint32_t> words;  // where the statistics go
  };
  std::shared_ptr<void> pack(VkCommandBuffer cmd, const SourceImage& image, Input& input);
  void take_newest(VkCommandBuffer cmd);
  std::uint32_t pixel_groups() const;  // workgroups along a row
  void prepare_outputs(VkCommandBuffer cmd, Frame& frame);

  const InteropExecutor* executor_;
  VkExtent2D extent_;
  std::uint32_t pitch_;  // of a packed row, words
  OutputImages images_;
  bool images_are_general_ = false;  // as far as it is sure
  std::vector<Frame> frames_;
  std::vector<Input> references_;
  std::optional<std::uint32_t> newest_;      // the slot that ended last and was not taken over into images_
  std::unique_ptr<interop::CudaTick> tick_;  // destroyed first: its stream works on everything above
};

}  // namespace fg
