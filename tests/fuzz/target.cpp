// What libFuzzer calls, the same for every target.

#include <cstddef>

#include "tests/fuzz/fuzz_file.h"
#include "viewer/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    fg::fuzz::run({data, size});
  } catch (const fg::Failure&) {
    // A sentence of ours is an answer; anything else that is thrown ends the process as a finding.
  }
  return 0;
}
