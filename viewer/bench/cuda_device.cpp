#include "viewer/bench/cuda_device.h"

#include <cctype>
#include <fstream>
#include <sstream>

#include "framegauge/framegauge.h"
#include "viewer/error.h"

namespace fg {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 30;
constexpr std::size_t kFlushBytes = std::size_t{1} << 28;  // twice the largest L2 cache so far
constexpr int kWarmUpRuns = 10;

void expect(FgStatus status) {
  if (status != FG_STATUS_OK) throw Failure(ExitCode::internal, fg_last_error());
}

// "... x86_64  580.159.04  Release Build ..." -> "580.159.04"
std::string driver_version() {
  std::ifstream file("/proc/driver/nvidia/version");
  std::string line, word;
  std::getline(file, line);
  for (std::istringstream words(line); words >> word;)
    if (std::isdigit(static_cast<unsigned char>(word[0])) && word.find('.') != std::string::npos) return word;
  return "";
}

class CudaDevice final : public BenchDevice {
 public:
  explicit CudaDevice(int index) : index_(index) {
    std::uint32_t count = static_cast<std::uint32_t>(index) + 1;
    std::vector<FgCudaDevice> devices(count);
    expect(fg_cuda_devices(devices.data(), &count));
    if (static_cast<std::uint32_t>(index) >= count)
      throw Failure(ExitCode::internal, "there is no CUDA device " + std::to_string(index) +
                                            "; this machine has " + std::to_string(count) +
                                            ", counted from 0");
    name_ = devices[static_cast<std::size_t>(index)].name;
    void* stream = nullptr;
    expect(fg_cuda_stream_create(index, &stream));
    stream_ = {stream, fg_cuda_stream_destroy};
    FgCudaTimer timer = nullptr;
    expect(fg_cuda_timer_create(index, &timer));
    timer_ = {timer, fg_cuda_timer_destroy};
    from_ = allocate(kCopyBytes);
    to_ = allocate(kCopyBytes);
    expect(fg_cuda_memory_copy(to_.get(), from_.get(), kCopyBytes, stream));
  }

  std::string id() const override { return "cuda:" + std::to_string(index_); }
  std::string name() const override { return name_; }
  std::string driver() const override { return driver_version(); }
  DLDevice dlpack() const override { return {kDLCUDA, index_}; }
  void* stream() const override { return stream_.get(); }
  int default_runs() const override { return 100; }

  std::shared_ptr<void> allocate(std::size_t bytes) override {
    void* memory = nullptr;
    const FgStatus status = fg_cuda_memory_allocate(index_, bytes, &memory);
    if (status == FG_STATUS_OUT_OF_MEMORY) throw NotMeasured{fg_last_error()};
    expect(status);
    return {memory, fg_cuda_memory_free};
  }

  void copy(void* to, const void* from, std::size_t bytes) override {
    expect(fg_cuda_memory_copy(to, from, bytes, stream()));
    expect(fg_cuda_stream_wait(stream()));
  }

  std::vector<double> time(int runs, const std::function<void()>& body) override {
    std::vector<double> microseconds;
    for (int run = -kWarmUpRuns; run < runs; ++run) {
      expect(fg_cuda_memory_copy(to_.get(), from_.get(), kFlushBytes, stream()));
      expect(fg_cuda_timer_start(timer_.get(), stream()));
      body();
      expect(fg_cuda_timer_stop(timer_.get(), stream()));
      std::uint64_t nanoseconds = 0;
      expect(fg_cuda_timer_wait(timer_.get(), &nanoseconds));
      if (run >= 0) microseconds.push_back(1e-3 * static_cast<double>(nanoseconds));
    }
    return microseconds;
  }

  double copy_gb_per_s() override {
    const auto times = time(
        default_runs(), [&] { expect(fg_cuda_memory_copy(to_.get(), from_.get(), kCopyBytes, stream())); });
    return 2.0 * kCopyBytes / median(times) * 1e-3;
  }

 private:
  int index_;
  std::string name_;
  std::shared_ptr<void> stream_;
  std::shared_ptr<FgCudaTimer_T> timer_;
  std::shared_ptr<void> from_, to_;  // for the copy rate, and for what is to push tensors out of the L2 cache
};

}  // namespace

std::unique_ptr<BenchDevice> make_cuda_bench_device(int index) {
  try {
    return std::make_unique<CudaDevice>(index);
  } catch (const NotMeasured& problem) {
    throw Failure(ExitCode::internal, problem.reason);
  }
}

}  // namespace fg
