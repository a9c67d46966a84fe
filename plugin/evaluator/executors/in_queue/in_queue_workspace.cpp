#include "plugin/evaluator/executors/in_queue/in_queue_workspace.h"

#include <algorithm>

#include "plugin/evaluator/color_table.h"
#include "plugin/evaluator/executors/pixel_formats.h"
#include "plugin/vk/commands.h"
#include "shaders/shared/frame_statistics.h"

namespace fg {
namespace {

using live::PixelFormat;

constexpr std::int32_t kPitchAlignment =
    64;  // elements; moments want an even pitch, memory wants whole lines

// The texture unit hands out red, green, blue, alpha whatever the view's order is.
PixelFormat pixel_format(VkFormat format) {
  return is_unorm8(format) ? PixelFormat::texture8 : PixelFormat::texture;
}

// Kernels take device addresses as pointers.
template <class T>
T* pointer_to(const vk::Buffer& buffer) {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(buffer.address()));
}

}  // namespace

InQueueWorkspace::InQueueWorkspace(const InQueueExecutor& executor, VkExtent2D extent)
    : executor_(&executor),
      extent_(extent),
      pitch_((static_cast<std::int32_t>(extent.width) + kPitchAlignment - 1) / kPitchAlignment *
             kPitchAlignment),
      window_(gaussian_window(executor.settings().window / 2)) {
  // Throws where the kernels cannot reach the whole of such an image, before anything is allocated.
  for (const PixelFormat copy : {PixelFormat::planar32f, PixelFormat::rgba8}) {
    copy_format_ = copy;
    for (const PixelFormat format : {PixelFormat::texture8, PixelFormat::texture})
      launch_of_frame(format) = live::launch_of(frame_op({}, format));
  }

  const vk::Device& device = executor.device();
  const auto buffer = [&](std::size_t bytes) {
    return vk::Buffer(device, bytes, vk::Residence::device, VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT);
  };
  const std::size_t plane = static_cast<std::size_t>(pitch_) * extent.height;
  moments_ = buffer(3 * plane * sizeof(live::ReferenceMoments));
  copy_ = buffer(3 * plane * sizeof(float));  // RGBA8 takes a third of it
  colors_ = buffer(sizeof(ColorTable));
  for (vk::Buffer& statistics : statistics_) statistics = buffer(statistics_bytes());
  finished_blocks_ = buffer(sizeof(std::uint32_t));
  images_ = OutputImages(device, extent);
  map_surface_ = vk::surface_handle(device, images_.map.view());
  heatmap_surface_ = vk::surface_handle(device, images_.heatmap.view());
}

std::size_t InQueueWorkspace::statistics_bytes() const {
  std::size_t words = 0;
  for (const auto& of_format : launches_)
    for (const live::Launch& launch : of_format) words = std::max(words, live::statistics_words(launch));
  return 4 * words;
}

live::Launch& InQueueWorkspace::launch_of_frame(PixelFormat format) {
  return launches_[format == PixelFormat::texture8 ? 0 : 1][copy_format_ == PixelFormat::rgba8 ? 0 : 1];
}

InQueueWorkspace::Linear::Linear(const InQueueExecutor& executor, VkExtent2D extent)
    : image(executor.device(), executor.linearize(), extent, executor.settings()),
      texture(executor.texture_of(image.view())) {}

live::Pixels InQueueWorkspace::pixels_of(VkCommandBuffer cmd, const SourceImage& image, Work work,
                                         std::uint32_t slot) {
  const auto width = static_cast<std::int32_t>(extent_.width),
             height = static_cast<std::int32_t>(extent_.height);
  if (!is_srgb(image.format))
    return live::pixels_of_texture(executor_->texture_of(image.view), width, height);
  if (!linear_) linear_.emplace(*executor_, extent_);
  linear_->image.record(cmd, image, work, slot);
  return live::pixels_of_texture(linear_->texture, width, height);
}

// From the copy of the reference, which stays.
live::LiveReference InQueueWorkspace::moments_op(bool codes) const {
  live::LiveReference op;
  op.source.data = pointer_to<const void>(copy_);
  op.source.row_bytes = pitch_ * std::int64_t{4};
  op.source.plane_bytes = op.source.row_bytes * extent_.height;
  op.source_format = copy_format_;
  op.width = static_cast<std::int32_t>(extent_.width);
  op.height = static_cast<std::int32_t>(extent_.height);
  op.window = window_;
  op.codes = codes;
  op.moments = pointer_to<live::ReferenceMoments>(moments_);
  op.moments_pitch = pitch_;
  return op;
}

std::shared_ptr<void> InQueueWorkspace::record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                                         std::uint32_t slot) {
  const PixelFormat format = pixel_format(reference.format);
  copy_format_ = format == PixelFormat::texture8 ? PixelFormat::rgba8 : PixelFormat::planar32f;
  const bool codes = copy_format_ == PixelFormat::rgba8 && frames_are_codes_;
  live::LiveReference op = moments_op(codes);
  op.copy = pointer_to<void>(copy_);
  op.copy_row_bytes = op.source.row_bytes;
  op.copy_plane_bytes = op.source.plane_bytes;
  op.source = pixels_of(cmd, reference, Work::reference, slot);
  op.source_format = format;
  executor_->record(cmd, op);
  kept_.moments_of_codes = codes;
  return {};
}

// Brings what the frame's kernel expects to find; as a rule it is all there.
void InQueueWorkspace::prepare_frame(VkCommandBuffer cmd, const FrameWork& work, bool codes) {
  const vk::Device& device = executor_->device();
  bool any = false;
  if (!kept_.images_are_general) {
    images_.make_general(device, cmd);
    kept_.images_are_general = true;
  }
  if (kept_.colors != work.style.color_map) {
    const ColorTable colors = make_color_table(work.style.color_map);
    device.CmdUpdateBuffer(cmd, colors_.get(), 0, sizeof(colors), colors.data());
    kept_.colors = work.style.color_map;
    any = true;
  }
  if (!kept_.bins_are_zero) {
    device.CmdFillBuffer(cmd, statistics_[turn_].get(), 0, kFgMapBins * 4, 0);
    device.CmdFillBuffer(cmd, finished_blocks_.get(), 0, sizeof(std::uint32_t), 0);
    any = true;
  }
  if (kept_.moments_of_codes != codes) {
    executor_->record(cmd, moments_op(codes));
    kept_.moments_of_codes = codes;
    any = true;
  }
  if (any) vk::full_barrier(device, cmd);
}

// All but the frame itself and where its results go.
live::LiveSsim InQueueWorkspace::frame_op(const HeatmapStyle& style, PixelFormat format) const {
  const live::LiveReference reference = moments_op(false);
  live::LiveSsim op;
  op.frame_format = format;
  op.reference = reference.source;
  op.reference_format = reference.source_format;
  op.moments = reference.moments;
  op.moments_pitch = reference.moments_pitch;
  op.width = reference.width;
  op.height = reference.height;
  op.window = window_;
  op.border = executor_->settings().padding == FG_PADDING_VALID ? window_.radius : 0;
  op.worst = style.worst;
  op.colors_per_unit = (kFgColors - 1) / (style.best - style.worst);
  op.colors = pointer_to<const std::uint32_t>(colors_);
  if (const std::uint32_t count = executor_->device().multiprocessors; count > 0)
    op.multiprocessors = static_cast<std::int32_t>(count);
  op.map_surface = map_surface_;
  op.heatmap_surface = heatmap_surface_;
  op.statistics = pointer_to<std::uint32_t>(statistics_[turn_]);
  op.next_bins = pointer_to<std::uint32_t>(statistics_[turn_ ^ 1]);
  op.finished_blocks = pointer_to<std::uint32_t>(finished_blocks_);
  return op;
}

RecordedFrame InQueueWorkspace::record_frame(VkCommandBuffer cmd, const FrameWork& work) {
  const PixelFormat format = pixel_format(work.frame.format);
  frames_are_codes_ = format == PixelFormat::texture8;
  const bool codes = frames_are_codes_ && copy_format_ == PixelFormat::rgba8;
  const live::Launch& launch = launch_of_frame(format);
  const RecordedFrame recorded{.statistics_bytes = 4 * live::statistics_words(launch),
                               .needs_earlier_frames = kept_.bins_are_zero};
  prepare_frame(cmd, work, codes);
  live::LiveSsim op = frame_op(work.style, format);
  op.frame = pixels_of(cmd, work.frame, Work::frame, work.slot);
  op.results = pointer_to<std::uint32_t>(work.statistics);
  executor_->record(cmd, launch, &op);
  turn_ ^= 1;
  kept_.bins_are_zero = true;
  return recorded;
}

}  // namespace fg
