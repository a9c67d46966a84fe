#pragma once
// The global normalised cross-correlation of one pair, mean over channels.

#include "viewer/diff/scores/mask.h"
#include "viewer/diff/scores/samples.h"

namespace fg {

// mask: null, or of the samples' size.
double ncc_of(const Samples& samples, const Mask* mask, OpDevice& device);

}  // namespace fg
