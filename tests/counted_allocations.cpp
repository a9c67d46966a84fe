#include "tests/counted_allocations.h"

#include <cstdlib>
#include <new>

namespace {
thread_local long count = 0;
}

#ifndef __SANITIZE_ADDRESS__  // which has an operator new of its own, and needs it
// In a file of their own: inlined into what they serve, the compiler takes new and free() for a mismatch.
void* operator new(std::size_t bytes) {
  ++count;
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace fg::test {

long allocations() { return count; }

}  // namespace fg::test
