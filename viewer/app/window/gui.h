#pragma once
// Dear ImGui on our device: context, fonts, style, Vulkan backend.

#include "plugin/vk/own_device.h"
#include "viewer/app/window/swapchain.h"

struct GLFWwindow;
struct ImFont;

namespace fg {

class Gui {
 public:
  // Installs its GLFW callbacks in front of those already set.
  Gui(const vk::OwnDevice& device, GLFWwindow* window, const Swapchain& swapchain, float scale);
  ~Gui();
  Gui(const Gui&) = delete;
  Gui& operator=(const Gui&) = delete;

  void begin_frame();
  void end_frame();                // the draw data is ready
  void draw(VkCommandBuffer cmd);  // inside the swapchain's render pass
  float scale() const { return scale_; }
  ImFont* large_font() const { return large_; }  // for the scores; null: the only one

 private:
  void load_fonts(const vk::OwnDevice& device);

  const vk::OwnDevice& device_;
  float scale_;
  ImFont* large_ = nullptr;
  vk::UniqueDescriptorPool pool_;
};

}  // namespace fg
