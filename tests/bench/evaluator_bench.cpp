// How long the live evaluator's commands take on the default device, by the GPU's clock and by the host's
// (submission and wait included), with each executor that is available. evaluator_bench [runs]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "plugin/vk/own_device.h"

#include "framegauge/vulkan.h"
#include "tests/bench/median.h"

namespace {

using namespace fg;

vk::Image noise_image(const vk::OwnDevice& device, std::uint32_t width, std::uint32_t height,
                      std::uint32_t seed) {
  vk::Image image(device, {.format = VK_FORMAT_R8G8B8A8_UNORM, .extent = {width, height, 1}});
  std::vector<std::uint32_t> texels(std::size_t{width} * height);
  for (std::uint32_t& texel : texels) texel = seed = seed * 1664525u + 1013904223u;
  vk::upload(device, image, texels.data(), 4, VK_IMAGE_LAYOUT_GENERAL);
  return image;
}

FgFrame describe(const vk::Image& image) {
  FgFrame frame;
  fg_frame_defaults(&frame);
  frame.image = image.get();
  frame.view = image.view();
  frame.width = image.width();
  frame.height = image.height();
  frame.format = image.format();
  return frame;
}

void expect(FgStatus status) {
  if (status == FG_STATUS_OK) return;
  std::fprintf(stderr, "%s\n", fg_last_error());
  std::exit(5);
}

// A command buffer that is recorded anew for each tick, as a renderer does.
class TickCommands {
 public:
  explicit TickCommands(const vk::OwnDevice& device) : device_(&device) {
    const VkCommandPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                       .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                       .queueFamilyIndex = device.queue_family};
    VkCommandPool pool;
    vk::check(device.CreateCommandPool(device.handle, &info, nullptr, &pool), "creating a command pool");
    pool_ = vk::UniqueCommandPool(device, pool);
    const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .commandPool = pool,
                                               .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = 1};
    vk::check(device.AllocateCommandBuffers(device.handle, &allocate, &commands_), "allocating commands");
  }
  ~TickCommands() { device_->QueueWaitIdle(device_->queue); }
  TickCommands(const TickCommands&) = delete;
  TickCommands& operator=(const TickCommands&) = delete;

  VkCommandBuffer begin() {
    vk::check(device_->QueueWaitIdle(device_->queue), "waiting for the last tick");
    vk::check(device_->ResetCommandPool(device_->handle, pool_.get(), 0), "resetting commands");
    const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    vk::check(device_->BeginCommandBuffer(commands_, &info), "beginning commands");
    return commands_;
  }
  void end() { vk::check(device_->EndCommandBuffer(commands_), "ending commands"); }
  void submit() {
    const VkSubmitInfo info{
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands_};
    vk::check(device_->QueueSubmit(device_->queue, 1, &info, VK_NULL_HANDLE), "submitting commands");
  }

 private:
  const vk::OwnDevice* device_;
  vk::UniqueCommandPool pool_;
  VkCommandBuffer commands_ = VK_NULL_HANDLE;
};

void measure(const vk::OwnDevice& device, FgEvaluator evaluator, VkExtent2D size, int runs,
             bool with_reference) {
  const vk::Image image = noise_image(device, size.width, size.height, 1);
  const vk::Image truth = noise_image(device, size.width, size.height, 2);
  const FgFrame frame = describe(image), reference = describe(truth);
  std::vector<double> gpu_us, host_us;
  double ssim = 0;
  TickCommands commands(device);
  for (int run = -2; run < runs; ++run) {
    const VkCommandBuffer cmd = commands.begin();
    if (with_reference || run == -2) expect(fg_evaluator_record_reference(evaluator, cmd, &reference));
    expect(fg_evaluator_record(evaluator, cmd, &frame));
    commands.end();
    FgFrameResult result;
    fg_frame_result_defaults(&result);
    const auto begin = std::chrono::steady_clock::now();
    commands.submit();
    FgStatus status;
    do {
      status = fg_evaluator_poll(evaluator, &result);
    } while (status == FG_STATUS_NOT_READY);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    expect(status);
    ssim = result.ssim;
    if (run < 0) continue;  // shaders are compiled, memory is touched
    gpu_us.push_back(static_cast<double>(result.gpu_ns) * 1e-3);
    host_us.push_back(took.count());
  }
  std::printf(
      "live score and map %ux%u RGBA8%s  gpu median %9.1f us  submit to result %9.1f us  of %d  (ssim "
      "%.6f)\n",
      size.width, size.height, with_reference ? ", new reference each frame" : "", bench::median(gpu_us),
      bench::median(host_us), runs, ssim);
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<const char*> extensions;
  for (const char* const* name = fg_evaluator_device_extensions(); *name; ++name) extensions.push_back(*name);
  const vk::OwnDevice device({.device_extensions = extensions});
  const int runs = argc > 1 ? std::atoi(argv[1]) : device.is_cpu() ? 11 : 201;
  std::printf("%s\n", device.properties.deviceName);
  FgEvaluatorInfo info;
  fg_evaluator_info_defaults(&info);
  info.instance = device.instance;
  info.physical_device = device.physical;
  info.device = device.handle;
  info.get_instance_proc_addr = device.GetInstanceProcAddr;
  info.queue_family = device.queue_family;
  info.buffer_device_address = device.buffer_device_address;
  FgExecutorSupport support[8];
  std::uint32_t count = 8;
  expect(fg_evaluator_executors(&info, support, &count));
  for (std::uint32_t i = 0; i < count; ++i) {
    const char* const name = fg_executor_name(support[i].executor);
    std::printf("%s%s%s\n", name, support[i].available ? "" : " is not available: ", support[i].reason);
    if (!support[i].available) continue;
    info.executor = support[i].executor;
    FgEvaluator evaluator = nullptr;
    expect(fg_evaluator_create(&info, &evaluator));
    for (const VkExtent2D size : {VkExtent2D{1280, 720}, VkExtent2D{1920, 1080}, VkExtent2D{3840, 2160}})
      for (const bool with_reference : {false, true}) measure(device, evaluator, size, runs, with_reference);
    fg_evaluator_destroy(evaluator);
  }
}
