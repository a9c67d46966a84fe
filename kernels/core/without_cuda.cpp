// The CUDA entry points of a build without CUDA.

#include <cstdint>
#include <memory>

#include "kernels/core/cuda_memory.h"
#include "kernels/core/error.h"
#include "kernels/drr/drr.h"
#include "kernels/drr/photons.h"
#include "kernels/flip/flip.h"
#include "kernels/image/image_errors.h"
#include "kernels/registration/gradient_ncc.h"
#include "kernels/registration/mse.h"
#include "kernels/registration/mutual_information.h"
#include "kernels/registration/ncc.h"
#include "kernels/registration/resample.h"
#include "kernels/ssim/integer_ssim.h"
#include "kernels/ssim/masked_ssim.h"
#include "kernels/ssim/ms_ssim.h"
#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim2d_gradient.h"
#include "kernels/ssim/ssim3d_gradient.h"
#include "kernels/ssim/vmaf_ssim.h"

namespace fg::cuda {
namespace {

[[noreturn]] void refuse() {
  throw Error(
      ErrorCode::unsupported,
      "the tensors are CUDA tensors, but this build has no CUDA kernels; pass CPU tensors, or configure with "
      "a CUDA toolkit of 12.4 or newer");
}

[[noreturn]] void refuse_devices() {
  throw Error(ErrorCode::unsupported,
              "this build has no CUDA kernels; configure with a CUDA toolkit of 12.4 or newer to have them");
}

}  // namespace

void* allocate_memory(int, std::size_t) { refuse_devices(); }
void free_memory(void*) {}
void copy_memory(void*, const void*, std::size_t, void*) { refuse_devices(); }
void* create_stream(int) { refuse_devices(); }
void destroy_stream(void*) {}
void wait_for_stream(void*) { refuse_devices(); }
std::unique_ptr<Timer> create_timer(int) { refuse_devices(); }

template <class T>
std::size_t ssim2d_scratch_bytes(const Ssim2d<T>&) {
  refuse();
}
template <class T>
void ssim2d(const Ssim2d<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<T>&) {
  refuse();
}
template <class T>
void ssim2d_gradient(const Ssim2dGradient<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t ssim3d_scratch_bytes(const Ssim3d<T>&) {
  refuse();
}
template <class T>
void ssim3d(const Ssim3d<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<T>&) {
  refuse();
}
template <class T>
void ssim3d_gradient(const Ssim3dGradient<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t ms_ssim_scratch_bytes(const MsSsim<T>&) {
  refuse();
}
template <class T>
void ms_ssim(const MsSsim<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<T>&) {
  refuse();
}
template <class T>
void masked_ssim2d(const MaskedSsim2d<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t image_errors_scratch_bytes(const ImageErrors<T>&) {
  refuse();
}
template <class T>
void image_errors(const ImageErrors<T>&, Scratch, int, void*) {
  refuse();
}

template <class T>
std::size_t flip_scratch_bytes(const Flip<T>&) {
  refuse();
}
template <class T>
void flip(const Flip<T>&, Scratch, int, void*) {
  refuse();
}

template <class T>
std::size_t integer_ssim_scratch_bytes(const IntegerSsim<T>&) {
  refuse();
}
template <class T>
void integer_ssim(const IntegerSsim<T>&, Scratch, int, void*) {
  refuse();
}
template <class T>
std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<T>&) {
  refuse();
}
template <class T>
void vmaf_ssim(const VmafSsim<T>&, Scratch, int, void*) {
  refuse();
}

template <class T>
void drr(const Drr<T>&, int, void*) {
  refuse();
}
template <class T>
std::size_t drr_gradient_scratch_bytes(const DrrGradient<T>&) {
  refuse();
}
template <class T>
void drr_gradient(const DrrGradient<T>&, Scratch, int, void*) {
  refuse();
}
void exposure(const Exposure&, int, void*) { refuse(); }
void photon_counts(const PhotonCounts&, int, void*) { refuse(); }
void resample(const Resample&, int, void*) { refuse(); }

std::size_t ncc_scratch_bytes(const Ncc&) { refuse(); }
void ncc(const Ncc&, Scratch, int, void*) { refuse(); }
std::size_t gradient_ncc_scratch_bytes(const GradientNcc&) { refuse(); }
void gradient_ncc(const GradientNcc&, Scratch, int, void*) { refuse(); }
std::size_t mse_scratch_bytes(const Mse&) { refuse(); }
void mse(const Mse&, Scratch, int, void*) { refuse(); }
std::size_t mutual_information_scratch_bytes(const MutualInformation&) { refuse(); }
void mutual_information(const MutualInformation&, Scratch, int, void*) { refuse(); }

template std::size_t ssim2d_scratch_bytes(const Ssim2d<float>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<std::uint8_t>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<Half>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<BFloat16>&);
template void ssim2d(const Ssim2d<float>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<std::uint8_t>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<Half>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<BFloat16>&, Scratch, int, void*);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<float>&);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<Half>&);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<BFloat16>&);
template void ssim2d_gradient(const Ssim2dGradient<float>&, Scratch, int, void*);
template void ssim2d_gradient(const Ssim2dGradient<Half>&, Scratch, int, void*);
template void ssim2d_gradient(const Ssim2dGradient<BFloat16>&, Scratch, int, void*);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<float>&);
template void ssim3d(const Ssim3d<float>&, Scratch, int, void*);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<std::uint8_t>&);
template void ssim3d(const Ssim3d<std::uint8_t>&, Scratch, int, void*);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<Half>&);
template void ssim3d(const Ssim3d<Half>&, Scratch, int, void*);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<BFloat16>&);
template void ssim3d(const Ssim3d<BFloat16>&, Scratch, int, void*);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<float>&);
template void ssim3d_gradient(const Ssim3dGradient<float>&, Scratch, int, void*);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<Half>&);
template void ssim3d_gradient(const Ssim3dGradient<Half>&, Scratch, int, void*);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<BFloat16>&);
template void ssim3d_gradient(const Ssim3dGradient<BFloat16>&, Scratch, int, void*);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<float>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<std::uint8_t>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<Half>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<BFloat16>&);
template void ms_ssim(const MsSsim<float>&, Scratch, int, void*);
template void ms_ssim(const MsSsim<std::uint8_t>&, Scratch, int, void*);
template void ms_ssim(const MsSsim<Half>&, Scratch, int, void*);
template void ms_ssim(const MsSsim<BFloat16>&, Scratch, int, void*);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<float>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<std::uint8_t>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<Half>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<BFloat16>&);
template void masked_ssim2d(const MaskedSsim2d<float>&, Scratch, int, void*);
template void masked_ssim2d(const MaskedSsim2d<std::uint8_t>&, Scratch, int, void*);
template void masked_ssim2d(const MaskedSsim2d<Half>&, Scratch, int, void*);
template void masked_ssim2d(const MaskedSsim2d<BFloat16>&, Scratch, int, void*);
template std::size_t image_errors_scratch_bytes(const ImageErrors<float>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<std::uint8_t>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<Half>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<BFloat16>&);
template void image_errors(const ImageErrors<float>&, Scratch, int, void*);
template void image_errors(const ImageErrors<std::uint8_t>&, Scratch, int, void*);
template void image_errors(const ImageErrors<Half>&, Scratch, int, void*);
template void image_errors(const ImageErrors<BFloat16>&, Scratch, int, void*);
template std::size_t flip_scratch_bytes(const Flip<float>&);
template std::size_t flip_scratch_bytes(const Flip<std::uint8_t>&);
template std::size_t flip_scratch_bytes(const Flip<Half>&);
template std::size_t flip_scratch_bytes(const Flip<BFloat16>&);
template void flip(const Flip<float>&, Scratch, int, void*);
template void flip(const Flip<std::uint8_t>&, Scratch, int, void*);
template void flip(const Flip<Half>&, Scratch, int, void*);
template void flip(const Flip<BFloat16>&, Scratch, int, void*);
template std::size_t integer_ssim_scratch_bytes(const IntegerSsim<std::uint8_t>&);
template std::size_t integer_ssim_scratch_bytes(const IntegerSsim<std::uint16_t>&);
template void integer_ssim(const IntegerSsim<std::uint8_t>&, Scratch, int, void*);
template void integer_ssim(const IntegerSsim<std::uint16_t>&, Scratch, int, void*);
template std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<std::uint8_t>&);
template std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<std::uint16_t>&);
template void vmaf_ssim(const VmafSsim<std::uint8_t>&, Scratch, int, void*);
template void vmaf_ssim(const VmafSsim<std::uint16_t>&, Scratch, int, void*);
template void drr(const Drr<float>&, int, void*);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<float>&);
template void drr_gradient(const DrrGradient<float>&, Scratch, int, void*);
template void drr(const Drr<Half>&, int, void*);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<Half>&);
template void drr_gradient(const DrrGradient<Half>&, Scratch, int, void*);
template void drr(const Drr<std::int16_t>&, int, void*);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<std::int16_t>&);
template void drr_gradient(const DrrGradient<std::int16_t>&, Scratch, int, void*);
template void drr(const Drr<std::uint16_t>&, int, void*);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<std::uint16_t>&);
template void drr_gradient(const DrrGradient<std::uint16_t>&, Scratch, int, void*);

}  // namespace fg::cuda
