#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "viewer/app/session/session.h"

namespace fg {

// The view of the next tick as JSON text: for splats intrinsics and the camera-to-world matrix (rows; x
// right, y down, z forward), for radiographs what `framegauge drr --geometry` reads.
std::string camera_json(const Session& session);

// Adds drr_renderer, window, level and inverted of a radiograph to an object; nothing of splats.
void add_radiograph(nlohmann::ordered_json& object, const Session& session);

}  // namespace fg
