#include "plugin/abi/ssim3d_checks.h"

namespace fg::abi {

VolumeShape volume_shape(const Checker& check, const char* name, const DLTensor& t, FgLayout layout) {
  const int rank = t.ndim;
  const int least = layout == FG_LAYOUT_NHWC ? 4 : 3;
  check.expect(rank >= least && rank <= 5,
               std::string(name) + " has " + std::to_string(rank) + " dimensions; expected " +
                   (layout == FG_LAYOUT_NHWC ? "[N, D, H, W, C] or [D, H, W, C]"
                                             : "[N, C, D, H, W], [C, D, H, W] or [D, H, W]"));
  const std::int64_t* last = t.shape + rank;  // one past the end
  VolumeShape s;
  if (rank == 5) s.batch = t.shape[0];
  if (layout == FG_LAYOUT_NHWC)
    s.channels = *--last;
  else if (rank >= 4)
    s.channels = last[-4];
  s.depth = last[-3];
  s.height = last[-2];
  s.width = last[-1];
  return s;
}

VolumeShape checked_volumes(const Checker& check, const DLTensor* x, const DLTensor* y,
                            const FgLayout& layout, std::int32_t channels, Purpose purpose) {
  return checked_shape<VolumeShape>(check, x, y, layout, channels, purpose, volume_shape, "volumes");
}

std::vector<std::int64_t> shape_like(const DLTensor& x, FgLayout layout, const VolumeShape& shape) {
  std::vector<std::int64_t> like =
      layout == FG_LAYOUT_NHWC
          ? std::vector{shape.batch, shape.depth, shape.height, shape.width, shape.channels}
          : std::vector{shape.batch, shape.channels, shape.depth, shape.height, shape.width};
  like.erase(like.begin(), like.end() - x.ndim);
  return like;
}

}  // namespace fg::abi
