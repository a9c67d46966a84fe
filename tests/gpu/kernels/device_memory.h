#pragma once
// CUDA memory and streams for tests, and the reason where there is no device to test on.

#include <cuda_runtime_api.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace fg::test {

inline void cuda(cudaError_t result) {
  if (result != cudaSuccess) throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(result));
}

// "" where CUDA device 0 can be used.
inline std::string no_cuda_device() {
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result == cudaSuccess && count > 0) return "";
  cudaGetLastError();
  return std::string("no CUDA device: ") +
         (result == cudaSuccess ? "none is listed" : cudaGetErrorString(result));
}

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) { cuda(cudaMalloc(&data_, count * sizeof(T))); }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    cuda(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return static_cast<T*>(data_); }
  std::size_t size_bytes() const { return count_ * sizeof(T); }
  std::vector<T> read() const {
    std::vector<T> values(count_);
    cuda(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }

 private:
  std::size_t count_;
  void* data_ = nullptr;
};

class Stream {
 public:
  Stream() { cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  cudaStream_t get() const { return stream_; }
  void wait() const { cuda(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

// What launch() puts on the stream, captured into a graph and run from it so many times: it may neither wait nor allocate.
// Kernels must have been loaded before, by a launch of them.
template <class Launch>
void run_captured(const Stream& stream, const Launch& launch, int times = 1) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t replay = nullptr;
  cuda(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal));
  launch();
  cuda(cudaStreamEndCapture(stream.get(), &graph));
  cuda(cudaGraphInstantiate(&replay, graph, 0));
  for (int run = 0; run < times; ++run) cuda(cudaGraphLaunch(replay, stream.get()));
  stream.wait();
  cudaGraphExecDestroy(replay);
  cudaGraphDestroy(graph);
}

}  // namespace fg::test
