#include "plugin/evaluator/executors/shader/shader_workspace.h"

#include <algorithm>

#include "plugin/evaluator/color_table.h"
#include "plugin/evaluator/executors/pixel_formats.h"
#include "plugin/vk/commands.h"
#include "shaders/shared/frame_statistics.h"

namespace fg {
namespace {

constexpr std::uint32_t divide_up(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

// Planes start at a multiple of 256 bytes, the largest alignment that a device may ask of a binding's offset.
constexpr std::uint32_t kPitchAlignment = 64;
static_assert(kPitchAlignment * sizeof(float) % 256 == 0 && kPitchAlignment % kFgRowBlock == 0);

std::uint32_t most_window_rows(const ShaderExecutor& executor, std::uint32_t pitch) {
  const std::size_t bytes = std::min<std::size_t>(executor.settings().band_bytes,
                                                  executor.device().properties.limits.maxStorageBufferRange);
  const std::size_t rows = bytes / (std::size_t{pitch} * sizeof(float) * kFgMomentFloats * kFgMomentPlanes);
  // A row is a workgroup in y.
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(rows, executor.device().properties.limits.maxComputeWorkGroupCount[1]));
}

}  // namespace

ShaderWorkspace::ShaderWorkspace(const ShaderExecutor& executor, VkExtent2D extent)
    : executor_(&executor),
      extent_(extent),
      pitch_(divide_up(extent.width, kPitchAlignment) * kPitchAlignment),
      bands_(make_bands(extent.height, executor.settings().window / 2, most_window_rows(executor, pitch_))) {
  const vk::Device& device = executor.device();
  std::size_t rows = 0, window_rows = 0;
  for (const Band& band : bands_) {
    rows = std::max<std::size_t>(rows, band.end - band.begin);
    window_rows = std::max<std::size_t>(window_rows, band.window_end - band.window_begin);
  }
  const auto buffer = [&](std::size_t bytes) { return vk::Buffer(device, bytes, vk::Residence::device); };
  const std::size_t plane_bytes = pitch_ * sizeof(float);  // of one row
  pixels_ = buffer(extent.height * kFgPixelPlanes * plane_bytes);
  row_means_ = buffer(extent.height * kFgRowMeanPlanes * plane_bytes);
  reference_moments_ = buffer(extent.height * kFgReferenceMomentPlanes * plane_bytes);
  // Also holds the row variances of the reference, on their way from pass to pass.
  moments_ = buffer(window_rows * kFgMomentPlanes * kFgMomentFloats * plane_bytes);
  errors_ = buffer(rows * divide_up(extent.width, kFgRowBlock) * 16);
  scores_ = buffer((rows + kFgColumnBlock - 1) / kFgColumnBlock * extent.width * 16);
  colors_ = buffer(kFgColorEntries * 4);
  statistics_ = buffer(executor.statistics_bytes());
  images_ = OutputImages(device, extent);
  for (const Band& band : bands_) sets_.push_back(bind_band(band));
}

ShaderWorkspace::BandSets ShaderWorkspace::bind_band(const Band& band) const {
  const vk::Device& device = executor_->device();
  const SsimPasses& passes = executor_->passes();
  const auto window_of = [&](const vk::Buffer& buffer, int planes) {
    const VkDeviceSize row_bytes = static_cast<VkDeviceSize>(planes) * pitch_ * sizeof(float);
    return vk::Binding{.buffer = buffer.get(),
                       .offset_bytes = band.window_begin * row_bytes,
                       .range_bytes = (band.window_end - band.window_begin) * row_bytes};
  };
  const vk::Binding pixels = window_of(pixels_, kFgPixelPlanes);
  const vk::Binding row_means = window_of(row_means_, kFgRowMeanPlanes);
  const vk::Binding reference_moments = window_of(reference_moments_, kFgReferenceMomentPlanes);
  const vk::Binding moments = vk::bind(moments_), errors = vk::bind(errors_), scores = vk::bind(scores_);
  const vk::Binding map = vk::bind(images_.map.view(), VK_IMAGE_LAYOUT_GENERAL);
  const vk::Binding heatmap = vk::bind(images_.heatmap.view(), VK_IMAGE_LAYOUT_GENERAL);

  BandSets sets;
  for (std::uint32_t i = 0; i < executor_->settings().reference_slots; ++i) {
    vk::BindingSet& set = sets.reference_rows.emplace_back(device, passes.reference_rows);
    set.update(1, std::array{pixels, row_means, moments});
  }
  sets.reference_columns =
      vk::BindingSet(device, passes.reference_columns, {row_means, moments, reference_moments});
  for (std::uint32_t i = 0; i < executor_->settings().frame_slots; ++i) {
    vk::BindingSet& set = sets.rows.emplace_back(device, passes.rows);
    set.update(1, std::array{pixels, row_means, moments, errors});
  }
  sets.columns = vk::BindingSet(device, passes.columns,
                                {moments, reference_moments, vk::bind(colors_), map, heatmap, scores});
  sets.statistics = vk::BindingSet(device, passes.statistics, {map, errors, scores, vk::bind(statistics_)});
  return sets;
}

FgSsimPush ShaderWorkspace::push_for(const Band& band) const {
  FgSsimPush push{};
  push.width = static_cast<int>(extent_.width);
  push.height = static_cast<int>(extent_.height);
  push.pitch = static_cast<int>(pitch_);
  push.window_begin = static_cast<int>(band.window_begin);
  push.window_rows = static_cast<int>(band.window_end - band.window_begin);
  push.band_begin = static_cast<int>(band.begin);
  push.band_end = static_cast<int>(band.end);
  push.first_band = &band == bands_.data() ? 1 : 0;
  return push;
}

vk::Binding ShaderWorkspace::values_of(VkCommandBuffer cmd, const SourceImage& image, Work work,
                                       std::uint32_t slot) {
  if (!is_srgb(image.format)) return vk::bind(image.view, image.layout);
  if (!linear_) linear_.emplace(executor_->device(), executor_->linearize(), extent_, executor_->settings());
  linear_->record(cmd, image, work, slot);
  return vk::bind(linear_->view(), VK_IMAGE_LAYOUT_GENERAL);
}

// Workgroups along x of the passes in which an invocation filters along a row.
std::uint32_t ShaderWorkspace::row_groups() const {
  return divide_up(extent_.width, kFgRowBlock * kFgThreads);
}

std::shared_ptr<void> ShaderWorkspace::record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                                        std::uint32_t slot) {
  const vk::Device& device = executor_->device();
  const SsimPasses& passes = executor_->passes();
  const vk::Binding values = values_of(cmd, reference, Work::reference, slot);
  for (std::size_t i = 0; i < bands_.size(); ++i) {
    const Band& band = bands_[i];
    const FgSsimPush push = push_for(band);
    vk::BindingSet& rows = sets_[i].reference_rows[slot];
    rows.update(0, values);
    vk::compute_barrier(device, cmd);
    passes.reference_rows.record(cmd, rows, &push, row_groups(), band.window_end - band.window_begin);
    vk::compute_barrier(device, cmd);
    passes.reference_columns.record(cmd, sets_[i].reference_columns, &push,
                                    divide_up(extent_.width, kFgThreads),
                                    divide_up(band.end - band.begin, kFgColumnBlock));
  }
  return {};
}

RecordedFrame ShaderWorkspace::record_frame(VkCommandBuffer cmd, const FrameWork& work) {
  const vk::Device& device = executor_->device();
  const SsimPasses& passes = executor_->passes();
  images_.make_general(device, cmd);
  const ColorTable colors = make_color_table(work.style.color_map);
  device.CmdUpdateBuffer(cmd, colors_.get(), 0, sizeof(colors), colors.data());
  device.CmdFillBuffer(cmd, statistics_.get(), 0, VK_WHOLE_SIZE, 0);
  const vk::Binding values = values_of(cmd, work.frame, Work::frame, work.slot);

  for (std::size_t i = 0; i < bands_.size(); ++i) {
    const Band& band = bands_[i];
    FgSsimPush push = push_for(band);
    push.worst = work.style.worst;
    push.colors_per_unit = (kFgColors - 1) / (work.style.best - work.style.worst);
    BandSets& sets = sets_[i];
    sets.rows[work.slot].update(0, values);
    vk::compute_barrier(device, cmd);
    passes.rows.record(cmd, sets.rows[work.slot], &push, row_groups(), band.window_end - band.window_begin);
    vk::compute_barrier(device, cmd);
    passes.columns.record(cmd, sets.columns, &push, divide_up(extent_.width, kFgThreads),
                          divide_up(band.end - band.begin, kFgColumnBlock));
    vk::compute_barrier(device, cmd);
    passes.statistics.record(cmd, sets.statistics, &push, executor_->statistics_groups());
  }
  vk::compute_barrier(device, cmd);
  const VkBufferCopy copy{0, 0, executor_->statistics_bytes()};
  device.CmdCopyBuffer(cmd, statistics_.get(), work.statistics.get(), 1, &copy);
  return {.statistics_bytes = executor_->statistics_bytes()};
}

}  // namespace fg
