#pragma once
#include <optional>
#include <vector>

#include "plugin/evaluator/executors/linear_image.h"
#include "plugin/evaluator/executors/output_images.h"
#include "plugin/evaluator/executors/shader/bands.h"
#include "plugin/evaluator/executors/shader/shader_executor.h"
#include "plugin/vk/buffer.h"
#include "shaders/shared/ssim_passes.h"

namespace fg {

// The buffers, images and descriptor sets of the shader executor for one frame size. Borrows the executor.
class ShaderWorkspace : public Workspace {
 public:
  ShaderWorkspace(const ShaderExecutor& executor, VkExtent2D extent);

  std::shared_ptr<void> record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                         std::uint32_t slot) override;
  RecordedFrame record_frame(VkCommandBuffer cmd, const FrameWork& work) override;
  std::size_t statistics_bytes() const override { return executor_->statistics_bytes(); }
  FgEvaluatorImages images() const override { return images_.describe(); }
  VkExtent2D extent() const override { return extent_; }

 private:
  // What the passes of a band are bound to. The frame's view changes from tick to tick, so the sets that hold
  // it exist once a slot.
  struct BandSets {
    std::vector<vk::BindingSet> reference_rows;  // a reference slot
    vk::BindingSet reference_columns;
    std::vector<vk::BindingSet> rows;  // a frame slot
    vk::BindingSet columns, statistics;
  };
  BandSets bind_band(const Band& band) const;
  // What the passes read of an image.
  vk::Binding values_of(VkCommandBuffer cmd, const SourceImage& image, Work work, std::uint32_t slot);
  FgSsimPush push_for(const Band& band) const;
  std::uint32_t row_groups() const;

  const ShaderExecutor* executor_;
  VkExtent2D extent_;
  std::uint32_t pitch_;  // pixels of a row in the buffers between the passes
  std::vector<Band> bands_;
  vk::Buffer pixels_, row_means_, reference_moments_;  // of the reference, whole
  vk::Buffer moments_, errors_, scores_;               // of one band
  vk::Buffer colors_, statistics_;
  OutputImages images_;
  std::vector<BandSets> sets_;
  std::optional<LinearImage> linear_;  // made when an sRGB view first comes
};

}  // namespace fg
