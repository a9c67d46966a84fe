#include "viewer/bench/cuda_device.h"

#include <cctype>
#include <fstream>
#include <sstream>

#include "viewer/device/status.h"

namespace fg {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 30;
constexpr std::size_t kFlushBytes = std::size_t{1} << 28;  // twice the largest L2 cache so far
constexpr int kWarmUpRuns = 10;

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
  explicit CudaDevice(const std::string& word) : device_(word) {
    FgCudaTimer timer = nullptr;
    expect_ok(fg_cuda_timer_create(dlpack().device_id, &timer));
    timer_ = {timer, fg_cuda_timer_destroy};
    from_ = device_.allocate(kCopyBytes);
    to_ = device_.allocate(kCopyBytes);
    device_.copy(to_.get(), from_.get(), kCopyBytes);
  }

  std::string id() const override { return "cuda:" + std::to_string(dlpack().device_id); }
  std::string name() const override { return device_.name(); }
  std::string driver() const override { return driver_version(); }
  DLDevice dlpack() const override { return device_.dlpack(); }
  void* stream() const override { return device_.stream(); }
  int default_runs() const override { return 100; }

  std::shared_ptr<void> allocate(std::size_t bytes) override { return allocate_or_leave(device_, bytes); }

  void copy(void* to, const void* from, std::size_t bytes) override {
    device_.copy(to, from, bytes);
    device_.wait();
  }

  std::vector<double> time(int runs, const std::function<void()>& body) override {
    std::vector<double> microseconds;
    for (int run = -kWarmUpRuns; run < runs; ++run) {
      expect_ok(fg_cuda_memory_copy(to_.get(), from_.get(), kFlushBytes, stream()));
      expect_ok(fg_cuda_timer_start(timer_.get(), stream()));
      body();
      expect_ok(fg_cuda_timer_stop(timer_.get(), stream()));
      std::uint64_t nanoseconds = 0;
      expect_ok(fg_cuda_timer_wait(timer_.get(), &nanoseconds));
      if (run >= 0) microseconds.push_back(1e-3 * static_cast<double>(nanoseconds));
    }
    return microseconds;
  }

  double copy_gb_per_s() override {
    const auto times = time(default_runs(), [&] {
      expect_ok(fg_cuda_memory_copy(to_.get(), from_.get(), kCopyBytes, stream()));
    });
    return 2.0 * kCopyBytes / median(times) * 1e-3;
  }

 private:
  ComputeDevice device_;
  std::shared_ptr<FgCudaTimer_T> timer_;
  std::shared_ptr<void> from_, to_;  // for the copy rate, and for what is to push tensors out of the L2 cache
};

}  // namespace

std::unique_ptr<BenchDevice> make_cuda_bench_device(const std::string& word) {
  return std::make_unique<CudaDevice>(word);
}

}  // namespace fg
