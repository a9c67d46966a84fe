#pragma once
// Times work on a CUDA stream: events around each call, and 256 MB written before each so that nothing is left in L2.

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"

namespace fg::bench {

class CudaTimer {
 public:
  CudaTimer() : flush_(std::size_t{256} << 20) {
    test::cuda(cudaEventCreate(&begin_));
    test::cuda(cudaEventCreate(&end_));
  }
  ~CudaTimer() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  CudaTimer(const CudaTimer&) = delete;
  CudaTimer& operator=(const CudaTimer&) = delete;

  cudaStream_t stream() const { return stream_.get(); }
  // Microseconds of 100 calls, after 10 that do not count.
  std::vector<double> time(const std::function<void()>& body, bool flush = true) {
    std::vector<double> microseconds;
    for (int run = -10; run < 100; ++run) {
      if (flush) test::cuda(cudaMemsetAsync(flush_.data(), run & 0xFF, flush_.size_bytes(), stream()));
      test::cuda(cudaEventRecord(begin_, stream()));
      body();
      test::cuda(cudaEventRecord(end_, stream()));
      stream_.wait();
      float milliseconds = 0;
      test::cuda(cudaEventElapsedTime(&milliseconds, begin_, end_));
      if (run >= 0) microseconds.push_back(1e3 * static_cast<double>(milliseconds));
    }
    return microseconds;
  }

 private:
  test::Stream stream_;
  test::DeviceArray<char> flush_;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

}  // namespace fg::bench
