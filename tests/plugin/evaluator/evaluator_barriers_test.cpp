// The host records the evaluator without any barrier of its own around it: synchronization validation sees
// where one would be missing.

#include <array>

#include "plugin/vk/error.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

class evaluator_barriers : public LiveTest {
 protected:
  static constexpr int kWidth = 40, kHeight = 30;

  static void record_reference(FgEvaluator evaluator, VkCommandBuffer cmd, const FgFrame& reference) {
    ASSERT_EQ(fg_evaluator_record_reference(evaluator, cmd, &reference), FG_STATUS_OK) << fg_last_error();
  }
  static void record(FgEvaluator evaluator, VkCommandBuffer cmd, const FgFrame& frame) {
    ASSERT_EQ(fg_evaluator_record(evaluator, cmd, &frame), FG_STATUS_OK) << fg_last_error();
  }
  static void expect_identical(FgEvaluator evaluator) {
    FgFrameResult result;
    fg_frame_result_defaults(&result);
    ASSERT_EQ(fg_evaluator_poll(evaluator, &result), FG_STATUS_OK) << fg_last_error();
    EXPECT_EQ(result.ssim, 1.0);
  }
};

// A render target as a rasteriser has one: cleared by a render pass that declares no dependency on what
// follows.
struct Canvas {
  Canvas(const vk::OwnDevice& d, int width, int height)
      : device(d),
        extent{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)},
        image(d, {.format = VK_FORMAT_R8G8B8A8_UNORM,
                  .extent = {extent.width, extent.height, 1},
                  .usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_SAMPLED_BIT}) {
    const VkAttachmentDescription attachment{.format = VK_FORMAT_R8G8B8A8_UNORM,
                                             .samples = VK_SAMPLE_COUNT_1_BIT,
                                             .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                                             .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                             .initialLayout = VK_IMAGE_LAYOUT_GENERAL,
                                             .finalLayout = VK_IMAGE_LAYOUT_GENERAL};
    const VkAttachmentReference reference{0, VK_IMAGE_LAYOUT_GENERAL};
    const VkSubpassDescription subpass{.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
                                       .colorAttachmentCount = 1,
                                       .pColorAttachments = &reference};
    const VkRenderPassCreateInfo pass_info{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                           .attachmentCount = 1,
                                           .pAttachments = &attachment,
                                           .subpassCount = 1,
                                           .pSubpasses = &subpass};
    VkRenderPass pass_handle;
    vk::check(device.CreateRenderPass(device.handle, &pass_info, nullptr, &pass_handle),
              "creating a render pass");
    pass = vk::UniqueRenderPass(device, pass_handle);
    const VkImageView view = image.view();
    const VkFramebufferCreateInfo framebuffer_info{.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                                   .renderPass = pass_handle,
                                                   .attachmentCount = 1,
                                                   .pAttachments = &view,
                                                   .width = extent.width,
                                                   .height = extent.height,
                                                   .layers = 1};
    VkFramebuffer framebuffer_handle;
    vk::check(device.CreateFramebuffer(device.handle, &framebuffer_info, nullptr, &framebuffer_handle),
              "creating a framebuffer");
    framebuffer = vk::UniqueFramebuffer(device, framebuffer_handle);
    vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
      vk::change_layout(device, cmd, image.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
    });
  }

  void draw(VkCommandBuffer cmd) const {
    const VkClearValue color{.color = {.float32 = {0.25f, 0.5f, 0.75f, 1}}};
    const VkRenderPassBeginInfo begin{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                      .renderPass = pass.get(),
                                      .framebuffer = framebuffer.get(),
                                      .renderArea = {{0, 0}, extent},
                                      .clearValueCount = 1,
                                      .pClearValues = &color};
    device.CmdBeginRenderPass(cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
    device.CmdEndRenderPass(cmd);
  }

  FgFrame frame(std::uint64_t number) const {
    FgFrame f;
    fg_frame_defaults(&f);
    f.image = image.get();
    f.view = image.view();
    f.format = image.format();
    f.width = extent.width;
    f.height = extent.height;
    f.frame_number = number;
    return f;
  }

  const vk::OwnDevice& device;
  VkExtent2D extent;
  vk::Image image;
  vk::UniqueRenderPass pass;
  vk::UniqueFramebuffer framebuffer;
};

TEST_F(evaluator_barriers, a_frame_drawn_just_before_is_read_and_may_be_drawn_over_just_after) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const Canvas truth(device(), kWidth, kHeight), frame(device(), kWidth, kHeight);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    for (std::uint64_t number = 1; number <= 2; ++number) {
      truth.draw(cmd);
      record_reference(evaluator.get(), cmd, truth.frame(number));
      frame.draw(cmd);
      record(evaluator.get(), cmd, frame.frame(number));
      frame.draw(cmd);
    }
  });
  expect_identical(evaluator.get());
}

TEST_F(evaluator_barriers, the_map_may_be_copied_just_after) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage frame(device(), PixelFormat::rgba8, kWidth, kHeight, [](int c, int y, int x) {
    return static_cast<float>((c + 1) * (x + y) % 17) / 17;
  });
  const vk::Buffer copied(device(), kWidth * kHeight * 4, vk::Residence::readback);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    record_reference(evaluator.get(), cmd, frame.frame(1));
    for (std::uint64_t number = 1; number <= 2; ++number) {
      record(evaluator.get(), cmd, frame.frame(number));
      FgEvaluatorImages images{};
      images.struct_size = sizeof(images);
      ASSERT_EQ(fg_evaluator_images(evaluator.get(), &images), FG_STATUS_OK);
      const VkBufferImageCopy copy{.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                   .imageExtent = {kWidth, kHeight, 1}};
      device().CmdCopyImageToBuffer(cmd, images.map, VK_IMAGE_LAYOUT_GENERAL, copied.get(), 1, &copy);
    }
  });
  expect_identical(evaluator.get());
  for (const float m : copied.as<float>().first(kWidth * kHeight)) ASSERT_EQ(m, 1.0f);
}

}  // namespace
}  // namespace fg::test
