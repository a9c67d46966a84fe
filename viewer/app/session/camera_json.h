#pragma once
#include <string>

#include "viewer/app/session/session.h"

namespace fg {

// The view of the next tick as JSON text: for splats intrinsics and the camera-to-world matrix (rows; x
// right, y down, z forward), for radiographs what `framegauge drr --geometry` reads.
std::string camera_json(const Session& session);

}  // namespace fg
