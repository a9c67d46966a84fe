// The tick as the window runs it: command buffers in flight, references and sizes that change from one to the
// next. Nothing waits for the device, and once everything exists, nothing is allocated.

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "tests/counted_allocations.h"
#include "viewer/app/tick/tick.h"

namespace {
int waits = 0;
PFN_vkDeviceWaitIdle wait_for_device = nullptr;
PFN_vkQueueWaitIdle wait_for_queue = nullptr;
}  // namespace

namespace fg {
namespace {

std::unique_ptr<vk::OwnDevice> open_device(bool validation, std::string& why_not) {
  try {
    return std::make_unique<vk::OwnDevice>(vk::OwnDeviceInfo{.validation = validation});
  } catch (const vk::Error& error) {
    why_not = error.what();
    return nullptr;
  }
}

void count_waits(vk::OwnDevice& device) {
  waits = 0;
  wait_for_device = device.DeviceWaitIdle;
  wait_for_queue = device.QueueWaitIdle;
  device.DeviceWaitIdle = [](VkDevice handle) { return ++waits, wait_for_device(handle); };
  device.QueueWaitIdle = [](VkQueue queue) { return ++waits, wait_for_queue(queue); };
}

// One colour everywhere.
class Plain final : public FrameSource {
 public:
  Plain(const vk::OwnDevice& device, float grey) : device_(device), grey_(grey) {}
  void record(VkCommandBuffer cmd, const vk::Image& target) override {
    const VkClearColorValue color{.float32 = {grey_, grey_, grey_, 1}};
    const VkImageSubresourceRange range{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    device_.CmdClearColorImage(cmd, target.get(), VK_IMAGE_LAYOUT_GENERAL, &color, 1, &range);
  }

 private:
  const vk::OwnDevice& device_;
  float grey_;
};

Image8 plain_photo(int width, int height, std::uint8_t code) {
  return {.width = width,
          .height = height,
          .rgba = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 4, code)};
}

// Command buffers in turn, each begun again only when its last submission has finished.
class Host {
 public:
  static constexpr std::uint32_t kInFlight = 3;

  explicit Host(const vk::OwnDevice& device) : device_(device) {
    for (std::size_t i = 0; i < kInFlight; ++i) slots_.emplace_back(device);
  }
  ~Host() { device_.DeviceWaitIdle(device_.handle); }

  template <class Record>
  void frame(Record record) {
    const vk::CommandSlot& slot = slots_[next_++ % kInFlight];
    const VkFence fence = slot.finished.get();
    vk::check(device_.WaitForFences(device_.handle, 1, &fence, VK_TRUE, UINT64_MAX), "waiting for a slot");
    vk::check(device_.ResetFences(device_.handle, 1, &fence), "resetting a fence");
    slot.begin(device_);
    record(slot.cmd);
    vk::check(device_.EndCommandBuffer(slot.cmd), "ending");
    const VkSubmitInfo submit{
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &slot.cmd};
    vk::check(device_.QueueSubmit(device_.queue, 1, &submit, fence), "submitting");
  }

 private:
  const vk::OwnDevice& device_;
  std::vector<vk::CommandSlot> slots_;
  std::size_t next_ = 0;
};

TEST(tick, references_and_sizes_change_from_frame_to_frame_without_a_wait_and_every_score_is_its_own) {
  std::string why_not;
  const auto device = open_device(/*validation=*/true, why_not);
  if (!device) GTEST_SKIP() << why_not;
  constexpr int kFrames = 40;
  constexpr float kGrey = 100 / 255.0f;
  std::map<std::uint64_t, double> expected;  // MAE by tick
  int scored = 0;
  {
    Tick tick(*device, {.frames_in_flight = Host::kInFlight});
    Plain source(*device, kGrey);
    Host host(*device);
    count_waits(*device);
    std::uint64_t newest = 0;
    const auto take_results = [&] {
      while (const auto result = tick.poll()) {
        ASSERT_TRUE(expected.contains(result->scores.frame_number));
        EXPECT_NEAR(result->scores.mae, expected[result->scores.frame_number], 1e-6)
            << "tick " << result->scores.frame_number;
        newest = result->scores.frame_number;
        ++scored;
      }
    };
    for (int i = 0; i < kFrames; ++i) {
      // Two of a size and then another, larger and smaller; every seventh frame keeps the last reference.
      const int width = 160 + 64 * (i / 2 % 3), height = 120 + 32 * (i / 2 % 2);
      const bool keeps = i % 7 == 6 && width == tick.width() && height == tick.height();
      host.frame([&](VkCommandBuffer cmd) {
        tick.resize(width, height);
        const int code = keeps ? 0 : 110 + 3 * i;
        if (!keeps) tick.set_reference(plain_photo(width, height, static_cast<std::uint8_t>(code)));
        const std::uint64_t number = tick.record(cmd, source);
        expected[number] = keeps ? expected[number - 1] : (code - 100) / 255.0;
      });
      take_results();
    }
    EXPECT_EQ(waits, 0);
    device->DeviceWaitIdle(device->handle);
    take_results();
    EXPECT_EQ(newest, static_cast<std::uint64_t>(kFrames));
  }
  EXPECT_GT(scored, 1);  // poll() gives the newest alone, so how many depends on the machine
  EXPECT_TRUE(device->validation_messages().empty()) << device->validation_messages().front();
}

// Work on another stream beside a plain picture.
class Helped final : public FrameSource {
 public:
  explicit Helped(const vk::OwnDevice& device) : picture_(device, 0.5f) {}
  void record(VkCommandBuffer cmd, const vk::Image& target) override {
    picture_.record(cmd, target);
    work_ = std::make_shared<const Work>(++frames_);
  }
  std::shared_ptr<const WorkElsewhere> elsewhere() const override { return work_; }

 private:
  struct Work final : WorkElsewhere {
    explicit Work(int frame) : seconds(frame) {}
    double milliseconds() const override { return 1000 * seconds; }
    double seconds;
  };
  Plain picture_;
  std::shared_ptr<const Work> work_;
  int frames_ = 0;
};

TEST(tick, time_that_a_source_spends_elsewhere_is_its_frames_own) {
  std::string why_not;
  const auto device = open_device(/*validation=*/true, why_not);
  if (!device) GTEST_SKIP() << why_not;
  Tick tick(*device, {.frames_in_flight = Host::kInFlight});
  Helped helped(*device);
  Plain alone(*device, 0.5f);
  Host host(*device);
  for (int i = 1; i <= 8; ++i)
    host.frame([&](VkCommandBuffer cmd) {
      tick.resize(64, 64);
      tick.record(cmd, i == 7 ? static_cast<FrameSource&>(alone) : helped);
    });
  device->DeviceWaitIdle(device->handle);
  // The queue's own part is far below a second.
  EXPECT_EQ(std::floor(tick.render_ms(8) / 1000), 7);
  EXPECT_EQ(std::floor(tick.render_ms(7) / 1000), 0);
  EXPECT_EQ(std::floor(tick.render_ms(6) / 1000), 6);
}

TEST(tick, a_reference_replaced_before_its_first_frame_is_never_seen) {
  std::string why_not;
  const auto device = open_device(/*validation=*/true, why_not);
  if (!device) GTEST_SKIP() << why_not;
  {
    Tick tick(*device, {.frames_in_flight = Host::kInFlight});
    Plain source(*device, 0);
    Host host(*device);
    host.frame([&](VkCommandBuffer cmd) {
      tick.resize(64, 64);
      tick.set_reference(plain_photo(64, 64, 255));
      tick.set_reference(plain_photo(64, 64, 51));
      tick.record(cmd, source);
    });
    device->DeviceWaitIdle(device->handle);
    const auto result = tick.poll();
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->scores.mae, 0.2, 1e-6);
  }
  EXPECT_TRUE(device->validation_messages().empty()) << device->validation_messages().front();
}

TEST(tick, allocates_nothing_on_the_host_after_the_first_frames) {
  std::string why_not;
  const auto device = open_device(/*validation=*/false, why_not);  // the layer allocates on our thread
  if (!device) GTEST_SKIP() << why_not;
  if (test::allocations() == 0) GTEST_SKIP() << "AddressSanitizer has an allocator of its own";
  Tick tick(*device, {.frames_in_flight = Host::kInFlight});
  Plain source(*device, 0.5f), reference_source(*device, 0.25f);
  Host host(*device);
  for (FrameSource* reference :
       {static_cast<FrameSource*>(nullptr), static_cast<FrameSource*>(&reference_source)}) {
    int results = 0;
    for (int i = 0; i < 16; ++i) {
      host.frame([&](VkCommandBuffer cmd) {
        tick.resize(200, 150);
        if (i == 0 && !reference) tick.set_reference(plain_photo(200, 150, 60));
        if (i == 0 && reference) tick.set_reference(reference);
        const long before = test::allocations();
        tick.record(cmd, source);
        tick.evaluator_images();
        while (tick.poll()) ++results;
        if (i >= 8) {
          EXPECT_EQ(test::allocations(), before) << "frame " << i;
        }
      });
    }
    EXPECT_GT(results, 0);
  }
}

}  // namespace
}  // namespace fg
