// The floor of the interop executor's route: commands that do next to nothing, their end seen by the host, an empty CUDA
// kernel, its end seen by the host. One after the other, and with three rounds under way, on a queue of either kind.
// interop_floor_bench [rounds]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kernels/core/error.h"
#include "plugin/evaluator/slot_ring.h"
#include "plugin/interop/cuda_import.h"
#include "plugin/vk/buffer.h"
#include "plugin/vk/error.h"
#include "plugin/vk/own_device.h"
#include "tests/bench/empty_kernel.h"
#include "tests/bench/median.h"

namespace {

using namespace fg;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kInFlight = 3;

double microseconds(Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

class Rounds {
 public:
  explicit Rounds(const vk::OwnDevice& device)
      : device_(&device),
        kernel_(interop::cuda_device_of(device.uuid)),
        ring_(device, kInFlight, kInFlight),
        word_(device, 4, vk::Residence::device) {
    const VkCommandPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                       .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                       .queueFamilyIndex = device.queue_family};
    VkCommandPool pool;
    vk::check(device.CreateCommandPool(device.handle, &info, nullptr, &pool), "creating a command pool");
    pool_ = vk::UniqueCommandPool(device, pool);
    commands_.resize(kInFlight);
    const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .commandPool = pool,
                                               .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = kInFlight};
    vk::check(device.AllocateCommandBuffers(device.handle, &allocate, commands_.data()),
              "allocating commands");
  }
  ~Rounds() { device_->QueueWaitIdle(device_->queue); }

  bool can_submit() const { return ring_.available(); }
  void submit() {
    const std::uint32_t slot = *ring_.take(0);
    const VkCommandBufferBeginInfo begin{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    VkCommandBuffer cmd = commands_[slot];
    vk::check(device_->BeginCommandBuffer(cmd, &begin), "beginning commands");
    device_->CmdFillBuffer(cmd, word_.get(), 0, 4, 1);
    ring_.record_end(cmd, slot);
    vk::check(device_->EndCommandBuffer(cmd), "ending commands");
    const VkSubmitInfo submit{
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &cmd};
    vk::check(device_->QueueSubmit(device_->queue, 1, &submit, VK_NULL_HANDLE), "submitting commands");
    ring_.hold(slot);
    waiting_.push_back(slot);
  }
  // Starts kernels behind commands that have run; true when a round has ended.
  bool advance() {
    if (started_ && kernel_.ended()) {
      ring_.release(waiting_.front());
      waiting_.erase(waiting_.begin());
      started_ = false;
      return true;
    }
    if (!started_ && !waiting_.empty() && ring_.commands_finished(waiting_.front())) {
      kernel_.start();
      started_ = true;
    }
    return false;
  }

 private:
  const vk::OwnDevice* device_;
  bench::EmptyKernel kernel_;
  SlotRing ring_;
  vk::Buffer word_;
  vk::UniqueCommandPool pool_;
  std::vector<VkCommandBuffer> commands_;
  std::vector<std::uint32_t> waiting_;
  bool started_ = false;
};

void measure(vk::QueueKind kind, const char* name, int rounds) {
  std::vector<const char*> extensions = {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME};
  const vk::OwnDevice device({.queue = kind, .device_extensions = extensions});
  Rounds work(device);
  std::vector<double> one_by_one;
  for (int i = -5; i < rounds; ++i) {
    const auto begin = Clock::now();
    work.submit();
    while (!work.advance()) {
    }
    if (i >= 0) one_by_one.push_back(microseconds(Clock::now() - begin));
  }
  const auto begin = Clock::now();
  for (int submitted = 0, ended = 0; ended < rounds;) {
    if (submitted < rounds && work.can_submit()) {
      work.submit();
      ++submitted;
    }
    ended += work.advance();
  }
  const double each = microseconds(Clock::now() - begin) / rounds;
  std::printf("interop floor, %s queue: a round %.1f us (median of %d), with %u under way one each %.1f us\n",
              name, bench::median(one_by_one), rounds, kInFlight, each);
}

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 201;
  measure(vk::QueueKind::graphics, "graphics", rounds);
  measure(vk::QueueKind::compute, "compute", rounds);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 5;
}
