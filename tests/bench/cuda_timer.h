#pragma once
// CUDA events around one call, 256 MB written in between so that nothing is left in L2; inputs of noise.

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/core/tensor_view.h"
#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/test_images.h"

namespace fg::bench {

inline constexpr std::size_t kFlushBytes = std::size_t{256} << 20;

class Timer {
 public:
  Timer() : flush_(kFlushBytes) {
    test::cuda(cudaEventCreate(&begin_));
    test::cuda(cudaEventCreate(&end_));
  }
  ~Timer() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  cudaStream_t stream() const { return stream_.get(); }
  std::vector<double> time(const std::function<void()>& body, bool flush = true) {
    std::vector<double> microseconds;
    for (int run = -10; run < 100; ++run) {
      if (flush) test::cuda(cudaMemsetAsync(flush_.data(), run & 0xFF, kFlushBytes, stream()));
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

template <class T>
std::vector<T> noise(std::size_t count, std::uint32_t seed) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const float v = test::noise(static_cast<std::uint32_t>(i), seed, 1);
    values[i] = static_cast<T>(sizeof(T) == 1 ? v * 255 : v);
  }
  return values;
}

inline ImageView<const float> planar(std::int64_t n, std::int64_t c, int h, int w) {
  return {nullptr, n, c, h, w, c * h * w, std::int64_t{h} * w, w, 1};
}

}  // namespace fg::bench
