#include "viewer/bench/bench_device.h"

#include <algorithm>
#include <cstdint>

#include "viewer/bench/cpu_device.h"
#include "viewer/bench/cuda_device.h"
#include "viewer/device/status.h"

namespace fg {
std::shared_ptr<void> allocate_or_leave(const ComputeDevice& device, std::size_t bytes) {
  try {
    return device.allocate(bytes);
  } catch (const OutOfMemory& problem) {
    throw NotMeasured{problem.what()};
  }
}

std::vector<std::unique_ptr<BenchDevice>> bench_devices(const std::string& wanted) {
  std::vector<std::unique_ptr<BenchDevice>> devices;
  if (wanted == "cpu" || wanted == "auto") devices.push_back(make_cpu_bench_device());
  std::uint32_t count = 0;
  if (wanted == "auto" && fg_cuda_devices(nullptr, &count) == FG_STATUS_OK && count > 0)
    devices.push_back(make_cuda_bench_device("cuda"));
  if (devices.empty()) devices.push_back(make_cuda_bench_device(wanted));
  return devices;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace fg
