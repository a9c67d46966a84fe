// Which CUDA devices there are. The only file of abi/ that talks to the CUDA runtime itself.

#include <algorithm>
#include <cstdio>

#include "kernels/core/error.h"
#include "plugin/abi/guard.h"

#ifdef FRAMEGAUGE_HAS_CUDA
#include <cuda_runtime_api.h>
#endif

namespace fg::abi {
namespace {

#ifdef FRAMEGAUGE_HAS_CUDA
void list_cuda_devices(FgCudaDevice* devices, std::uint32_t& count) {
  const std::uint32_t room = count;
  count = 0;
  int found = 0;
  const cudaError_t result = cudaGetDeviceCount(&found);
  if (result != cudaSuccess) {
    cudaGetLastError();  // not sticky: the next call starts clean
    throw Error(ErrorCode::unavailable,
                std::string("no CUDA device can be used: ") + cudaGetErrorString(result));
  }
  count = static_cast<std::uint32_t>(found);
  for (std::uint32_t i = 0; i < std::min(room, count); ++i) {
    cudaDeviceProp properties;
    if (cudaGetDeviceProperties(&properties, static_cast<int>(i)) != cudaSuccess)
      throw Error(ErrorCode::unavailable, "CUDA device " + std::to_string(i) + " does not answer");
    devices[i] = {};
    std::snprintf(devices[i].name, sizeof(devices[i].name), "%.127s", properties.name);
    devices[i].compute_major = properties.major;
    devices[i].compute_minor = properties.minor;
    devices[i].memory_bytes = properties.totalGlobalMem;
  }
}
#else
void list_cuda_devices(FgCudaDevice*, std::uint32_t& count) {
  count = 0;
  throw Error(ErrorCode::unsupported,
              "this build has no CUDA kernels; configure with a CUDA toolkit of 12.4 or newer to have them");
}
#endif

}  // namespace
}  // namespace fg::abi

extern "C" FgStatus fg_cuda_devices(FgCudaDevice* devices, uint32_t* count) {
  return fg::abi::guard([&] {
    fg::require(count != nullptr, fg::ErrorCode::invalid_argument,
                "fg_cuda_devices: count is NULL; pass its address");
    fg::require(devices != nullptr || *count == 0, fg::ErrorCode::invalid_argument,
                "fg_cuda_devices: devices is NULL but *count is not 0; pass an array or set *count to 0");
    fg::abi::list_cuda_devices(devices, *count);
  });
}
