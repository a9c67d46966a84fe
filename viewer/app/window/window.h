#pragma once
// The operating system's window: GLFW, its events, and what becomes of them.

#include <string>
#include <vector>

#include "plugin/vk/own_device.h"
#include "viewer/app/panels/key_press.h"
#include "viewer/app/window/swapchain.h"

struct GLFWwindow;

namespace fg {

// GLFW itself; throws Failure where there is no display or GLFW finds no Vulkan.
class GlfwLibrary {
 public:
  GlfwLibrary();
  ~GlfwLibrary();
  GlfwLibrary(const GlfwLibrary&) = delete;
  GlfwLibrary& operator=(const GlfwLibrary&) = delete;
  std::vector<const char*> instance_extensions() const;
};

class OsWindow {
 public:
  struct Size {
    int width = 0, height = 0;
  };

  OsWindow(Size size, const std::string& title);
  ~OsWindow();
  OsWindow(const OsWindow&) = delete;
  OsWindow& operator=(const OsWindow&) = delete;

  GLFWwindow* handle() const { return window_; }
  VkSurfaceKHR make_surface(const vk::Device& device) const;
  Size size() const;         // screen coordinates
  Size framebuffer() const;  // pixels; 0 x 0 when minimised
  float content_scale() const;
  bool minimised() const;

  bool resized = false;        // set by events, cleared by who handles it
  std::vector<KeyPress> keys;  // pressed since they were taken
  bool dropped_with_shift = false;
  std::vector<std::string> dropped;  // paths

 private:
  GLFWwindow* window_ = nullptr;
};

}  // namespace fg
