#pragma once
// What the ops on pairs of volumes by SSIM share: ssim2d_checks.h with a third axis.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/ssim/ssim3d.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {

struct VolumeShape {
  std::int64_t batch = 1, channels = 1, depth = 1, height = 1, width = 1;
  bool operator==(const VolumeShape&) const = default;
};

VolumeShape volume_shape(const Checker& check, const char* name, const DLTensor& t, FgLayout layout);

// The pair of volumes: alike in shape, dtype and device. Returns their shape, cut to the scored channels.
VolumeShape checked_volumes(const Checker& check, const DLTensor* x, const DLTensor* y,
                            const FgLayout& layout, std::int32_t channels, Purpose purpose);

// [N, C, D, H, W] in the layout of x, with as many dimensions as x.
std::vector<std::int64_t> shape_like(const DLTensor& x, FgLayout layout, const VolumeShape& shape);

// The view of the first `channels` channels. Shape and dtype are checked already.
template <class T>
VolumeBatchView<T> volume_view(const DLTensor& t, FgLayout layout, std::int64_t channels) {
  const VolumeShape shape = volume_shape(Checker(""), "", t, layout);
  const std::vector<std::int64_t> strides = strides_of(t);
  const auto stride = [&](int from_end) {  // 1: the last axis; 0 for an axis that is not there
    return from_end <= t.ndim ? strides[strides.size() - static_cast<std::size_t>(from_end)] : 0;
  };
  const int last = layout == FG_LAYOUT_NHWC ? 2 : 1;  // where the columns are
  VolumeBatchView<T> view;
  view.data = reinterpret_cast<T*>(first_byte(t));
  view.batch = shape.batch;
  view.channels = channels;
  view.depth = static_cast<std::int32_t>(shape.depth);
  view.height = static_cast<std::int32_t>(shape.height);
  view.width = static_cast<std::int32_t>(shape.width);
  view.batch_stride = stride(5);
  view.channel_stride = layout == FG_LAYOUT_NHWC ? stride(1) : stride(4);
  view.slice_stride = stride(last + 2);
  view.row_stride = stride(last + 1);
  view.column_stride = stride(last);
  return view;
}

template <class Op>
VolumeShape check_ssim3d(const Checker& check, const Op& op, Purpose purpose) {
  const VolumeShape shape = checked_volumes(check, op.x, op.y, op.layout, op.channels, purpose);
  check_window(check, op.window);
  check_padding(check, op.padding);
  check_constants(check, *op.x, op.data_range, op.k1, op.k2);
  if (op.padding == FG_PADDING_VALID)
    check.expect(shape.depth >= op.window && shape.height >= op.window && shape.width >= op.window,
                 "the volumes are " + std::to_string(shape.depth) + " x " + std::to_string(shape.height) +
                     " x " + std::to_string(shape.width) +
                     " (depth x height x width), smaller than the window of " + std::to_string(op.window) +
                     " with FG_PADDING_VALID; take a smaller window or FG_PADDING_SAME",
                 ErrorCode::size_mismatch);
  return shape;
}

template <class Op>
std::vector<std::int64_t> ssim3d_map_shape(const Op& op, VolumeShape shape) {
  const std::int64_t less = op.padding == FG_PADDING_VALID ? op.window - 1 : 0;
  shape.depth -= less;
  shape.height -= less;
  shape.width -= less;
  return shape_like(*op.x, op.layout, shape);
}

template <class Op>
void check_ssim3d_outputs(const Checker& check, const Op& op, const VolumeShape& shape) {
  if (op.map != nullptr)
    check_output(check, "map", op.map, *op.x, is_float32, "float32", ssim3d_map_shape(op, shape),
                 kMapMeaning);
  check_score_outputs(check, *op.x, op.scores, op.mean, {shape.batch, shape.channels});
}

template <class T, class Op>
Ssim3d<T> ssim3d_of(const Op& op, const VolumeShape& shape, Purpose purpose) {
  Ssim3d<T> kernel;
  kernel.x = volume_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = volume_view<const T>(*op.y, op.layout, shape.channels);
  set_formula<T>(kernel, op);
  if (purpose == Purpose::scratch) return kernel;
  if (op.map != nullptr) kernel.map = volume_view<float>(*op.map, op.layout, shape.channels);
  set_scores(kernel, op);
  return kernel;
}

}  // namespace fg::abi
