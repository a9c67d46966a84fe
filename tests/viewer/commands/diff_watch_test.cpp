// framegauge diff --watch: a program that goes on, and files that change under it.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The program in the background, its output in files.
class Watching {
 public:
  Watching(const fs::path& folder, const std::string& arguments)
      : out_(folder / "out.txt"), err_(folder / "err.txt") {
    const std::string command = std::string("exec ") + FRAMEGAUGE_PROGRAM + " diff " + arguments +
                                " --watch -q >'" + out_.string() + "' 2>'" + err_.string() + "'";
    child_ = ::fork();
    if (child_ == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~Watching() {
    if (child_ > 0) ::kill(child_, SIGKILL), ::waitpid(child_, nullptr, 0);
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  bool lives() const {
    siginfo_t ended{};
    return ::waitid(P_PID, static_cast<id_t>(child_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0;
  }
  std::string out() const { return read_text(out_); }
  std::string err() const { return read_text(err_); }
  // Whether the text comes within half a minute: a busy machine is slow, not wrong.
  bool says(const std::string& text) const {
    for (int i = 0; i < 300 && lives(); ++i, std::this_thread::sleep_for(100ms))
      if (err().find(text) != std::string::npos) return true;
    return false;
  }
  // The values of a score that were printed so far, once there are so many.
  std::vector<std::string> values(const std::string& score, std::size_t count) const {
    std::vector<std::string> found;
    for (int i = 0; i < 300 && lives(); ++i, std::this_thread::sleep_for(100ms)) {
      found.clear();
      std::istringstream lines(out());
      for (std::string line; std::getline(lines, line);)
        if (line.starts_with(score + "\t")) found.push_back(line.substr(score.size() + 1));
      if (found.size() >= count) break;
    }
    return found;
  }
  int end_with(int signal) {
    ::kill(child_, signal);
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  fs::path out_, err_;
  pid_t child_ = -1;
};

class diff_watch : public testing::Test {
 protected:
  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::string pair() const { return path("a.png") + " " + path("b.png") + " --metrics mae"; }

  fs::path folder_ = scratch_folder();
};

TEST_F(diff_watch, a_file_written_anew_is_scored_again) {
  save_png(path("a.png"), waves(64, 48, 0));
  save_png(path("b.png"), waves(64, 48, 0));
  Watching run(folder_, pair());
  ASSERT_TRUE(run.says("watching"));
  write_text(path("a.png"), read_text(path("b.png")));  // in place; the same pixels, another time
  EXPECT_EQ(run.values("mae", 2), (std::vector<std::string>{"0", "0"})) << run.err();
  EXPECT_TRUE(run.says("have changed: " + path("a.png")));
  EXPECT_EQ(run.end_with(SIGINT), 130);
}

TEST_F(diff_watch, a_file_replaced_by_another_is_scored_again_and_again) {
  save_png(path("a.png"), waves(64, 48, 0));
  save_png(path("b.png"), waves(64, 48, 0));
  Watching run(folder_, pair());
  ASSERT_TRUE(run.says("watching"));
  for (const int noise : {9, 20}) {  // save_png renames
    save_png(path("a.png"), waves(64, 48, noise));
    run.values("mae", noise == 9 ? 2 : 3);
  }
  const auto values = run.values("mae", 3);
  ASSERT_EQ(values.size(), 3u) << run.err();
  EXPECT_LT(std::stod(values[1]), std::stod(values[2]));
  EXPECT_EQ(run.end_with(SIGTERM), 143);
}

TEST_F(diff_watch, a_half_written_file_is_said_and_waited_for) {
  save_png(path("b.png"), waves(64, 48, 0));
  const std::string whole = read_text(path("b.png"));
  write_text(path("a.png"), whole.substr(0, whole.size() / 2));
  Watching run(folder_, pair());
  ASSERT_TRUE(run.says("watching"));
  EXPECT_TRUE(run.says("a.png: ")) << run.err();
  EXPECT_EQ(run.out(), "");
  write_text(path("a.png"), whole);
  EXPECT_EQ(run.values("mae", 1), (std::vector<std::string>{"0"})) << run.err();
  EXPECT_EQ(run.end_with(SIGINT), 130);
}

TEST_F(diff_watch, a_file_that_keeps_growing_is_scored_once) {
  save_png(path("a.png"), waves(64, 48, 0));
  save_png(path("b.png"), waves(64, 48, 0));
  const std::string whole = read_text(path("b.png"));
  Watching run(folder_, pair());
  ASSERT_TRUE(run.says("watching"));
  for (std::size_t end = 0; end < whole.size();
       end += whole.size() / 15 + 1, std::this_thread::sleep_for(50ms))
    write_text(path("a.png"), whole.substr(0, end));
  write_text(path("a.png"), whole);
  EXPECT_EQ(run.values("mae", 2).size(), 2u) << run.err();
  EXPECT_EQ(run.err().find("a.png: "), std::string::npos) << "a part of the file was scored: " << run.err();
}

TEST_F(diff_watch, a_neighbour_that_keeps_growing_holds_nothing_up) {
  save_png(path("a.png"), waves(64, 48, 0));
  save_png(path("b.png"), waves(64, 48, 0));
  Watching run(folder_, pair());
  ASSERT_TRUE(run.says("watching"));
  std::atomic<bool> enough{false};
  std::thread neighbour([&] {
    std::ofstream log(folder_ / "training.log");
    for (; !enough; std::this_thread::sleep_for(20ms)) log << "one more line" << std::endl;
  });
  save_png(path("a.png"), waves(64, 48, 9));
  EXPECT_EQ(run.values("mae", 2).size(), 2u) << run.err();
  enough = true;
  neighbour.join();
}

TEST_F(diff_watch, a_new_file_in_a_folder_is_scored_too) {
  for (const char* folder : {"out", "golden"}) fs::create_directories(folder_ / folder);
  for (const char* name : {"out/1.png", "golden/1.png", "golden/2.png"})
    save_png(path(name), waves(64, 48, 0));
  Watching run(folder_, path("out") + " " + path("golden") + " --metrics mae --missing ignore");
  ASSERT_TRUE(run.says("watching"));
  save_png(path("out/2.png"), waves(64, 48, 5));
  EXPECT_EQ(run.values("2.png", 1).size(), 1u) << run.err();
  EXPECT_EQ(run.values("1.png", 2).size(), 2u) << run.err();
}

TEST_F(diff_watch, voxels_written_anew_beside_their_header_are_scored_again) {
  const std::string start = "NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = ";
  write_text(path("a.mhd"), start + "voxels/a.raw\n");
  write_text(path("b.mha"), start + "LOCAL\n01234567");
  fs::create_directories(folder_ / "voxels");
  write_text(path("voxels/a.raw"), "01234567");
  Watching run(folder_, path("a.mhd") + " " + path("b.mha") + " --metrics mae --data-range 1");
  ASSERT_TRUE(run.says("watching"));
  write_text(path("voxels/a.raw"), "12345678");
  EXPECT_EQ(run.values("mae", 2), (std::vector<std::string>{"0", "1"})) << run.err();
  EXPECT_TRUE(run.says("have changed: " + path("voxels/a.raw")));
}

TEST_F(diff_watch, results_among_the_inputs_are_refused) {
  for (const char* folder : {"out", "golden"}) fs::create_directories(folder_ / folder);
  for (const std::string& output :
       {"--heatmaps " + path("out/maps"), "--baseline " + path("golden/b.json") + " --update-baseline"}) {
    const Outcome run = framegauge("diff " + path("out") + " " + path("golden") + " --watch " + output);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find("which is watched"), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace fg::test
