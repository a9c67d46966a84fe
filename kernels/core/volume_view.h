#pragma once
// Views of volumes, in the manner of tensor_view.h: they borrow, and are passed by value.

#include <cstdint>

#include "kernels/core/tensor_view.h"

namespace fg {

// One channel of one volume.
template <class T>
struct VolumeView {
  T* data = nullptr;
  std::int32_t depth = 0, height = 0, width = 0;
  std::int64_t slice_stride = 0, row_stride = 0, column_stride = 0;  // elements

  FG_HD T& at(std::int32_t z, std::int32_t y, std::int32_t x) const {
    return data[z * slice_stride + y * row_stride + x * column_stride];
  }
  FG_HD PlaneView<T> slice(std::int32_t z) const {
    PlaneView<T> p;
    p.data = data == nullptr ? nullptr : data + z * slice_stride;
    p.height = height;
    p.width = width;
    p.row_stride = row_stride;
    p.column_stride = column_stride;
    return p;
  }
};

// A batch of volumes. NCDHW and NDHWC differ in their strides alone; data == nullptr: there is none.
template <class T>
struct VolumeBatchView {
  T* data = nullptr;
  std::int64_t batch = 0, channels = 0;
  std::int32_t depth = 0, height = 0, width = 0;
  std::int64_t batch_stride = 0, channel_stride = 0, slice_stride = 0, row_stride = 0, column_stride = 0;

  FG_HD std::int64_t volumes() const { return batch * channels; }
  FG_HD VolumeView<T> volume(std::int64_t n, std::int64_t c) const {
    VolumeView<T> v;  // all but the pointer straight from the view: in a kernel these stay constants
    v.data = data == nullptr ? nullptr : data + n * batch_stride + c * channel_stride;
    v.depth = depth;
    v.height = height;
    v.width = width;
    v.slice_stride = slice_stride;
    v.row_stride = row_stride;
    v.column_stride = column_stride;
    return v;
  }
  // index: n * channels + c. A volume that is not there has no channels to divide by.
  FG_HD VolumeView<T> volume(std::int64_t index) const {
    return data == nullptr ? VolumeView<T>() : volume(index / channels, index % channels);
  }
};

}  // namespace fg
