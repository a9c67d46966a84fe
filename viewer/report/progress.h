#pragma once
#include <chrono>
#include <cstddef>
#include <string>

namespace fg {

// One line on standard error with count, rate and time left; silent where standard error is not a terminal.
class Progress {
 public:
  Progress(std::string what, std::size_t total);
  ~Progress();  // clears the line
  void advance(const std::string& item);

 private:
  std::string what_;
  std::size_t total_, done_ = 0;
  bool shown_;
  std::chrono::steady_clock::time_point start_;
};

// The same of one thing that has no parts worth counting.
class ShareProgress {
 public:
  explicit ShareProgress(std::string what);
  ~ShareProgress();  // clears the line
  // As often as one likes: it is drawn ten times a second.
  void show(double share, const std::string& item);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  bool shown_, drawn_ = false;
  Clock::time_point start_, last_;
};

}  // namespace fg
