#include "tests/viewer/commands/program.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace fg::test {

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::filesystem::path scratch_folder() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) /
      (std::string("framegauge-") + info->test_suite_name() + "-" + info->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

Outcome framegauge(const std::string& arguments) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  const std::string base = testing::TempDir() + "/framegauge-" + info->test_suite_name() + "-" + info->name();
  const std::string command =
      std::string(FRAMEGAUGE_PROGRAM) + " " + arguments + " >" + base + ".out 2>" + base + ".err";
  const int status = std::system(command.c_str());
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = read_text(base + ".out"),
          .err = read_text(base + ".err")};
}

}  // namespace fg::test
