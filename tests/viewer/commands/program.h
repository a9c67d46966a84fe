#pragma once
// Runs the framegauge executable as a user would, and keeps what it said.

#include <filesystem>
#include <string>

namespace fg::test {

struct Outcome {
  int exit_code = -1;  // -1: ended by a signal
  std::string out, err;
};

// arguments are given to the shell: quote what needs quoting.
Outcome framegauge(const std::string& arguments);

// An empty folder of the running test, made anew.
std::filesystem::path scratch_folder();

std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace fg::test
