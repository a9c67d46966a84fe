#pragma once

namespace fg {

// While one of these lives, Ctrl-C or a polite kill (SIGTERM, as a job that is cancelled gets it) asks the command
// to stop after what it is doing, so that it can write what is finished; a second one ends the process at once. At
// most one at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  bool requested() const;
  int exit_code() const;  // 130 or 143, as shells have it; once requested
};

}  // namespace fg
