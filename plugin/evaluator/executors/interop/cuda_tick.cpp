#include "plugin/evaluator/executors/interop/cuda_tick.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_memory.h"
#include "kernels/live/live_launch.h"
#include "kernels/live/live_ssim.h"
#include "shaders/shared/frame_statistics.h"

namespace fg::interop {
namespace {

using cuda::check;
using live::PixelFormat;

struct DeviceFree {
  void operator()(void* p) const { cudaFree(p); }
};
using DeviceMemory = std::unique_ptr<void, DeviceFree>;
DeviceMemory device_memory(std::size_t bytes) {
  void* p = nullptr;
  check(cudaMalloc(&p, bytes), "allocating memory for the live score");
  return DeviceMemory(p);
}

struct HostFree {
  void operator()(std::uint32_t* p) const { cudaFreeHost(p); }
};
using PinnedWords = std::unique_ptr<std::uint32_t, HostFree>;

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "creating a CUDA event"); }
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  ~Event() {
    if (event_) cudaEventDestroy(event_);
  }
  void record(void* stream) const {
    check(cudaEventRecord(event_, static_cast<cudaStream_t>(stream)), "recording a CUDA event");
  }
  bool passed() const {
    const cudaError_t result = cudaEventQuery(event_);
    if (result == cudaErrorNotReady) return false;
    check(result, "running the live score's CUDA kernels");
    return true;
  }
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

struct FrameSlot {
  Event begin, end;
  PinnedWords words;
  std::size_t count = 0;  // of words
};

}  // namespace

struct CudaTick::Impl {
  explicit Impl(const CudaTickInfo& tick) : info(tick) {}
  ~Impl() {
    if (stream) cudaStreamSynchronize(static_cast<cudaStream_t>(stream));
    cuda::destroy_stream(stream);
  }

  live::LiveReference moments_op(bool codes) const;
  live::LiveSsim frame_op(const CudaFrame& frame, std::uint32_t* results) const;
  live::Pixels pixels_of(const void* data) const {
    live::Pixels pixels;
    pixels.data = data;
    pixels.row_bytes = std::int64_t{4} * info.pitch;
    pixels.plane_bytes = pixels.row_bytes * info.height;
    return pixels;
  }
  std::size_t plane_words() const { return static_cast<std::size_t>(info.pitch) * info.height; }

  const CudaTickInfo info;
  // Destroyed in reverse: the stream's work has ended before its memory goes.
  DeviceMemory moments, copy, colors, statistics[2], finished_blocks;
  std::vector<FrameSlot> frames;
  std::vector<Event> references;
  void* stream = nullptr;

  PixelFormat copy_format = PixelFormat::rgba8;  // rgba8 or planar32f, as the reference came
  std::int32_t multiprocessors = 0;
  std::optional<bool> moments_of_codes;
  bool frames_are_codes = true;
  int turn = 0;
};

CudaTick::CudaTick(const CudaTickInfo& info) : impl_(std::make_unique<Impl>(info)) {
  const cuda::CurrentDevice current(info.device);
  Impl& i = *impl_;
  i.stream = cuda::create_stream(info.device);
  check(cudaDeviceGetAttribute(&i.multiprocessors, cudaDevAttrMultiProcessorCount, info.device),
        "asking for the device's multiprocessors");
  i.moments = device_memory(3 * i.plane_words() * sizeof(live::ReferenceMoments));
  i.copy = device_memory(3 * i.plane_words() * sizeof(float));
  const std::size_t words = statistics_words();
  for (DeviceMemory& statistics : i.statistics) {
    statistics = device_memory(4 * words);
    check(cudaMemsetAsync(statistics.get(), 0, 4 * words, static_cast<cudaStream_t>(i.stream)),
          "clearing the statistics");
  }
  i.finished_blocks = device_memory(sizeof(std::uint32_t));
  check(
      cudaMemsetAsync(i.finished_blocks.get(), 0, sizeof(std::uint32_t), static_cast<cudaStream_t>(i.stream)),
      "clearing the count of blocks");
  i.colors = device_memory(info.colors.size_bytes());
  check(cudaMemcpy(i.colors.get(), info.colors.data(), info.colors.size_bytes(), cudaMemcpyHostToDevice),
        "uploading the colour maps");
  i.references.resize(info.reference_slots);
  for (std::uint32_t s = 0; s < info.frame_slots; ++s) {
    FrameSlot& slot = i.frames.emplace_back();
    void* pinned = nullptr;
    check(cudaHostAlloc(&pinned, 4 * words, cudaHostAllocDefault), "allocating memory for results");
    slot.words.reset(static_cast<std::uint32_t*>(pinned));
  }
}

CudaTick::~CudaTick() = default;

std::size_t CudaTick::statistics_words() const {
  const CudaTickInfo& info = impl_->info;
  return std::max(live::live_statistics_words(info.width, info.height, false),
                  live::live_statistics_words(info.width, info.height, true, impl_->multiprocessors));
}

// Of the reference's copy, as frames of this kind want them.
live::LiveReference CudaTick::Impl::moments_op(bool codes) const {
  live::LiveReference op;
  op.source = pixels_of(copy.get());
  op.source_format = copy_format;
  op.width = info.width;
  op.height = info.height;
  op.window = info.window;
  op.codes = codes;
  op.moments = static_cast<live::ReferenceMoments*>(moments.get());
  op.moments_pitch = info.pitch;
  return op;
}

live::LiveSsim CudaTick::Impl::frame_op(const CudaFrame& frame, std::uint32_t* results) const {
  live::LiveSsim op;
  op.frame = pixels_of(frame.frame.data);
  op.frame_format = frame.frame.codes ? PixelFormat::rgba8 : PixelFormat::planar32f;
  op.reference = pixels_of(copy.get());
  op.reference_format = copy_format;
  op.moments = static_cast<const live::ReferenceMoments*>(moments.get());
  op.moments_pitch = info.pitch;
  op.width = info.width;
  op.height = info.height;
  op.window = info.window;
  op.border = info.valid ? info.window.radius : 0;
  op.worst = frame.worst;
  op.colors_per_unit = (kFgColors - 1) / (frame.best - frame.worst);
  op.colors = static_cast<const std::uint32_t*>(colors.get()) + frame.color_map * kFgColorEntries;
  op.map_surface = frame.map_surface;
  op.heatmap_surface = frame.heatmap_surface;
  op.statistics = static_cast<std::uint32_t*>(statistics[turn].get());
  op.next_bins = static_cast<std::uint32_t*>(statistics[turn ^ 1].get());
  op.results = results;
  op.finished_blocks = static_cast<std::uint32_t*>(finished_blocks.get());
  op.multiprocessors = multiprocessors;
  return op;
}

void CudaTick::start_reference(const CudaSource& source, std::uint32_t slot) {
  Impl& i = *impl_;
  const cuda::CurrentDevice current(i.info.device);
  i.copy_format = source.codes ? PixelFormat::rgba8 : PixelFormat::planar32f;
  const bool codes = source.codes && i.frames_are_codes;
  live::LiveReference op = i.moments_op(codes);
  op.source = i.pixels_of(source.data);
  op.copy = i.copy.get();
  op.copy_row_bytes = op.source.row_bytes;
  op.copy_plane_bytes = op.source.plane_bytes;
  cuda::live_reference(op, i.stream);
  i.moments_of_codes = codes;
  i.references[slot].record(i.stream);
}

void CudaTick::start_frame(const CudaFrame& frame, std::uint32_t slot) {
  Impl& i = *impl_;
  const cuda::CurrentDevice current(i.info.device);
  FrameSlot& s = i.frames[slot];
  i.frames_are_codes = frame.frame.codes;
  const bool codes = frame.frame.codes && i.copy_format == PixelFormat::rgba8;
  s.begin.record(i.stream);
  if (i.moments_of_codes != codes) {
    cuda::live_reference(i.moments_op(codes), i.stream);
    i.moments_of_codes = codes;
  }
  cuda::live_ssim(i.frame_op(frame, s.words.get()), i.stream);
  s.count = live::live_statistics_words(i.info.width, i.info.height, codes, i.multiprocessors);
  s.end.record(i.stream);
  i.turn ^= 1;
}

bool CudaTick::reference_ended(std::uint32_t slot) const { return impl_->references[slot].passed(); }
bool CudaTick::frame_ended(std::uint32_t slot) const { return impl_->frames[slot].end.passed(); }

std::span<const std::uint32_t> CudaTick::words(std::uint32_t slot) const {
  return {impl_->frames[slot].words.get(), impl_->frames[slot].count};
}

std::uint64_t CudaTick::nanoseconds(std::uint32_t slot) const {
  float milliseconds = 0;
  const FrameSlot& s = impl_->frames[slot];
  if (cudaEventElapsedTime(&milliseconds, s.begin.get(), s.end.get()) != cudaSuccess) return 0;
  return static_cast<std::uint64_t>(milliseconds * 1e6);
}

}  // namespace fg::interop
