#include "viewer/device/op_call.h"

namespace fg {
namespace {

constexpr std::size_t kAlignmentBytes = 256;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
}

// From the first element to behind the last one.
std::size_t reach_bytes(const DLTensor& t) {
  std::int64_t elements = 1;
  if (t.strides)
    for (int i = 0; i < t.ndim; ++i) elements += (t.shape[i] - 1) * t.strides[i];
  else
    for (int i = 0; i < t.ndim; ++i) elements *= t.shape[i];
  return static_cast<std::size_t>(elements) * (t.dtype.bits / 8);
}

}  // namespace

OpDevice::Kept OpDevice::keep(const void* first, const void* second, std::size_t bytes_each) {
  if (!copies()) return {};
  auto* const memory = static_cast<std::byte*>(kept_.of(device_, 2 * aligned(bytes_each)));
  std::byte* const behind = memory + aligned(bytes_each);
  device_.copy(memory, first, bytes_each);
  device_.copy(behind, second, bytes_each);
  device_.wait();  // the caller may let go of the host memory
  return {memory, behind};
}

OpCall::Argument& OpCall::add(const void* data, DLDataTypeCode code, std::uint8_t bits,
                              std::vector<std::int64_t> shape, std::vector<std::int64_t> strides) {
  Argument& argument = arguments_.emplace_back(data, code, bits, std::move(shape), std::move(strides));
  if (on_.copies()) {
    argument.tensor.device = on_.device_.dlpack();
    argument.tensor.data = nullptr;
    argument.bytes = reach_bytes(argument.tensor);
  }
  return argument;
}

const DLTensor* OpCall::input(const void* data, DLDataTypeCode code, std::uint8_t bits,
                              std::vector<std::int64_t> shape, std::vector<std::int64_t> strides,
                              const void* kept) {
  Argument& argument = add(data, code, bits, std::move(shape), std::move(strides));
  if (on_.copies() && kept)
    argument.tensor.data = const_cast<void*>(kept);
  else
    argument.from = data;
  return &argument.tensor;
}

DLTensor* OpCall::output(void* data, DLDataTypeCode code, std::uint8_t bits,
                         std::vector<std::int64_t> shape) {
  if (!data) return nullptr;
  Argument& argument = add(data, code, bits, std::move(shape), {});
  argument.to = data;
  return &argument.tensor;
}

void* OpCall::place_tensors(std::size_t scratch_bytes) {
  std::size_t bytes = aligned(scratch_bytes);
  for (const Argument& argument : arguments_)
    if (argument.from || argument.to) bytes += aligned(argument.bytes);
  auto* const scratch = static_cast<std::byte*>(on_.call_.of(on_.device_, bytes));
  std::byte* place = scratch + aligned(scratch_bytes);
  for (Argument& argument : arguments_) {
    if (!argument.from && !argument.to) continue;
    argument.tensor.data = place;
    if (argument.from) on_.device_.copy(place, argument.from, argument.bytes);
    place += aligned(argument.bytes);
  }
  return scratch_bytes ? scratch : nullptr;
}

void OpCall::fetch_outputs() {
  for (const Argument& argument : arguments_)
    if (argument.to) on_.device_.copy(argument.to, argument.tensor.data, argument.bytes);
  on_.device_.wait();
}

}  // namespace fg
