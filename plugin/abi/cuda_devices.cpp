// Which CUDA devices there are, and what lies on them. The only file of abi/ that talks to the CUDA runtime itself.

#include "plugin/abi/cuda_memory.h"

#include <algorithm>
#include <cstdio>

#include "kernels/core/error.h"
#include "plugin/abi/guard.h"

#ifdef FRAMEGAUGE_HAS_CUDA
#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_memory.h"
#endif

namespace fg::abi {
namespace {

#ifdef FRAMEGAUGE_HAS_CUDA
void list_cuda_devices(FgCudaDevice* devices, std::uint32_t& count) {
  const std::uint32_t room = count;
  count = 0;
  count = static_cast<std::uint32_t>(cuda::device_count());
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

// Does the device read host memory that no CUDA function has seen, as on machines with HMM or ATS?
bool reaches_all_host_memory(int device) {
  int reaches = 0;
  return cudaDeviceGetAttribute(&reaches, cudaDevAttrPageableMemoryAccess, device) == cudaSuccess &&
         reaches != 0;
}

void check_pointer(const Checker& check, int device, const char* name, const void* pointer) {
  cudaPointerAttributes attributes{};
  cuda::check(cudaPointerGetAttributes(&attributes, pointer), "asking where memory lies");
  const std::string where = ", the tensors are on CUDA device " + std::to_string(device);
  if (attributes.type == cudaMemoryTypeUnregistered)
    check.expect(reaches_all_host_memory(device), std::string(name) +
                                                      " is host memory that the device does not reach" +
                                                      where + "; pass memory of that device");
  if (attributes.type == cudaMemoryTypeDevice)
    check.expect(attributes.device == device, std::string(name) + " is memory of CUDA device " +
                                                  std::to_string(attributes.device) + where +
                                                  "; pass memory of that device");
}
#else
void list_cuda_devices(FgCudaDevice*, std::uint32_t& count) {
  count = 0;
  throw Error(ErrorCode::unsupported,
              "this build has no CUDA kernels; configure with a CUDA toolkit of 12.4 or newer to have them");
}
#endif

}  // namespace

#ifdef FRAMEGAUGE_HAS_CUDA
void check_cuda_memory(const Checker& check, int device, const std::vector<NamedTensor>& inputs,
                       const std::vector<NamedTensor>& outputs, const GivenScratch& scratch) {
  const int devices = cuda::device_count();
  check.expect(device >= 0 && device < devices,
               "the tensors are on CUDA device " + std::to_string(device) + ", this machine has " +
                   std::to_string(devices) + " of them, counted from 0; check DLTensor.device.device_id",
               ErrorCode::unavailable);
  const cuda::CurrentDevice current(device);  // no context is made on another device than the tensors'
  for (const auto* tensors : {&inputs, &outputs})
    for (const NamedTensor& one : *tensors)
      if (one.tensor != nullptr) check_pointer(check, device, one.name, first_byte(*one.tensor));
  if (scratch.needed_bytes != 0) check_pointer(check, device, "scratch", scratch.data);
}
#else
// Not reached: a build without CUDA has already refused to say how much scratch CUDA tensors need.
void check_cuda_memory(const Checker& check, int, const std::vector<NamedTensor>&,
                       const std::vector<NamedTensor>&, const GivenScratch&) {
  check.expect(false, "the tensors are CUDA tensors, but this build has no CUDA kernels; pass CPU tensors",
               ErrorCode::unsupported);
}
#endif

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
