#include "viewer/bench/ssim_cases.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "viewer/bench/bench_tensor.h"
#include "viewer/error.h"

namespace fg {
namespace {

using Measure = std::function<BenchMeasurement(BenchDevice&, int)>;

// x and y with the score; more outputs are made where a variant asks for them.
struct Inputs {
  BenchTensor x, y, mean;

  Inputs(BenchDevice& device, const BenchShape& shape, DLDataType dtype,
         BenchContents contents = BenchContents::noise)
      : x(device, shape, dtype), y(device, shape, dtype), mean(device, {1}, kBenchFloat64) {
    fill_pair(device, x, y, contents);
  }
  template <class Op>
  void give_to(Op& op) {
    op.x = x.get();
    op.y = y.get();
  }
};

// An op that takes two images of float32 and nothing else, with its value and, in a second row, its gradient.
template <class Op, class GradientOp>
struct ImageOp {
  const char* name;
  void (*defaults)(Op*);
  FgStatus (*scratch_bytes)(const Op*, size_t*);
  FgStatus (*call)(const Op*, void*);
  void (*gradient_defaults)(GradientOp*);
  FgStatus (*gradient_scratch_bytes)(const GradientOp*, size_t*);
  FgStatus (*gradient_call)(const GradientOp*, void*);
};

constexpr ImageOp<FgSsim2d, FgSsim2dGradient> kSsim{"ssim",
                                                    fg_ssim2d_defaults,
                                                    fg_ssim2d_scratch_bytes,
                                                    fg_ssim2d,
                                                    fg_ssim2d_gradient_defaults,
                                                    fg_ssim2d_gradient_scratch_bytes,
                                                    fg_ssim2d_gradient};
constexpr ImageOp<FgSsim3d, FgSsim3dGradient> kSsim3d{
    "ssim3d",          fg_ssim3d_defaults,          fg_ssim3d_scratch_bytes,
    fg_ssim3d,         fg_ssim3d_gradient_defaults, fg_ssim3d_gradient_scratch_bytes,
    fg_ssim3d_gradient};
constexpr ImageOp<FgMsSsim, FgMsSsim> kMsSsim{"ms-ssim",  fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes,
                                              fg_ms_ssim, fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes,
                                              fg_ms_ssim};

template <class Op, class GradientOp>
BenchCase value_case(const ImageOp<Op, GradientOp>& image_op, const BenchShape& shape) {
  return {
      image_op.name, "value", shape, "float32", [=](BenchDevice& device, int runs) {
        Inputs in(device, shape, kBenchFloat32);
        Op op;
        image_op.defaults(&op);
        in.give_to(op);
        return measure_op(device, runs, op, image_op.scratch_bytes, image_op.call, {&in.x, &in.y}, in.mean);
      }};
}

template <class Op, class GradientOp>
BenchCase gradient_case(const ImageOp<Op, GradientOp>& image_op, const BenchShape& shape) {
  return {image_op.name, "value and gradient", shape, "float32", [=](BenchDevice& device, int runs) {
            Inputs in(device, shape, kBenchFloat32);
            BenchTensor gradient(device, shape, kBenchFloat32);
            GradientOp op;
            image_op.gradient_defaults(&op);
            in.give_to(op);
            op.x_gradient = gradient.get();
            return measure_op(device, runs, op, image_op.gradient_scratch_bytes, image_op.gradient_call,
                              {&in.x, &in.y, &gradient}, in.mean);
          }};
}

BenchCase map_case(const BenchShape& shape) {
  return {"ssim", "value and map", shape, "float32", [=](BenchDevice& device, int runs) {
            Inputs in(device, shape, kBenchFloat32);
            BenchTensor map(device, shape, kBenchFloat32);
            FgSsim2d op;
            fg_ssim2d_defaults(&op);
            in.give_to(op);
            op.map = map.get();
            return measure_op(device, runs, op, fg_ssim2d_scratch_bytes, fg_ssim2d, {&in.x, &in.y, &map},
                              in.mean);
          }};
}

// Frames as renderers have them: RGBA of 8 bits, alpha left out.
BenchCase rgba_case(std::int64_t height, std::int64_t width) {
  const BenchShape shape{1, height, width, 4};
  return {"ssim", "value, RGB of RGBA", shape, "uint8", [=](BenchDevice& device, int runs) {
            Inputs in(device, shape, kBenchUint8);
            FgSsim2d op;
            fg_ssim2d_defaults(&op);
            in.give_to(op);
            op.layout = FG_LAYOUT_NHWC;
            op.channels = 3;
            return measure_op(device, runs, op, fg_ssim2d_scratch_bytes, fg_ssim2d, {&in.x, &in.y}, in.mean);
          }};
}

// One mask for all channels; its left half shows.
BenchCase masked_case(const BenchShape& shape, bool with_gradient) {
  return {"masked-ssim", with_gradient ? "value and gradient" : "value", shape, "float32",
          [=](BenchDevice& device, int runs) {
            Inputs in(device, shape, kBenchFloat32);
            BenchTensor mask(device, {shape[0], 1, shape[2], shape[3]}, kBenchFloat32);
            std::vector<float> weights(mask.elements());
            const auto width = static_cast<std::size_t>(shape[3]);
            for (std::size_t i = 0; i < weights.size(); ++i)
              weights[i] = i % width < (width + 1) / 2 ? 1.0f : 0.0f;
            device.copy(mask.get()->data, weights.data(), mask.bytes());
            FgMaskedSsim2d op;
            fg_masked_ssim2d_defaults(&op);
            in.give_to(op);
            op.mask = mask.get();
            std::vector<const BenchTensor*> moved{&in.x, &in.y, &mask};
            std::optional<BenchTensor> gradient;
            if (with_gradient) {
              op.x_gradient = gradient.emplace(device, shape, kBenchFloat32).get();
              moved.push_back(&*gradient);
            }
            return measure_op(device, runs, op, fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d, moved,
                              in.mean);
          }};
}

// The SSIMs of libvmaf, of one luma plane.
template <class Op>
BenchCase plane_case(const char* name, const char* variant, std::int64_t height, std::int64_t width,
                     BenchContents contents, void (*defaults)(Op*),
                     FgStatus (*scratch_bytes)(const Op*, size_t*), FgStatus (*call)(const Op*, void*)) {
  const BenchShape shape{height, width};
  return {name, variant, shape, "uint8", [=](BenchDevice& device, int runs) {
            Inputs in(device, shape, kBenchUint8, contents);
            Op op;
            defaults(&op);
            in.give_to(op);
            return measure_op(device, runs, op, scratch_bytes, call, {&in.x, &in.y}, in.mean);
          }};
}

void add_image_cases(std::vector<BenchCase>& cases, const BenchShape& shape) {
  cases.push_back(value_case(kSsim, shape));
  cases.push_back(map_case(shape));
  cases.push_back(gradient_case(kSsim, shape));
}

void add_variant_cases(std::vector<BenchCase>& cases, const BenchShape& shape) {
  cases.push_back(value_case(kMsSsim, shape));
  cases.push_back(gradient_case(kMsSsim, shape));
  cases.push_back(masked_case(shape, false));
  cases.push_back(masked_case(shape, true));
}

void add_plane_cases(std::vector<BenchCase>& cases, std::int64_t height, std::int64_t width) {
  // The integer SSIM of noise leaves the fast path more often.
  for (const auto& [variant, contents] :
       {std::pair{"picture", BenchContents::picture}, {"noise", BenchContents::noise}})
    cases.push_back(plane_case("vmaf-ssim", variant, height, width, contents, fg_vmaf_ssim_defaults,
                               fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim));
  cases.push_back(plane_case("vmaf-float-ssim", "picture", height, width, BenchContents::picture,
                             fg_vmaf_float_ssim_defaults, fg_vmaf_float_ssim_scratch_bytes,
                             fg_vmaf_float_ssim));
  cases.push_back(plane_case("vmaf-ms-ssim", "picture", height, width, BenchContents::picture,
                             fg_vmaf_ms_ssim_defaults, fg_vmaf_ms_ssim_scratch_bytes, fg_vmaf_ms_ssim));
}

void add_volume_cases(std::vector<BenchCase>& cases, const BenchShape& shape) {
  cases.push_back(value_case(kSsim3d, shape));
  cases.push_back(gradient_case(kSsim3d, shape));
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
