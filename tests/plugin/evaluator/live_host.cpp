#include "tests/plugin/evaluator/live_host.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>

#include "kernels/core/half.h"
#include "plugin/vk/error.h"

namespace fg::test {
namespace {

std::vector<const char*> evaluator_extensions() {
  std::vector<const char*> names;
  for (const char* const* name = fg_evaluator_device_extensions(); *name; ++name) names.push_back(*name);
  return names;
}

struct OpenedDevice {
  OpenedDevice() {
    try {
      device = std::make_unique<vk::OwnDevice>(
          vk::OwnDeviceInfo{.validation = true, .device_extensions = evaluator_extensions()});
    } catch (const vk::Error& e) {
      why_not = e.what();
    }
  }
  std::unique_ptr<vk::OwnDevice> device;
  std::string why_not;
};

const OpenedDevice& opened() {
  static const OpenedDevice device;
  return device;
}

std::uint32_t to_code(float v, int codes) {
  return static_cast<std::uint32_t>(std::lround(std::clamp(v, 0.0f, 1.0f) * static_cast<float>(codes)));
}

VkFormat vulkan_format(PixelFormat format) {
  switch (format) {
    case PixelFormat::rgba8:
      return VK_FORMAT_R8G8B8A8_UNORM;
    case PixelFormat::bgra8:
      return VK_FORMAT_B8G8R8A8_UNORM;
    case PixelFormat::rgba8_srgb:
      return VK_FORMAT_R8G8B8A8_SRGB;
    case PixelFormat::bgra8_srgb:
      return VK_FORMAT_B8G8R8A8_SRGB;
    case PixelFormat::rgba16f:
      return VK_FORMAT_R16G16B16A16_SFLOAT;
    case PixelFormat::rgba32f:
      return VK_FORMAT_R32G32B32A32_SFLOAT;
    case PixelFormat::a2b10g10r10:
      return VK_FORMAT_A2B10G10R10_UNORM_PACK32;
  }
  return VK_FORMAT_UNDEFINED;
}

std::size_t texel_bytes(PixelFormat format) {
  return format == PixelFormat::rgba32f ? 16 : format == PixelFormat::rgba16f ? 8 : 4;
}

// IEC 61966-2-1: what the hardware makes of a code of an sRGB view.
double linear_of(double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); }

// Writes one texel and returns what its first three channels decode to.
std::array<double, 3> encode(PixelFormat format, const std::array<float, 4>& v, std::byte* out) {
  std::array<double, 3> decoded{};
  if (format == PixelFormat::rgba32f) {
    std::memcpy(out, v.data(), 16);
    for (int c = 0; c < 3; ++c) decoded[c] = v[c];
  } else if (format == PixelFormat::rgba16f) {
    for (int c = 0; c < 4; ++c) {
      const Half half = to_half(v[c]);
      std::memcpy(out + 2 * c, &half, sizeof(half));
      if (c < 3) decoded[c] = to_float(half);
    }
  } else if (format == PixelFormat::a2b10g10r10) {
    const std::uint32_t texel =
        to_code(v[0], 1023) | to_code(v[1], 1023) << 10 | to_code(v[2], 1023) << 20 | to_code(v[3], 3) << 30;
    std::memcpy(out, &texel, 4);
    for (int c = 0; c < 3; ++c) decoded[c] = to_code(v[c], 1023) / 1023.0;
  } else {
    for (int c = 0; c < 4; ++c) {
      const bool bgra = format == PixelFormat::bgra8 || format == PixelFormat::bgra8_srgb;
      const bool srgb = format == PixelFormat::rgba8_srgb || format == PixelFormat::bgra8_srgb;
      const int at = bgra && c < 3 ? 2 - c : c;
      out[at] = static_cast<std::byte>(to_code(v[c], 255));
      const double value = to_code(v[c], 255) / 255.0;
      if (c < 3) decoded[c] = srgb ? linear_of(value) : value;
    }
  }
  return decoded;
}

}  // namespace

const vk::OwnDevice& validated_device() { return *opened().device; }
const std::string& why_no_device() { return opened().why_not; }

void LiveTest::SetUp() {
  if (!why_no_device().empty()) GTEST_SKIP() << why_no_device();
  messages_before_ = device().validation_messages().size();
}

void LiveTest::TearDown() {
  if (!why_no_device().empty()) return;
  const std::vector<std::string>& messages = device().validation_messages();
  for (std::size_t i = messages_before_; i < messages.size(); ++i)
    ADD_FAILURE() << "validation: " << messages[i];
}

RenderedImage::RenderedImage(const vk::OwnDevice& device, PixelFormat format, int image_width,
                             int image_height, const Picture& picture)
    : width(image_width),
      height(image_height),
      image(device,
            {.format = vulkan_format(format),
             .extent = {static_cast<std::uint32_t>(image_width), static_cast<std::uint32_t>(image_height), 1},
             .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT}) {
  std::vector<std::byte> texels(static_cast<std::size_t>(width) * height * texel_bytes(format));
  std::byte* out = texels.data();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const auto values =
          encode(format, {picture(0, y, x), picture(1, y, x), picture(2, y, x), picture(3, y, x)}, out);
      decoded.insert(decoded.end(), values.begin(), values.end());
      out += texel_bytes(format);
    }
  vk::upload(device, image, texels.data(), texel_bytes(format), VK_IMAGE_LAYOUT_GENERAL);
}

FgFrame RenderedImage::frame(std::uint64_t number) const {
  FgFrame f;
  fg_frame_defaults(&f);
  f.image = image.get();
  f.view = image.view();
  f.layout = VK_IMAGE_LAYOUT_GENERAL;
  f.width = image.width();
  f.height = image.height();
  f.frame_number = number;
  f.format = image.format();
  return f;
}

HostImage::HostImage(int width, int height, int channels, bool is_float, const Picture& picture,
                     int row_padding)
    : shape{height, width, channels}, strides{std::int64_t{width} * channels + row_padding, channels, 1} {
  const auto size = static_cast<std::size_t>(strides[0]) * height;
  floats.assign(is_float ? size : 0, std::nanf(""));
  bytes.assign(is_float ? 0 : size, 93);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) {
        const auto at = static_cast<std::size_t>(y * strides[0] + x * strides[1] + c);
        if (is_float)
          floats[at] = picture(c, y, x);
        else
          bytes[at] = static_cast<std::uint8_t>(to_code(picture(c, y, x), 255));
      }
  tensor.data = is_float ? static_cast<void*>(floats.data()) : bytes.data();
  tensor.device = {kDLCPU, 0};
  tensor.ndim = 3;
  tensor.dtype = {static_cast<std::uint8_t>(is_float ? kDLFloat : kDLUInt),
                  static_cast<std::uint8_t>(is_float ? 32 : 8), 1};
  tensor.shape = shape;
  tensor.strides = strides;
}

FgEvaluatorInfo evaluator_info(const vk::OwnDevice& device) {
  FgEvaluatorInfo info;
  fg_evaluator_info_defaults(&info);
  info.instance = device.instance;
  info.physical_device = device.physical;
  info.device = device.handle;
  info.get_instance_proc_addr = device.GetInstanceProcAddr;
  info.queue_family = device.queue_family;
  info.buffer_device_address = device.buffer_device_address;
  return info;
}

UniqueEvaluator make_evaluator(const FgEvaluatorInfo& info) {
  FgEvaluator evaluator = nullptr;
  EXPECT_EQ(fg_evaluator_create(&info, &evaluator), FG_STATUS_OK) << fg_last_error();
  return UniqueEvaluator(evaluator);
}

CommandRing::CommandRing(const vk::OwnDevice& device, std::uint32_t count)
    : device_(&device), entries_(count) {
  const VkCommandPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                          .queueFamilyIndex = device.queue_family};
  VkCommandPool pool;
  vk::check(device.CreateCommandPool(device.handle, &pool_info, nullptr, &pool), "creating a command pool");
  pool_ = vk::UniqueCommandPool(device, pool);
  for (Entry& entry : entries_) {
    const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .commandPool = pool,
                                               .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = 1};
    vk::check(device.AllocateCommandBuffers(device.handle, &allocate, &entry.cmd),
              "allocating a command buffer");
    const VkFenceCreateInfo fence_info{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    VkFence fence;
    vk::check(device.CreateFence(device.handle, &fence_info, nullptr, &fence), "creating a fence");
    entry.fence = vk::UniqueFence(device, fence);
  }
}

CommandRing::~CommandRing() { wait_all(); }

VkCommandBuffer CommandRing::begin() {
  Entry& entry = entries_[next_];
  const VkFence fence = entry.fence.get();
  if (entry.submitted) {
    vk::check(device_->WaitForFences(device_->handle, 1, &fence, VK_TRUE, UINT64_MAX), "waiting for a frame");
    vk::check(device_->ResetFences(device_->handle, 1, &fence), "resetting a fence");
    entry.submitted = false;
  }
  const VkCommandBufferBeginInfo begin{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                       .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  vk::check(device_->BeginCommandBuffer(entry.cmd, &begin), "beginning a command buffer");
  return entry.cmd;
}

void CommandRing::submit() {
  Entry& entry = entries_[next_];
  vk::check(device_->EndCommandBuffer(entry.cmd), "ending a command buffer");
  const VkSubmitInfo submit{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &entry.cmd};
  vk::check(device_->QueueSubmit(device_->queue, 1, &submit, entry.fence.get()), "submitting a frame");
  entry.submitted = true;
  next_ = (next_ + 1) % entries_.size();
}

void CommandRing::abandon() {
  vk::check(device_->EndCommandBuffer(entries_[next_].cmd), "ending a command buffer");
  vk::check(device_->ResetCommandBuffer(entries_[next_].cmd, 0), "resetting a command buffer");
}

void CommandRing::wait_all() { device_->QueueWaitIdle(device_->queue); }

FgFrameResult measure(const vk::OwnDevice& device, FgEvaluator evaluator, const RenderedImage& frame,
                      const RenderedImage* reference, std::uint64_t number) {
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    if (reference) {
      const FgFrame r = reference->frame(number);
      EXPECT_EQ(fg_evaluator_record_reference(evaluator, cmd, &r), FG_STATUS_OK) << fg_last_error();
    }
    const FgFrame f = frame.frame(number);
    EXPECT_EQ(fg_evaluator_record(evaluator, cmd, &f), FG_STATUS_OK) << fg_last_error();
  });
  FgFrameResult result;
  fg_frame_result_defaults(&result);
  FgStatus status = fg_evaluator_poll(evaluator, &result);
  // That poll has started interop's kernels; every other executor's result is there.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (status == FG_STATUS_NOT_READY && fg_evaluator_executor(evaluator) == FG_EXECUTOR_INTEROP &&
         std::chrono::steady_clock::now() < patience)
    status = fg_evaluator_poll(evaluator, &result);
  EXPECT_EQ(status, FG_STATUS_OK) << fg_last_error();
  return result;
}

namespace {

FgEvaluatorImages images_of(FgEvaluator evaluator) {
  FgEvaluatorImages images{};
  images.struct_size = sizeof(images);
  EXPECT_EQ(fg_evaluator_images(evaluator, &images), FG_STATUS_OK) << fg_last_error();
  return images;
}

}  // namespace

std::vector<float> download_map(const vk::OwnDevice& device, FgEvaluator evaluator) {
  const FgEvaluatorImages images = images_of(evaluator);
  const std::vector<std::byte> bytes =
      vk::download(device, images.map, {images.width, images.height, 1}, 4, VK_IMAGE_LAYOUT_GENERAL);
  std::vector<float> map(bytes.size() / 4);
  std::memcpy(map.data(), bytes.data(), bytes.size());
  return map;
}

std::vector<std::uint8_t> download_heatmap(const vk::OwnDevice& device, FgEvaluator evaluator) {
  const FgEvaluatorImages images = images_of(evaluator);
  const std::vector<std::byte> bytes =
      vk::download(device, images.heatmap, {images.width, images.height, 1}, 4, VK_IMAGE_LAYOUT_GENERAL);
  std::vector<std::uint8_t> heatmap(bytes.size());
  std::memcpy(heatmap.data(), bytes.data(), bytes.size());
  return heatmap;
}

}  // namespace fg::test
