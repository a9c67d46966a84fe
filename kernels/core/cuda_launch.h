#pragma once
// What every .cu file needs around a launch; the C interface has its questions about devices and memory from here, too.

#include <cuda_runtime_api.h>

#include <string>

#include "kernels/core/error.h"

static_assert(__cplusplus >= 202002L, "CMake dropped -std=c++20 for nvcc");

namespace fg::cuda {

inline void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  cudaGetLastError();  // a launch error must not meet the host's next call
  const bool no_device = result == cudaErrorNoDevice || result == cudaErrorInsufficientDriver ||
                         result == cudaErrorInvalidDevice || result == cudaErrorNoKernelImageForDevice;
  throw Error(no_device ? ErrorCode::unavailable : ErrorCode::internal,
              std::string(what) + ": " + cudaGetErrorString(result));
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
