#pragma once
// The scores of one pair of volumes on the same grid.

#include "viewer/diff/scores/score.h"

namespace fg {

// What errors are divided by and SSIM takes for the range: plan.data_range, or max - min of the reference.
double range_of_volumes(const FramePair& pair, const ScorePlan& plan);

// The map is that of the middle slice, of ssim3d where the plan has it.
PairScores score_volumes(const FramePair& pair, const ScorePlan& plan, KeepMap keep_map, OpDevice& device);

}  // namespace fg
