// The colours that reach the display, whatever format it wants them in. Needs a display: run under xvfb-run.

#include "viewer/app/window/swapchain.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/app/window/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace fg {
namespace {

constexpr VkColorSpaceKHR kSrgb = VK_COLOR_SPACE_SRGB_NONLINEAR_KHR;

TEST(window_format, one_without_encoding_is_taken_before_one_with) {
  const std::array both = {VkSurfaceFormatKHR{VK_FORMAT_B8G8R8A8_SRGB, kSrgb},
                           VkSurfaceFormatKHR{VK_FORMAT_B8G8R8A8_UNORM, kSrgb}};
  EXPECT_EQ(choose_window_format(both).shown.format, VK_FORMAT_B8G8R8A8_UNORM);
  EXPECT_FALSE(choose_window_format(both).copies());
}

TEST(window_format, an_encoding_one_is_drawn_to_without_its_encoding) {
  const std::array only = {VkSurfaceFormatKHR{VK_FORMAT_A2B10G10R10_UNORM_PACK32, kSrgb},
                           VkSurfaceFormatKHR{VK_FORMAT_R8G8B8A8_SRGB, kSrgb}};
  const WindowFormat chosen = choose_window_format(only);
  EXPECT_EQ(chosen.shown.format, VK_FORMAT_R8G8B8A8_SRGB);
  EXPECT_EQ(chosen.drawn, VK_FORMAT_R8G8B8A8_UNORM);
  EXPECT_TRUE(chosen.copies());
}

TEST(window_format, a_window_without_any_is_refused) { EXPECT_THROW(choose_window_format({}), vk::Error); }

PFN_vkGetPhysicalDeviceSurfaceFormatsKHR all_formats = nullptr;
VKAPI_ATTR VkResult VKAPI_CALL encoding_formats_alone(VkPhysicalDevice device, VkSurfaceKHR surface,
                                                      std::uint32_t* count, VkSurfaceFormatKHR* formats) {
  std::uint32_t all = 0;
  all_formats(device, surface, &all, nullptr);
  std::vector<VkSurfaceFormatKHR> offered(all);
  all_formats(device, surface, &all, offered.data());
  std::erase_if(offered, [](const VkSurfaceFormatKHR& f) {
    return f.format != VK_FORMAT_B8G8R8A8_SRGB && f.format != VK_FORMAT_R8G8B8A8_SRGB;
  });
  if (formats) std::copy(offered.begin(), offered.end(), formats);
  *count = static_cast<std::uint32_t>(offered.size());
  return VK_SUCCESS;
}

// "#C86432" of the screen's pixel at (20, 20).
std::string screen_pixel() {
  std::string text;
  if (FILE* pipe = popen("import -window root -crop 1x1+20+20 -depth 8 txt:- 2>&1", "r")) {
    char line[200];
    while (std::fgets(line, sizeof(line), pipe)) text += line;
    pclose(pipe);
  }
  const std::size_t at = text.rfind('#');
  return at == std::string::npos ? text : text.substr(at, 7);
}

void show(const vk::OwnDevice& device, Swapchain& swapchain, const VkClearColorValue& color) {
  const auto frame = swapchain.begin();
  ASSERT_TRUE(frame);
  constexpr VkImageLayout kCopy = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  vk::change_layout(device, frame->cmd, frame->target, VK_IMAGE_LAYOUT_UNDEFINED, kCopy);
  const VkImageSubresourceRange range{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  device.CmdClearColorImage(frame->cmd, frame->target, kCopy, &color, 1, &range);
  vk::change_layout(device, frame->cmd, frame->target, kCopy, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL);
  const VkRenderPassBeginInfo begin{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                    .renderPass = swapchain.render_pass(),
                                    .framebuffer = frame->framebuffer,
                                    .renderArea = {{0, 0}, swapchain.extent()}};
  device.CmdBeginRenderPass(frame->cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
  device.CmdEndRenderPass(frame->cmd);
  swapchain.end(*frame);
}

TEST(swapchain, codes_reach_the_display_unchanged_with_and_without_an_encoding_format) {
  if (!std::getenv("DISPLAY")) GTEST_SKIP() << "no display; xvfb-run starts one";
  const GlfwLibrary glfw;
  for (const bool encoding : {false, true}) {
    OsWindow window({200, 150}, "colours");
    glfwSetWindowPos(window.handle(), 0, 0);
    vk::OwnDevice device({.validation = true,
                          .instance_extensions = glfw.instance_extensions(),
                          .device_extensions = {VK_KHR_SWAPCHAIN_EXTENSION_NAME}});
    {
      const Surface surface(device, window.make_surface(device));
      all_formats = device.GetPhysicalDeviceSurfaceFormatsKHR;
      if (encoding) {
        device.GetPhysicalDeviceSurfaceFormatsKHR = encoding_formats_alone;
        std::uint32_t count = 0;
        encoding_formats_alone(device.physical, surface.get(), &count, nullptr);
        if (count == 0) GTEST_SKIP() << device.properties.deviceName << " offers no sRGB format here";
      }
      Swapchain swapchain(device, surface, /*vsync=*/true);
      swapchain.resize(200, 150);
      ASSERT_TRUE(swapchain.usable());
      const VkClearColorValue color{.float32 = {200 / 255.0f, 100 / 255.0f, 50 / 255.0f, 1}};
      std::string seen;
      for (int i = 0; i < 50 && seen != "#C86432"; ++i) {
        show(device, swapchain, color);
        glfwPollEvents();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        seen = screen_pixel();
      }
      EXPECT_EQ(seen, "#C86432") << (encoding ? "sRGB" : "UNORM");

      // A window without pixels has no pictures, and gets them back.
      swapchain.resize(0, 0);
      EXPECT_FALSE(swapchain.usable());
      EXPECT_FALSE(swapchain.begin());
      swapchain.resize(200, 150);
      EXPECT_TRUE(swapchain.usable());
      show(device, swapchain, color);
    }
    EXPECT_TRUE(device.validation_messages().empty()) << device.validation_messages().front();
  }
}

}  // namespace
}  // namespace fg
