// fg_drr, fg_drr_gradient and fg_exposure: arguments checked once and completely, then one call of a kernel.

#include <string>
#include <vector>

#include "kernels/drr/drr.h"
#include "kernels/drr/photons.h"
#include "plugin/abi/drr_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kDrr{"fg_drr", "fg_drr_scratch_bytes", "FgDrr", "fg_drr_defaults"};
constexpr OpNames kGradient{"fg_drr_gradient", "fg_drr_gradient_scratch_bytes", "FgDrrGradient",
                            "fg_drr_gradient_defaults"};
constexpr OpNames kExposure{"fg_exposure", "", "FgExposure", "fg_exposure_defaults"};

void run_drr(const Checker& check, const FgDrr& op, void* stream) {
  const DrrShape shape = check_drr(check, op, "images", op.images, Purpose::run);
  check_output(check, "images", op.images, *op.volume, is_float32, "float32", shape.images(),
               "poses by channels by pixels");
  check_slopes(check, op, shape, Purpose::run);
  checked_memory(check, *op.volume, {op.scratch, op.scratch_bytes, 0, kDrr.question}, drr_inputs(op),
                 {{"images", op.images}, {"slopes", op.slopes}});
  with_voxel(op.volume->dtype, [&]<class T> {
    const Drr<T> kernel = drr_of<T>(op, shape, *op.images, Purpose::run);
    if (is_on_cpu(*op.volume))
      cpu::drr(kernel);
    else
      cuda::drr(kernel, op.volume->device.device_id, stream);
  });
}

// ---- gradient ----

GradientTable table_of(const DLTensor* t) {
  GradientTable table;
  if (t == nullptr) return table;
  const std::vector<std::int64_t> strides = strides_of(*t);
  table.data = reinterpret_cast<double*>(first_byte(*t));
  std::copy(strides.begin(), strides.end(), table.stride);
  return table;
}

std::vector<NamedTensor> gradient_outputs(const FgDrrGradient& op) {
  return {{"poses_gradient", op.poses_gradient},
          {"intrinsics_gradient", op.intrinsics_gradient},
          {"sources_gradient", op.sources_gradient},
          {"targets_gradient", op.targets_gradient},
          {"volume_gradient", op.volume_gradient}};
}

DrrShape check_gradient(const Checker& check, const FgDrrGradient& op, Purpose purpose) {
  check.expect(op.drr != nullptr, "drr is NULL; pass the address of an FgDrr filled by fg_drr_defaults()");
  checked_struct(check, op.drr, "FgDrr", "fg_drr_defaults");
  const DrrShape shape = check_drr(check, *op.drr, "image_gradient", op.image_gradient, purpose);
  check_slopes(check, *op.drr, shape, purpose);
  return shape;
}

void check_gradient_outputs(const Checker& check, const FgDrrGradient& op, const DrrShape& shape) {
  const FgDrr& drr = *op.drr;
  check.expect(drr.slopes == nullptr || op.volume_gradient == nullptr,
               "volume_gradient is asked for, but drr->slopes is given, which knows of the rays alone; set "
               "drr->slopes to NULL");
  check.expect(
      drr.reduction == FG_DRR_SUM || drr.method == FG_DRR_TRILINEAR ||
          (op.poses_gradient == nullptr && op.intrinsics_gradient == nullptr &&
           op.sources_gradient == nullptr && op.targets_gradient == nullptr),
      "a maximum of FG_DRR_SIDDON is the number of one voxel, whose gradient by the rays is 0; ask for "
      "volume_gradient alone, or take FG_DRR_TRILINEAR",
      ErrorCode::unsupported);
  bool any = false;
  for (const NamedTensor& output : gradient_outputs(op)) any |= output.tensor != nullptr;
  check.expect(
      any,
      "no gradient is asked for; pass at least one of poses_gradient, intrinsics_gradient, sources_gradient, "
      "targets_gradient and volume_gradient");
  check.expect(op.intrinsics_gradient == nullptr || drr.targets == nullptr,
               "intrinsics_gradient is asked for, but the rays are between points; ask for targets_gradient");
  check.expect((op.sources_gradient == nullptr && op.targets_gradient == nullptr) || drr.targets != nullptr,
               "gradients by points are asked for, but drr->targets is NULL; pass the rays as points");
  check_input(check, "image_gradient", op.image_gradient, *drr.volume, is_float32, "float32", shape.images(),
              "that of the images");
  const auto table = [&](const char* name, const DLTensor* t, const std::vector<std::int64_t>& extents,
                         const char* what) {
    if (t != nullptr) check_output(check, name, t, *drr.volume, is_float64, "float64", extents, what);
  };
  table("poses_gradient", op.poses_gradient, {shape.batch, 3, 4}, "the upper rows of each camera_to_world");
  table("intrinsics_gradient", op.intrinsics_gradient, {shape.batch, kDrrIntrinsics},
        "sdd, delx, dely, x0, y0 of each pose");
  if (drr.targets != nullptr) {
    table("sources_gradient", op.sources_gradient, {shape.batch, drr.sources->shape[0], 3},
          "poses by sources by x, y, z");
    table("targets_gradient", op.targets_gradient, {shape.batch, drr.targets->shape[0], 3},
          "poses by targets by x, y, z");
  }
  if (op.volume_gradient != nullptr)
    check_output(check, "volume_gradient", op.volume_gradient, *drr.volume, is_float32, "float32",
                 {drr.volume->shape, drr.volume->shape + 3}, "that of the volume");
}

template <class T>
DrrGradient<T> gradient_of(const FgDrrGradient& op, const DrrShape& shape, Purpose purpose) {
  DrrGradient<T> kernel;
  kernel.forward = drr_of<T>(*op.drr, shape, *op.image_gradient, purpose);
  kernel.image_gradient = drr_images<const float>(*op.image_gradient, shape);
  if (purpose == Purpose::scratch) return kernel;
  kernel.poses = table_of(op.poses_gradient);
  kernel.intrinsics = table_of(op.intrinsics_gradient);
  kernel.sources = table_of(op.sources_gradient);
  kernel.targets = table_of(op.targets_gradient);
  if (op.volume_gradient != nullptr) kernel.volume = plain_volume<float>(*op.volume_gradient);
  return kernel;
}

std::size_t gradient_scratch(const FgDrrGradient& op, const DrrShape& shape) {
  return with_voxel(op.drr->volume->dtype, [&]<class T> {
    const DrrGradient<T> kernel = gradient_of<T>(op, shape, Purpose::scratch);
    return is_on_cpu(*op.drr->volume) ? cpu::drr_gradient_scratch_bytes(kernel)
                                      : cuda::drr_gradient_scratch_bytes(kernel);
  });
}

void run_gradient(const Checker& check, const FgDrrGradient& op, void* stream) {
  const DrrShape shape = check_gradient(check, op, Purpose::run);
  check_gradient_outputs(check, op, shape);
  const DLTensor& volume = *op.drr->volume;
  std::vector<NamedTensor> inputs = drr_inputs(*op.drr);
  inputs.push_back({"image_gradient", op.image_gradient});
  inputs.push_back({"slopes", op.drr->slopes});
  const Scratch scratch = checked_memory(
      check, volume, {op.scratch, op.scratch_bytes, gradient_scratch(op, shape), kGradient.question}, inputs,
      gradient_outputs(op));
  with_voxel(volume.dtype, [&]<class T> {
    launch(volume, gradient_of<T>(op, shape, Purpose::run), scratch, stream, cpu::drr_gradient<T>,
           cuda::drr_gradient<T>);
  });
}

// ---- exposure ----

bool check_noise(const Checker& check, const FgExposure& op, const ImageView<const float>& input) {
  const int noise =
      checked_enum(check, "noise", op.noise, FG_NOISE_POISSON, "FG_NOISE_NONE (0) or FG_NOISE_POISSON (1)");
  if (noise == FG_NOISE_NONE) return false;
  check.expect(
      op.direction == FG_EXPOSE,
      "noise is FG_NOISE_POISSON with direction FG_LINEARISE; noise comes with the exposure: expose with "
      "it, then linearise without");
  const std::int64_t most = kMostPhotonPlanes / input.channels - input.batch;
  check.expect(
      op.first_image >= 0 && op.first_image <= most,
      "first_image is " + std::to_string(op.first_image) + "; expected 0 to " + std::to_string(most));
  return true;
}

void run_photons(const FgExposure& op, const Exposure& exposure, void* stream) {
  const PhotonCounts kernel{exposure.input, exposure.output, op.i0, op.seed, op.first_image};
  if (is_on_cpu(*op.input))
    cpu::photon_counts(kernel);
  else
    cuda::photon_counts(kernel, op.input->device.device_id, stream);
}

void run_exposure(const Checker& check, const FgExposure& op, void* stream) {
  check.tensor("input", op.input, true);
  check.expect(is_float32(op.input->dtype),
               "input has dtype " + dtype_name(op.input->dtype) + "; expected float32");
  const ImageShape shape = image_shape(check, "input", *op.input, FG_LAYOUT_NCHW);
  const int direction =
      checked_enum(check, "direction", op.direction, FG_LINEARISE, "FG_EXPOSE (0) or FG_LINEARISE (1)");
  check_range(check, "i0", op.i0);
  check_range(check, "lowest", op.lowest);
  const std::vector<std::int64_t> extents(op.input->shape, op.input->shape + op.input->ndim);
  if (op.gradient != nullptr)
    check_input(check, "gradient", op.gradient, *op.input, is_float32, "float32", extents, "that of input");
  check_output(check, "output", op.output, *op.input, is_float32, "float32", extents, "that of input");
  checked_memory(check, *op.input, {}, {{"input", op.input}, {"gradient", op.gradient}},
                 {{"output", op.output}});
  Exposure kernel;
  kernel.input = image_view<const float>(*op.input, FG_LAYOUT_NCHW, shape.channels);
  if (op.gradient != nullptr)
    kernel.gradient = image_view<const float>(*op.gradient, FG_LAYOUT_NCHW, shape.channels);
  kernel.output = image_view<float>(*op.output, FG_LAYOUT_NCHW, shape.channels);
  kernel.direction = direction == FG_EXPOSE ? ExposureDirection::expose : ExposureDirection::linearise;
  kernel.i0 = static_cast<float>(op.i0);
  kernel.lowest = static_cast<float>(op.lowest);
  // The gradient of a count is that of its mean.
  if (check_noise(check, op, kernel.input) && op.gradient == nullptr) return run_photons(op, kernel, stream);
  if (is_on_cpu(*op.input))
    cpu::exposure(kernel);
  else
    cuda::exposure(kernel, op.input->device.device_id, stream);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_drr_defaults(FgDrr* op) {
  fg::abi::set_defaults(op);
  if (op == nullptr) return;
  for (int i = 0; i < 4; ++i) op->voxel_to_world[i * 5] = 1;
  op->scale = 1;
  op->mu_water = 0.0192;
  op->mu_bone = 0.0573;
  op->hu_bone = 1000;
  op->sdd_mm = 1020;
  op->delx_mm = op->dely_mm = 2;
  op->samples = 500;
  op->step_mm = 1;
}

FgStatus fg_drr_scratch_bytes(const FgDrr* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kDrr, op, bytes, [](const Checker& check, const FgDrr& given) {
    check_slopes(check, given, check_drr(check, given, "images", given.images, Purpose::scratch),
                 Purpose::scratch);
    return std::size_t{0};
  });
}

FgStatus fg_drr(const FgDrr* op, void* stream) {
  using namespace fg::abi;
  return answer(kDrr, op, [&](const Checker& check, const FgDrr& given) { run_drr(check, given, stream); });
}

void fg_drr_gradient_defaults(FgDrrGradient* op) { fg::abi::set_defaults(op); }

FgStatus fg_drr_gradient_scratch_bytes(const FgDrrGradient* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kGradient, op, bytes, [](const Checker& check, const FgDrrGradient& given) {
    return gradient_scratch(given, check_gradient(check, given, Purpose::scratch));
  });
}

FgStatus fg_drr_gradient(const FgDrrGradient* op, void* stream) {
  using namespace fg::abi;
  return answer(kGradient, op, [&](const Checker& check, const FgDrrGradient& given) {
    run_gradient(check, given, stream);
  });
}

void fg_exposure_defaults(FgExposure* op) {
  fg::abi::set_defaults(op);
  if (op == nullptr) return;
  op->i0 = 1;
  op->lowest = 1e-6;
}

FgStatus fg_exposure(const FgExposure* op, void* stream) {
  using namespace fg::abi;
  return answer(kExposure, op,
                [&](const Checker& check, const FgExposure& given) { run_exposure(check, given, stream); });
}

}  // extern "C"
