#include "viewer/app/window/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <algorithm>

#include "plugin/vk/error.h"
#include "viewer/error.h"

namespace fg {
namespace {

std::string glfw_problem() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text ? text : "no reason given";
}

OsWindow& window_of(GLFWwindow* handle) { return *static_cast<OsWindow*>(glfwGetWindowUserPointer(handle)); }

}  // namespace

GlfwLibrary::GlfwLibrary() {
  if (!glfwInit())
    throw Failure(ExitCode::internal,
                  "no window can be opened here (" + glfw_problem() +
                      "); use --offscreen --frames N --output DIR to work without a display");
  if (!glfwVulkanSupported()) {
    glfwTerminate();
    throw Failure(ExitCode::internal,
                  "no Vulkan driver was found that shows pictures in a window; `framegauge doctor` says more "
                  "(Debian: apt-get install libvulkan1 mesa-vulkan-drivers)");
  }
}

GlfwLibrary::~GlfwLibrary() { glfwTerminate(); }

std::vector<const char*> GlfwLibrary::instance_extensions() const {
  std::uint32_t count = 0;
  const char** names = glfwGetRequiredInstanceExtensions(&count);
  if (!names)
    throw Failure(ExitCode::internal,
                  "Vulkan cannot show pictures on this display (" + glfw_problem() + "); use --offscreen");
  return {names, names + count};
}

OsWindow::OsWindow(Size size, const std::string& title) {
  glfwWindowHint(GLFW_CLIENT_API, GLFW_NO_API);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
  window_ = glfwCreateWindow(size.width, size.height, title.c_str(), nullptr, nullptr);
  if (!window_) throw Failure(ExitCode::internal, "the window could not be opened (" + glfw_problem() + ")");
  glfwSetWindowSizeLimits(window_, 160, 120, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwSetWindowUserPointer(window_, this);
  glfwSetFramebufferSizeCallback(window_, [](GLFWwindow* w, int, int) { window_of(w).resized = true; });
  glfwSetKeyCallback(window_, [](GLFWwindow* w, int key, int, int action, int mods) {
    if (action == GLFW_RELEASE) return;
    window_of(w).keys.push_back({.key = key,
                                 .repeated = action == GLFW_REPEAT,
                                 .shift = (mods & GLFW_MOD_SHIFT) != 0,
                                 .control = (mods & GLFW_MOD_CONTROL) != 0});
  });
  glfwSetDropCallback(window_, [](GLFWwindow* w, int count, const char** paths) {
    OsWindow& self = window_of(w);
    self.dropped.insert(self.dropped.end(), paths, paths + count);
    self.dropped_with_shift =
        glfwGetKey(w, GLFW_KEY_LEFT_SHIFT) == GLFW_PRESS || glfwGetKey(w, GLFW_KEY_RIGHT_SHIFT) == GLFW_PRESS;
  });
}

OsWindow::~OsWindow() { glfwDestroyWindow(window_); }

VkSurfaceKHR OsWindow::make_surface(const vk::Device& device) const {
  VkSurfaceKHR surface = VK_NULL_HANDLE;
  vk::check(glfwCreateWindowSurface(device.instance, window_, nullptr, &surface),
            "connecting Vulkan to the window");
  return surface;
}

OsWindow::Size OsWindow::size() const {
  Size size;
  glfwGetWindowSize(window_, &size.width, &size.height);
  return size;
}

OsWindow::Size OsWindow::framebuffer() const {
  Size size;
  glfwGetFramebufferSize(window_, &size.width, &size.height);
  return size;
}

float OsWindow::content_scale() const {
  float x = 1, y = 1;
  glfwGetWindowContentScale(window_, &x, &y);
  return std::clamp(std::max(x, y), 1.0f, 4.0f);
}

bool OsWindow::minimised() const { return glfwGetWindowAttrib(window_, GLFW_ICONIFIED) == GLFW_TRUE; }

}  // namespace fg
