#pragma once
// Pixel errors of x against y, over all channels of an image: MSE, MAE, largest error, PSNR.

#include <cstddef>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"

namespace fg {

enum ErrorColumn { kColumnMse = 0, kColumnMae = 1, kColumnMax = 2, kColumnPsnr = 3, kErrorColumns = 4 };

// Arguments are checked by the caller (plugin/abi/image_errors_ops.cpp).
template <class T>  // float or uint8_t
struct ImageErrors {
  ImageView<const T> x, y;
  double data_range = 1;     // errors are divided by it; 255 for uint8_t codes
  TableView<double> errors;  // [N, kErrorColumns]
};

namespace cpu {
template <class T>
std::size_t image_errors_scratch_bytes(const ImageErrors<T>& op);
template <class T>
void image_errors(const ImageErrors<T>& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // as in ssim2d.h
template <class T>
std::size_t image_errors_scratch_bytes(const ImageErrors<T>& op);
template <class T>
void image_errors(const ImageErrors<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
