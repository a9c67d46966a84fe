#pragma once
// Reads an FgDrr, or says why not.

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "framegauge/drr.h"
#include "kernels/drr/drr.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {

// What the images of a DRR are.
struct DrrShape {
  std::int64_t batch = 1, channels = 1, height = 1, width = 1;
  bool rays = false;  // a list: [B, C, n], n is the width

  std::vector<std::int64_t> images() const { return of(channels); }
  std::vector<std::int64_t> slopes() const { return of(kDrrSlopes); }
  std::vector<std::int64_t> of(std::int64_t planes) const {
    return rays ? std::vector<std::int64_t>{batch, planes, width}
                : std::vector<std::int64_t>{batch, planes, height, width};
  }
};

// Everything but the images' memory. images: the tensor that has their shape.
DrrShape check_drr(const Checker& check, const FgDrr& op, const char* images_name, const DLTensor* images,
                   Purpose purpose);

// The slopes, as output or input; they may be NULL.
void check_slopes(const Checker& check, const FgDrr& op, const DrrShape& shape, Purpose purpose);

std::vector<NamedTensor> drr_inputs(const FgDrr& op);

NumbersView numbers_view(const DLTensor* t, int rank);

// All that does not depend on the type of the voxels.
struct DrrParts {
  FgDrrValues values;
  DrrLabels labels;
  double world_to_voxel[12];
  NumbersView poses;
  DrrRays rays;
  FgDrrSampling sampling;
};
DrrParts drr_parts(const FgDrr& op, const DrrShape& shape, Purpose purpose);

template <class T>
VolumeView<T> plain_volume(const DLTensor& t) {
  const std::vector<std::int64_t> strides = strides_of(t);
  VolumeView<T> view;
  view.data = reinterpret_cast<T*>(first_byte(t));
  view.depth = static_cast<std::int32_t>(t.shape[0]);
  view.height = static_cast<std::int32_t>(t.shape[1]);
  view.width = static_cast<std::int32_t>(t.shape[2]);
  view.slice_stride = strides[0];
  view.row_stride = strides[1];
  view.column_stride = strides[2];
  return view;
}

// [B, C, h, w], or [B, C, n] as one row. Without data: of this shape.
template <class E>
ImageView<E> drr_images(const DLTensor& t, const DrrShape& shape) {
  const std::vector<std::int64_t> strides = strides_of(t);
  ImageView<E> view;
  view.data = reinterpret_cast<E*>(first_byte(t));
  view.batch = shape.batch;
  view.channels = t.shape[1];
  view.height = static_cast<std::int32_t>(shape.height);
  view.width = static_cast<std::int32_t>(shape.width);
  view.batch_stride = strides[0];
  view.channel_stride = strides[1];
  view.row_stride = shape.rays ? 0 : strides[2];
  view.column_stride = strides.back();
  return view;
}

template <class T>
Drr<T> drr_of(const FgDrr& op, const DrrShape& shape, const DLTensor& images, Purpose purpose) {
  const DrrParts parts = drr_parts(op, shape, purpose);
  Drr<T> kernel;
  kernel.volume = plain_volume<const T>(*op.volume);
  kernel.values = parts.values;
  kernel.labels = parts.labels;
  std::copy(parts.world_to_voxel, parts.world_to_voxel + 12, kernel.world_to_voxel);
  kernel.poses = parts.poses;
  kernel.rays = parts.rays;
  kernel.sampling = parts.sampling;
  kernel.method = op.method == FG_DRR_SIDDON ? DrrMethod::siddon : DrrMethod::trilinear;
  kernel.reduction = op.reduction == FG_DRR_MAXIMUM ? DrrReduction::maximum : DrrReduction::sum;
  kernel.images = drr_images<float>(images, shape);
  if (op.slopes != nullptr) kernel.slopes = drr_images<float>(*op.slopes, shape);
  return kernel;
}

// body.operator()<T>() for the voxels' type.
template <class Body>
auto with_voxel(DLDataType type, const Body& body) {
  if (is_float16(type)) return body.template operator()<Half>();
  if (is_type(type, kDLInt, 16)) return body.template operator()<std::int16_t>();
  if (is_type(type, kDLUInt, 16)) return body.template operator()<std::uint16_t>();
  return body.template operator()<float>();
}

}  // namespace fg::abi
