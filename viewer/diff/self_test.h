#pragma once
// `framegauge diff --self-test`: what this build computes beside what other programs do.

#include <string>
#include <vector>

namespace fg {

struct ComparedScore {
  std::string score;                         // "ssim-valid, window 11"
  std::string image;                         // "56x40, channel 0"
  std::string source;                        // "scikit-image 0.26.0"
  double ours = 0, theirs = 0, allowed = 0;  // allowed: of the difference

  bool agrees() const;
};

// Images made by formula, scored the way that files are.
std::vector<ComparedScore> self_test();

// One line a score, and how many agree.
std::string self_test_table(const std::vector<ComparedScore>& scores);

// Prints the table; 0, or 5 when one disagrees.
int run_self_test();

}  // namespace fg
