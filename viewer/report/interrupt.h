#pragma once

namespace fg {

// While one of these lives, Ctrl-C asks the command to stop after what it is doing, so that it can write what
// is finished; a second Ctrl-C ends the process at once. At most one at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool requested() const;
};

}  // namespace fg
