#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/core/ordered_sum.h"
#include "kernels/core/ordered_sum_math.h"
#include "kernels/core/parallel_for.h"

namespace fg::cpu {
namespace {

using namespace fg::ordered;

constexpr std::int64_t kRunTerms = 4096;
constexpr std::int64_t kRuns = 256;  // in one go: a megaterm

struct Run {
  double sum = 0;        // rough: the bits do not matter
  double magnitude = 0;  // sum of |term|
  bool serial = false;
  Step step{};
};

void measure(const double* terms, std::int64_t count, Run& run) {
  constexpr int kLanes = 8;  // so that the additions do not wait for each other
  double sum[kLanes] = {}, magnitude[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) {
      sum[lane] += terms[i + lane];
      magnitude[lane] += std::fabs(terms[i + lane]);
    }
  for (; i < count; ++i) {
    sum[0] += terms[i];
    magnitude[0] += std::fabs(terms[i]);
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    run.sum += sum[lane];
    run.magnitude += magnitude[lane];
  }
}

Step step_of(const double* terms, std::int64_t count, Binade binade) {
  const Rounder rounder(binade);
  std::int64_t units = 0;
  bool tie = false;
  for (std::int64_t i = 0; i < count; ++i) units += rounder.units(terms[i], &tie);
  if (!tie) return {units, units};
  Step step{0, 0};
  for (std::int64_t i = 0; i < count; ++i) step = then(step, rounder.step(terms[i]));
  return step;
}

// At most kRuns * kRunTerms terms.
double sum_in_one_go(double s, const double* terms, std::int64_t count) {
  Run runs[kRuns];
  const std::int64_t used = (count + kRunTerms - 1) / kRunTerms;
  const auto length = [&](std::int64_t r) { return std::min(kRunTerms, count - r * kRunTerms); };
  parallel_for(used, [&](std::int64_t r) { measure(terms + r * kRunTerms, length(r), runs[r]); });

  double about[kRuns], magnitudes = std::fabs(s);
  for (std::int64_t r = 0; r < used; ++r) {
    about[r] = r == 0 ? s : about[r - 1] + runs[r - 1].sum;
    magnitudes += runs[r].magnitude;
  }
  // Neither the serial sum nor the rough one makes an error of more than 2^-53 of the magnitudes in each of
  // its 2^20 additions.
  const double error = std::ldexp(magnitudes, -31);
  parallel_for(used, [&](std::int64_t r) {
    Binade binade;
    runs[r].serial = !stays(about[r], runs[r].magnitude * (1 + 1e-9) + error, &binade);
    if (!runs[r].serial) runs[r].step = step_of(terms + r * kRunTerms, length(r), binade);
  });

  for (std::int64_t r = 0; r < used; ++r) {
    if (!runs[r].serial) {
      s = moved(s, runs[r].step);
      continue;
    }
    const double* const run = terms + r * kRunTerms;
    for (std::int64_t i = 0; i < length(r); ++i) s += run[i];
  }
  return s;
}

}  // namespace

double ordered_sum(double start, const double* terms, std::int64_t count) {
  for (std::int64_t done = 0; done < count; done += kRuns * kRunTerms)
    start = sum_in_one_go(start, terms + done, std::min(kRuns * kRunTerms, count - done));
  return start;
}

}  // namespace fg::cpu
