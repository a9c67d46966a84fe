// FgSharedImage of framegauge/vulkan.h: arguments are checked here, the work is plugin/interop's.

#include <string>

#include "plugin/abi/guard.h"
#include "plugin/abi/live_checks.h"
#include "plugin/interop/shared_image.h"

#include "framegauge/vulkan.h"

struct FgSharedImage_T {
  FgSharedImage_T(const fg::vk::HostHandles& host, const fg::interop::SharedImageInfo& info)
      : shared(host, info) {}
  fg::interop::SharedImage shared;
};

namespace fg {
namespace {

using abi::reject;
using abi::require_struct;

interop::SharedImage& shared_of(FgSharedImage image) {
  if (image == nullptr) reject("image is NULL; create one with fg_shared_image_create()");
  return image->shared;
}

void require_command_buffer(VkCommandBuffer command_buffer) {
  if (command_buffer == VK_NULL_HANDLE)
    reject("command_buffer is VK_NULL_HANDLE; pass one in the recording state, outside any render pass");
}

template <class Struct>
void fill_defaults(Struct* s) {
  if (!s) return;
  *s = {};
  s->struct_size = sizeof(*s);
}

}  // namespace
}  // namespace fg

using fg::abi::guard;

extern "C" {

void fg_shared_image_info_defaults(FgSharedImageInfo* info) {
  fg::fill_defaults(info);
  if (info) info->format = VK_FORMAT_R8G8B8A8_UNORM;
}
void fg_shared_image_handles_defaults(FgSharedImageHandles* handles) { fg::fill_defaults(handles); }
void fg_shared_image_submission_defaults(FgSharedImageSubmission* submission) {
  fg::fill_defaults(submission);
}

FgStatus fg_shared_image_create(const FgSharedImageInfo* info, FgSharedImage* image) {
  return guard([&] {
    if (image == nullptr) fg::reject("image is NULL; pass where to store the handle");
    *image = nullptr;
    fg::require_struct(info, "info", "fg_shared_image_info_defaults()");
    const fg::vk::HostHandles host = fg::abi::checked_host(*info);
    fg::abi::require_valid(info->width >= 1 && info->height >= 1,
                           "info is " + std::to_string(info->width) + "x" + std::to_string(info->height) +
                               " pixels; both sides must be at least 1");
    *image = new FgSharedImage_T(host, {.queue_family = info->queue_family,
                                        .width = info->width,
                                        .height = info->height,
                                        .format = info->format});
  });
}

void fg_shared_image_destroy(FgSharedImage image) { delete image; }

FgStatus fg_shared_image_handles(FgSharedImage image, FgSharedImageHandles* handles) {
  return guard([&] {
    const fg::interop::SharedImage& shared = fg::shared_of(image);
    fg::require_struct(handles, "handles", "fg_shared_image_handles_defaults()");
    handles->image = shared.image().get();
    handles->view = shared.image().view();
    handles->cuda_device = shared.cuda_device();
    handles->cuda_surface = shared.cuda().surface();
    handles->cuda_array = shared.cuda().array();
  });
}

FgStatus fg_shared_image_record_begin(FgSharedImage image, VkCommandBuffer command_buffer) {
  return guard([&] {
    fg::interop::SharedImage& shared = fg::shared_of(image);
    fg::require_command_buffer(command_buffer);
    shared.record_begin(command_buffer);
  });
}

FgStatus fg_shared_image_record_end(FgSharedImage image, VkCommandBuffer command_buffer) {
  return guard([&] {
    fg::interop::SharedImage& shared = fg::shared_of(image);
    fg::require_command_buffer(command_buffer);
    shared.record_end(command_buffer);
  });
}

FgStatus fg_shared_image_submission(FgSharedImage image, FgSharedImageSubmission* submission) {
  return guard([&] {
    const fg::interop::Submission s = fg::shared_of(image).submission();
    fg::require_struct(submission, "submission", "fg_shared_image_submission_defaults()");
    submission->semaphore = s.semaphore;
    submission->wait_value = s.wait_value;
    submission->signal_value = s.signal_value;
  });
}

FgStatus fg_shared_image_begin_cuda(FgSharedImage image, void* stream) {
  bool begun = false;
  const FgStatus status = guard([&] { begun = fg::shared_of(image).begin_cuda(stream); });
  if (status != FG_STATUS_OK || begun) return status;
  static const std::string kNotYet =
      "Vulkan has not finished with the image yet; take another image, or come again with the next frame";
  return fg::abi::report(FG_STATUS_NOT_READY, kNotYet);
}

FgStatus fg_shared_image_end_cuda(FgSharedImage image, void* stream) {
  return guard([&] { fg::shared_of(image).end_cuda(stream); });
}

}  // extern "C"
