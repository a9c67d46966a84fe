#include "kernels/core/cuda_memory.h"

#include <cuda_runtime_api.h>

#include <string>

#include "kernels/core/cuda_launch.h"

namespace fg::cuda {
namespace {

std::string version_name(int version) {  // 1000 major + 10 minor
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// The runtime calls a driver that is missing one that is too old.
std::string why_no_device(cudaError_t result) {
  int driver = 0;
  if (result != cudaErrorInsufficientDriver || cudaDriverGetVersion(&driver) != cudaSuccess)
    return cudaGetErrorString(result);
  if (driver == 0) return "no NVIDIA driver is installed (libcuda.so.1 was not found)";
  return "the NVIDIA driver is of CUDA " + version_name(driver) + ", this library needs one of CUDA " +
         version_name(CUDART_VERSION) + "; update the driver";
}

void require_device(int device) {
  const int count = device_count();
  require(device >= 0 && device < count, ErrorCode::unavailable,
          "there is no CUDA device " + std::to_string(device) + "; this machine has " +
              std::to_string(count) + ", counted from 0");
}

// What a caller may have got wrong is told apart from what went wrong on the device.
void check_call(cudaError_t result, const char* what) {
  const bool callers = result == cudaErrorInvalidValue || result == cudaErrorInvalidResourceHandle;
  if (callers) cudaGetLastError();  // not sticky: the next call starts clean
  require(!callers, ErrorCode::invalid_argument,
          std::string(what) + ": " + cudaGetErrorString(result) +
              "; expected memory and streams of one CUDA device that are not freed yet");
  check(result, what);
}

void forget_error(cudaError_t result) {
  if (result != cudaSuccess) cudaGetLastError();
}

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "creating a CUDA event"); }
  ~Event() { forget_error(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

class EventTimer final : public Timer {
 public:
  void start(void* stream) override {
    stopped_ = false;
    check_call(cudaEventRecord(begin_.get(), static_cast<cudaStream_t>(stream)), "starting the timer");
    started_ = true;
  }

  void stop(void* stream) override {
    require(started_, ErrorCode::invalid_argument, "the timer was not started; start it first");
    check_call(cudaEventRecord(end_.get(), static_cast<cudaStream_t>(stream)), "stopping the timer");
    stopped_ = true;
  }

  std::uint64_t wait_for_nanoseconds() override {
    require(stopped_, ErrorCode::invalid_argument, "the timer was not stopped; start and stop it first");
    check(cudaEventSynchronize(end_.get()), "waiting for the end of the timed work");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin_.get(), end_.get()), "reading the timer");
    return static_cast<std::uint64_t>(1e6 * static_cast<double>(milliseconds) + 0.5);
  }

 private:
  Event begin_, end_;
  bool started_ = false, stopped_ = false;
};

}  // namespace

int device_count() {
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result == cudaSuccess) return count;
  cudaGetLastError();  // not sticky: the next call starts clean
  throw Error(ErrorCode::unavailable, "no CUDA device can be used: " + why_no_device(result));
}

void* allocate_memory(int device, std::size_t bytes) {
  require_device(device);
  const CurrentDevice current(device);
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes),
        ("allocating " + std::to_string(bytes) + " bytes on CUDA device " + std::to_string(device)).c_str());
  return memory;
}

void free_memory(void* memory) { forget_error(cudaFree(memory)); }

void copy_memory(void* to, const void* from, std::size_t bytes, void* stream) {
  check_call(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, static_cast<cudaStream_t>(stream)),
             "copying memory");
}

void* create_stream(int device) {
  require_device(device);
  const CurrentDevice current(device);
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a CUDA stream");
  return stream;
}

void destroy_stream(void* stream) {
  if (stream != nullptr) forget_error(cudaStreamDestroy(static_cast<cudaStream_t>(stream)));
}

void wait_for_stream(void* stream) {
  check_call(cudaStreamSynchronize(static_cast<cudaStream_t>(stream)), "waiting for the CUDA stream");
}

std::unique_ptr<Timer> create_timer(int device) {
  require_device(device);
  const CurrentDevice current(device);
  return std::make_unique<EventTimer>();
}

}  // namespace fg::cuda
