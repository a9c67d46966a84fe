#include "viewer/app/window/swapchain.h"

#include <algorithm>
#include <array>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"

namespace fg {
namespace {

vk::UniqueSemaphore make_semaphore(const vk::Device& device) {
  const VkSemaphoreCreateInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
  VkSemaphore semaphore;
  vk::check(device.CreateSemaphore(device.handle, &info, nullptr, &semaphore), "creating a semaphore");
  return {device, semaphore};
}

}  // namespace

WindowFormat choose_window_format(std::span<const VkSurfaceFormatKHR> offered) {
  if (offered.empty()) throw vk::Error(VK_ERROR_FORMAT_NOT_SUPPORTED, "the window offers no picture format");
  struct Pair {
    VkFormat shown, drawn;
  };
  constexpr Pair kWanted[] = {{VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_B8G8R8A8_UNORM},
                              {VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM},
                              {VK_FORMAT_B8G8R8A8_SRGB, VK_FORMAT_B8G8R8A8_UNORM},
                              {VK_FORMAT_R8G8B8A8_SRGB, VK_FORMAT_R8G8B8A8_UNORM}};
  for (const Pair& wanted : kWanted)
    for (const VkSurfaceFormatKHR& f : offered)
      if (f.format == wanted.shown && f.colorSpace == VK_COLOR_SPACE_SRGB_NONLINEAR_KHR)
        return {f, wanted.drawn};
  return {offered.front(), offered.front().format};  // a float or 10-bit window: blits and panels convert
}

Swapchain::Swapchain(const vk::OwnDevice& device, const Surface& surface, bool vsync)
    : device_(device), surface_(surface.get()) {
  if (!device.has_extension(VK_KHR_SWAPCHAIN_EXTENSION_NAME))
    throw vk::Error(
        VK_ERROR_EXTENSION_NOT_PRESENT,
        std::string(device.properties.deviceName) +
            " cannot show pictures in a window (no VK_KHR_swapchain); use --offscreen or another --device");
  VkBool32 supported = VK_FALSE;
  vk::check(
      device.GetPhysicalDeviceSurfaceSupportKHR(device.physical, device.queue_family, surface_, &supported),
      "asking whether the device can show pictures in the window");
  if (!supported)
    throw vk::Error(VK_ERROR_INITIALIZATION_FAILED,
                    std::string(device.properties.deviceName) +
                        " cannot show pictures on this display; use --offscreen or another --device");
  format_ = offered_format();
  choose_mode(vsync);
  make_render_pass();
  make_slots();
}

Swapchain::~Swapchain() { device_.DeviceWaitIdle(device_.handle); }

WindowFormat Swapchain::offered_format() const {
  std::uint32_t count = 0;
  vk::check(device_.GetPhysicalDeviceSurfaceFormatsKHR(device_.physical, surface_, &count, nullptr),
            "listing the window's formats");
  std::vector<VkSurfaceFormatKHR> offered(count);
  vk::check(device_.GetPhysicalDeviceSurfaceFormatsKHR(device_.physical, surface_, &count, offered.data()),
            "listing the window's formats");
  offered.resize(count);
  return choose_window_format(offered);
}

void Swapchain::choose_mode(bool vsync) {
  if (vsync) return;  // FIFO always exists
  std::uint32_t count = 0;
  device_.GetPhysicalDeviceSurfacePresentModesKHR(device_.physical, surface_, &count, nullptr);
  std::vector<VkPresentModeKHR> offered(count);
  device_.GetPhysicalDeviceSurfacePresentModesKHR(device_.physical, surface_, &count, offered.data());
  for (const VkPresentModeKHR wanted : {VK_PRESENT_MODE_IMMEDIATE_KHR, VK_PRESENT_MODE_MAILBOX_KHR})
    if (std::find(offered.begin(), offered.end(), wanted) != offered.end()) mode_ = wanted;
}

void Swapchain::make_render_pass() {
  const VkAttachmentDescription attachment{.format = format_.drawn,
                                           .samples = VK_SAMPLE_COUNT_1_BIT,
                                           .loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
                                           .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                           .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                           .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
                                           .initialLayout = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL,
                                           .finalLayout = format_.copies()
                                                              ? VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL
                                                              : VK_IMAGE_LAYOUT_PRESENT_SRC_KHR};
  const VkAttachmentReference reference{0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
  const VkSubpassDescription subpass{.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
                                     .colorAttachmentCount = 1,
                                     .pColorAttachments = &reference};
  const VkRenderPassCreateInfo info{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                    .attachmentCount = 1,
                                    .pAttachments = &attachment,
                                    .subpassCount = 1,
                                    .pSubpasses = &subpass};
  VkRenderPass pass;
  vk::check(device_.CreateRenderPass(device_.handle, &info, nullptr, &pass),
            "creating the window's render pass");
  render_pass_ = vk::UniqueRenderPass(device_, pass);
}

void Swapchain::make_slots() {
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    Slot slot(device_);
    slot.acquired = make_semaphore(device_);
    slots_.push_back(std::move(slot));
  }
}

void Swapchain::resize(int width, int height) {
  device_.DeviceWaitIdle(device_.handle);
  images_.clear();
  VkSurfaceCapabilitiesKHR can;
  vk::check(device_.GetPhysicalDeviceSurfaceCapabilitiesKHR(device_.physical, surface_, &can),
            "asking what the window can show");
  VkExtent2D extent = can.currentExtent;
  if (extent.width == UINT32_MAX)  // the window takes the size of its pictures
    extent = {std::clamp(static_cast<std::uint32_t>(std::max(width, 0)), can.minImageExtent.width,
                         can.maxImageExtent.width),
              std::clamp(static_cast<std::uint32_t>(std::max(height, 0)), can.minImageExtent.height,
                         can.maxImageExtent.height)};
  if (width <= 0 || height <= 0 || extent.width == 0 || extent.height == 0) {
    swapchain_ = {};
    return;
  }
  const VkImageUsageFlags usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  if ((can.supportedUsageFlags & usage) != usage)
    throw vk::Error(VK_ERROR_FORMAT_NOT_SUPPORTED,
                    "the window's pictures cannot be copied to; use --offscreen");
  std::uint32_t count = std::max(can.minImageCount + 1, kSlots);
  if (can.maxImageCount) count = std::min(count, can.maxImageCount);
  constexpr VkCompositeAlphaFlagBitsKHR kAlpha[] = {VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR,
                                                    VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR};
  const VkSwapchainKHR old = swapchain_.get();
  const VkSwapchainCreateInfoKHR info{
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
      .surface = surface_,
      .minImageCount = count,
      .imageFormat = format_.shown.format,
      .imageColorSpace = format_.shown.colorSpace,
      .imageExtent = extent,
      .imageArrayLayers = 1,
      .imageUsage = usage,
      .imageSharingMode = VK_SHARING_MODE_EXCLUSIVE,
      .preTransform = can.currentTransform,
      .compositeAlpha = (can.supportedCompositeAlpha & kAlpha[0]) ? kAlpha[0] : kAlpha[1],
      .presentMode = mode_,
      .clipped = VK_TRUE,
      .oldSwapchain = old};
  VkSwapchainKHR swapchain;
  vk::check(device_.CreateSwapchainKHR(device_.handle, &info, nullptr, &swapchain),
            "creating the window's swapchain");
  swapchain_ = vk::UniqueSwapchain(device_, swapchain);
  extent_ = extent;
  make_targets();
  // A frame may have been acquired and never presented: its semaphore would stay signalled.
  for (Slot& slot : slots_) slot.acquired = make_semaphore(device_);
}

void Swapchain::make_targets() {
  std::uint32_t count = 0;
  vk::check(device_.GetSwapchainImagesKHR(device_.handle, swapchain_.get(), &count, nullptr),
            "listing the pictures");
  std::vector<VkImage> handles(count);
  vk::check(device_.GetSwapchainImagesKHR(device_.handle, swapchain_.get(), &count, handles.data()),
            "listing the pictures");
  if (format_.copies())
    canvas_ =
        vk::Image(device_, {.format = format_.drawn,
                            .extent = {extent_.width, extent_.height, 1},
                            .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                                     VK_IMAGE_USAGE_TRANSFER_DST_BIT});
  for (const VkImage image : handles) {
    Target target;
    target.image = image;
    if (!format_.copies()) target.view = vk::make_view(device_, image, VK_IMAGE_VIEW_TYPE_2D, format_.drawn);
    const VkImageView view = format_.copies() ? canvas_.view() : target.view.get();
    const VkFramebufferCreateInfo framebuffer_info{.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                                   .renderPass = render_pass_.get(),
                                                   .attachmentCount = 1,
                                                   .pAttachments = &view,
                                                   .width = extent_.width,
                                                   .height = extent_.height,
                                                   .layers = 1};
    VkFramebuffer framebuffer;
    vk::check(device_.CreateFramebuffer(device_.handle, &framebuffer_info, nullptr, &framebuffer),
              "creating a framebuffer");
    target.framebuffer = vk::UniqueFramebuffer(device_, framebuffer);
    target.drawn = make_semaphore(device_);
    images_.push_back(std::move(target));
  }
}

std::optional<Swapchain::Frame> Swapchain::begin() {
  if (!usable()) return std::nullopt;
  Slot& slot = slots_[next_slot_];
  const VkFence fence = slot.finished.get();
  vk::check(device_.WaitForFences(device_.handle, 1, &fence, VK_TRUE, UINT64_MAX),
            "waiting for an earlier frame");
  std::uint32_t image = 0;
  const VkResult acquired = device_.AcquireNextImageKHR(device_.handle, swapchain_.get(), UINT64_MAX,
                                                        slot.acquired.get(), VK_NULL_HANDLE, &image);
  if (acquired == VK_ERROR_OUT_OF_DATE_KHR) return std::nullopt;
  vk::check(acquired, "taking the window's next picture");  // suboptimal is drawn; end() asks for the resize
  return Frame{next_slot_, image, slot.begin(device_),
               format_.copies() ? canvas_.get() : images_[image].image, images_[image].framebuffer.get()};
}

// The same bytes under the other name. The canvas serves all frames: the barriers order them.
void Swapchain::copy_canvas(VkCommandBuffer cmd, VkImage shown) const {
  constexpr VkImageLayout kFrom = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
                          kTo = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  vk::change_layout(device_, cmd, canvas_.get(), VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL, kFrom);
  vk::change_layout(device_, cmd, shown, VK_IMAGE_LAYOUT_UNDEFINED, kTo);
  const VkImageSubresourceLayers layer{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
  const VkImageCopy copy{
      .srcSubresource = layer, .dstSubresource = layer, .extent = {extent_.width, extent_.height, 1}};
  device_.CmdCopyImage(cmd, canvas_.get(), kFrom, shown, kTo, 1, &copy);
  vk::change_layout(device_, cmd, shown, kTo, VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
}

bool Swapchain::end(const Frame& frame, vk::Submission submission) {
  Slot& slot = slots_[frame.slot];
  next_slot_ = (frame.slot + 1) % kSlots;
  if (format_.copies()) copy_canvas(frame.cmd, images_[frame.image].image);
  vk::check(device_.EndCommandBuffer(frame.cmd), "ending a command buffer");
  // Reset only now: a frame that was begun and given up must not leave a fence that nobody signals.
  const VkFence fence = slot.finished.get();
  vk::check(device_.ResetFences(device_.handle, 1, &fence), "resetting a fence");
  const VkSemaphore acquired = slot.acquired.get(), drawn = images_[frame.image].drawn.get();
  submission.wait(acquired, VK_PIPELINE_STAGE_TRANSFER_BIT);
  submission.signal(drawn);
  vk::check(submission.submit(device_, frame.cmd, fence), "submitting a frame");
  const VkSwapchainKHR swapchain = swapchain_.get();
  const VkPresentInfoKHR present{.sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
                                 .waitSemaphoreCount = 1,
                                 .pWaitSemaphores = &drawn,
                                 .swapchainCount = 1,
                                 .pSwapchains = &swapchain,
                                 .pImageIndices = &frame.image};
  const VkResult result = device_.QueuePresentKHR(device_.queue, &present);
  if (result == VK_ERROR_OUT_OF_DATE_KHR || result == VK_SUBOPTIMAL_KHR) return false;
  vk::check(result, "showing a frame");
  return true;
}

}  // namespace fg
