#pragma once
// FLIP of one pair of frames.

#include <vector>

#include "viewer/diff/frame.h"
#include "viewer/diff/metrics.h"

namespace fg {

// flip: of display-referred values, of planes of their picture in 8 bits. flip-hdr: of the light of scene-linear files.
// map: null, or becomes [height][width]. Throws Failure(usage) where a frame has not what the metric is of.
double flip_of(const FramePair& pair, Metric metric, const FlipViewing& viewing, std::vector<float>* map);

}  // namespace fg
