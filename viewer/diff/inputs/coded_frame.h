#pragma once
// A decoded picture of the FFmpeg libraries as a frame, sample by sample: nothing is converted or rounded.

#include <string>

#include "viewer/diff/inputs/video.h"

struct AVFrame;

namespace fg {

// Throws Failure(unreadable_input) with the pixel formats that are read; name is the file's.
VideoFormat coded_format(const AVFrame& picture, const std::string& name);
Frame coded_frame(const AVFrame& picture, const std::string& name);

}  // namespace fg
