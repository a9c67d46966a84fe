#pragma once
#include <optional>

#include "plugin/evaluator/executors/in_queue/in_queue_executor.h"
#include "plugin/evaluator/executors/linear_image.h"
#include "plugin/evaluator/executors/output_images.h"
#include "plugin/vk/buffer.h"

namespace fg {

// The buffers and images of the in_queue executor for one frame size. Borrows the executor.
//
// A frame is one launch and one copy. What stays the same from frame to frame is kept on the device; after a
// discarded frame, of which nobody knows what it would have left, the next one makes all of that anew.
class InQueueWorkspace : public Workspace {
 public:
  InQueueWorkspace(const InQueueExecutor& executor, VkExtent2D extent);

  std::shared_ptr<void> record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                         std::uint32_t slot) override;
  RecordedFrame record_frame(VkCommandBuffer cmd, const FrameWork& work) override;
  void discarded() override { kept_ = {}; }
  std::size_t statistics_bytes() const override;
  FgEvaluatorImages images() const override { return images_.describe(); }
  VkExtent2D extent() const override { return extent_; }

 private:
  // What earlier frames have left on the device, as far as it is sure.
  struct Kept {
    bool images_are_general = false;
    bool bins_are_zero = false;            // of statistics_[turn_]
    std::optional<FgColorMap> colors;      // in colors_
    std::optional<bool> moments_of_codes;  // whether moments_ are of codes
  };
  // Where sRGB views pass through on their way to the kernels.
  struct Linear {
    Linear(const InQueueExecutor& executor, VkExtent2D extent);
    LinearImage image;
    std::uint64_t texture;
  };
  // What the kernels read of an image.
  live::Pixels pixels_of(VkCommandBuffer cmd, const SourceImage& image, Work work, std::uint32_t slot);
  live::LiveReference moments_op(bool codes) const;
  void prepare_frame(VkCommandBuffer cmd, const FrameWork& work, bool codes);
  live::LiveSsim frame_op(const HeatmapStyle& style, live::PixelFormat format) const;
  // How frames of a format are launched against the reference's copy in its format.
  live::Launch& launch_of_frame(live::PixelFormat format);

  const InQueueExecutor* executor_;
  VkExtent2D extent_;
  std::int32_t pitch_;  // of moments and of the reference's copy, elements
  WindowTaps window_;
  live::PixelFormat copy_format_ = live::PixelFormat::rgba8;  // rgba8 or planar32f, as the reference wants it
  live::Launch launches_[2][2];
  bool frames_are_codes_ = true;  // the latest frame had 8 bits: the next reference expects the same

  vk::Buffer moments_, copy_, colors_;
  vk::Buffer statistics_[2];  // a frame uses one and clears the other's bins for its successor
  vk::Buffer finished_blocks_;
  int turn_ = 0;
  OutputImages images_;
  std::uint64_t map_surface_ = 0, heatmap_surface_ = 0;
  std::optional<Linear> linear_;  // made when an sRGB view first comes
  Kept kept_;
};

}  // namespace fg
