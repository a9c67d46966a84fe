#pragma once
// CUDA devices, their memory, streams and clocks for callers without a CUDA runtime. Pointers and streams are the
// runtime's own. Functions throw Error; those that give something back are silent where CUDA is gone already.

#include <cstddef>
#include <cstdint>
#include <memory>

namespace fg::cuda {

int device_count();  // at least 1; throws with what stands in the way

void* allocate_memory(int device, std::size_t bytes);
void free_memory(void* memory);  // waits for the device
// Host or device on either side, known by the addresses. On the stream, without waiting for it.
void copy_memory(void* to, const void* from, std::size_t bytes, void* stream);

void* create_stream(int device);  // does not wait for the legacy default stream, nor it for this one
void destroy_stream(void* stream);
void wait_for_stream(void* stream);

// The time between two points of a stream, by the device's clock.
class Timer {
 public:
  virtual ~Timer() = default;
  virtual void start(void* stream) = 0;
  virtual void stop(void* stream) = 0;
  virtual std::uint64_t wait_for_nanoseconds() = 0;  // from the last start to the last stop
};
std::unique_ptr<Timer> create_timer(int device);

}  // namespace fg::cuda
