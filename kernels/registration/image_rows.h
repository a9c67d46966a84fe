#pragma once
// Rows of the caller's images, as samples that lie next to each other.

#include <cstdint>

#include "kernels/core/tensor_view.h"

namespace fg::cpu {

// `count` samples of a row: the caller's own, or a copy of them where they lie apart.
inline const float* row_samples(const PlaneView<const float>& plane, int row, int column, int count,
                                float* copy) {
  if (plane.data == nullptr) return nullptr;
  const float* from = &plane.at(row, column);
  if (plane.column_stride == 1) return from;
  for (int i = 0; i < count; ++i) copy[i] = from[i * plane.column_stride];
  return copy;
}

// Where `count` samples of a row are made: in the row itself, or in `apart`, from where put_row() brings them there.
inline float* row_target(const PlaneView<float>& plane, int row, int column, float* apart) {
  return plane.column_stride == 1 ? &plane.at(row, column) : apart;
}
inline void take_row(const PlaneView<float>& plane, int row, int column, int count, float* apart) {
  if (plane.column_stride == 1) return;
  const float* from = &plane.at(row, column);
  for (int i = 0; i < count; ++i) apart[i] = from[i * plane.column_stride];
}
inline void put_row(const PlaneView<float>& plane, int row, int column, int count, const float* apart) {
  if (plane.column_stride == 1) return;
  float* to = &plane.at(row, column);
  for (int i = 0; i < count; ++i) to[i * plane.column_stride] = apart[i];
}

}  // namespace fg::cpu
