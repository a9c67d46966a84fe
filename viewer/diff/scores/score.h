#pragma once
// The scores of one pair of frames, through the C interface like any other user of it.

#include <vector>

#include "viewer/device/op_call.h"
#include "viewer/diff/inputs/frame.h"
#include "viewer/diff/scores/mask.h"
#include "viewer/diff/scores/metrics.h"

namespace fg {

struct PairScores {
  std::vector<double> values;  // one a column of columns_of(plan); NaN where no window fits into the picture
  std::vector<std::size_t> undefined;  // columns whose metric is not defined for the two, with NaN in values
  std::string why_undefined;           // one sentence; empty where all are defined
  double data_range = 0;               // of volumes: what errors were divided by
  std::vector<float> map;  // [height][width] of plan.map_metric, averaged over channels; only when asked for
};

enum class KeepMap { no, yes };

// What a thread uses again for its next pair: the device that the ops run on, and memory; a pair of 1080p has a map of 25 MB.
struct ScoreWorkspace {
  OpDevice device;
  std::vector<float> map, strip;  // strip: of the border of a map
};

// Of several threads at once, each with its own workspace. mask: null, or of the frames' size. Throws Failure(size_mismatch) where the frames
// cannot be compared: size, depth or chroma differ.
PairScores score_pair(const FramePair& pair, const Mask* mask, const ScorePlan& plan, KeepMap keep_map,
                      ScoreWorkspace& workspace);

}  // namespace fg
