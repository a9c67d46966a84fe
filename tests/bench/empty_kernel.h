#pragma once
// The least that a round to CUDA can be. No Vulkan in it.

namespace fg::bench {

class EmptyKernel {
 public:
  explicit EmptyKernel(int device);
  ~EmptyKernel();
  void start();        // enqueues one
  bool ended() const;  // the latest that was started

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace fg::bench
