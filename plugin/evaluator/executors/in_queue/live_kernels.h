#pragma once
#include <cstddef>
#include <span>

namespace fg {

// The fatbin of kernels/live/live_entries.cu, part of the library. Empty where it was built without CUDA.
std::span<const std::byte> live_kernels();

}  // namespace fg
