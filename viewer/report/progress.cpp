#include "viewer/report/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace fg {

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      shown_(isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::advance(const std::string& item) {
  ++done_;
  if (!shown_) return;
  constexpr int kCells = 24;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const double left = elapsed.count() / static_cast<double>(done_) * static_cast<double>(total_ - done_);
  const int filled = static_cast<int>(kCells * done_ / (total_ ? total_ : 1));
  std::fprintf(stderr, "\r\033[K%s [%.*s%*s] %zu/%zu  %.1f/s  %.0f s left  %.40s", what_.c_str(), filled,
               "########################", kCells - filled, "", done_, total_,
               static_cast<double>(done_) / elapsed.count(), left, item.c_str());
  std::fflush(stderr);
}

}  // namespace fg
