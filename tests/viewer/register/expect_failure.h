#pragma once
#include <string>

#include "tests/viewer/io/test_files.h"

namespace fg::test {

// The action ends with this exit code and a sentence that has these words.
template <class Action>
void expect_failure(const Action& action, ExitCode code, const std::string& words) {
  const std::string sentence = failure_of(action, code);
  EXPECT_TRUE(contains(sentence, words)) << sentence;
}

}  // namespace fg::test
