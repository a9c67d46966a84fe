#include "tests/bench/empty_kernel.h"

#include "kernels/core/cuda_launch.h"

namespace fg::bench {
namespace {

__global__ void nothing() {}

}  // namespace

struct EmptyKernel::Impl {
  cudaStream_t stream = nullptr;
  cudaEvent_t end = nullptr;
};

EmptyKernel::EmptyKernel(int device) : impl_(new Impl) {
  cuda::check(cudaSetDevice(device), "selecting the device");
  cuda::check(cudaStreamCreateWithFlags(&impl_->stream, cudaStreamNonBlocking), "creating a stream");
  cuda::check(cudaEventCreateWithFlags(&impl_->end, cudaEventDisableTiming), "creating an event");
}

EmptyKernel::~EmptyKernel() {
  cudaEventDestroy(impl_->end);
  cudaStreamDestroy(impl_->stream);
  delete impl_;
}

void EmptyKernel::start() {
  nothing<<<1, 1, 0, impl_->stream>>>();
  cuda::check(cudaGetLastError(), "launching an empty kernel");
  cuda::check(cudaEventRecord(impl_->end, impl_->stream), "recording an event");
}

bool EmptyKernel::ended() const {
  const cudaError_t result = cudaEventQuery(impl_->end);
  if (result == cudaErrorNotReady) return false;
  cuda::check(result, "running an empty kernel");
  return true;
}

}  // namespace fg::bench
