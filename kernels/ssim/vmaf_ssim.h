#pragma once
// libvmaf's float_ssim (one level) and float_ms_ssim (five) of luma planes. Formulas: vmaf_ssim_math.h. CPU
// and CUDA do the same roundings; only the order of the sums over pixels differs.

#include <cstddef>
#include <cstdint>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/vmaf_ssim_math.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/vmaf_ssim_ops.cpp): x and y agree, 8 <= bits <= 8 sizeof(T),
// the smallest level has room for a window.
template <class T>  // uint8_t, or uint16_t
struct VmafSsim {
  ImageView<const T> x, y;
  int bits = 8;
  int scale = 1;             // the box by which the planes are made smaller first; 1: not at all
  int levels = 1;            // 1: float_ssim; 5: float_ms_ssim
  TableView<double> scores;  // optional, [planes, 1]
  TableView<double> lcs;     // optional, [planes, 3 levels]: the means of l, c and s of each level
  double* mean = nullptr;    // optional: the mean of the scores

  std::int32_t height(int level) const { return extent(x.height, level); }
  std::int32_t width(int level) const { return extent(x.width, level); }
  // Windows that lie inside.
  std::int32_t result_height(int level) const { return height(level) - vmaf::kWindow + 1; }
  std::int32_t result_width(int level) const { return width(level) - vmaf::kWindow + 1; }

 private:
  std::int32_t extent(std::int32_t full, int level) const {
    std::int32_t e = vmaf::decimated(full, scale);
    for (int i = 0; i < level; ++i) e = vmaf::decimated(e, 2);
    return e;
  }
};

namespace cpu {
template <class T>
std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<T>& op);
template <class T>
void vmaf_ssim(const VmafSsim<T>& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // as in ssim2d.h
template <class T>
std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<T>& op);
template <class T>
void vmaf_ssim(const VmafSsim<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
