#include "viewer/bench/bench_tensor.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "viewer/error.h"

namespace fg {
namespace {

// Numbers in [0, 1) that depend on the index and a seed alone: a counter through the finaliser of SplitMix64.
float noise_at(std::uint64_t index, std::uint64_t seed) {
  std::uint64_t h = (index + 1) * 0x9E3779B97F4A7C15u + seed * 0xD1B54A32D192ED03u;
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
  return static_cast<float>((h ^ (h >> 31)) >> 40) / 16777216.0f;
}

template <class T>
T sample_of(float value) {
  if constexpr (sizeof(T) == 1) return static_cast<T>(255 * value + 0.5f);
  return static_cast<T>(value);
}

template <class T, class Formula>
void fill(BenchDevice& device, BenchTensor& tensor, const Formula& formula) {
  std::vector<T> values(tensor.elements());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = sample_of<T>(formula(i));
  device.copy(tensor.get()->data, values.data(), tensor.bytes());
}

template <class T>
void fill_pair_of(BenchDevice& device, BenchTensor& x, BenchTensor& y, BenchContents contents) {
  if (contents == BenchContents::noise) {
    fill<T>(device, x, [](std::size_t i) { return noise_at(i, 1); });
    fill<T>(device, y, [](std::size_t i) { return (noise_at(i, 1) + noise_at(i, 2)) / 2; });
    return;
  }
  const auto width = static_cast<std::size_t>(x.get()->shape[x.get()->ndim - 1]);
  const auto wave = [=](std::size_t i) {
    const auto row = static_cast<float>(i / width), column = static_cast<float>(i % width);
    return 0.5f + 0.4f * std::sin(0.021f * column) * std::cos(0.017f * row);
  };
  fill<T>(device, y, wave);
  fill<T>(device, x, [&](std::size_t i) { return wave(i) + 0.1f * (noise_at(i, 1) - 0.5f); });
}

}  // namespace

BenchTensor::BenchTensor(BenchDevice& device, BenchShape shape, DLDataType dtype) : shape_(std::move(shape)) {
  tensor_.device = device.dlpack();
  tensor_.ndim = static_cast<int>(shape_.size());
  tensor_.dtype = dtype;
  tensor_.shape = shape_.data();
  memory_ = device.allocate(bytes());
  tensor_.data = memory_.get();
}

std::size_t BenchTensor::elements() const {
  return static_cast<std::size_t>(
      std::accumulate(shape_.begin(), shape_.end(), std::int64_t{1}, std::multiplies<>{}));
}

BenchTensor& BenchTensors::add(BenchShape shape, DLDataType dtype) {
  return *all_.emplace_back(std::make_unique<BenchTensor>(device_, std::move(shape), dtype));
}

std::size_t BenchTensors::bytes() const {
  std::size_t sum = 0;
  for (const auto& tensor : all_) sum += tensor->bytes();
  return sum;
}

std::string name_of(DLDataType dtype) {
  return (dtype.code == kDLUInt ? "uint" : "float") + std::to_string(dtype.bits);
}

void fill_pair(BenchDevice& device, BenchTensor& x, BenchTensor& y, BenchContents contents) {
  if (x.get()->dtype.code == kDLUInt)
    fill_pair_of<std::uint8_t>(device, x, y, contents);
  else
    fill_pair_of<float>(device, x, y, contents);
}

void expect_offered(FgStatus status) {
  switch (status) {
    case FG_STATUS_OK:
      return;
    case FG_STATUS_UNSUPPORTED:
    case FG_STATUS_UNAVAILABLE:
    case FG_STATUS_SIZE_MISMATCH:
    case FG_STATUS_OUT_OF_MEMORY:
      throw NotMeasured{fg_last_error()};
    default:
      throw Failure(ExitCode::internal, fg_last_error());
  }
}

}  // namespace fg
