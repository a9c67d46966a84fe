#include "tests/viewer/render/fake_cuda.h"

#include <dlfcn.h>

#include <chrono>
#include <cstdlib>
#include <cstring>

#include "framegauge/drr.h"
#include "framegauge/vulkan.h"
#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"

namespace fg::test {

FakeCuda& fake_cuda() {
  static FakeCuda fake;
  return fake;
}

}  // namespace fg::test

using fg::test::fake_cuda;
namespace vk = fg::vk;

// An image that the processor can write, and whose turns are kept as plugin/interop/shared_image.h has them.
struct FgSharedImage_T {
  explicit FgSharedImage_T(const FgSharedImageInfo& info)
      : device({.instance = info.instance,
                .physical = info.physical_device,
                .device = info.device,
                .get_instance_proc_addr = info.get_instance_proc_addr}),
        width(info.width),
        height(info.height) {
    const VkImageCreateInfo image_info{.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                       .imageType = VK_IMAGE_TYPE_2D,
                                       .format = info.format,
                                       .extent = {width, height, 1},
                                       .mipLevels = 1,
                                       .arrayLayers = 1,
                                       .samples = VK_SAMPLE_COUNT_1_BIT,
                                       .tiling = VK_IMAGE_TILING_LINEAR,
                                       .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT};
    VkImage made;
    vk::check(device.CreateImage(device.handle, &image_info, nullptr, &made), "creating an image");
    image = vk::UniqueImage(device, made);
    VkMemoryRequirements needs;
    device.GetImageMemoryRequirements(device.handle, made, &needs);
    constexpr VkMemoryPropertyFlags kHost =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                        .allocationSize = needs.size,
                                        .memoryTypeIndex = device.memory_type(needs.memoryTypeBits, kHost)};
    VkDeviceMemory allocated;
    vk::check(device.AllocateMemory(device.handle, &allocate, nullptr, &allocated), "allocating memory");
    memory = vk::UniqueMemory(device, allocated);
    vk::check(device.BindImageMemory(device.handle, made, allocated, 0), "binding memory");
    void* mapped = nullptr;
    vk::check(device.MapMemory(device.handle, allocated, 0, VK_WHOLE_SIZE, 0, &mapped), "mapping memory");
    view = vk::make_view(device, made, VK_IMAGE_VIEW_TYPE_2D, info.format);
    const auto layout_of = reinterpret_cast<PFN_vkGetImageSubresourceLayout>(
        device.GetDeviceProcAddr(device.handle, "vkGetImageSubresourceLayout"));
    const VkImageSubresource whole{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0};
    VkSubresourceLayout layout;
    layout_of(device.handle, made, &whole, &layout);
    pixels = static_cast<char*>(mapped) + layout.offset;
    row_bytes = layout.rowPitch;
    const VkSemaphoreTypeCreateInfo type{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                         .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    const VkSemaphoreCreateInfo semaphore_info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                               .pNext = &type};
    VkSemaphore timeline;
    vk::check(device.CreateSemaphore(device.handle, &semaphore_info, nullptr, &timeline), "a semaphore");
    semaphore = vk::UniqueSemaphore(device, timeline);
    ++fake_cuda().objects;
  }
  ~FgSharedImage_T() { --fake_cuda().objects; }

  vk::Device device;
  std::uint32_t width, height;
  vk::UniqueMemory memory;
  vk::UniqueImage image;
  vk::UniqueImageView view;
  vk::UniqueSemaphore semaphore;
  char* pixels = nullptr;
  std::size_t row_bytes = 0;
  std::uint64_t turn = 0, vulkan_turn = 0;
  bool begun = false;

  bool is_vulkans() const { return turn % 2 == 0; }
};

struct FgCudaTimer_T {
  std::chrono::steady_clock::time_point start, stop;
};

namespace {

FgStatus status_of(bool well) { return well ? FG_STATUS_OK : FG_STATUS_INVALID_ARGUMENT; }
FgStatus unless_lost() { return fake_cuda().is_lost ? FG_STATUS_INTERNAL : FG_STATUS_OK; }

template <class Thing>
void add(Thing** place, Thing* thing) {
  *place = thing;
  ++fake_cuda().objects;
}

}  // namespace

extern "C" {

const char* fg_last_error(void) {
  static const auto real = reinterpret_cast<decltype(&fg_last_error)>(dlsym(RTLD_NEXT, "fg_last_error"));
  return fake_cuda().is_lost ? "the device is lost" : real();
}

FgStatus fg_cuda_devices(FgCudaDevice* devices, uint32_t* count) {
  if (devices) *devices = {};
  *count = 1;
  return FG_STATUS_OK;
}

FgStatus fg_cuda_memory_allocate(int32_t, size_t bytes, void** memory) {
  add(memory, std::malloc(bytes));
  return FG_STATUS_OK;
}
void fg_cuda_memory_free(void* memory) {
  if (memory) --fake_cuda().objects;
  std::free(memory);
}
FgStatus fg_cuda_memory_copy(void* to, const void* from, size_t bytes, void*) {
  std::memcpy(to, from, bytes);
  return unless_lost();
}

FgStatus fg_cuda_stream_create(int32_t, void** stream) {
  add(stream, static_cast<void*>(new char));
  return FG_STATUS_OK;
}
void fg_cuda_stream_destroy(void* stream) {
  if (stream) --fake_cuda().objects;
  delete static_cast<char*>(stream);
}
FgStatus fg_cuda_stream_wait(void*) { return unless_lost(); }

FgStatus fg_cuda_timer_create(int32_t, FgCudaTimer* timer) {
  add(timer, new FgCudaTimer_T);
  return FG_STATUS_OK;
}
void fg_cuda_timer_destroy(FgCudaTimer timer) {
  if (timer) --fake_cuda().objects;
  delete timer;
}
FgStatus fg_cuda_timer_start(FgCudaTimer timer, void*) {
  timer->start = std::chrono::steady_clock::now();
  return unless_lost();
}
FgStatus fg_cuda_timer_stop(FgCudaTimer timer, void*) {
  timer->stop = std::chrono::steady_clock::now();
  return FG_STATUS_OK;
}
FgStatus fg_cuda_timer_wait(FgCudaTimer timer, uint64_t* nanoseconds) {
  *nanoseconds = static_cast<std::uint64_t>(std::chrono::nanoseconds(timer->stop - timer->start).count());
  return FG_STATUS_OK;
}

// The library's own, on the processor.
FgStatus fg_drr(const FgDrr* op, void* stream) {
  fg::test::FakeCuda& fake = fake_cuda();
  fake.is_lost |= ++fake.drrs == fake.fails_at;
  if (fake.is_lost) return FG_STATUS_INTERNAL;
  static const auto real = reinterpret_cast<decltype(&fg_drr)>(dlsym(RTLD_NEXT, "fg_drr"));
  FgDrr on_cpu = *op;
  DLTensor volume = *op->volume, poses = *op->poses, images = *op->images;
  for (DLTensor* tensor : {&volume, &poses, &images}) tensor->device = {kDLCPU, 0};
  on_cpu.volume = &volume;
  on_cpu.poses = &poses;
  on_cpu.images = &images;
  return real(&on_cpu, stream);
}

FgStatus fg_shared_image_create(const FgSharedImageInfo* info, FgSharedImage* image) {
  *image = new FgSharedImage_T(*info);
  return FG_STATUS_OK;
}
void fg_shared_image_destroy(FgSharedImage image) { delete image; }

FgStatus fg_shared_image_handles(FgSharedImage image, FgSharedImageHandles* handles) {
  handles->image = image->image.get();
  handles->view = image->view.get();
  handles->cuda_device = 0;
  return FG_STATUS_OK;
}

FgStatus fg_shared_image_record_begin(FgSharedImage image, VkCommandBuffer cmd) {
  if (!image->is_vulkans() || image->begun) return FG_STATUS_INVALID_ARGUMENT;
  vk::change_layout(image->device, cmd, image->image.get(),
                    image->turn == 0 ? VK_IMAGE_LAYOUT_UNDEFINED : VK_IMAGE_LAYOUT_GENERAL,
                    VK_IMAGE_LAYOUT_GENERAL);
  image->begun = true;
  return FG_STATUS_OK;
}

FgStatus fg_shared_image_record_end(FgSharedImage image, VkCommandBuffer) {
  if (!image->is_vulkans() || !image->begun) return FG_STATUS_INVALID_ARGUMENT;
  image->begun = false;
  image->vulkan_turn = image->turn++;
  return FG_STATUS_OK;
}

FgStatus fg_shared_image_submission(FgSharedImage image, FgSharedImageSubmission* submission) {
  submission->semaphore = image->semaphore.get();
  submission->wait_value = image->vulkan_turn;
  submission->signal_value = image->vulkan_turn + 1;
  return FG_STATUS_OK;
}

FgStatus fg_shared_image_begin_cuda(FgSharedImage image, void*) {
  if (image->is_vulkans() || image->begun) return FG_STATUS_INVALID_ARGUMENT;
  std::uint64_t reached = 0;
  image->device.GetSemaphoreCounterValue(image->device.handle, image->semaphore.get(), &reached);
  if (reached < image->turn) return FG_STATUS_NOT_READY;
  image->begun = true;
  return FG_STATUS_OK;
}

FgStatus fg_shared_image_write(FgSharedImage image, const DLTensor* pixels, void*) {
  if (image->is_vulkans() || !image->begun) return FG_STATUS_INVALID_ARGUMENT;
  if (pixels->ndim != 2 || pixels->shape[0] != image->height || pixels->shape[1] != image->width)
    return FG_STATUS_SIZE_MISMATCH;
  const std::size_t bytes = sizeof(float) * image->width;
  for (std::uint32_t y = 0; y < image->height; ++y)
    std::memcpy(image->pixels + y * image->row_bytes, static_cast<const char*>(pixels->data) + y * bytes,
                bytes);
  return FG_STATUS_OK;
}

FgStatus fg_shared_image_end_cuda(FgSharedImage image, void*) {
  if (image->is_vulkans() || !image->begun) return FG_STATUS_INVALID_ARGUMENT;
  image->begun = false;
  const std::uint64_t value = ++image->turn;
  if (fake_cuda().drrs == fake_cuda().vanishes_at) {
    fake_cuda().is_lost = true;
    return FG_STATUS_OK;
  }
  const VkSemaphoreSignalInfo info{
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = image->semaphore.get(), .value = value};
  return status_of(image->device.SignalSemaphore(image->device.handle, &info) == VK_SUCCESS);
}

}  // extern "C"
