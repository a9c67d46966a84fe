// fg_cuda_memory_..., fg_cuda_stream_... and fg_cuda_timer_...: arguments checked, then one call of the CUDA part.

#include <memory>

#include "kernels/core/cuda_memory.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/tensor_checks.h"

namespace fg::abi {
namespace {

template <class T>
void expect_place(const Checker& check, const char* name, T* place) {
  check.expect(place != nullptr, std::string(name) + " is NULL; pass its address");
}

cuda::Timer* timer_of(FgCudaTimer timer) { return reinterpret_cast<cuda::Timer*>(timer); }

cuda::Timer& checked_timer(const Checker& check, FgCudaTimer timer) {
  check.expect(timer != nullptr, "timer is NULL; pass one of fg_cuda_timer_create()");
  return *timer_of(timer);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

FgStatus fg_cuda_memory_allocate(int32_t device, size_t bytes, void** memory) {
  using namespace fg::abi;
  return guard([&] {
    expect_place(Checker("fg_cuda_memory_allocate"), "memory", memory);
    *memory = fg::cuda::allocate_memory(device, bytes);
  });
}

void fg_cuda_memory_free(void* memory) { fg::cuda::free_memory(memory); }

FgStatus fg_cuda_memory_copy(void* to, const void* from, size_t bytes, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_cuda_memory_copy");
    check.expect(bytes == 0 || (to != nullptr && from != nullptr),
                 std::string(to == nullptr ? "to" : "from") + " is NULL but " + std::to_string(bytes) +
                     " bytes are to be copied; pass the address of as many bytes");
    fg::cuda::copy_memory(to, from, bytes, stream);
  });
}

FgStatus fg_cuda_stream_create(int32_t device, void** stream) {
  using namespace fg::abi;
  return guard([&] {
    expect_place(Checker("fg_cuda_stream_create"), "stream", stream);
    *stream = fg::cuda::create_stream(device);
  });
}

void fg_cuda_stream_destroy(void* stream) { fg::cuda::destroy_stream(stream); }

FgStatus fg_cuda_stream_wait(void* stream) {
  return fg::abi::guard([&] { fg::cuda::wait_for_stream(stream); });
}

FgStatus fg_cuda_timer_create(int32_t device, FgCudaTimer* timer) {
  using namespace fg::abi;
  return guard([&] {
    expect_place(Checker("fg_cuda_timer_create"), "timer", timer);
    *timer = reinterpret_cast<FgCudaTimer>(fg::cuda::create_timer(device).release());
  });
}

void fg_cuda_timer_destroy(FgCudaTimer timer) { delete fg::abi::timer_of(timer); }

FgStatus fg_cuda_timer_start(FgCudaTimer timer, void* stream) {
  using namespace fg::abi;
  return guard([&] { checked_timer(Checker("fg_cuda_timer_start"), timer).start(stream); });
}

FgStatus fg_cuda_timer_stop(FgCudaTimer timer, void* stream) {
  using namespace fg::abi;
  return guard([&] { checked_timer(Checker("fg_cuda_timer_stop"), timer).stop(stream); });
}

FgStatus fg_cuda_timer_wait(FgCudaTimer timer, uint64_t* nanoseconds) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_cuda_timer_wait");
    fg::cuda::Timer& checked = checked_timer(check, timer);
    expect_place(check, "nanoseconds", nanoseconds);
    *nanoseconds = checked.wait_for_nanoseconds();
  });
}

}  // extern "C"
