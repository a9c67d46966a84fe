#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>

namespace fg {

// What the process returns. Scripts rely on these numbers; README.md lists them.
enum class ExitCode : int {
  pass = 0,
  threshold_missed = 1,
  usage = 2,
  size_mismatch = 3,
  unreadable_input = 4,
  internal = 5,  // device or internal error
};

// Ends a command with a code and one sentence for a person.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode exit_code, const std::string& sentence) : std::runtime_error(sentence), code(exit_code) {}
  const ExitCode code;
};

// "scene.ply: byte 1204: expected 18135 vertices of 248 bytes, the file ends after 3; it is truncated"
inline Failure unreadable(const std::filesystem::path& file, const std::string& problem) {
  return {ExitCode::unreadable_input, file.string() + ": " + problem};
}

}  // namespace fg
