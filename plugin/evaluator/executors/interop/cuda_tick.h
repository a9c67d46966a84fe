#pragma once
// The CUDA side of the interop executor: one frame size on one device. Work goes to a stream, in the order of the calls,
// and nothing waits for it but the destructor.

#include <cstdint>
#include <memory>
#include <span>

#include "kernels/ssim/window.h"

namespace fg::interop {

struct CudaTickInfo {
  int device = 0;
  std::int32_t width = 0, height = 0;  // pixels
  std::int32_t pitch = 0;              // of sources, elements: a multiple of 2
  WindowTaps window;
  bool valid = false;  // only windows inside the image count
  std::uint32_t frame_slots = 0, reference_slots = 0;
  std::span<const std::uint32_t> colors;  // a table of kFgColorEntries words for each colour map; copied
};

// Pixels that Vulkan left: words of four codes, or three planes of floats, rows CudaTickInfo.pitch apart.
struct CudaSource {
  const void* data = nullptr;
  bool codes = false;
};

struct CudaFrame {
  CudaSource frame;
  std::uint64_t map_surface = 0, heatmap_surface = 0;
  int color_map = 0;          // FgColorMap
  float worst = 0, best = 1;  // map values of the first and the last colour
};

class CudaTick {
 public:
  explicit CudaTick(const CudaTickInfo& info);
  ~CudaTick();  // waits for the stream
  CudaTick(const CudaTick&) = delete;
  CudaTick& operator=(const CudaTick&) = delete;

  // The source is copied by the stream; frames started later are scored against it.
  void start_reference(const CudaSource& source, std::uint32_t slot);
  void start_frame(const CudaFrame& frame, std::uint32_t slot);
  // Whether the work of the slot's latest start has ended. Throw Error when the device's work failed.
  bool reference_ended(std::uint32_t slot) const;
  bool frame_ended(std::uint32_t slot) const;

  std::size_t statistics_words() const;  // the most that a frame leaves
  // Of an ended frame: the words of frame_statistics.h, and its time on the device.
  std::span<const std::uint32_t> words(std::uint32_t slot) const;
  std::uint64_t nanoseconds(std::uint32_t slot) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fg::interop
