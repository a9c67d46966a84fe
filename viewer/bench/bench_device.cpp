#include "viewer/bench/bench_device.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "framegauge/framegauge.h"
#include "viewer/bench/cpu_device.h"
#include "viewer/bench/cuda_device.h"
#include "viewer/error.h"

namespace fg {
namespace {

constexpr std::string_view kCuda = "cuda";

// "cuda" -> 0, "cuda:3" -> 3
int cuda_index(const std::string& wanted) {
  int index = 0;
  if (wanted == kCuda) return index;
  const char* first = wanted.data() + kCuda.size() + 1;
  const char* last = wanted.data() + wanted.size();
  const auto [end, error] = std::from_chars(first, last, index);
  if (error != std::errc{} || end != last || index < 0)
    throw Failure(ExitCode::usage,
                  "--device '" + wanted + "': expected cuda:N with the number of a device, counted from 0");
  return index;
}

}  // namespace

std::vector<std::unique_ptr<BenchDevice>> bench_devices(const std::string& wanted) {
  std::vector<std::unique_ptr<BenchDevice>> devices;
  if (wanted == "cpu" || wanted == "auto") devices.push_back(make_cpu_bench_device());
  if (wanted == "auto") {
    std::uint32_t count = 0;
    if (fg_cuda_devices(nullptr, &count) == FG_STATUS_OK && count > 0)
      devices.push_back(make_cuda_bench_device(0));
  }
  if (wanted == kCuda || wanted.starts_with("cuda:"))
    devices.push_back(make_cuda_bench_device(cuda_index(wanted)));
  if (devices.empty())
    throw Failure(ExitCode::usage,
                  "--device '" + wanted + "' is unknown; expected auto, cpu, cuda or cuda:N");
  return devices;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace fg
