#pragma once
// What every .cu file needs around a launch; the C interface has its questions about devices and memory from here, too.

#include <cuda_runtime.h>

#include <string>

#include "kernels/core/error.h"

static_assert(__cplusplus >= 202002L, "CMake dropped -std=c++20 for nvcc");

namespace fg::cuda {

inline void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  cudaGetLastError();  // a launch error must not meet the host's next call
  const bool no_device = result == cudaErrorNoDevice || result == cudaErrorInsufficientDriver ||
                         result == cudaErrorInvalidDevice || result == cudaErrorNoKernelImageForDevice;
  throw Error(no_device                             ? ErrorCode::unavailable
              : result == cudaErrorMemoryAllocation ? ErrorCode::out_of_memory
                                                    : ErrorCode::internal,
              std::string(what) + ": " + cudaGetErrorString(result));
}

// Launches a kernel that may start while the one before it on the stream still runs: it calls wait_for_previous_kernel()
// before it touches memory. Saves a small second kernel some microseconds of its launch (programmatic dependent launch; code
// compiled for compute capability 9.0 or newer, other code is launched as usual).
template <class... Parameters, class... Arguments>
void launch_early(void (*kernel)(Parameters...), dim3 blocks, unsigned threads, cudaStream_t stream,
                  Arguments... arguments) {
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = blocks;
  config.blockDim = dim3(threads);
  config.stream = stream;
  config.attrs = &attribute;
  // By what the kernel was compiled for: code for older devices does not wait, wherever it runs.
  cudaFuncAttributes attributes;
  check(cudaFuncGetAttributes(&attributes, kernel), "finding a kernel of sums");
  config.numAttrs = attributes.ptxVersion >= 90 ? 1 : 0;
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...),
        "launching a kernel of sums");
}

// All writes of the kernel before are visible after it.
__device__ inline void wait_for_previous_kernel() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  cudaGridDependencySynchronize();
#endif
}

// Makes a device the thread's current one and gives the old one back.
class CurrentDevice {
 public:
  explicit CurrentDevice(int device) {
    check(cudaGetDevice(&previous_), "CUDA");
    if (previous_ == device) return;
    check(cudaSetDevice(device), "selecting the CUDA device of the tensors");
    changed_ = true;
  }
  ~CurrentDevice() {
    if (changed_) cudaSetDevice(previous_);
  }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int previous_ = 0;
  bool changed_ = false;
};

}  // namespace fg::cuda
