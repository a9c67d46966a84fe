#pragma once
// In a program that links fake_cuda.cpp, the C interface's CUDA memory, streams, timers and shared images are the
// processor's, and fg_drr() renders there: what the host does in turns with Vulkan is then tested where there is no GPU. A
// stream has done its work when it is asked to.

namespace fg::test {

struct FakeCuda {
  int objects = 0;       // memory, streams, timers and images that are there
  int drrs = 0;          // rendered so far
  int fails_at = 0;      // this one fails, and the device is lost with it; 0: none
  int vanishes_at = 0;   // this one is begun, and then the device is lost: its signal never comes; 0: none
  bool is_lost = false;  // nothing works any more
};
FakeCuda& fake_cuda();

}  // namespace fg::test
