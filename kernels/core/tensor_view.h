#pragma once
// Views of the caller's memory: pointer, extents, strides in elements. They borrow, and are passed by value.

#include <cstddef>
#include <cstdint>

#include "shaders/shared/portable.h"

namespace fg {

// One channel of one image.
template <class T>
struct PlaneView {
  T* data = nullptr;
  std::int32_t height = 0, width = 0;
  std::int64_t row_stride = 0, column_stride = 0;  // elements; 4 between the columns of RGBA, for instance

  FG_HD T* row(std::int32_t y) const { return data + y * row_stride; }
  FG_HD T& at(std::int32_t y, std::int32_t x) const { return data[y * row_stride + x * column_stride]; }
};

// A batch of images. NCHW and NHWC differ in their strides alone; data == nullptr: there is none.
template <class T>
struct ImageView {
  T* data = nullptr;
  std::int64_t batch = 0, channels = 0;
  std::int32_t height = 0, width = 0;
  std::int64_t batch_stride = 0, channel_stride = 0, row_stride = 0, column_stride = 0;  // elements

  FG_HD std::int64_t planes() const { return batch * channels; }
  FG_HD PlaneView<T> plane(std::int64_t n, std::int64_t c) const {
    PlaneView<T> p;  // all but the pointer straight from the view: in a kernel these stay constants
    p.data = data == nullptr ? nullptr : data + n * batch_stride + c * channel_stride;
    p.height = height;
    p.width = width;
    p.row_stride = row_stride;
    p.column_stride = column_stride;
    return p;
  }
  // index: n * channels + c. An image that is not there has no channels to divide by.
  FG_HD PlaneView<T> plane(std::int64_t index) const {
    return data == nullptr ? PlaneView<T>() : plane(index / channels, index % channels);
  }
};

// The same memory, not to be written.
template <class T>
PlaneView<const T> read_only(const PlaneView<T>& v) {
  return {v.data, v.height, v.width, v.row_stride, v.column_stride};
}
template <class T>
ImageView<const T> read_only(const ImageView<T>& v) {
  return {v.data,         v.batch,          v.channels,   v.height,       v.width,
          v.batch_stride, v.channel_stride, v.row_stride, v.column_stride};
}

// A table of numbers, for instance scores [N, C]; data == nullptr: there is none.
template <class T>
struct TableView {
  T* data = nullptr;
  std::int64_t rows = 0, columns = 0;
  std::int64_t row_stride = 0, column_stride = 0;  // elements

  FG_HD T& at(std::int64_t row, std::int64_t column) const {
    return data[row * row_stride + column * column_stride];
  }
};

// One number for each image; data == nullptr: there are none.
template <class T>
struct NumberColumn {
  T* data = nullptr;
  std::int64_t stride = 0;  // elements

  FG_HD T& at(std::int64_t n) const { return data[n * stride]; }
};

// Working memory of an op, the caller's: as large as the op's ..._scratch_bytes() says, 16-byte aligned.
struct Scratch {
  void* data = nullptr;
  std::size_t size_bytes = 0;
};
inline constexpr std::size_t kScratchAlignmentBytes = 16;

// Extents up to here keep every index of a plane in 32 bits, halo included.
inline constexpr std::int64_t kMaxExtent = std::int64_t{1} << 30;

}  // namespace fg
