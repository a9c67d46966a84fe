#include "viewer/bench/ssim_cases.h"

#include <cstdint>

#include "viewer/bench/bench_tensor.h"
#include "viewer/error.h"

namespace fg {
namespace {

// The functions of the C interface that make an op.
template <class Op>
struct OpFunctions {
  const char* name;
  void (*defaults)(Op*);
  FgStatus (*scratch_bytes)(const Op*, size_t*);
  FgStatus (*call)(const Op*, void*);
};

constexpr OpFunctions<FgSsim2d> kSsim{"ssim", fg_ssim2d_defaults, fg_ssim2d_scratch_bytes, fg_ssim2d};
constexpr OpFunctions<FgSsim2dGradient> kSsimGradient{"ssim", fg_ssim2d_gradient_defaults,
                                                      fg_ssim2d_gradient_scratch_bytes, fg_ssim2d_gradient};
constexpr OpFunctions<FgSsim3d> kSsim3d{"ssim3d", fg_ssim3d_defaults, fg_ssim3d_scratch_bytes, fg_ssim3d};
constexpr OpFunctions<FgSsim3dGradient> kSsim3dGradient{"ssim3d", fg_ssim3d_gradient_defaults,
                                                        fg_ssim3d_gradient_scratch_bytes, fg_ssim3d_gradient};
constexpr OpFunctions<FgMsSsim> kMsSsim{"ms-ssim", fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes, fg_ms_ssim};
constexpr OpFunctions<FgMaskedSsim2d> kMaskedSsim{"masked-ssim", fg_masked_ssim2d_defaults,
                                                  fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d};
constexpr OpFunctions<FgVmafSsim> kVmafSsim{"vmaf-ssim", fg_vmaf_ssim_defaults, fg_vmaf_ssim_scratch_bytes,
                                            fg_vmaf_ssim};
constexpr OpFunctions<FgVmafFloatSsim> kVmafFloatSsim{"vmaf-float-ssim", fg_vmaf_float_ssim_defaults,
                                                      fg_vmaf_float_ssim_scratch_bytes, fg_vmaf_float_ssim};
constexpr OpFunctions<FgVmafMsSsim> kVmafMsSsim{"vmaf-ms-ssim", fg_vmaf_ms_ssim_defaults,
                                                fg_vmaf_ms_ssim_scratch_bytes, fg_vmaf_ms_ssim};

// What all ops have in common: x and y, a mean, scratch. prepare(op, tensors) adds what a variant has beside them.
template <class Op, class Prepare>
BenchCase op_case(const OpFunctions<Op>& functions, const char* variant, const BenchShape& shape,
                  DLDataType dtype, BenchContents contents, const Prepare& prepare) {
  return {functions.name, variant, shape, name_of(dtype), [=](BenchDevice& device, int runs) {
            BenchTensors tensors(device);
            BenchTensor& x = tensors.add(shape, dtype);
            BenchTensor& y = tensors.add(shape, dtype);
            fill_pair(device, x, y, contents);
            Op op;
            functions.defaults(&op);
            op.x = x.get();
            op.y = y.get();
            prepare(op, tensors);
            return measure_op(tensors, runs, op, functions.scratch_bytes, functions.call);
          }};
}

template <class Op>
BenchCase value_case(const OpFunctions<Op>& functions, const BenchShape& shape) {
  return op_case(functions, "value", shape, kBenchFloat32, BenchContents::noise, [](Op&, BenchTensors&) {});
}

template <class Op>
BenchCase gradient_case(const OpFunctions<Op>& functions, const BenchShape& shape) {
  return op_case(
      functions, "value and gradient", shape, kBenchFloat32, BenchContents::noise,
      [=](Op& op, BenchTensors& tensors) { op.x_gradient = tensors.add(shape, kBenchFloat32).get(); });
}

BenchCase map_case(const BenchShape& shape) {
  return op_case(
      kSsim, "value and map", shape, kBenchFloat32, BenchContents::noise,
      [=](FgSsim2d& op, BenchTensors& tensors) { op.map = tensors.add(shape, kBenchFloat32).get(); });
}

// Frames as renderers have them: RGBA of 8 bits, alpha left out.
BenchCase rgba_case(std::int64_t height, std::int64_t width) {
  return op_case(kSsim, "value, RGB of RGBA", {1, height, width, 4}, kBenchUint8, BenchContents::noise,
                 [](FgSsim2d& op, BenchTensors&) {
                   op.layout = FG_LAYOUT_NHWC;
                   op.channels = 3;
                 });
}

// One mask for all channels; its left half shows.
BenchCase masked_case(const BenchShape& shape, bool with_gradient) {
  return op_case(kMaskedSsim, with_gradient ? "value and gradient" : "value", shape, kBenchFloat32,
                 BenchContents::noise, [=](FgMaskedSsim2d& op, BenchTensors& tensors) {
                   BenchTensor& mask = tensors.add({shape[0], 1, shape[2], shape[3]}, kBenchFloat32);
                   std::vector<float> weights(mask.elements());
                   const auto width = static_cast<std::size_t>(shape[3]);
                   for (std::size_t i = 0; i < weights.size(); ++i)
                     weights[i] = i % width < (width + 1) / 2 ? 1.0f : 0.0f;
                   tensors.device().copy(mask.get()->data, weights.data(), mask.bytes());
                   op.mask = mask.get();
                   if (with_gradient) op.x_gradient = tensors.add(shape, kBenchFloat32).get();
                 });
}

// The SSIMs of libvmaf, of one luma plane.
template <class Op>
BenchCase plane_case(const OpFunctions<Op>& functions, std::int64_t height, std::int64_t width,
                     BenchContents contents) {
  return op_case(functions, contents == BenchContents::noise ? "noise" : "picture", {height, width},
                 kBenchUint8, contents, [](Op&, BenchTensors&) {});
}

void add_image_cases(std::vector<BenchCase>& cases, const BenchShape& shape) {
  cases.push_back(value_case(kSsim, shape));
  cases.push_back(map_case(shape));
  cases.push_back(gradient_case(kSsimGradient, shape));
}

void add_variant_cases(std::vector<BenchCase>& cases, const BenchShape& shape) {
  cases.push_back(value_case(kMsSsim, shape));
  cases.push_back(gradient_case(kMsSsim, shape));
  cases.push_back(masked_case(shape, false));
  cases.push_back(masked_case(shape, true));
}

void add_plane_cases(std::vector<BenchCase>& cases, std::int64_t height, std::int64_t width) {
  cases.push_back(plane_case(kVmafSsim, height, width, BenchContents::picture));
  cases.push_back(plane_case(kVmafSsim, height, width, BenchContents::noise));  // takes longer on CUDA
  cases.push_back(plane_case(kVmafFloatSsim, height, width, BenchContents::picture));
  cases.push_back(plane_case(kVmafMsSsim, height, width, BenchContents::picture));
}

void add_volume_cases(std::vector<BenchCase>& cases, const BenchShape& shape) {
  cases.push_back(value_case(kSsim3d, shape));
  cases.push_back(gradient_case(kSsim3dGradient, shape));
}

std::vector<BenchCase> default_cases(const BenchDevice& device) {
  std::vector<BenchCase> cases;
  const bool on_gpu = device.dlpack().device_type == kDLCUDA;
  const std::int64_t side = on_gpu ? 256 : 128;
  if (on_gpu) add_image_cases(cases, {5, 5, 1080, 1920});
  add_image_cases(cases, {1, 3, 1080, 1920});
  cases.push_back(rgba_case(1080, 1920));
  add_variant_cases(cases, {1, 3, 1080, 1920});
  add_volume_cases(cases, {1, 1, side, side, side});
  if (on_gpu)
    add_plane_cases(cases, 2160, 3840);
  else
    add_plane_cases(cases, 1080, 1920);
  return cases;
}

}  // namespace

std::vector<BenchCase> ssim_cases(const BenchDevice& device, const std::vector<BenchShape>& sizes) {
  if (sizes.empty()) return default_cases(device);
  std::vector<BenchCase> cases;
  for (const BenchShape& size : sizes) {
    switch (size.size()) {
      case 2: {
        const BenchShape image{1, 3, size[0], size[1]};
        add_image_cases(cases, image);
        cases.push_back(rgba_case(size[0], size[1]));
        add_variant_cases(cases, image);
        add_plane_cases(cases, size[0], size[1]);
        break;
      }
      case 3:
        add_volume_cases(cases, {1, 1, size[0], size[1], size[2]});
        break;
      case 4:
        add_image_cases(cases, size);
        add_variant_cases(cases, size);
        break;
      case 5:
        add_volume_cases(cases, size);
        break;
      default:
        throw Failure(ExitCode::usage,
                      "--size '" + text_of(size) +
                          "': expected 2 numbers (H x W), 3 (D x H x W), 4 (N x C x H x W) or 5 "
                          "(N x C x D x H x W)");
    }
  }
  return cases;
}

}  // namespace fg
