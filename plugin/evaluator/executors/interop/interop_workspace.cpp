#include "plugin/evaluator/executors/interop/interop_workspace.h"

#include <algorithm>
#include <array>

#include "plugin/evaluator/color_table.h"
#include "plugin/evaluator/executors/pixel_formats.h"
#include "plugin/vk/commands.h"
#include "plugin/vk/exported.h"
#include "shaders/interop/pack.h"

namespace fg {
namespace {

constexpr std::uint32_t kPitchAlignment = 64;  // words: moments want an even pitch, memory wants whole lines

std::vector<std::uint32_t> all_colors() {
  std::vector<std::uint32_t> words;
  for (const FgColorMap map :
       {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA, FG_COLOR_MAP_GREY}) {
    const ColorTable table = make_color_table(map);
    words.insert(words.end(), table.begin(), table.end());
  }
  return words;
}

interop::CudaTickInfo tick_info(const InteropExecutor& executor, VkExtent2D extent, std::uint32_t pitch,
                                std::span<const std::uint32_t> colors) {
  const ExecutorSettings& settings = executor.settings();
  return {.device = executor.cuda_device(),
          .width = static_cast<std::int32_t>(extent.width),
          .height = static_cast<std::int32_t>(extent.height),
          .pitch = static_cast<std::int32_t>(pitch),
          .window = gaussian_window(settings.window / 2),
          .valid = settings.padding == FG_PADDING_VALID,
          .frame_slots = settings.frame_slots,
          .reference_slots = settings.reference_slots,
          .colors = colors};
}

enum class Way { to_cuda, to_vulkan };

// Passes the ownership of shared memory; image and buffer barriers say the same.
struct Transfer {
  std::uint32_t from, to;
  CommandScope before, after;
};
Transfer transfer(const InteropExecutor& executor, Way way) {
  const std::uint32_t ours = executor.settings().queue_family;
  const CommandScope scope = executor.scope();
  if (way == Way::to_cuda)
    return {ours, VK_QUEUE_FAMILY_EXTERNAL, scope, {VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0, 0}};
  return {VK_QUEUE_FAMILY_EXTERNAL, ours, {VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, 0, 0}, scope};
}

void pass_on(const InteropExecutor& executor, VkCommandBuffer cmd, Way way, VkBuffer buffer) {
  const Transfer t = transfer(executor, way);
  const VkBufferMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                      .srcAccessMask = t.before.writes,
                                      .dstAccessMask = t.after.reads | t.after.writes,
                                      .srcQueueFamilyIndex = t.from,
                                      .dstQueueFamilyIndex = t.to,
                                      .buffer = buffer,
                                      .size = VK_WHOLE_SIZE};
  executor.device().CmdPipelineBarrier(cmd, t.before.stages, t.after.stages, 0, 0, nullptr, 1, &barrier, 0,
                                       nullptr);
}

void pass_on(const InteropExecutor& executor, VkCommandBuffer cmd, Way way, VkImage image) {
  const Transfer t = transfer(executor, way);
  const VkImageMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                     .srcAccessMask = t.before.writes,
                                     .dstAccessMask = t.after.reads | t.after.writes,
                                     .oldLayout = VK_IMAGE_LAYOUT_GENERAL,
                                     .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                                     .srcQueueFamilyIndex = t.from,
                                     .dstQueueFamilyIndex = t.to,
                                     .image = image,
                                     .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  executor.device().CmdPipelineBarrier(cmd, t.before.stages, t.after.stages, 0, 0, nullptr, 0, nullptr, 1,
                                       &barrier);
}

}  // namespace

SharedBuffer::SharedBuffer(const InteropExecutor& executor, std::size_t bytes)
    : buffer(executor.device(), bytes, vk::Residence::exported),
      cuda(executor.cuda_device(), vk::export_memory(executor.device(), buffer), buffer.size_bytes()) {}

SharedOutput::SharedOutput(const InteropExecutor& executor, VkExtent2D extent, const OutputFormat& format)
    : image(executor.device(), {.format = format.format,
                                .extent = {extent.width, extent.height, 1},
                                .usage = kSharedOutputUsage,
                                .exported = true}),
      cuda(executor.cuda_device(), vk::export_memory(executor.device(), image),
           {extent.width, extent.height, format.texels}) {}

InteropWorkspace::InteropWorkspace(const InteropExecutor& executor, VkExtent2D extent)
    : executor_(&executor),
      extent_(extent),
      pitch_((extent.width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment),
      images_(executor.device(), extent),
      frames_(executor.settings().frame_slots),
      references_(executor.settings().reference_slots) {
  const std::vector<std::uint32_t> colors = all_colors();
  tick_ = std::make_unique<interop::CudaTick>(tick_info(executor, extent, pitch_, colors));
}

std::uint32_t InteropWorkspace::pixel_groups() const {
  return (extent_.width + kFgPackThreads - 1) / kFgPackThreads;
}

// Copies the image to the slot's buffer, which is made, or made larger, where it has to be.
std::shared_ptr<void> InteropWorkspace::pack(VkCommandBuffer cmd, const SourceImage& image, Input& input) {
  const vk::Device& device = executor_->device();
  input.codes = is_unorm8(image.format);
  const std::size_t bytes = (input.codes ? 4 : 12) * std::size_t{pitch_} * extent_.height;
  std::shared_ptr<void> replaced;
  if (!input.memory || input.memory->buffer.size_bytes() < bytes) {
    struct Pair {
      std::shared_ptr<SharedBuffer> memory;
      vk::BindingSet bindings;
    };
    auto made = std::make_shared<SharedBuffer>(*executor_, bytes);
    vk::BindingSet bindings(device, executor_->pack());
    bindings.update(1, vk::bind(made->buffer));
    if (input.memory)
      replaced = std::make_shared<Pair>(Pair{std::move(input.memory), std::move(input.bindings)});
    input.memory = std::move(made);
    input.bindings = std::move(bindings);
  }
  input.bindings.update(0, vk::bind(image.view, image.layout));
  const FgPackPush push{.width = static_cast<int>(extent_.width),
                        .height = static_cast<int>(extent_.height),
                        .pitch = static_cast<int>(pitch_),
                        .packing = input.codes ? kFgPackCodes : kFgPackPlanes,
                        .srgb = is_srgb(image.format) ? 1 : 0};
  executor_->pack().record(cmd, input.bindings, &push, pixel_groups(), extent_.height);
  pass_on(*executor_, cmd, Way::to_cuda, input.memory->buffer.get());
  return replaced;
}

std::shared_ptr<void> InteropWorkspace::record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                                         std::uint32_t slot) {
  return pack(cmd, reference, references_[slot]);
}

// The newest map and heatmap that CUDA has drawn, into the images that the host knows.
void InteropWorkspace::take_newest(VkCommandBuffer cmd) {
  const vk::Device& device = executor_->device();
  if (!images_are_general_) {
    images_.make_general(device, cmd);
    const VkClearColorValue nothing{};
    const VkImageSubresourceRange whole{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    for (const vk::Image* image : {&images_.map, &images_.heatmap})
      device.CmdClearColorImage(cmd, image->get(), VK_IMAGE_LAYOUT_GENERAL, &nothing, 1, &whole);
    vk::compute_barrier(device, cmd);
  }
  if (!newest_) return;
  const Frame& frame = frames_[*newest_];
  const VkImage drawn[] = {frame.map->image.get(), frame.heatmap->image.get()};
  for (const VkImage image : drawn) pass_on(*executor_, cmd, Way::to_vulkan, image);
  executor_->unpack().record(cmd, frame.copy, nullptr, pixel_groups(), extent_.height);
  for (const VkImage image : drawn) pass_on(*executor_, cmd, Way::to_cuda, image);
  newest_.reset();
}

void InteropWorkspace::prepare_outputs(VkCommandBuffer cmd, Frame& frame) {
  if (!frame.map) {
    frame.map = std::make_unique<SharedOutput>(*executor_, extent_, kSharedOutputs[0]);
    frame.heatmap = std::make_unique<SharedOutput>(*executor_, extent_, kSharedOutputs[1]);
    const auto bind = [](const vk::Image& image) { return vk::bind(image.view(), VK_IMAGE_LAYOUT_GENERAL); };
    frame.copy = vk::BindingSet(
        executor_->device(), executor_->unpack(),
        {bind(frame.map->image), bind(frame.heatmap->image), bind(images_.map), bind(images_.heatmap)});
  }
  if (frame.outputs_are_general) return;
  for (const vk::Image* image : {&frame.map->image, &frame.heatmap->image}) {
    vk::change_layout(executor_->device(), cmd, image->get(), VK_IMAGE_LAYOUT_UNDEFINED,
                      VK_IMAGE_LAYOUT_GENERAL);
    pass_on(*executor_, cmd, Way::to_cuda, image->get());
  }
}

RecordedFrame InteropWorkspace::record_frame(VkCommandBuffer cmd, const FrameWork& work) {
  take_newest(cmd);
  Frame& frame = frames_[work.slot];
  prepare_outputs(cmd, frame);
  frame.style = work.style;
  frame.words = work.statistics.as<std::uint32_t>();
  RecordedFrame recorded;
  recorded.replaced = pack(cmd, work.frame, frame.input);
  return recorded;
}

// Layouts that the lost commands were to give may be missing: nobody knows which were.
void InteropWorkspace::discarded() {
  images_are_general_ = false;
  newest_.reset();
  for (Frame& frame : frames_) frame.outputs_are_general = false;
}

void InteropWorkspace::start(Work work, std::uint32_t slot) {
  if (work == Work::reference) {
    const Input& input = references_[slot];
    tick_->start_reference({input.memory->cuda.data(), input.codes}, slot);
    return;
  }
  const Frame& frame = frames_[slot];
  tick_->start_frame({.frame = {frame.input.memory->cuda.data(), frame.input.codes},
                      .map_surface = frame.map->cuda.surface(),
                      .heatmap_surface = frame.heatmap->cuda.surface(),
                      .color_map = static_cast<int>(frame.style.color_map),
                      .worst = frame.style.worst,
                      .best = frame.style.best},
                     slot);
}

std::optional<Ended> InteropWorkspace::ended(Work work, std::uint32_t slot) {
  if (work == Work::reference) return tick_->reference_ended(slot) ? std::optional(Ended{}) : std::nullopt;
  if (!tick_->frame_ended(slot)) return {};
  const std::span<const std::uint32_t> words = tick_->words(slot);
  std::copy(words.begin(), words.end(), frames_[slot].words.begin());
  newest_ = slot;
  frames_[slot].outputs_are_general = images_are_general_ = true;  // its commands have run
  return Ended{.statistics_bytes = words.size_bytes(), .gpu_ns = tick_->nanoseconds(slot)};
}

}  // namespace fg
