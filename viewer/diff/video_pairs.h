#pragma once
// The frames of videos as pairs: one reference, one test or several, the same numbers of frames.

#include "viewer/diff/source.h"

namespace fg {

// All inputs are videos. Throws Failure with the exit code that the command returns.
std::unique_ptr<PairSource> open_video_pairs(const SourceOptions& options);

}  // namespace fg
