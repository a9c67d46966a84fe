#include "viewer/bench/cpu_device.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace fg {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 27;  // more than caches hold

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      if (const std::size_t colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return "CPU";
}

// All processors copy a part each; one alone does not fill the memory bus of most machines.
void copy_with_all_processors(char* to, const char* from, std::size_t bytes) {
  const std::size_t count = std::max(1u, std::thread::hardware_concurrency());
  const std::size_t part = (bytes + count - 1) / count;
  std::vector<std::jthread> threads;
  for (std::size_t begin = 0; begin < bytes; begin += part)
    threads.emplace_back([=] { std::memcpy(to + begin, from + begin, std::min(part, bytes - begin)); });
}

class CpuDevice final : public BenchDevice {
 public:
  std::string id() const override { return "cpu"; }
  std::string name() const override {
    return processor_name() + ", " + std::to_string(std::max(1u, std::thread::hardware_concurrency())) +
           " threads";
  }
  std::string driver() const override { return ""; }
  DLDevice dlpack() const override { return device_.dlpack(); }
  void* stream() const override { return nullptr; }
  int default_runs() const override { return 11; }

  std::shared_ptr<void> allocate(std::size_t bytes) override { return allocate_or_leave(device_, bytes); }

  void copy(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }

  std::vector<double> time(int runs, const std::function<void()>& body) override {
    body();
    std::vector<double> microseconds;
    for (int run = 0; run < runs; ++run) {
      const auto begin = std::chrono::steady_clock::now();
      body();
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
      microseconds.push_back(took.count());
    }
    return microseconds;
  }

  double copy_gb_per_s() override {
    const auto from = allocate(kCopyBytes), to = allocate(kCopyBytes);
    std::memset(from.get(), 1, kCopyBytes);
    const auto times = time(7, [&] {
      copy_with_all_processors(static_cast<char*>(to.get()), static_cast<const char*>(from.get()),
                               kCopyBytes);
    });
    return 2.0 * kCopyBytes / median(times) * 1e-3;
  }

 private:
  ComputeDevice device_{"cpu"};
};

}  // namespace

std::unique_ptr<BenchDevice> make_cpu_bench_device() { return std::make_unique<CpuDevice>(); }

}  // namespace fg
