#include "viewer/report/progress.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace fg {

namespace {

std::string bar(double share) {
  constexpr int kCells = 24;
  const int filled = static_cast<int>(kCells * share);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(kCells - filled), ' ') + "]";
}

void clear_line() { std::fputs("\r\033[K", stderr); }

}  // namespace

Progress::Progress(std::string what, std::size_t total)
    : what_(std::move(what)),
      total_(total),
      shown_(isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) clear_line();
}

void Progress::advance(const std::string& item) {
  ++done_;
  if (!shown_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const double left = elapsed.count() / static_cast<double>(done_) * static_cast<double>(total_ - done_);
  clear_line();
  std::fprintf(stderr, "%s %s %zu/%zu  %.1f/s  %.0f s left  %.40s", what_.c_str(),
               bar(static_cast<double>(done_) / static_cast<double>(total_ ? total_ : 1)).c_str(), done_,
               total_, static_cast<double>(done_) / elapsed.count(), left, item.c_str());
  std::fflush(stderr);
}

ShareProgress::ShareProgress(std::string what)
    : what_(std::move(what)), shown_(isatty(STDERR_FILENO) != 0), start_(Clock::now()), last_(start_) {}

ShareProgress::~ShareProgress() {
  if (drawn_) clear_line();
}

void ShareProgress::show(double share, const std::string& item) {
  if (!shown_) return;
  const Clock::time_point now = Clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  clear_line();
  std::fprintf(stderr, "%s %s %.0f %%  %.0f s left  %.40s", what_.c_str(), bar(share).c_str(), 100 * share,
               share > 0 ? elapsed / share * (1 - share) : 0.0, item.c_str());
  std::fflush(stderr);
}

}  // namespace fg
