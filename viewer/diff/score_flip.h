#pragma once
// FLIP of one pair of frames.

#include <vector>

#include "viewer/diff/frame.h"
#include "viewer/diff/metrics.h"
#include "viewer/diff/samples.h"

namespace fg {

// flip: of display-referred values, of planes of their picture in 8 bits. flip-hdr: of the light of scene-linear files.
// samples: what is on the device of the frames' values already. map: null, or becomes [height][width]. Throws Failure(usage) where a frame has not what the metric is of.
double flip_of(const FramePair& pair, const Samples& samples, Metric metric, const FlipViewing& viewing,
               std::vector<float>* map, OpDevice& device);

}  // namespace fg
