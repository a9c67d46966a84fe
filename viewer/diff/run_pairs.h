#pragma once
// Scores the pairs of a source on all cores. Each worker reads, decodes, scores and writes one pair at a time, so that
// the memory in use is that of as many pairs as there are workers.

#include <functional>
#include <set>

#include "viewer/diff/results/result.h"
#include "viewer/diff/scores/score.h"
#include "viewer/report/interrupt.h"

namespace fg {

struct RunOptions {
  unsigned workers = 1;
  KeepMap keep_maps = KeepMap::no;
  ComputeDevice device = ComputeDevice("cpu");  // each worker has a stream of its own
  std::set<std::size_t> done;                   // indices that are finished already
  // In the worker, at once with others: pictures are written here.
  std::function<void(const PairResult&, const FramePair&, const PairScores&)> scored;
  // One at a time, in the order in which pairs are finished.
  std::function<void(PairResult)> finished;
};

// Returns when all pairs are finished, or after those in work when an interrupt is requested. A pair that cannot be
// read or compared is a result like any other; any other failure ends the run and is thrown.
void run_pairs(const PairSource& source, const Masks& masks, const ScorePlan& plan, const RunOptions& options,
               const InterruptGuard& interrupt);

}  // namespace fg
