#pragma once
// Digitally reconstructed radiographs: line integrals of the attenuation of a volume along the rays of an X-ray camera,
// and their derivatives.
//
// Millimetres everywhere; the world is RAS. The camera has its source at the origin, looks along +z, and its detector is
// the plane z = sdd, x along its columns, y along its rows:
//   pixel (u, v) has its centre at ((u + 1/2 - width / 2) delx - x0, (v + 1/2 - height / 2) dely - y0, sdd)
// so that the principal point is column x0 / delx + width / 2. camera_to_world is rigid; a mirror is allowed (PA views as
// they are read). Lengths are measured in camera millimetres.
// Formulas: drr_math.h.

#include <cstddef>
#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"
#include "kernels/core/volume_view.h"
#include "kernels/drr/drr_math.h"

namespace fg {

// float or double numbers, up to rank 3. data == nullptr: there are none.
struct NumbersView {
  const void* data = nullptr;
  bool is_double = false;
  std::int64_t extent[3] = {};
  std::int64_t stride[3] = {};  // elements; 0 repeats

  FG_HD double at(std::int64_t i, std::int64_t j, std::int64_t k) const {
    const std::int64_t offset = i * stride[0] + j * stride[1] + k * stride[2];
    return is_double ? static_cast<const double*>(data)[offset]
                     : static_cast<double>(static_cast<const float*>(data)[offset]);
  }
};

// Double outputs of rank 2 or 3.
struct GradientTable {
  double* data = nullptr;
  std::int64_t stride[3] = {};
  FG_HD double& at(std::int64_t i, std::int64_t j, std::int64_t k = 0) const {
    return data[i * stride[0] + j * stride[1] + k * stride[2]];
  }
};

// A voxel's label: uint8 or int16. Label l adds to channel l, or to channel_of[l] where there is a table; a label that
// has no channel adds to none.
struct DrrLabels {
  VolumeView<const std::uint8_t> bytes;  // at most one of the two
  VolumeView<const std::int16_t> words;
  const std::int32_t* channel_of = nullptr;
  std::int32_t labels = 0;  // entries of channel_of

  FG_HD bool given() const { return bytes.data != nullptr || words.data != nullptr; }
  FG_HD int at(int z, int y, int x) const {
    return bytes.data != nullptr ? bytes.at(z, y, x) : words.at(z, y, x);
  }
  // -1: none.
  FG_HD int channel(int label, int channels) const {
    if (channel_of != nullptr) label = label >= 0 && label < labels ? channel_of[label] : -1;
    return label >= 0 && label < channels ? label : -1;
  }
};

enum class DrrBeam { cone, parallel };  // parallel: each ray starts at z = 0 below its pixel
enum class DrrMethod { trilinear, siddon };
enum class DrrReduction {
  sum,
  maximum
};  // the line integral; or the largest attenuation on the way, 0 at least

struct DrrIntrinsics {  // mm
  double sdd, delx, dely, x0, y0;
};
inline constexpr int kDrrIntrinsics = 5;  // in this order in tensors

// Which rays are cast. Images are [B, C, h, w]: a window of the detector; with `pixels`, [B, C, 1, n] of the listed ones;
// with points, [B, C, 1, n] or any h x w, ray after ray.
struct DrrRays {
  DrrBeam beam = DrrBeam::cone;
  std::int32_t height = 200, width = 200;  // of the whole detector
  std::int32_t row = 0, column = 0;        // where the images begin on it
  const std::int32_t* pixels = nullptr;    // row * width + column; one that is not on the detector gives NaN
  std::int64_t pixels_stride = 0;          // from pose to pose; 0: the same for all
  DrrIntrinsics intrinsics{1020, 2, 2, 0, 0};
  NumbersView intrinsics_of;     // optional, [B or 1, 5]: instead of `intrinsics`
  NumbersView sources, targets;  // optional, [B or 1, n or 1, 3]: where each ray starts and ends, camera mm
};

// Arguments are checked by the caller (plugin/abi/drr_ops.cpp).
template <class T>  // float, Half, int16_t or uint16_t
struct Drr {
  VolumeView<const T> volume;  // [nz, ny, nx]
  FgDrrValues values{0, 1, 0, 0, 0, 0};
  DrrLabels labels;             // optional, the volume's extent
  double world_to_voxel[12]{};  // 3 x 4, row-major
  NumbersView poses;            // [B, 3 or 4, 4]: camera_to_world
  DrrRays rays;
  FgDrrSampling sampling{FG_DRR_SEGMENT, 500, 0};  // for trilinear
  DrrMethod method = DrrMethod::trilinear;
  DrrReduction reduction = DrrReduction::sum;
  ImageView<float> images;  // [B, C, h, w]; without labels C is 1
  // Optional, [B, kDrrSlopes, h, w]: FgDrrSlope of each ray; of sums without labels.
  ImageView<float> slopes;

  // Whether they are asked for; a question about scratch has them without data.
  bool with_slopes() const { return slopes.batch != 0; }
  FG_HD FgDrrGrid grid() const { return {volume.width, volume.height, volume.depth}; }
};

inline constexpr int kDrrSlopes = 7;

// The gradient of a loss of which the caller gives the derivatives with respect to the images. Outputs are optional, at
// least one is asked for. Of DrrReduction::maximum it is that of the first of the largest samples (drr_maxima.h); of
// Siddon's maxima there is one by the volume alone.
template <class T>
struct DrrGradient {
  // images.data is not looked at. Where there are slopes, they are read, and the volume is not.
  Drr<T> forward;
  ImageView<const float> image_gradient;  // as the images
  GradientTable poses;                    // [B, 3, 4]
  GradientTable intrinsics;               // [B, 5]
  GradientTable sources, targets;         // [B, n or 1, 3], as rays.sources and .targets but for B
  VolumeView<float> volume;               // with respect to the numbers of the volume, summed over B

  bool wants_rays() const {
    return poses.data != nullptr || intrinsics.data != nullptr || sources.data != nullptr ||
           targets.data != nullptr;
  }
};

// world_to_voxel of a voxel_to_world, both 3 x 4 row-major; false where it is singular or not finite.
bool invert_affine(const double* voxel_to_world, double* world_to_voxel);

// Exposure of line integrals x: I0 exp(-x); and back: -ln(max(I, lowest) / I0), lowest > 0.
// With `gradient`, what is written is the derivative of a loss by the input, given that by the output.
enum class ExposureDirection { expose, linearise };
struct Exposure {
  ImageView<const float> input;
  ImageView<const float> gradient;  // optional
  ImageView<float> output;
  ExposureDirection direction = ExposureDirection::expose;
  float i0 = 1, lowest = 1e-6f;
};

namespace cpu {
template <class T>
void drr(const Drr<T>& op);
template <class T>
std::size_t drr_gradient_scratch_bytes(const DrrGradient<T>& op);
template <class T>
void drr_gradient(const DrrGradient<T>& op, Scratch scratch);
void exposure(const Exposure& op);
}  // namespace cpu

// Every pointer is device memory of `device`; stream is a cudaStream_t. Launches and returns: nothing is allocated,
// nothing waits. In a build without CUDA these throw ErrorCode::unsupported.
namespace cuda {
template <class T>
void drr(const Drr<T>& op, int device, void* stream);
template <class T>
std::size_t drr_gradient_scratch_bytes(const DrrGradient<T>& op);
template <class T>
void drr_gradient(const DrrGradient<T>& op, Scratch scratch, int device, void* stream);
void exposure(const Exposure& op, int device, void* stream);
}  // namespace cuda

}  // namespace fg
