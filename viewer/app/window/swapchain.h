#pragma once
// The window's images, and the frames that are on their way to it.

#include <optional>
#include <span>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/image.h"
#include "plugin/vk/own_device.h"
#include "plugin/vk/unique.h"

namespace fg {

// Where pictures go. Owned, and destroyed before the instance.
class Surface {
 public:
  Surface(const vk::Device& device, VkSurfaceKHR handle) : device_(device), handle_(handle) {}
  ~Surface() { device_.DestroySurfaceKHR(device_.instance, handle_, nullptr); }
  Surface(const Surface&) = delete;
  Surface& operator=(const Surface&) = delete;
  VkSurfaceKHR get() const { return handle_; }

 private:
  const vk::Device& device_;
  VkSurfaceKHR handle_;
};

// The formats of what is shown and of what we draw into. Our pictures hold display-referred codes, which must not
// be encoded once more: where the window has sRGB formats alone, we draw into an image of the same codes without the
// encoding and copy its bytes.
struct WindowFormat {
  VkSurfaceFormatKHR shown;
  VkFormat drawn;
  bool copies() const { return shown.format != drawn; }
};
WindowFormat choose_window_format(std::span<const VkSurfaceFormatKHR> offered);  // throws vk::Error for none

class Swapchain {
 public:
  static constexpr std::uint32_t kSlots = 2;  // frames that the host may be ahead of the GPU

  // Throws vk::Error when the device cannot show pictures on this surface.
  Swapchain(const vk::OwnDevice& device, const Surface& surface, bool vsync);
  ~Swapchain();

  // For a window of this size in framebuffer pixels. Waits for the GPU. Nothing is made for an empty window.
  void resize(int width, int height);
  bool usable() const { return static_cast<bool>(swapchain_); }
  VkExtent2D extent() const { return extent_; }
  VkRenderPass render_pass() const { return render_pass_.get(); }  // one attachment: kept, then left to end()
  std::uint32_t image_count() const { return static_cast<std::uint32_t>(images_.size()); }
  VkPresentModeKHR present_mode() const { return mode_; }

  struct Frame {
    std::uint32_t slot;  // 0..kSlots-1; everything that this slot's last frame used is free again
    std::uint32_t image;
    VkCommandBuffer cmd;  // begun
    VkImage target;       // in layout UNDEFINED; the wait for it is at the TRANSFER stage
    VkFramebuffer framebuffer;
  };
  // Waits until the slot's last frame has finished. None when the window changed and resize() is due.
  std::optional<Frame> begin();
  // Submits and presents; the render pass must have been the last to draw. False when resize() is due. submission: what
  // else the frame waits for and signals.
  bool end(const Frame& frame, vk::Submission submission = {});

 private:
  struct Slot : vk::CommandSlot {
    using CommandSlot::CommandSlot;
    vk::UniqueSemaphore acquired;
  };
  struct Target {
    VkImage image = VK_NULL_HANDLE;  // the swapchain's
    vk::UniqueImageView view;        // of it, or none where canvas_ is drawn to
    vk::UniqueFramebuffer framebuffer;
    vk::UniqueSemaphore drawn;  // one an image: present may still wait for it when the slot comes round
  };
  WindowFormat offered_format() const;
  void choose_mode(bool vsync);
  void make_render_pass();
  void make_slots();
  void make_targets();
  void copy_canvas(VkCommandBuffer cmd, VkImage shown) const;

  const vk::OwnDevice& device_;
  VkSurfaceKHR surface_;
  WindowFormat format_;
  VkPresentModeKHR mode_ = VK_PRESENT_MODE_FIFO_KHR;
  VkExtent2D extent_{};
  vk::UniqueRenderPass render_pass_;
  std::vector<Slot> slots_;
  std::uint32_t next_slot_ = 0;
  vk::UniqueSwapchain swapchain_;
  vk::Image canvas_;  // only where format_.copies()
  std::vector<Target> images_;
};

}  // namespace fg
