// A renderer that scores its own frames: a disc crosses the picture, the ground truth is the picture with the disc at its
// goal, and the scores rise as it gets there.
//   vulkan_renderer [FRAMES]
// What embedding Framegauge takes stands between "// Framegauge:" and "// ----"; renderer.h knows nothing of it.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <framegauge/vulkan.hpp>
#include <vector>

#include "renderer.h"

namespace {

constexpr Disc kGoal{480, 200, 80};

// What disc.comp draws: RGBA8.
std::vector<std::uint8_t> picture(const Disc& disc) {
  std::vector<std::uint8_t> pixels;
  for (std::uint32_t y = 0; y < kHeight; ++y)
    for (std::uint32_t x = 0; x < kWidth; ++x) {
      const float stripe = (x + y) / 24 % 2 == 0 ? 0.2f : 0.4f;
      const float distance = std::hypot(static_cast<float>(x) - disc.x, static_cast<float>(y) - disc.y);
      const float cover = std::clamp(disc.radius - distance, 0.0f, 1.0f);
      const float ground[] = {stripe, stripe, 0.5f, 1}, paint[] = {1, 0.6f, 0.1f, 1};
      for (int c = 0; c < 4; ++c)
        pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * std::lerp(ground[c], paint[c], cover))));
    }
  return pixels;
}

void print(const FgFrameResult& result) {
  std::printf("frame %3llu  ssim %.6f  psnr %6.2f dB  executor %s\n",
              static_cast<unsigned long long>(result.frame_number), result.ssim, result.psnr,
              framegauge::name_of(result.executor));
}

void run(std::uint64_t frame_count) {
  const Instance instance;
  const PhysicalDevice physical = choose_device(instance.handle);
  std::printf("device %s\n", physical.name.c_str());
  // Framegauge: what to enable for its fastest executor. It runs without, too.
  const auto wanted =
      framegauge::device_requirements(instance.handle, physical.handle, vkGetInstanceProcAddr);
  // ----
  const Device device(physical, wanted.extensions, wanted.buffer_device_address);
  const Renderer renderer(device);

  // Framegauge: an evaluator on this device, with the ground truth and the image to score.
  framegauge::EvaluatorInfo info;
  info.instance = instance.handle;
  info.physical_device = physical.handle;
  info.device = device.handle;
  info.get_instance_proc_addr = vkGetInstanceProcAddr;
  info.queue_family = physical.queue_family;
  info.frames_in_flight = kFramesInFlight;
  info.buffer_device_address = wanted.buffer_device_address;
  framegauge::Evaluator evaluator(info);
  evaluator.set_reference({picture(kGoal), kWidth, kHeight, 4});
  framegauge::Frame frame;
  frame.image = renderer.image();
  frame.view = renderer.view();
  frame.format = kFormat;
  frame.width = kWidth;
  frame.height = kHeight;
  // ----

  Frames frames(device);  // after the evaluator, so that it waits for the GPU before the evaluator goes
  for (std::uint64_t number = 0; number < frame_count; ++number) {
    const auto pixels_to_go = 3 * static_cast<float>(frame_count - 1 - number);
    const VkCommandBuffer cmd = frames.begin();
    renderer.record(cmd, {kGoal.x - pixels_to_go, kGoal.y, kGoal.radius});
    // Framegauge: measures the image at this point of the command buffer.
    frame.frame_number = number;
    if (evaluator.record(cmd, frame) == framegauge::Recorded::dropped)
      std::printf("frame %3llu  dropped\n", static_cast<unsigned long long>(number));
    // ----
    frames.submit();
    // Framegauge: what has finished by now, one or two frames late. Never waits.
    if (const auto result = evaluator.poll()) print(*result);
    // ----
  }
  frames.wait();
  if (const auto result = evaluator.poll()) print(*result);  // Framegauge: the last frame's
}

}  // namespace

int main(int argc, char** argv) {
  const int frame_count = argc == 1 ? 60 : std::atoi(argv[1]);
  if (argc > 2 || frame_count < 1) {
    std::fprintf(stderr, "usage: %s [FRAMES]\n  FRAMES: how many to draw, 1 or more; default 60\n", argv[0]);
    return 2;
  }
  try {
    run(static_cast<std::uint64_t>(frame_count));
  } catch (const framegauge::Error& e) {
    std::fprintf(stderr, "framegauge (status %d): %s\n", e.status(), e.what());
    return 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "vulkan_renderer: %s\n", e.what());
    return 1;
  }
  return 0;
}
