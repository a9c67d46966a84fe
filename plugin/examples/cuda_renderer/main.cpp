// A CUDA renderer that shows its frames through Vulkan and has them scored on the way: random samples gather, and the scores
// against the finished picture rise.
//   cuda_renderer [FRAMES]
// painter.cu is the renderer and knows nothing of Vulkan; vulkan_screen.h is the Vulkan and knows nothing of CUDA. What
// joins them is framegauge::SharedImage: two of them take turns, so that CUDA writes one while Vulkan reads the other.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <framegauge/vulkan.hpp>
#include <stdexcept>

#include "painter.h"
#include "vulkan_screen.h"

namespace {

constexpr std::uint32_t kWidth = 1280, kHeight = 720, kSamplesOfTruth = 2000;

struct Canvas {
  explicit Canvas(const Screen& screen) {
    FgSharedImageInfo info;
    fg_shared_image_info_defaults(&info);
    info.instance = screen.instance;
    info.physical_device = screen.physical;
    info.device = screen.device;
    info.get_instance_proc_addr = vkGetInstanceProcAddr;
    info.queue_family = screen.queue_family;
    info.width = kWidth;
    info.height = kHeight;
    shared = framegauge::SharedImage(info);
    handles = shared.handles();
  }
  framegauge::Frame frame(std::uint64_t number) const {
    framegauge::Frame frame;
    frame.image = handles.image;
    frame.view = handles.view;
    frame.format = VK_FORMAT_R8G8B8A8_UNORM;
    frame.width = kWidth;
    frame.height = kHeight;
    frame.frame_number = number;
    return frame;
  }
  framegauge::SharedImage shared;
  FgSharedImageHandles handles;
};

// Whatever happens after it was made, the GPU has finished before older objects go.
struct FinishesFirst {
  const Screen& screen;
  ~FinishesFirst() { vkDeviceWaitIdle(screen.device); }
};

// A command buffer in which Vulkan has its turn with the canvas.
template <class Record>
void take_turn(Screen& screen, Canvas& canvas, Record&& record) {
  const VkCommandBuffer cmd = screen.begin();
  canvas.shared.record_begin(cmd);
  record(cmd);  // a window would copy the image to its swapchain here, too
  canvas.shared.record_end(cmd);
  screen.submit(canvas.shared.submission());
}

// CUDA's turn. False: Vulkan still reads the canvas.
bool paint(Painter& painter, Canvas& canvas, std::uint32_t samples) {
  if (!canvas.shared.begin_cuda(painter.stream())) return false;
  painter.paint(canvas.handles.cuda_surface, samples);
  canvas.shared.end_cuda(painter.stream());
  return true;
}

void print(const FgFrameResult& result) {
  std::printf("frame %3llu  ssim %.6f  psnr %6.2f dB  executor %s\n",
              static_cast<unsigned long long>(result.frame_number), result.ssim, result.psnr,
              framegauge::name_of(result.executor));
}

void run(std::uint64_t frame_count) {
  Screen screen;
  std::printf("device %s\n", screen.name.c_str());
  framegauge::EvaluatorInfo info;
  info.instance = screen.instance;
  info.physical_device = screen.physical;
  info.device = screen.device;
  info.get_instance_proc_addr = vkGetInstanceProcAddr;
  info.queue_family = screen.queue_family;
  info.frames_in_flight = Screen::kFramesInFlight;
  info.buffer_device_address = screen.wanted.buffer_device_address;
  framegauge::Evaluator evaluator(info);
  std::array<Canvas, 2> canvases{Canvas(screen), Canvas(screen)};
  const FinishesFirst finishes{screen};
  for (Canvas& canvas : canvases) take_turn(screen, canvas, [](VkCommandBuffer) {});  // they get their layout
  screen.wait();

  const int cuda_device = canvases[0].handles.cuda_device;
  Painter truth(cuda_device, kWidth, kHeight, 1), painter(cuda_device, kWidth, kHeight, 1u << 16);
  paint(truth, canvases[0], kSamplesOfTruth);
  take_turn(screen, canvases[0], [&](VkCommandBuffer cmd) {
    if (evaluator.record_reference(cmd, canvases[0].frame(0)) != framegauge::Recorded::yes)
      throw std::runtime_error("the reference was not recorded");
  });
  screen.wait();

  std::uint64_t skipped = 0;
  for (std::uint64_t number = 1; number <= frame_count; ++number) {
    Canvas& canvas = canvases[number % canvases.size()];
    while (!paint(painter, canvas, 1))
      ++skipped;  // an interactive renderer would do something else meanwhile
    take_turn(screen, canvas, [&](VkCommandBuffer cmd) {
      if (evaluator.record(cmd, canvas.frame(number)) == framegauge::Recorded::dropped)
        std::printf("frame %3llu  dropped\n", static_cast<unsigned long long>(number));
    });
    if (const auto result = evaluator.poll()) print(*result);
  }
  screen.wait();
  if (const auto result = evaluator.poll()) print(*result);
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
    std::fprintf(stderr, "cuda_renderer: %s\n", e.what());
    return 1;
  }
  return 0;
}
