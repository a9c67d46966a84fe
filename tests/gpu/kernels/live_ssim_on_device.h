#pragma once
// A live frame's measurement on CUDA device 0: memory for everything that the kernels need, and their results.

#include <cstdint>
#include <vector>

#include "kernels/live/live_ssim.h"
#include "tests/gpu/kernels/cuda_image.h"
#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/live/live_case.h"

namespace fg::test {

inline constexpr cudaChannelFormatDesc kFourBytes = {8, 8, 8, 8, cudaChannelFormatKindUnsigned};
inline constexpr cudaChannelFormatDesc kOneFloat = {32, 0, 0, 0, cudaChannelFormatKindFloat};

// Where a renderer has its images: the frame (of 8 bits) behind a texture, map and heatmap behind surfaces.
struct LiveImages {
  bool frame = false, outputs = false;
};

class LiveOnDevice {
 public:
  LiveOnDevice(const LivePicture& frame, const LivePicture& reference, const LiveOptions& options = {},
               const LiveImages& images = {})
      : width_(frame.width),
        height_(frame.height),
        multiprocessors_(options.multiprocessors),
        codes_(frame.format == live::PixelFormat::rgba8 && reference.format == live::PixelFormat::rgba8),
        frame_(frame.memory),
        reference_(reference.memory),
        copy_(static_cast<std::size_t>(3 * copy_row_bytes() * height_)),
        moments_(static_cast<std::size_t>(3 * pitch() * height_)),
        colors_(numbered_colors()),
        map_(std::vector<float>(static_cast<std::size_t>(pitch() * height_), -7)),
        heatmap_(std::vector<std::uint32_t>(static_cast<std::size_t>(pitch() * height_), 0xDEADu)),
        statistics_{DeviceArray<std::uint32_t>(std::vector<std::uint32_t>(words())),
                    DeviceArray<std::uint32_t>(std::vector<std::uint32_t>(words(), 7))},
        results_(std::vector<std::uint32_t>(words(), 9)),
        finished_blocks_(std::vector<std::uint32_t>(1)) {
    using live::PixelFormat;
    const bool reference_codes = reference.format == PixelFormat::rgba8;
    filter_.source = reference.pixels(reference_.data());
    filter_.source_format = reference.format;
    filter_.width = width_;
    filter_.height = height_;
    filter_.window = gaussian_window(options.window / 2);
    filter_.codes = codes_;
    filter_.moments = moments_.data();
    filter_.moments_pitch = pitch();
    filter_.copy = copy_.data();
    filter_.copy_row_bytes = copy_row_bytes();
    filter_.copy_plane_bytes = copy_row_bytes() * height_;

    op_.frame = frame.pixels(frame_.data());
    op_.frame_format = frame.format;
    op_.reference = {copy_.data(), filter_.copy_row_bytes, filter_.copy_plane_bytes, {0, 1, 2}};
    op_.reference_format = reference_codes ? PixelFormat::rgba8 : PixelFormat::planar32f;
    op_.moments = moments_.data();
    op_.moments_pitch = pitch();
    op_.width = width_;
    op_.height = height_;
    op_.window = filter_.window;
    op_.multiprocessors = multiprocessors_;
    op_.border = options.valid ? options.window / 2 : 0;
    op_.worst = 1;  // errors are hot
    op_.colors_per_unit = -(kFgColors - 1);
    op_.colors = colors_.data();
    op_.map = map_.data();
    op_.heatmap = heatmap_.data();
    op_.map_pitch = op_.heatmap_pitch = pitch();
    if (images.frame) {
      frame_image_ = CudaImage(width_, height_, kFourBytes, frame.memory.data(),
                               static_cast<std::size_t>(frame.row_bytes()));
      op_.frame = live::pixels_of_texture(frame_image_.texture(), width_, height_);
      op_.frame_format = PixelFormat::texture8;
    }
    if (images.outputs) {
      map_image_ = CudaImage(width_, height_, kOneFloat);
      heatmap_image_ = CudaImage(width_, height_, kFourBytes);
      op_.map = nullptr;
      op_.heatmap = nullptr;
      op_.map_surface = map_image_.surface();
      op_.heatmap_surface = heatmap_image_.surface();
    }
  }

  void filter_reference(cudaStream_t stream) const { fg::cuda::live_reference(filter_, stream); }
  // Two buffers of statistics take turns.
  void score(cudaStream_t stream) {
    op_.statistics = statistics_[turn_].data();
    op_.next_bins = statistics_[turn_ ^ 1].data();
    op_.results = results_.data();
    op_.finished_blocks = finished_blocks_.data();
    fg::cuda::live_ssim(op_, stream);
    turn_ ^= 1;
  }

  // What the last block has copied to results() is what all blocks have left, and the next frame's count starts at 0.
  bool results_are_complete() const {
    return results_.read() == statistics_[turn_ ^ 1].read() && finished_blocks_.read()[0] == 0;
  }
  LiveOutput results() const {
    LiveOutput out;
    out.statistics = results_.read();
    if (op_.map == nullptr) {
      out.map = map_image_.read<float>();
      out.heatmap = heatmap_image_.read<std::uint32_t>();
      return out;
    }
    const std::vector<float> map = map_.read();
    const std::vector<std::uint32_t> heatmap = heatmap_.read();
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x) {
        out.map.push_back(map[static_cast<std::size_t>(y * pitch() + x)]);
        out.heatmap.push_back(heatmap[static_cast<std::size_t>(y * pitch() + x)]);
      }
    return out;
  }

 private:
  std::int32_t pitch() const { return (width_ + 3) / 4 * 4; }
  std::size_t words() const { return live::live_statistics_words(width_, height_, codes_, multiprocessors_); }
  std::int64_t copy_row_bytes() const { return std::int64_t{pitch()} * 4; }

  int width_, height_;
  std::int32_t multiprocessors_;
  bool codes_;
  CudaImage frame_image_, map_image_, heatmap_image_;
  DeviceArray<unsigned char> frame_, reference_, copy_;
  DeviceArray<live::ReferenceMoments> moments_;
  DeviceArray<std::uint32_t> colors_;
  DeviceArray<float> map_;
  DeviceArray<std::uint32_t> heatmap_;
  DeviceArray<std::uint32_t> statistics_[2], results_, finished_blocks_;
  int turn_ = 0;
  live::LiveReference filter_;
  live::LiveSsim op_;
};

}  // namespace fg::test
