// Progress bars, seen through a terminal of our own.

#include "viewer/report/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

namespace fg {
namespace {

// What a terminal, or a pipe, gets from standard error meanwhile.
std::string written_to(int end, int other_end, const std::function<void()>& work) {
  std::fflush(stderr);
  const int before = dup(STDERR_FILENO);
  dup2(end, STDERR_FILENO);
  work();
  std::fflush(stderr);
  dup2(before, STDERR_FILENO);
  close(before);
  fcntl(other_end, F_SETFL, O_NONBLOCK);
  std::string text;
  char part[512];
  for (ssize_t n; (n = read(other_end, part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(n));
  close(end);
  close(other_end);
  return text;
}

std::string on_a_terminal(const std::function<void()>& work, unsigned short columns = 120) {
  const int host = posix_openpt(O_RDWR | O_NOCTTY);
  const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  if (host < 0 || grantpt(host) != 0 || unlockpt(host) != 0 || ioctl(host, TIOCSWINSZ, &size) != 0)
    return "there is no pseudo terminal";
  return written_to(open(ptsname(host), O_RDWR | O_NOCTTY), host, work);
}

std::string in_a_pipe(const std::function<void()>& work) {
  int ends[2];
  if (pipe(ends) != 0) return "there is no pipe";
  return written_to(ends[1], ends[0], work);
}

void two_of_four() {
  Progress progress("scoring", 4);
  progress.advance("a.png");
  progress.advance("b.png");
}

void a_quarter_after_a_moment() {
  ShareProgress progress("looking through");
  progress.show(0.1, "a.mkv");
  std::this_thread::sleep_for(std::chrono::milliseconds(130));
  progress.show(0.25, "a.mkv");
  progress.show(0.26, "a.mkv");
}

const std::string kCleared = "\r\033[K";

TEST(progress, items_are_counted_on_a_terminal_and_the_line_is_cleared_at_the_end) {
  const std::string text = on_a_terminal(two_of_four);
  EXPECT_NE(text.find("scoring [############            ] 2/4  "), std::string::npos) << text;
  EXPECT_NE(text.find(" s left  b.png"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(kCleared)) << text;
}

TEST(progress, a_share_is_drawn_ten_times_a_second_at_the_most) {
  const std::string text = on_a_terminal(a_quarter_after_a_moment);
  EXPECT_NE(text.find("looking through [######                  ] 25 %  "), std::string::npos) << text;
  EXPECT_EQ(text.find("10 %"), std::string::npos) << text;
  EXPECT_EQ(text.find("26 %"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(kCleared)) << text;
}

TEST(progress, a_line_is_no_wider_than_the_terminal) {
  const auto work = [] { Progress("scoring", 4).advance("\xe6\x97\xa5\xe6\x9c\xac\033[31m.png"); };
  const std::string wide = on_a_terminal(work);
  EXPECT_NE(wide.find("\xe6\x97\xa5\xe6\x9c\xac?[31m.png"), std::string::npos) << wide;
  const std::string all = wide.substr(kCleared.size(), wide.size() - 2 * kCleared.size());
  for (const unsigned short columns : {20, 30, 57}) {
    const std::string narrow = on_a_terminal(work, columns);
    const std::string line = narrow.substr(kCleared.size(), narrow.size() - 2 * kCleared.size());
    const auto characters =
        std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
    EXPECT_LT(characters, columns) << narrow;
    EXPECT_EQ(line.substr(0, 19), all.substr(0, 19));
  }
}

TEST(progress, a_pipe_gets_none) {
  EXPECT_EQ(in_a_pipe(two_of_four), "");
  EXPECT_EQ(in_a_pipe(a_quarter_after_a_moment), "");
}

}  // namespace
}  // namespace fg
