#include "plugin/abi/drr_checks.h"

#include <algorithm>
#include <cmath>

namespace fg::abi {
namespace {

constexpr int kMostSamples = 65536;

// The last axis runs through memory element by element.
bool is_compact(const DLTensor& t) {
  return t.strides == nullptr || t.shape[t.ndim - 1] == 1 || t.strides[t.ndim - 1] == 1;
}

bool is_int32(DLDataType type) { return is_type(type, kDLInt, 32); }
bool is_number(DLDataType type) { return is_float32(type) || is_float64(type); }

void check_enums(const Checker& check, const FgDrr& op) {
  checked_enum(check, "numbers", op.numbers, 1, "FG_DRR_HOUNSFIELD (0) or FG_DRR_ATTENUATION (1)");
  checked_enum(check, "beam", op.beam, 1, "FG_DRR_CONE (0) or FG_DRR_PARALLEL (1)");
  checked_enum(check, "method", op.method, 1, "FG_DRR_TRILINEAR (0) or FG_DRR_SIDDON (1)");
  checked_enum(check, "reduction", op.reduction, 1, "FG_DRR_SUM (0) or FG_DRR_MAXIMUM (1)");
  checked_enum(check, "sampling", op.sampling, 2,
               "FG_DRR_SAMPLES_ON_SEGMENT (0), FG_DRR_SAMPLES_INSIDE (1) or FG_DRR_SAMPLES_BY_STEP (2)");
}

// An input beside the volume, on its device.
void check_beside(const Checker& check, const char* name, const DLTensor& t, const DLTensor& volume,
                  Purpose purpose) {
  check.tensor(name, &t, purpose == Purpose::run);
  check_device(check, name, t, "the volume", volume);
}

void check_shape(const Checker& check, const char* name, const DLTensor& t, bool holds,
                 const std::string& expected) {
  check.expect(holds, std::string(name) + " has shape " + shape_name(t) + "; expected " + expected,
               ErrorCode::size_mismatch);
}

void check_type(const Checker& check, const char* name, const DLTensor& t, bool (*is_expected)(DLDataType),
                const char* expected) {
  check.expect(is_expected(t.dtype),
               std::string(name) + " has dtype " + dtype_name(t.dtype) + "; expected " + expected);
}

void check_volume(const Checker& check, const FgDrr& op, Purpose purpose) {
  check.tensor("volume", op.volume, purpose == Purpose::run);
  const DLDataType type = op.volume->dtype;
  check.expect(
      is_float32(type) || is_float16(type) || is_type(type, kDLInt, 16) || is_type(type, kDLUInt, 16),
      "volume has dtype " + dtype_name(type) + "; expected float32, float16, int16 or uint16");
  check.expect(op.volume->ndim == 3,
               "volume has " + std::to_string(op.volume->ndim) +
                   " dimensions; expected [D, H, W]; of a series or of channels, pass one volume at a time");
  const double* const m = op.voxel_to_world;
  for (int i = 0; i < 16; ++i)
    check.expect(std::isfinite(m[i]),
                 "voxel_to_world holds NaN or infinity; pass the affine of the volume's header");
  check_last_row(check, "voxel_to_world", m + 12);
  double inverse[12];
  check.expect(invert_affine(m, inverse),
               "voxel_to_world is singular: it flattens the voxels; check the spacing and directions of the "
               "volume's header");
  double longest = 0;
  for (int axis = 0; axis < 3; ++axis)
    longest = std::max(longest,
                       std::sqrt(m[axis] * m[axis] + m[4 + axis] * m[4 + axis] + m[8 + axis] * m[8 + axis]) *
                           static_cast<double>(op.volume->shape[2 - axis]));
  check.expect(longest >= 1, "by voxel_to_world the volume is only " + text(longest) +
                                 " mm long; expected millimetres: multiply an affine in metres by 1000");
}

void check_numbers(const Checker& check, const FgDrr& op) {
  check_finite(check, "scale", op.scale);
  check_finite(check, "offset", op.offset);
  check.expect(op.scale != 0, "scale is 0, all voxels would be the same; pass 1 where there is none");
  for (const auto& [name, value] : {std::pair{"mu_water", op.mu_water}, {"mu_bone", op.mu_bone}})
    check.expect(std::isfinite(value) && value >= 0,
                 std::string(name) + " is " + text(value) + "; expected an attenuation in 1/mm, 0 or more");
  check_range(check, "hu_bone", op.hu_bone);
}

void check_labels(const Checker& check, const FgDrr& op, const DrrShape& shape, Purpose purpose) {
  if (op.labels == nullptr) {
    check.expect(op.label_channels == nullptr,
                 "label_channels is given but labels is NULL; pass both, or none");
    check.expect(shape.channels == 1,
                 "the images have " + std::to_string(shape.channels) +
                     " channels but labels is NULL; pass labels, or images of 1 channel",
                 ErrorCode::size_mismatch);
    return;
  }
  check_beside(check, "labels", *op.labels, *op.volume, purpose);
  check.expect(is_uint8(op.labels->dtype) || is_type(op.labels->dtype, kDLInt, 16),
               "labels has dtype " + dtype_name(op.labels->dtype) + "; expected uint8 or int16");
  check_shape(check, "labels", *op.labels,
              op.labels->ndim == 3 && std::equal(op.volume->shape, op.volume->shape + 3, op.labels->shape),
              "that of the volume, " + shape_name(*op.volume));
  if (op.label_channels == nullptr) return;
  check_beside(check, "label_channels", *op.label_channels, *op.volume, purpose);
  check_type(check, "label_channels", *op.label_channels, is_int32, "int32");
  check_shape(check, "label_channels", *op.label_channels,
              op.label_channels->ndim == 1 && is_compact(*op.label_channels), "[n], compact");
}

double number_at(const DLTensor& t, std::int64_t a, std::int64_t b, std::int64_t c) {
  return numbers_view(&t, 3).at(a, b, c);
}

// What can be looked at: CUDA memory cannot without waiting, and a pose that makes no sense gives NaN there.
void check_pose_numbers(const Checker& check, const DLTensor& poses) {
  const std::int64_t batch = poses.ndim == 3 ? poses.shape[0] : 1;
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::string which = "poses[" + std::to_string(b) + "]";
    for (std::int64_t i = 0; i < poses.shape[poses.ndim - 2]; ++i)
      for (std::int64_t j = 0; j < 4; ++j)
        check.expect(std::isfinite(number_at(poses, b, i, j)),
                     which + " holds NaN or infinity; expected camera_to_world");
    if (poses.shape[poses.ndim - 2] != 4) continue;
    const double last[] = {number_at(poses, b, 3, 0), number_at(poses, b, 3, 1), number_at(poses, b, 3, 2),
                           number_at(poses, b, 3, 3)};
    check_last_row(check, which, last);
  }
}

void check_poses(const Checker& check, const FgDrr& op, DrrShape& shape, Purpose purpose) {
  check.expect(op.poses != nullptr, "poses is NULL; pass camera_to_world of each image");
  check_beside(check, "poses", *op.poses, *op.volume, purpose);
  check_type(check, "poses", *op.poses, is_number, "float32 or float64");
  const DLTensor& t = *op.poses;
  check_shape(check, "poses", t,
              (t.ndim == 2 || t.ndim == 3) && t.shape[t.ndim - 1] == 4 &&
                  (t.shape[t.ndim - 2] == 3 || t.shape[t.ndim - 2] == 4),
              "[B, 4, 4], [B, 3, 4], [4, 4] or [3, 4]");
  shape.batch = t.ndim == 3 ? t.shape[0] : 1;
  if (purpose == Purpose::run && is_on_cpu(t)) check_pose_numbers(check, t);
}

void check_detector(const Checker& check, const FgDrr& op, const DrrShape& shape, Purpose purpose) {
  check.expect(op.height >= 0 && op.width >= 0 && op.row >= 0 && op.column >= 0,
               "height, width, row and column are " + std::to_string(op.height) + ", " +
                   std::to_string(op.width) + ", " + std::to_string(op.row) + " and " +
                   std::to_string(op.column) + "; none may be negative");
  if (op.pixels != nullptr) {
    check_beside(check, "pixels", *op.pixels, *op.volume, purpose);
    check_type(check, "pixels", *op.pixels, is_int32, "int32");
    const DLTensor& t = *op.pixels;
    check_shape(check, "pixels", t,
                (t.ndim == 1 || (t.ndim == 2 && t.shape[0] == shape.batch)) && is_compact(t),
                "[n] or [B, n] with B = " + std::to_string(shape.batch) + ", rows compact");
    check.expect(op.height >= 1 && op.width >= 1,
                 "pixels are given but the detector's height and width are " + std::to_string(op.height) +
                     " and " + std::to_string(op.width) + "; set both");
    check.expect(op.row == 0 && op.column == 0,
                 "row and column shift images of a window; with pixels, leave both 0");
  } else {
    const std::int64_t height = op.height == 0 ? shape.height : op.height,
                       width = op.width == 0 ? shape.width : op.width;
    check.expect(op.row + shape.height <= height && op.column + shape.width <= width,
                 "the images are " + std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                     " pixels from row " + std::to_string(op.row) + ", column " + std::to_string(op.column) +
                     " on; the detector has " + std::to_string(height) + " x " + std::to_string(width) +
                     " (height x width)",
                 ErrorCode::size_mismatch);
  }
  if (op.intrinsics != nullptr) {
    check_beside(check, "intrinsics", *op.intrinsics, *op.volume, purpose);
    check_type(check, "intrinsics", *op.intrinsics, is_number, "float32 or float64");
    check_shape(check, "intrinsics", *op.intrinsics,
                op.intrinsics->ndim == 2 && op.intrinsics->shape[0] == shape.batch &&
                    op.intrinsics->shape[1] == kDrrIntrinsics,
                "[" + std::to_string(shape.batch) + ", 5]: sdd, delx, dely, x0, y0 of each pose");
    return;
  }
  check_intrinsics(check, "", op);
}

void check_points(const Checker& check, const FgDrr& op, Purpose purpose) {
  check.expect(op.sources != nullptr && op.targets != nullptr,
               std::string(op.sources == nullptr ? "sources" : "targets") +
                   " is NULL; pass both ends of the rays, or neither");
  check.expect(op.pixels == nullptr && op.intrinsics == nullptr,
               "pixels or intrinsics are given together with targets; rays are either of a detector or "
               "between points");
  for (const auto& [name, t] : {std::pair{"targets", op.targets}, {"sources", op.sources}}) {
    check_beside(check, name, *t, *op.volume, purpose);
    check_type(check, name, *t, is_number, "float32 or float64");
    check_shape(check, name, *t, t->ndim == 2 && t->shape[1] == 3, "[n, 3]");
  }
  check_shape(check, "sources", *op.sources,
              op.sources->shape[0] == 1 || op.sources->shape[0] == op.targets->shape[0],
              "[1, 3] or that of targets, " + shape_name(*op.targets));
}

void check_sampling(const Checker& check, const FgDrr& op) {
  if (op.method == FG_DRR_SIDDON) return;
  if (op.sampling == FG_DRR_SAMPLES_BY_STEP) {
    check.expect(std::isfinite(op.step_mm) && op.step_mm >= 1e-3 && op.step_mm <= 1000,
                 "step_mm is " + text(op.step_mm) + "; expected 0.001 to 1000 mm");
    return;
  }
  const int least = op.sampling == FG_DRR_SAMPLES_INSIDE ? 1 : 2;
  check.expect(op.samples >= least && op.samples <= kMostSamples, "samples is " + std::to_string(op.samples) +
                                                                      "; expected " + std::to_string(least) +
                                                                      " to " + std::to_string(kMostSamples));
}

// The images' shape from their tensor, before it is held against anything.
DrrShape shape_of_images(const Checker& check, const FgDrr& op, const char* name, const DLTensor* images,
                         Purpose purpose) {
  check.tensor(name, images, purpose == Purpose::run);
  check_device(check, name, *images, "the volume", *op.volume);
  DrrShape shape;
  shape.rays = op.pixels != nullptr || op.targets != nullptr || op.sources != nullptr;
  check.expect(images->ndim == (shape.rays ? 3 : 4),
               std::string(name) + " has " + std::to_string(images->ndim) + " dimensions; expected " +
                   (shape.rays ? "[B, C, n], as pixels or targets are given" : "[B, C, h, w]"));
  shape.channels = images->shape[1];
  shape.height = shape.rays ? 1 : images->shape[2];
  shape.width = images->shape[images->ndim - 1];
  return shape;
}

}  // namespace

NumbersView numbers_view(const DLTensor* t, int rank) {
  NumbersView view;
  if (t == nullptr) return view;
  const std::vector<std::int64_t> strides = strides_of(*t);
  view.data = first_byte(*t);
  view.is_double = is_float64(t->dtype);
  for (int i = 0; i < 3; ++i) view.extent[i] = 1;
  for (int i = 0; i < t->ndim; ++i) {
    view.extent[i + rank - t->ndim] = t->shape[i];
    view.stride[i + rank - t->ndim] = t->shape[i] == 1 ? 0 : strides[static_cast<std::size_t>(i)];
  }
  return view;
}

DrrShape check_drr(const Checker& check, const FgDrr& op, const char* images_name, const DLTensor* images,
                   Purpose purpose) {
  check_volume(check, op, purpose);
  check_enums(check, op);
  check_numbers(check, op);
  check_sampling(check, op);
  DrrShape shape = shape_of_images(check, op, images_name, images, purpose);
  check_poses(check, op, shape, purpose);
  if (op.targets != nullptr || op.sources != nullptr)
    check_points(check, op, purpose);
  else
    check_detector(check, op, shape, purpose);
  check_labels(check, op, shape, purpose);
  const DLTensor* const list = op.targets != nullptr ? op.targets : op.pixels;
  if (list != nullptr) shape.width = op.targets != nullptr ? list->shape[0] : list->shape[list->ndim - 1];
  return shape;
}

void check_slopes(const Checker& check, const FgDrr& op, const DrrShape& shape, Purpose purpose) {
  if (op.slopes == nullptr) return;
  check.expect(
      op.labels == nullptr && op.reduction == FG_DRR_SUM,
      "slopes are given together with labels or FG_DRR_MAXIMUM; they are kept of plain sums alone, leave "
      "them NULL",
      ErrorCode::unsupported);
  const DLTensor& t = *op.slopes;
  check_beside(check, "slopes", t, *op.volume, purpose);
  check_type(check, "slopes", t, is_float32, "float32");
  const std::vector<std::int64_t> expected = shape.slopes();
  const int rank = static_cast<int>(expected.size());
  check_shape(check, "slopes", t, t.ndim == rank && std::equal(expected.begin(), expected.end(), t.shape),
              shape_name(expected.data(), rank) + ", poses by 7 by pixels");
  if (purpose == Purpose::run) check.output("slopes", t);
}

std::vector<NamedTensor> drr_inputs(const FgDrr& op) {
  return {{"volume", op.volume},   {"labels", op.labels},  {"label_channels", op.label_channels},
          {"poses", op.poses},     {"pixels", op.pixels},  {"intrinsics", op.intrinsics},
          {"sources", op.sources}, {"targets", op.targets}};
}

DrrParts drr_parts(const FgDrr& op, const DrrShape& shape, Purpose purpose) {
  DrrParts parts{};
  if (op.numbers == FG_DRR_HOUNSFIELD)
    parts.values = {1,
                    static_cast<float>(op.scale),
                    static_cast<float>(op.offset),
                    static_cast<float>(op.mu_water),
                    static_cast<float>(op.mu_water / 1000),
                    static_cast<float>((op.mu_bone - op.mu_water) / op.hu_bone)};
  else
    parts.values = {0, static_cast<float>(op.scale), 0, 0, 0, 0};
  invert_affine(op.voxel_to_world, parts.world_to_voxel);
  parts.rays.beam = op.beam == FG_DRR_PARALLEL ? DrrBeam::parallel : DrrBeam::cone;
  parts.rays.height = op.height == 0 ? static_cast<std::int32_t>(shape.height) : op.height;
  parts.rays.width = op.width == 0 ? static_cast<std::int32_t>(shape.width) : op.width;
  parts.rays.row = op.row;
  parts.rays.column = op.column;
  parts.rays.intrinsics = {op.sdd_mm, op.delx_mm, op.dely_mm, op.x0_mm, op.y0_mm};
  // Siddon has no samples, and steps no number: what those fields hold then has not been looked at.
  const bool counted = op.method == FG_DRR_TRILINEAR && op.sampling != FG_DRR_SAMPLES_BY_STEP;
  const int kind = op.sampling == FG_DRR_SAMPLES_INSIDE    ? FG_DRR_INSIDE
                   : op.sampling == FG_DRR_SAMPLES_BY_STEP ? FG_DRR_STEP
                                                           : FG_DRR_SEGMENT;
  parts.sampling = {kind, counted ? op.samples : 2, static_cast<float>(op.step_mm)};
  if (purpose == Purpose::scratch) return parts;
  parts.poses = numbers_view(op.poses, 3);
  if (op.labels != nullptr) {
    if (is_uint8(op.labels->dtype))
      parts.labels.bytes = plain_volume<const std::uint8_t>(*op.labels);
    else
      parts.labels.words = plain_volume<const std::int16_t>(*op.labels);
    if (op.label_channels != nullptr) {
      parts.labels.channel_of = reinterpret_cast<const std::int32_t*>(first_byte(*op.label_channels));
      parts.labels.labels = static_cast<std::int32_t>(op.label_channels->shape[0]);
    }
  }
  if (op.pixels != nullptr) {
    parts.rays.pixels = reinterpret_cast<const std::int32_t*>(first_byte(*op.pixels));
    parts.rays.pixels_stride = op.pixels->ndim == 2 ? strides_of(*op.pixels)[0] : 0;
  }
  // [B, 5] as [B, 5, 1]; points [n, 3] as [1, n, 3].
  NumbersView& k = parts.rays.intrinsics_of;
  k = numbers_view(op.intrinsics, 2);
  parts.rays.targets = numbers_view(op.targets, 3);
  parts.rays.sources = numbers_view(op.sources, 3);
  return parts;
}

}  // namespace fg::abi
