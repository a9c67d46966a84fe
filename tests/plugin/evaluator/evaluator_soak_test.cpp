// An evaluator that runs for long: frames in flight, sizes and references that come and go, heatmaps, command buffers
// that never run. Every score is right, and nothing piles up: no Vulkan object, no device memory, no file, no memory of
// the process.

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <thread>

#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/counted_vulkan.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized =
    true;  // freed memory stays in quarantine, and everything takes several times as long
#else
constexpr bool kSanitized = false;
#endif

constexpr std::uint32_t kInFlight = 3;
constexpr int kCycle = 500;  // ticks after which the script begins anew
constexpr int kWarmUpCycles = 2;
constexpr std::chrono::seconds kPatience{60};  // for a result
// Bytes of the process after the warm-up: up to 1 MiB was measured; when objects of earlier sizes were kept, 80.
constexpr std::size_t kMostGrowth = std::size_t{8} << 20;

constexpr std::pair<int, int> kSizes[] = {{64, 48}, {33, 17}, {7, 90}, {100, 12}, {1, 1}};
constexpr int kReferences = 4;  // an image, bytes in host memory, floats in host memory, a buffer
constexpr int kFrames = 3;

// What there is of one size, and the score of each frame against each reference.
struct Material {
  RenderedImage reference;
  HostImage bytes, floats;
  vk::Buffer buffer;
  std::vector<RenderedImage> frames;
  double expected[kReferences][kFrames] = {};

  static Picture picture(float strength) {
    return [strength](int c, int y, int x) {
      return c == 3 ? 1.0f
                    : std::clamp(static_cast<float>(scene(0, c, y, x)) + strength * (noise(x, y, c) - 0.5f),
                                 0.0f, 1.0f);
    };
  }
  Material(const vk::OwnDevice& device, int width, int height)
      : reference(device, PixelFormat::rgba8, width, height, picture(0)),
        bytes(width, height, 4, false, picture(0.05f)),
        floats(width, height, 3, true, picture(0.5f)),
        buffer(device, std::size_t{4} * width * height, vk::Residence::upload) {
    const HostImage other(width, height, 4, false, picture(0.7f));
    std::copy(other.bytes.begin(), other.bytes.end(), buffer.as<std::uint8_t>().begin());
    for (const PixelFormat format : {PixelFormat::rgba8, PixelFormat::rgba16f, PixelFormat::bgra8})
      frames.emplace_back(device, format, width, height,
                          picture(0.1f * static_cast<float>(1 + frames.size())));
  }
};

FgStatus give_reference(FgEvaluator evaluator, VkCommandBuffer cmd, const Material& material, int kind,
                        std::uint64_t number) {
  if (kind == 1) return fg_evaluator_set_reference(evaluator, &material.bytes.tensor);
  if (kind == 2) return fg_evaluator_set_reference(evaluator, &material.floats.tensor);
  if (kind == 0) {
    const FgFrame image = material.reference.frame(number);
    return fg_evaluator_record_reference(evaluator, cmd, &image);
  }
  FgFrameBuffer buffer;
  fg_frame_buffer_defaults(&buffer);
  buffer.buffer = material.buffer.get();
  buffer.width = static_cast<std::uint32_t>(material.reference.width);
  buffer.height = static_cast<std::uint32_t>(material.reference.height);
  buffer.frame_number = number;
  return fg_evaluator_record_reference_buffer(evaluator, cmd, &buffer);
}

std::size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t resident_bytes() {
  std::size_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

class evaluator_soak : public LiveTest, public testing::WithParamInterface<FgExecutor> {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (IsSkipped()) return;
    info_ = evaluator_info(device());
    FgExecutorSupport support[8];
    std::uint32_t count = 8;
    ASSERT_EQ(fg_evaluator_executors(&info_, support, &count), FG_STATUS_OK) << fg_last_error();
    for (std::uint32_t i = 0; i < count; ++i)
      if (support[i].executor == GetParam() && !support[i].available) GTEST_SKIP() << support[i].reason;
    info_.executor = GetParam();
    info_.frames_in_flight = kInFlight;
    for (const auto& [width, height] : kSizes) materials_.emplace_back(device(), width, height);
    for (Material& material : materials_) measure_expected(material);
  }

  // By an evaluator of its own, each frame waited for.
  void measure_expected(Material& material) {
    const UniqueEvaluator evaluator = make_evaluator(info_);
    for (int r = 0; r < kReferences; ++r)
      for (int f = 0; f < kFrames; ++f) {
        const auto number = static_cast<std::uint64_t>(r * kFrames + f + 1);
        vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
          ASSERT_EQ(give_reference(evaluator.get(), cmd, material, r, number), FG_STATUS_OK)
              << fg_last_error();
          const FgFrame frame = material.frames[static_cast<std::size_t>(f)].frame(number);
          ASSERT_EQ(fg_evaluator_record(evaluator.get(), cmd, &frame), FG_STATUS_OK) << fg_last_error();
        });
        const FgFrameResult result = wait_for_result(evaluator.get(), number);
        EXPECT_LT(result.ssim, 1.0);
        material.expected[r][f] = result.ssim;
      }
  }

  // Of that frame or a later one.
  static FgFrameResult wait_for_result(FgEvaluator evaluator, std::uint64_t number) {
    const auto begin = std::chrono::steady_clock::now();
    for (FgFrameResult result;;) {
      fg_frame_result_defaults(&result);
      const FgStatus status = fg_evaluator_poll(evaluator, &result);
      if (status == FG_STATUS_OK && result.frame_number >= number) return result;
      if (status == FG_STATUS_OK) continue;
      if (status != FG_STATUS_NOT_READY || std::chrono::steady_clock::now() - begin > kPatience) {
        ADD_FAILURE() << "no result of frame " << number << ": " << fg_last_error();
        return result;
      }
      std::this_thread::yield();
    }
  }

  FgEvaluatorInfo info_{};
  std::list<Material> materials_;
};

// What the process holds between two cycles, with nothing in flight.
struct Holdings {
  VulkanCounts vulkan;
  std::size_t files, bytes;
};

// A host that follows a script. Whatever happens at a tick follows from its number within the cycle.
class Host {
 public:
  Host(const vk::OwnDevice& device, FgEvaluator evaluator, const std::list<Material>& materials)
      : evaluator_(evaluator), ring_(device, kInFlight) {
    for (const Material& material : materials) materials_.push_back(&material);
  }

  void tick(int step) {
    if (step % 7 == 0) change_heatmap(step);
    if (step % 50 == 49) overfill();
    if (step % 11 == 0) abandon_a_frame();
    if (step % 25 == 0) size_ = static_cast<std::size_t>(step) / 25 % materials_.size();
    if (step % 97 == 96) lose_reference();
    const VkCommandBuffer cmd = ring_.begin();
    ++number_;
    if (step % 25 == 0 || step % 5 == 3 || reference_ < 0) change_reference(cmd, step / 5 % kReferences);
    record(cmd, step % kFrames);
    ring_.submit();
    if (step % 100 < 60 || step % 100 >= 80) poll();
  }

  // Nothing in flight, what was put aside while there was is gone, and all that is made when it is first used is there.
  Holdings rest() {
    constexpr std::uint32_t kMoreThanSlots = 4 * kInFlight;
    for (std::uint32_t i = 0; i < kMoreThanSlots; ++i) {
      const VkCommandBuffer cmd = ring_.begin();
      ++number_;
      change_reference(cmd, static_cast<int>(i) % 2 * 3);
      record(cmd, 0);
      ring_.submit();
      ring_.wait_all();
      const auto begin = std::chrono::steady_clock::now();
      while (expected_.contains(number_) && std::chrono::steady_clock::now() - begin < kPatience) poll();
      EXPECT_FALSE(expected_.contains(number_)) << "no result of frame " << number_;
    }
    return {vulkan_counts(), open_files(), resident_bytes()};
  }

  int results() const { return results_; }
  int dropped() const { return dropped_; }

 private:
  void change_heatmap(int step) const {
    const FgColorMap maps[] = {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA,
                               FG_COLOR_MAP_GREY};
    ASSERT_EQ(
        fg_evaluator_set_heatmap(evaluator_, maps[step % 4], 1.0f, 0.01f * static_cast<float>(step % 50)),
        FG_STATUS_OK);
  }

  // Every third takes a reference from host memory with it, which then has to come with the next frame.
  void abandon_a_frame() {
    if (reference_ < 0) return;
    if (++abandoned_ % 3 == 0) {
      ASSERT_EQ(fg_evaluator_set_reference(evaluator_, &materials_[size_]->bytes.tensor), FG_STATUS_OK);
      reference_ = 1;
      referenced_size_ = size_;
    }
    const VkCommandBuffer cmd = ring_.begin();
    ++number_;
    const FgFrame frame = materials_[referenced_size_]->frames[0].frame(number_);
    const FgStatus status = fg_evaluator_record(evaluator_, cmd, &frame);
    ring_.abandon();
    if (status == FG_STATUS_NOT_READY) return;
    ASSERT_EQ(status, FG_STATUS_OK) << fg_last_error();
    ASSERT_EQ(fg_evaluator_discard(evaluator_, number_), FG_STATUS_OK) << fg_last_error();
  }

  // More frames than there is room for, in one command buffer that is waited for.
  void overfill() {
    ring_.wait_all();
    const VkCommandBuffer cmd = ring_.begin();
    for (std::uint32_t i = 0; i <= kInFlight; ++i) {
      ++number_;
      record(cmd, static_cast<int>(i) % kFrames);
    }
    ring_.submit();
    ring_.wait_all();
    poll();
  }

  void lose_reference() {
    ASSERT_EQ(fg_evaluator_set_reference(evaluator_, nullptr), FG_STATUS_OK);
    reference_ = -1;
    const VkCommandBuffer cmd = ring_.begin();
    ++number_;
    const FgFrame frame = materials_[size_]->frames[0].frame(number_);
    ASSERT_EQ(fg_evaluator_record(evaluator_, cmd, &frame), FG_STATUS_OK)
        << "nothing to do: " << fg_last_error();
    ring_.submit();
  }

  void change_reference(VkCommandBuffer cmd, int kind) {
    const Material& material = *materials_[size_];
    for (int attempt = 0;; ++attempt) {
      const FgStatus status = give_reference(evaluator_, cmd, material, kind, number_);
      if (status == FG_STATUS_OK) break;
      ASSERT_EQ(status, FG_STATUS_NOT_READY) << fg_last_error();
      ASSERT_LT(attempt, 1000) << "references stay unfinished: " << fg_last_error();
      ring_.wait_all();  // too many are unfinished
      poll();
    }
    reference_ = kind;
    referenced_size_ = size_;
  }

  void record(VkCommandBuffer cmd, int f) {
    const Material& material = *materials_[referenced_size_];
    const FgFrame frame = material.frames[static_cast<std::size_t>(f)].frame(number_);
    const FgStatus status = fg_evaluator_record(evaluator_, cmd, &frame);
    if (status == FG_STATUS_NOT_READY) {
      ++dropped_;
      return;
    }
    ASSERT_EQ(status, FG_STATUS_OK) << fg_last_error();
    expected_[number_] = material.expected[reference_][f];
  }

  void poll() {
    FgFrameResult result;
    fg_frame_result_defaults(&result);
    const FgStatus status = fg_evaluator_poll(evaluator_, &result);
    if (status == FG_STATUS_NOT_READY) return;
    ASSERT_EQ(status, FG_STATUS_OK) << fg_last_error();
    const auto found = expected_.find(result.frame_number);
    ASSERT_NE(found, expected_.end())
        << "frame " << result.frame_number << " was never recorded, or came twice";
    ASSERT_EQ(result.ssim, found->second) << "frame " << result.frame_number;
    expected_.erase(expected_.begin(), std::next(found));  // older results are passed over
    ++results_;
  }

  FgEvaluator evaluator_;
  CommandRing ring_;
  std::vector<const Material*> materials_;
  std::map<std::uint64_t, double> expected_;  // ssim of each recorded frame whose result may still come
  std::uint64_t number_ = 0;
  std::size_t size_ = 0, referenced_size_ = 0;
  int reference_ = -1;  // kind of the current one; -1: none
  int results_ = 0, dropped_ = 0, abandoned_ = 0;
};

TEST_P(evaluator_soak, thousands_of_ticks_leave_nothing_behind) {
  const int ticks = kSanitized ? 1500 : device().is_cpu() ? 5000 : 10000;
  info_.get_instance_proc_addr = counted_vulkan(device());
  UniqueEvaluator evaluator = make_evaluator(info_);
  std::vector<Holdings> rests;
  {
    Host host(device(), evaluator.get(), materials_);
    for (int tick = 0; tick < ticks; ++tick) {
      if (tick % kCycle == 0 && tick > 0) rests.push_back(host.rest());
      ASSERT_NO_FATAL_FAILURE(host.tick(tick % kCycle)) << "tick " << tick;
      ASSERT_FALSE(HasFailure()) << "tick " << tick;
    }
    rests.push_back(host.rest());
    EXPECT_GT(host.results(), ticks / 4);
    EXPECT_GT(host.dropped(), 0) << "the script has frames for which there is no room";
    const Holdings &warm = rests[kWarmUpCycles - 1], &last = rests.back();
    std::printf(
        "%d ticks, %d results, %d dropped; %zu objects made, %zu bytes of device memory at rest; %zu files; "
        "the process grew by %.1f MiB\n",
        ticks, host.results(), host.dropped(), last.vulkan.made, last.vulkan.live_bytes, last.files,
        (static_cast<double>(last.bytes) - static_cast<double>(warm.bytes)) / (1 << 20));
    EXPECT_GT(last.vulkan.made, warm.vulkan.made + static_cast<std::size_t>(ticks) / 25)
        << "sizes change, so that objects must have been made";
    for (std::size_t i = kWarmUpCycles; i < rests.size(); ++i) {
      EXPECT_EQ(rests[i].vulkan.live, warm.vulkan.live) << "after cycle " << i;
      EXPECT_EQ(rests[i].vulkan.live_bytes, warm.vulkan.live_bytes) << "after cycle " << i;
    }
    EXPECT_LE(last.files, warm.files);
    if (!kSanitized) {
      EXPECT_LE(last.bytes, warm.bytes + kMostGrowth);
    }
  }
  evaluator.reset();
  EXPECT_EQ(vulkan_counts().live, (std::map<std::string, std::size_t>{}));
  EXPECT_EQ(vulkan_counts().unknown, 0u);
}

INSTANTIATE_TEST_SUITE_P(each, evaluator_soak,
                         testing::Values(FG_EXECUTOR_IN_QUEUE, FG_EXECUTOR_INTEROP, FG_EXECUTOR_SHADER),
                         [](const auto& tested) { return std::string(fg_executor_name(tested.param)); });

}  // namespace
}  // namespace fg::test
