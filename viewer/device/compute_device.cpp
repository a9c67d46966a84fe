#include "viewer/device/compute_device.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "viewer/device/status.h"

namespace fg {

ComputeDevice::ComputeDevice(const std::string& wanted) {
  if (wanted == "cpu") return;
  if (wanted == "auto") {
    std::uint32_t count = 0;
    if (fg_cuda_devices(nullptr, &count) == FG_STATUS_OK && count > 0) open_cuda(0);
    return;
  }
  int index = 0;
  const std::string digits = wanted.starts_with("cuda:") ? wanted.substr(5) : wanted == "cuda" ? "0" : "";
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (digits.empty() || problem != std::errc() || index < 0 || end != digits.data() + digits.size())
    throw Failure(ExitCode::usage,
                  "the device '" + wanted + "' is unknown; expected auto, cpu, cuda or cuda:N");
  open_cuda(index);
}

void ComputeDevice::open_cuda(int index) {
  std::uint32_t count = 0;
  expect_ok(fg_cuda_devices(nullptr, &count));
  std::vector<FgCudaDevice> devices(count);
  expect_ok(fg_cuda_devices(devices.data(), &count));
  if (static_cast<std::uint32_t>(index) >= count)
    throw Failure(ExitCode::internal, "there is no CUDA device " + std::to_string(index) +
                                          "; this machine has " + std::to_string(count) + ", counted from 0");
  device_ = {kDLCUDA, index};
  name_ = devices[static_cast<std::size_t>(index)].name;
  create_stream();
}

void ComputeDevice::create_stream() {
  void* stream = nullptr;
  expect_ok(fg_cuda_stream_create(device_.device_id, &stream));
  stream_ = {stream, fg_cuda_stream_destroy};
}

ComputeDevice ComputeDevice::another() const {
  ComputeDevice device = *this;
  if (device_.device_type == kDLCUDA) device.create_stream();
  return device;
}

std::string ComputeDevice::word() const {
  return device_.device_type == kDLCUDA ? "cuda:" + std::to_string(device_.device_id) : "cpu";
}

std::shared_ptr<void> ComputeDevice::allocate(std::size_t bytes) const {
  if (device_.device_type == kDLCUDA) {
    void* memory = nullptr;
    expect_ok(fg_cuda_memory_allocate(device_.device_id, bytes, &memory));
    return {memory, fg_cuda_memory_free};
  }
  constexpr std::size_t kAlignmentBytes = 256;
  void* memory = std::aligned_alloc(kAlignmentBytes, (bytes / kAlignmentBytes + 1) * kAlignmentBytes);
  if (memory == nullptr)
    throw OutOfMemory(ExitCode::internal,
                      std::to_string(bytes) + " bytes of memory were asked for and are not there");
  return {memory, std::free};
}

void ComputeDevice::copy(void* to, const void* from, std::size_t bytes) const {
  if (bytes == 0) return;
  if (device_.device_type == kDLCUDA)
    expect_ok(fg_cuda_memory_copy(to, from, bytes, stream()));
  else
    std::memcpy(to, from, bytes);
}

void ComputeDevice::wait() const {
  if (device_.device_type == kDLCUDA) expect_ok(fg_cuda_stream_wait(stream()));
}

}  // namespace fg
