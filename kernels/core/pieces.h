#pragma once
// Hands out a block of memory piece by piece.

#include <cstddef>
#include <cstdint>

#include "kernels/core/tensor_view.h"

namespace fg {

// Without memory it counts: the same calls say how much is needed, and later where each piece lies.
class Pieces {
 public:
  explicit Pieces(void* data) : begin_(static_cast<char*>(data)) {}

  template <class E>
  E* take(std::int64_t count) {
    E* piece = begin_ == nullptr ? nullptr : reinterpret_cast<E*>(begin_ + used_);
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(E);
    used_ += (bytes + kScratchAlignmentBytes - 1) / kScratchAlignmentBytes * kScratchAlignmentBytes;
    return piece;
  }
  // Planar images, row after row.
  ImageView<float> take_images(std::int64_t batch, std::int64_t channels, std::int32_t height,
                               std::int32_t width) {
    ImageView<float> view;
    view.batch = batch;
    view.channels = channels;
    view.height = height;
    view.width = width;
    view.column_stride = 1;
    view.row_stride = width;
    view.channel_stride = std::int64_t{height} * width;
    view.batch_stride = channels * view.channel_stride;
    view.data = take<float>(view.planes() * view.channel_stride);
    return view;
  }
  std::size_t used_bytes() const { return used_; }

 private:
  char* begin_;
  std::size_t used_ = 0;
};

}  // namespace fg
