#pragma once
// What measures frames: the seam between the evaluator, which keeps references, slots and results, and the
// ways of running the kernels (CUDA or SPIR-V in the command buffer; CUDA on shared memory).
//
// An executor belongs to a device and holds pipelines; its workspaces hold everything that depends on a
// frame's size. A workspace is used by command buffers that are in flight, so the evaluator keeps it until
// they have finished. The end of a frame's commands is the event of its slot (slot_ring.h), set by the command
// buffer; what goes on after that, on a CUDA stream, is started and asked after by the evaluator (start, ended).

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "plugin/vk/buffer.h"
#include "plugin/vk/device.h"  // before vulkan.h: without prototypes

#include "framegauge/vulkan.h"

namespace fg {

// An image to read, as the host describes it: layout GENERAL or SHADER_READ_ONLY_OPTIMAL.
struct SourceImage {
  VkImage image = VK_NULL_HANDLE;
  VkImageView view = VK_NULL_HANDLE;
  VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;
  VkExtent2D extent = {};
  VkFormat format = VK_FORMAT_UNDEFINED;  // of the view
};

struct HeatmapStyle {
  FgColorMap color_map = FG_COLOR_MAP_VIRIDIS;
  float worst = 0, best = 1;  // map values of the first and the last colour
};

struct ExecutorSettings {
  std::uint32_t frame_slots = 4;      // frames whose descriptors may be in use
  std::uint32_t reference_slots = 6;  // the same for recorded references
  int window = 11;                    // taps
  FgPadding padding = FG_PADDING_SAME;
  std::size_t band_bytes = std::size_t{128} << 20;  // most memory for moments between two passes
  std::uint32_t queue_family = 0;                   // of the command buffers
};

// One frame's measurement.
struct FrameWork {
  SourceImage frame;
  std::uint32_t slot = 0;  // whose earlier measurement has finished
  HeatmapStyle style;
  // Receives the words of frame_statistics.h: mapped, and with an address where the device has buffer addresses.
  const vk::Buffer& statistics;
};

struct RecordedFrame {
  std::size_t statistics_bytes = 0;  // how much is written to FrameWork::statistics
  // The measurement builds on what frames recorded earlier leave behind: it is worthless if one of them never
  // runs.
  bool needs_earlier_frames = false;
  // Memory that commands recorded earlier may use and this frame has replaced.
  std::shared_ptr<void> replaced;
};

// What goes on outside of the command buffer.
enum class Work { reference, frame };
struct Ended {
  std::size_t statistics_bytes = 0;  // of a frame: how much was written to FrameWork::statistics
  std::uint64_t gpu_ns = 0;          // its time on the device
};

// Where an executor's commands run, and how they touch memory.
struct CommandScope {
  VkPipelineStageFlags stages = 0;
  VkAccessFlags reads = 0, writes = 0;
};

class Workspace {
 public:
  Workspace() = default;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  virtual ~Workspace() = default;

  // Both record into a command buffer in which all earlier work is finished and visible to the executor's
  // scope, and leave the ordering against later work to the caller. Nothing is allocated.
  // record_reference() returns memory as RecordedFrame.replaced.
  virtual std::shared_ptr<void> record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                                 std::uint32_t slot) = 0;
  virtual RecordedFrame record_frame(VkCommandBuffer cmd, const FrameWork& work) = 0;
  // A command buffer that was recorded into will never run: what it was to leave behind is not there.
  virtual void discarded() {}

  // Of executors that go on outside of the command buffer: started once the slot's commands have run, in the order of
  // recording; ended() has the frame's words in FrameWork::statistics when it says so.
  virtual void start(Work, std::uint32_t /*slot*/) {}
  virtual std::optional<Ended> ended(Work, std::uint32_t /*slot*/) { return Ended{}; }

  virtual std::size_t statistics_bytes() const = 0;  // the most that a frame writes

  // The images are in layout GENERAL once a frame was recorded.
  virtual FgEvaluatorImages images() const = 0;
  virtual VkExtent2D extent() const = 0;
};

class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  virtual ~Executor() = default;

  virtual FgExecutor kind() const = 0;
  virtual CommandScope scope() const = 0;
  virtual bool goes_on() const { return false; }  // its workspaces do, outside of the command buffer
  virtual std::unique_ptr<Workspace> make_workspace(VkExtent2D extent) = 0;
};

// In order of preference.
inline constexpr std::array kExecutors = {FG_EXECUTOR_IN_QUEUE, FG_EXECUTOR_INTEROP, FG_EXECUTOR_SHADER};

// "" when the executor runs on this device and queue family, else the reason why it does not, one sentence.
std::string why_unavailable(FgExecutor executor, const vk::Device& device, std::uint32_t queue_family);

struct ExecutorRequest {
  FgExecutor wanted = FG_EXECUTOR_AUTO;  // AUTO: the first of kExecutors that can be made
  std::optional<FgExecutor> after;       // of those behind it
  ExecutorSettings settings;
};

struct MadeExecutor {
  std::unique_ptr<Executor> executor;
  std::string passed_over;  // FG_EXECUTOR_AUTO: "in_queue: reason; interop: reason" of those before it
};

// Throws Error (unavailable) when none can be made.
MadeExecutor make_executor(const vk::Device& device, const ExecutorRequest& request);

const char* name_of(FgExecutor executor);

}  // namespace fg
