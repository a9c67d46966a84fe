#pragma once
// One tick: render a frame, score it against the reference, draw the heatmap. The window, --offscreen and
// eval all run this; only what they do with the images differs.

#include <memory>
#include <optional>

#include "framegauge/vulkan.h"
#include "plugin/vk/own_device.h"
#include "viewer/io/image.h"
#include "viewer/render/frame_source.h"

namespace fg {

struct TickOptions {
  FgExecutor executor = FG_EXECUTOR_AUTO;
  std::uint32_t frames_in_flight = 3;  // command buffers that may be unfinished while one is being recorded
};

struct TickResult {
  FgFrameResult scores;  // scores.frame_number says which tick
  // GPU time of the renderer, 0 where the queue has no timestamps: of its commands in the queue, and of its work elsewhere,
  // on a CUDA stream, by that device's clock. The change from one to the other, which costs the GPU time, is in neither.
  double render_ms = 0;
  double metric_ms = 0;  // GPU time of the evaluator
};

class Tick {
 public:
  explicit Tick(const vk::OwnDevice& device, const TickOptions& options = {});
  ~Tick();

  // The size of the next frames, pixels. Drops the reference when it changes. Nothing waits.
  void resize(int width, int height);

  // The ground truth of the next frames: an image of the tick's size, another source (recorded each tick), or
  // none. Nothing waits.
  void set_reference(const Image8& image);
  void set_reference(FrameSource* source);  // borrowed until replaced; null: no reference
  bool has_reference() const;

  void set_heatmap(FgColorMap color_map, float first, float last);  // as fg_evaluator_set_heatmap

  // Records one tick and returns its number. Nothing waits. Afterwards, for later commands of the same queue:
  // frame and reference images are in layout GENERAL. The submission of cmd is joined by the source.
  std::uint64_t record(VkCommandBuffer cmd, FrameSource& source);

  // The newest finished result, once. Ticks without a reference give none.
  std::optional<TickResult> poll();

  // GPU time of a finished tick's renderer, among the last frames_in_flight; 0 where unknown.
  double render_ms(std::uint64_t tick) const;

  const vk::Image& frame() const;      // RGBA8 UNORM
  const vk::Image& reference() const;  // RGBA8 UNORM; black while there is no reference
  FgEvaluatorImages evaluator_images() const;
  FgExecutor executor() const;
  int width() const;
  int height() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
