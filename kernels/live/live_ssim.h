#pragma once
// SSIM of a live frame against a reference that stays: what a renderer's tick runs on CUDA.
//
// The reference's window moments are made once (live_reference). A tick then needs three filtered images instead of
// four, of d = x - y, d^2 and d y, and one kernel does the rest: map, heatmap, histogram, pixel errors and sums
// (live_ssim). Both are plain kernels with one plain parameter struct, so that they can be launched on a CUDA
// stream (the functions below) or recorded into a Vulkan command buffer. Their shared memory is static, and no more than
// the 48 KB that a graphics queue gives all blocks of a multiprocessor together (live_tile.cuh).
//
// Conventions are the shader executor's (shaders/ssim): three channels, the map is their mean, the words that a frame
// leaves behind are those of shaders/shared/frame_statistics.h, a record for each block.

#include <cstddef>
#include <cstdint>

#include "kernels/live/live_pixels.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"
#include "shaders/shared/frame_statistics.h"
#include "shaders/shared/ssim_passes.h"

namespace fg::live {

// Of a window of the reference, one channel, in the units of the samples, as the terms want it.
struct alignas(8) ReferenceMoments {
  float four_means;      // 4 Y
  float four_variances;  // 4 VY + 2 c2
};

// Of an H200; where the device's own count is not known.
inline constexpr std::int32_t kUsualMultiprocessors = 132;

// A frame's measurement: pointers are device memory. Everything is borrowed until the kernel has run.
struct LiveSsim {
  Pixels frame;
  PixelFormat frame_format = PixelFormat::rgba8;
  Pixels reference;  // rgba8 or planar32f
  PixelFormat reference_format = PixelFormat::rgba8;
  const ReferenceMoments* moments = nullptr;  // [3, height, moments_pitch], of live_reference
  std::int32_t moments_pitch = 0;             // elements; a multiple of 2
  std::int32_t width = 0, height = 0;
  WindowTaps window;
  std::int32_t border =
      0;  // 0: zeros outside count (same); the window's radius: only windows inside do (valid)
  // Of a heatmap: map value `worst` has colour 0, a step of 1 is colors_per_unit colours.
  float worst = 0, colors_per_unit = 0;
  const std::uint32_t* colors = nullptr;          // [kFgColorEntries], RGBA8
  float* map = nullptr;                           // [height, map_pitch]; NaN in the border
  std::uint32_t* heatmap = nullptr;               // [height, heatmap_pitch], RGBA8
  std::int32_t map_pitch = 0, heatmap_pitch = 0;  // elements
  // Or images: cudaSurfaceObject_t of one float and of 4 bytes a pixel, used where map and heatmap are null.
  std::uint64_t map_surface = 0, heatmap_surface = 0;
  // frame_statistics.h: the bins, zero when the kernel starts, and a record of each block, written.
  std::uint32_t* statistics = nullptr;  // [live_statistics_words(width, height, codes, multiprocessors)]
  // Where the block that ends last leaves a copy of the statistics, or null: memory of the host, say. It is the last because it
  // has counted the blocks that ended.
  std::uint32_t* results = nullptr;  // as statistics
  std::uint32_t* finished_blocks =
      nullptr;  // [1], with results: 0 when the kernel starts, and again when it has ended
  // Bins that the kernel leaves zero, those of the next frame: two buffers take turns, and nobody has to clear them.
  std::uint32_t* next_bins = nullptr;  // [kFgMapBins], or null
  // Of the device. Codes are dealt out to a block for each, so that the order of their sums hangs on it.
  std::int32_t multiprocessors = kUsualMultiprocessors;
};
// (k1 L)^2 and (k2 L)^2 with k1 = 0.01, k2 = 0.03 and L the range of the samples.
FG_HD FgSsimConstants live_constants(bool codes) {
  const float range = codes ? 255.0f : 1.0f;
  return {1e-4f * range * range, 9e-4f * range * range};
}

// The moments of a reference, and a copy of it in the format that frames are scored against: rgba8 of an rgba8 source, else
// planar32f. codes: frames will be rgba8 too, samples are then codes (kInCodes).
struct LiveReference {
  Pixels source;
  PixelFormat source_format = PixelFormat::rgba8;
  std::int32_t width = 0, height = 0;
  WindowTaps window;
  bool codes = false;
  ReferenceMoments* moments = nullptr;  // [3, height, moments_pitch]
  std::int32_t moments_pitch = 0;
  void* copy = nullptr;  // of the source, or null: frames are then scored against the source itself
  std::int64_t copy_row_bytes = 0, copy_plane_bytes = 0;
};

// A record for each block of the kernel, which is another one where frame and reference are of 8 bits (codes).
std::size_t live_statistics_words(std::int32_t width, std::int32_t height, bool codes,
                                  std::int32_t multiprocessors = kUsualMultiprocessors);

}  // namespace fg::live

namespace fg::cuda {
// stream is a cudaStream_t of the current device. They launch and return.
void live_reference(const live::LiveReference& op, void* stream);
void live_ssim(const live::LiveSsim& op, void* stream);
}  // namespace fg::cuda
