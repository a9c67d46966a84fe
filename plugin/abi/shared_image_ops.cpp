// FgSharedImage of framegauge/vulkan.h: arguments are checked here, the work is plugin/interop's.

#include <algorithm>
#include <string>
#include <vector>

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

// What a pixel is as an element of a tensor. texels_of() has let no other format through.
struct Texel {
  DLDataTypeCode type;
  int bits;
  std::int64_t channels;
};
Texel texel_of(VkFormat format) {
  if (format == VK_FORMAT_R8G8B8A8_UNORM) return {kDLUInt, 8, 4};
  if (format == VK_FORMAT_R16G16B16A16_SFLOAT) return {kDLFloat, 16, 4};
  return {kDLFloat, 32, format == VK_FORMAT_R32_SFLOAT ? 1 : 4};
}

// The pixels as rows of memory, once they are known to be what the image holds.
interop::ImportedImage::Rows checked_rows(const interop::SharedImage& shared, const DLTensor* pixels) {
  const abi::Checker check("fg_shared_image_write");
  check.tensor("pixels", pixels, true);
  const DLTensor& t = *pixels;
  const Texel texel = texel_of(shared.info().format);
  const DLDevice device{kDLCUDA, shared.cuda_device()};
  check.expect(abi::same_device(t.device, device), "pixels is on " + abi::device_name(t.device) +
                                                       "; the image is on " + abi::device_name(device) +
                                                       ", where fg_cuda_memory_allocate() has memory");
  check.expect(
      abi::is_type(t.dtype, texel.type, texel.bits),
      "pixels has dtype " + abi::dtype_name(t.dtype) + "; the image's format holds " +
          abi::dtype_name({static_cast<std::uint8_t>(texel.type), static_cast<std::uint8_t>(texel.bits), 1}));
  const std::int64_t wanted[3] = {shared.info().height, shared.info().width, texel.channels};
  const int least = texel.channels == 1 ? 2 : 3;
  check.expect(t.ndim >= least && t.ndim <= 3 && std::equal(t.shape, t.shape + t.ndim, wanted),
               "pixels has shape " + abi::shape_name(t) + "; the image is " + abi::shape_name(wanted, 3),
               ErrorCode::size_mismatch);
  const std::vector<std::int64_t> strides = abi::strides_of(t);
  const std::int64_t row = wanted[1] * wanted[2], distance = wanted[0] == 1 ? row : strides[0];
  check.expect(
      (wanted[1] == 1 || strides[1] == wanted[2]) && (t.ndim == 2 || wanted[2] == 1 || strides[2] == 1) &&
          distance >= row,
      "pixels has strides that leave gaps between the pixels of a row or go backwards; only rows may "
      "lie apart");
  const auto bytes = static_cast<std::size_t>(texel.bits / 8);
  return {abi::first_byte(t), static_cast<std::size_t>(distance) * bytes,
          static_cast<std::size_t>(row) * bytes, static_cast<std::size_t>(wanted[0])};
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

FgStatus fg_shared_image_write(FgSharedImage image, const DLTensor* pixels, void* stream) {
  return guard([&] {
    fg::interop::SharedImage& shared = fg::shared_of(image);
    shared.write(fg::checked_rows(shared, pixels), stream);
  });
}

FgStatus fg_shared_image_end_cuda(FgSharedImage image, void* stream) {
  return guard([&] { fg::shared_of(image).end_cuda(stream); });
}

}  // extern "C"
