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

}  // namespace fg
