#pragma once
// FLIP of one pair of frames.

#include <vector>

#include "viewer/diff/inputs/frame.h"
#include "viewer/diff/scores/metrics.h"
#include "viewer/diff/scores/samples.h"

namespace fg {

// One sentence why the two frames have no such score, or "" where they have: flip is of display-referred values, flip-hdr of
// the light of scene-linear files. To make light of display-referred codes would be a guess at what stood before the camera's
// curve; the authors' program scores such files by flip, and has no flip-hdr of them either.
std::string why_no_flip(const FramePair& pair, Metric metric);

// flip: of planes that of their picture in 8 bits.
// samples: what is on the device of the frames' values already. map: null, or becomes [height][width]. The frames must have it: why_no_flip.
double flip_of(const FramePair& pair, const Samples& samples, Metric metric, const FlipViewing& viewing,
               std::vector<float>* map, OpDevice& device);

}  // namespace fg
