#pragma once
// The integer SSIM of libvmaf ("ssim", from the Daala codec) of luma planes: the same bits as the reference
// on CPU and CUDA. Formula: integer_ssim_math.h. Departure, on purpose: 16 bits do not overflow.

#include <cstddef>

#include "kernels/core/tensor_view.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/vmaf_ssim_ops.cpp): x and y agree, 8 <= bits <= 8 sizeof(T).
template <class T>  // uint8_t, or uint16_t
struct IntegerSsim {
  ImageView<const T> x, y;
  int bits = 8;
  TableView<double> scores;  // optional, [planes, 1]
  double* mean = nullptr;    // optional: the mean of the scores
};

// Planes are at most this large: the sum of their weights is then far below 2^53, exact in double.
inline constexpr std::int64_t kMaxIntegerSsimPixels = std::int64_t{1} << 30;

namespace cpu {
template <class T>
std::size_t integer_ssim_scratch_bytes(const IntegerSsim<T>& op);
template <class T>
void integer_ssim(const IntegerSsim<T>& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // as in ssim2d.h
template <class T>
std::size_t integer_ssim_scratch_bytes(const IntegerSsim<T>& op);
template <class T>
void integer_ssim(const IntegerSsim<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
