#pragma once
#include <stdexcept>
#include <string>

namespace fg {

enum class ErrorCode {
  invalid_argument,
  size_mismatch,
  unsupported,
  unavailable,
  out_of_memory,
  not_ready,
  internal
};

// what() is one sentence for a person: what was expected, what came, what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode error_code, const std::string& sentence) : std::runtime_error(sentence), code(error_code) {}
  const ErrorCode code;
};

inline void require(bool holds, ErrorCode code, const std::string& sentence) {
  if (!holds) throw Error(code, sentence);
}

}  // namespace fg
