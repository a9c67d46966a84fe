#pragma once
// How the live kernels are launched, for whoever launches them without a CUDA runtime: from a Vulkan command buffer, say.
// Each takes one argument, the struct itself.

#include <cstddef>
#include <cstdint>

#include "kernels/live/live_ssim.h"

namespace fg::live {

struct Launch {
  const char* entry = nullptr;  // extern "C", of live_entries.cu
  std::uint32_t grid[3] = {1, 1, 1};
  std::uint32_t threads = 0;  // of a block; shared memory is static
};

// Throws Error where an image is too large for the kernels. Allocates nothing otherwise; how a frame is cut hangs
// on size, window, formats and multiprocessors alone.
Launch launch_of(const LiveSsim& op);
Launch launch_of(const LiveReference& op);

// How many words a frame's launch leaves in LiveSsim::statistics.
std::size_t statistics_words(const Launch& launch);

// Every name that launch_of() may return.
inline constexpr std::size_t kMostEntries = 32;
std::size_t entry_names(const char* (&names)[kMostEntries]);

}  // namespace fg::live
