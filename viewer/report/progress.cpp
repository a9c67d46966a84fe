#include "viewer/report/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "viewer/io/quotable.h"

namespace fg {
namespace {

// The first characters of a UTF-8 text.
std::string first_characters(const std::string& text, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (starts && ++count > most) return text.substr(0, i);
  }
  return text;
}

// A line that is wider than the terminal would go on in the next one, which clearing does not reach.
std::size_t widest_line() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? std::size_t{size.ws_col} - 1 : 79;
}

std::string bar(double share) {
  constexpr int kCells = 24;
  const int filled = std::clamp(static_cast<int>(kCells * share), 0, kCells);
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(kCells - filled), ' ') + "]";
}

void clear_line() { std::fputs("\r\033[K", stderr); }

void draw(const std::string& line, const std::string& item) {
  constexpr std::size_t kMostOfItem = 40;
  const std::string text = line + "  " + first_characters(on_one_line(item), kMostOfItem);
  clear_line();
  std::fputs(first_characters(text, widest_line()).c_str(), stderr);
  std::fflush(stderr);
}

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
  const std::string cells = bar(static_cast<double>(done_) / static_cast<double>(total_ ? total_ : 1));
  draw(fmt::format("{} {} {}/{}  {:.1f}/s  {:.0f} s left", what_, cells, done_, total_,
                   static_cast<double>(done_) / elapsed.count(), left),
       item);
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
  draw(fmt::format("{} {} {:.0f} %  {:.0f} s left", what_, bar(share), 100 * share,
                   share > 0 ? elapsed / share * (1 - share) : 0.0),
       item);
}

}  // namespace fg
