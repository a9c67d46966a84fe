// The functions of framegauge/vulkan.h: arguments are checked here, the work is plugin/evaluator's.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "kernels/core/error.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/live_checks.h"
#include "plugin/evaluator/color_table.h"
#include "plugin/evaluator/evaluator.h"
#include "plugin/evaluator/executors/in_queue/in_queue_executor.h"
#include "plugin/evaluator/executors/interop/interop_executor.h"
#include "plugin/evaluator/executors/pixel_formats.h"

struct FgEvaluator_T {
  explicit FgEvaluator_T(const fg::EvaluatorSettings& settings) : engine(settings) {}
  fg::Evaluator engine;
};

namespace fg {
namespace {

using abi::checked_host;
using abi::is_between;
using abi::number_of;
using abi::reject;
using abi::require_struct;
using abi::require_valid;

Evaluator& engine_of(FgEvaluator evaluator) {
  if (evaluator == nullptr) reject("evaluator is NULL; create one with fg_evaluator_create()");
  return evaluator->engine;
}

vk::HostHandles checked_handles(const FgEvaluatorInfo* info) {
  require_struct(info, "info", "fg_evaluator_info_defaults()");
  vk::HostHandles host = checked_host(*info);
  host.buffer_device_address = info->buffer_device_address != 0;
  return host;
}

EvaluatorSettings checked(const FgEvaluatorInfo* info) {
  EvaluatorSettings settings;
  settings.host = checked_handles(info);
  require_valid(info->frames_in_flight >= 1 && info->frames_in_flight <= 8,
                "info.frames_in_flight is " + std::to_string(info->frames_in_flight) + "; expected 1 to 8");
  require_valid(is_between(info->executor, FG_EXECUTOR_AUTO, FG_EXECUTOR_SHADER),
                "info.executor is " + std::to_string(number_of(info->executor)) +
                    "; expected one of FG_EXECUTOR_AUTO, _IN_QUEUE, _INTEROP, _SHADER");
  require_valid(info->window == 7 || info->window == 9 || info->window == 11,
                "info.window is " + std::to_string(info->window) + "; expected 7, 9 or 11 taps");
  require_valid(is_between(info->padding, FG_PADDING_SAME, FG_PADDING_VALID),
                "info.padding is " + std::to_string(number_of(info->padding)) +
                    "; expected FG_PADDING_SAME or FG_PADDING_VALID");
  settings.queue_family = info->queue_family;
  settings.frames_in_flight = info->frames_in_flight;
  settings.executor = info->executor;
  settings.window = info->window;
  settings.padding = info->padding;
  settings.destructor_waits = info->destroy_waits != 0;
  return settings;
}

SourceImage checked(const FgFrame* frame, const char* name, VkCommandBuffer command_buffer) {
  const auto field = [&](const char* member) { return std::string(name) + member; };
  if (command_buffer == VK_NULL_HANDLE)
    reject("command_buffer is VK_NULL_HANDLE; pass one in the recording state, outside any render pass");
  require_struct(frame, name, "fg_frame_defaults()");
  if (frame->image == VK_NULL_HANDLE) reject(field(".image is VK_NULL_HANDLE; pass the VkImage to read"));
  if (frame->view == VK_NULL_HANDLE)
    reject(field(".view is VK_NULL_HANDLE; pass a 2D colour view with sampled usage"));
  if (number_of(frame->layout) != VK_IMAGE_LAYOUT_GENERAL &&
      number_of(frame->layout) != VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL)
    reject(field(".layout is ") + std::to_string(number_of(frame->layout)) +
           "; move the image to VK_IMAGE_LAYOUT_GENERAL (1) or _SHADER_READ_ONLY_OPTIMAL (5) first");
  if (frame->width == 0 || frame->height == 0)
    reject(field(" is ") + std::to_string(frame->width) + "x" + std::to_string(frame->height) +
           " pixels; both sides must be at least 1");
  if (number_of(frame->format) == VK_FORMAT_UNDEFINED)
    reject(field(".format is VK_FORMAT_UNDEFINED; pass the VkFormat that the view was created with"));
  if (!is_float_color(number_of(frame->format)))
    reject(field(".format is VkFormat ") + std::to_string(number_of(frame->format)) +
           "; expected that of a view of uncompressed colours with values of UNORM, SNORM, USCALED, "
           "SSCALED, SRGB, SFLOAT or UFLOAT, such as R8G8B8A8_UNORM (37)");
  return {frame->image, frame->view, frame->layout, {frame->width, frame->height}, frame->format};
}

std::uint32_t pixel_bytes(VkFormat format) {
  switch (format) {
    case VK_FORMAT_R8G8B8A8_UNORM:
    case VK_FORMAT_B8G8R8A8_UNORM:
      return 4;
    case VK_FORMAT_R16G16B16A16_SFLOAT:
      return 8;
    case VK_FORMAT_R32G32B32A32_SFLOAT:
      return 16;
    default:
      reject("reference.format is VkFormat " + std::to_string(number_of(format)) +
             "; expected R8G8B8A8_UNORM (37), B8G8R8A8_UNORM (44), R16G16B16A16_SFLOAT (97) or "
             "R32G32B32A32_SFLOAT (109)");
  }
}

BufferPixels checked(const FgFrameBuffer* reference, VkCommandBuffer command_buffer) {
  if (command_buffer == VK_NULL_HANDLE)
    reject("command_buffer is VK_NULL_HANDLE; pass one in the recording state, outside any render pass");
  require_struct(reference, "reference", "fg_frame_buffer_defaults()");
  if (reference->buffer == VK_NULL_HANDLE)
    reject("reference.buffer is VK_NULL_HANDLE; pass the VkBuffer to read");
  if (reference->width == 0 || reference->height == 0)
    reject("reference is " + std::to_string(reference->width) + "x" + std::to_string(reference->height) +
           " pixels; both sides must be at least 1");
  const std::uint32_t bytes = pixel_bytes(reference->format);
  if (reference->offset_bytes % bytes != 0)
    reject("reference.offset_bytes is " + std::to_string(reference->offset_bytes) +
           "; expected a multiple of the " + std::to_string(bytes) + " bytes of a pixel");
  const std::uint64_t row_bytes = reference->row_bytes;
  if (row_bytes != 0 && (row_bytes % bytes != 0 || row_bytes / bytes < reference->width ||
                         row_bytes / bytes > (std::uint64_t{1} << 31)))
    reject("reference.row_bytes is " + std::to_string(row_bytes) + "; expected 0 or a multiple of " +
           std::to_string(bytes) + " that holds " + std::to_string(reference->width) + " pixels");
  return {.buffer = reference->buffer,
          .offset_bytes = reference->offset_bytes,
          .row_pixels = static_cast<std::uint32_t>(row_bytes / bytes),
          .extent = {reference->width, reference->height},
          .format = reference->format};
}

void require_recorded(bool reference_was) {
  if (!reference_was)
    throw Error(
        ErrorCode::not_ready,
        "too many recorded references are unfinished; submit their command buffers, or name those that "
        "will never run to fg_evaluator_discard()");
}

HostPixels checked(const DLTensor& t) {
  require_valid(number_of(t.device.device_type) == kDLCPU,
                "pixels are on a device of DLPack type " + std::to_string(number_of(t.device.device_type)) +
                    "; expected CPU memory (use fg_evaluator_record_reference for an image on the GPU)");
  const bool is_byte = t.dtype.code == kDLUInt && t.dtype.bits == 8;
  const bool is_float = t.dtype.code == kDLFloat && t.dtype.bits == 32;
  require_valid((is_byte || is_float) && t.dtype.lanes == 1,
                "pixels have DLPack type code " + std::to_string(t.dtype.code) + " with " +
                    std::to_string(t.dtype.bits) + " bits and " + std::to_string(t.dtype.lanes) +
                    " lanes; expected uint8 or float32");
  require_valid(t.ndim == 3, "pixels have " + std::to_string(t.ndim) +
                                 " dimensions; expected 3: [height, width, channels]");
  require_valid(t.shape != nullptr, "pixels have no shape; expected [height, width, channels]");
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  require_valid(t.shape[0] >= 1 && t.shape[1] >= 1 && t.shape[0] < kMost && t.shape[1] < kMost &&
                    (t.shape[2] == 3 || t.shape[2] == 4),
                "pixels have the shape [" + std::to_string(t.shape[0]) + ", " + std::to_string(t.shape[1]) +
                    ", " + std::to_string(t.shape[2]) +
                    "]; expected [height, width, 3 or 4] with at least 1 pixel a side");
  require_valid(t.data != nullptr, "pixels.data is NULL; pass the image's memory");
  HostPixels pixels{.data = static_cast<const std::byte*>(t.data) + t.byte_offset,
                    .is_float = is_float,
                    .width = static_cast<std::uint32_t>(t.shape[1]),
                    .height = static_cast<std::uint32_t>(t.shape[0]),
                    .channels = static_cast<std::uint32_t>(t.shape[2]),
                    .strides = {t.shape[1] * t.shape[2], t.shape[2], 1}};
  if (t.strides) std::copy_n(t.strides, 3, pixels.strides.begin());
  require_valid(!is_float || reinterpret_cast<std::uintptr_t>(pixels.data) % alignof(float) == 0,
                "pixels are float32, but their address is not a multiple of 4; copy them to aligned memory");
  return pixels;
}

}  // namespace
}  // namespace fg

using fg::abi::guard;
using fg::abi::report;

extern "C" {

void fg_evaluator_info_defaults(FgEvaluatorInfo* info) {
  if (!info) return;
  *info = {};
  info->struct_size = sizeof(*info);
  info->frames_in_flight = 3;
  info->executor = FG_EXECUTOR_AUTO;
  info->window = 11;
  info->padding = FG_PADDING_SAME;
  info->destroy_waits = 1;
}

void fg_frame_defaults(FgFrame* frame) {
  if (!frame) return;
  *frame = {};
  frame->struct_size = sizeof(*frame);
  frame->layout = VK_IMAGE_LAYOUT_GENERAL;
}

void fg_frame_buffer_defaults(FgFrameBuffer* buffer) {
  if (!buffer) return;
  *buffer = {};
  buffer->struct_size = sizeof(*buffer);
  buffer->format = VK_FORMAT_R8G8B8A8_UNORM;
}

void fg_frame_result_defaults(FgFrameResult* result) {
  if (!result) return;
  *result = {};
  result->struct_size = sizeof(*result);
}

FgStatus fg_evaluator_executors(const FgEvaluatorInfo* info, FgExecutorSupport* support, uint32_t* count) {
  return guard([&] {
    fg::require_valid(count != nullptr,
                      "count is NULL; pass the number of entries that support has room for");
    fg::require_valid(
        support != nullptr || *count == 0,
        "support is NULL, but *count is " + std::to_string(*count) + "; pass 0 to ask for the number");
    const fg::vk::Device device(fg::checked_handles(info));
    std::uint32_t i = 0;
    for (const FgExecutor executor : fg::kExecutors) {
      if (i >= *count) break;
      const std::string reason = fg::why_unavailable(executor, device, info->queue_family);
      FgExecutorSupport& entry = support[i++];
      entry = {};
      entry.executor = executor;
      entry.available = reason.empty();
      reason.copy(entry.reason, sizeof(entry.reason) - 1);
    }
    *count = static_cast<std::uint32_t>(fg::kExecutors.size());
  });
}

const char* const* fg_evaluator_device_extensions(void) {
  static const char* const kNames[] = {
      fg::InQueueExecutor::kExtensions[0], fg::InQueueExecutor::kExtensions[1],
      fg::InteropExecutor::kExtensions[0], VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME, nullptr};
  return kNames;
}

void fg_device_requirements_defaults(FgDeviceRequirements* requirements) {
  if (!requirements) return;
  *requirements = {};
  requirements->struct_size = sizeof(*requirements);
}

FgStatus fg_evaluator_device_requirements(VkInstance instance, VkPhysicalDevice physical_device,
                                          PFN_vkGetInstanceProcAddr get_instance_proc_addr,
                                          FgDeviceRequirements* requirements) {
  return guard([&] {
    fg::require_struct(requirements, "requirements", "fg_device_requirements_defaults()");
    fg::require_valid(instance != VK_NULL_HANDLE, "instance is VK_NULL_HANDLE; pass the host's VkInstance");
    fg::require_valid(physical_device != VK_NULL_HANDLE,
                      "physical_device is VK_NULL_HANDLE; pass the host's VkPhysicalDevice");
    fg::require_valid(get_instance_proc_addr != nullptr,
                      "get_instance_proc_addr is NULL; pass the loader's vkGetInstanceProcAddr");
    fg_device_requirements_defaults(requirements);
    fg::vk::Dispatch functions;
    functions.load_instance(get_instance_proc_addr, instance);
    const auto name = [&](const char* extension) {
      requirements->extensions[requirements->extension_count++] = extension;
    };
    if (fg::InQueueExecutor::is_offered(functions, physical_device)) {
      for (const char* extension : fg::InQueueExecutor::kExtensions) name(extension);
      requirements->buffer_device_address = 1;
    }
    if (fg::InteropExecutor::is_offered(functions, physical_device)) {
      for (const char* extension : fg::InteropExecutor::kExtensions) name(extension);
      if (!fg::vk::offers_extension(functions, physical_device, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME))
        return;
      name(VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME);
      requirements->timeline_semaphore = 1;
    }
  });
}

FgStatus fg_evaluator_create(const FgEvaluatorInfo* info, FgEvaluator* evaluator) {
  return guard([&] {
    fg::require_valid(evaluator != nullptr, "evaluator is NULL; pass where to store the handle");
    *evaluator = nullptr;
    *evaluator = new FgEvaluator_T(fg::checked(info));
  });
}

void fg_evaluator_destroy(FgEvaluator evaluator) { delete evaluator; }

FgStatus fg_evaluator_set_reference(FgEvaluator evaluator, const DLTensor* pixels) {
  return guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    if (pixels)
      engine.set_reference(fg::checked(*pixels));
    else
      engine.clear_reference();
  });
}

FgStatus fg_evaluator_record_reference(FgEvaluator evaluator, VkCommandBuffer command_buffer,
                                       const FgFrame* reference) {
  return guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    const fg::SourceImage source = fg::checked(reference, "reference", command_buffer);
    fg::require_recorded(engine.record_reference(command_buffer, source, reference->frame_number));
  });
}

FgStatus fg_evaluator_record_reference_buffer(FgEvaluator evaluator, VkCommandBuffer command_buffer,
                                              const FgFrameBuffer* reference) {
  return guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    const fg::BufferPixels pixels = fg::checked(reference, command_buffer);
    fg::require_recorded(engine.record_reference(command_buffer, pixels, reference->frame_number));
  });
}

FgStatus fg_evaluator_record(FgEvaluator evaluator, VkCommandBuffer command_buffer, const FgFrame* frame) {
  return guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    const fg::SourceImage source = fg::checked(frame, "frame", command_buffer);
    if (engine.record(command_buffer, source, frame->frame_number)) return;
    if (engine.reference_is_lost())
      throw fg::Error(fg::ErrorCode::not_ready,
                      "frame " + std::to_string(frame->frame_number) +
                          " was dropped: the reference, which came from an image, was lost when " +
                          engine.passed_over() + "; record the reference again");
    throw fg::Error(fg::ErrorCode::not_ready,
                    "frame " + std::to_string(frame->frame_number) +
                        " was dropped: frames_in_flight earlier ones are unfinished; submit them, or raise "
                        "frames_in_flight");
  });
}

int32_t fg_evaluator_has_reference(FgEvaluator evaluator) {
  return evaluator && evaluator->engine.has_reference() ? 1 : 0;
}

FgStatus fg_evaluator_discard(FgEvaluator evaluator, uint64_t frame_number) {
  return guard([&] { fg::engine_of(evaluator).discard(frame_number); });
}

FgStatus fg_evaluator_poll(FgEvaluator evaluator, FgFrameResult* result) {
  bool found = false;
  const FgStatus status = guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    fg::require_struct(result, "result", "fg_frame_result_defaults()");
    if (const auto finished = engine.poll()) {
      *result = *finished;
      found = true;
    }
  });
  if (status != FG_STATUS_OK || found) return status;
  static const std::string kNotYet =
      "no new result yet; ask again after the next frame";  // asked for every frame
  return report(FG_STATUS_NOT_READY, kNotYet);
}

FgStatus fg_evaluator_set_heatmap(FgEvaluator evaluator, FgColorMap color_map, float worst, float best) {
  return guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    fg::require_valid(fg::is_between(color_map, FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_GREY),
                      "color_map is " + std::to_string(fg::number_of(color_map)) +
                          "; expected one of FG_COLOR_MAP_VIRIDIS, _TURBO, _MAGMA, _GREY");
    fg::require_valid(std::isfinite(worst) && std::isfinite(best) && worst != best,
                      "the heatmap's range is " + std::to_string(worst) + " to " + std::to_string(best) +
                          "; expected two different finite map values, e.g. 0 and 1");
    engine.set_heatmap({color_map, worst, best});
  });
}

FgStatus fg_evaluator_images(FgEvaluator evaluator, FgEvaluatorImages* images) {
  return guard([&] {
    fg::Evaluator& engine = fg::engine_of(evaluator);
    if (images == nullptr) fg::reject("images is NULL; pass a struct with struct_size set");
    if (images->struct_size != sizeof(*images))
      fg::reject("images.struct_size is " + std::to_string(images->struct_size) + ", expected " +
                 std::to_string(sizeof(*images)) + "; set it to sizeof(FgEvaluatorImages)");
    *images = engine.images();
  });
}

void fg_color_map_sample(FgColorMap color_map, float t, uint8_t rgba[4]) {
  if (!rgba) return;
  const bool known = fg::is_between(color_map, FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_GREY);
  const std::uint32_t color = fg::color_of(known ? color_map : FG_COLOR_MAP_GREY, t);
  for (int i = 0; i < 4; ++i) rgba[i] = static_cast<std::uint8_t>(color >> 8 * i);
}

const char* fg_executor_name(FgExecutor executor) {
  return fg::is_between(executor, FG_EXECUTOR_AUTO, FG_EXECUTOR_SHADER) ? fg::name_of(executor) : "unknown";
}

const char* fg_evaluator_passed_over(FgEvaluator evaluator) {
  return evaluator ? evaluator->engine.passed_over().c_str() : "";
}

FgExecutor fg_evaluator_executor(FgEvaluator evaluator) {
  return evaluator ? evaluator->engine.executor() : FG_EXECUTOR_AUTO;
}

}  // extern "C"
