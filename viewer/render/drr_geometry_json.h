#pragma once
#include <nlohmann/json.hpp>

#include "viewer/render/drr_renderer.h"

namespace fg {

// What `framegauge drr --geometry` reads: the detector, and the pose as camera_to_world, 4 x 4, rows first.
nlohmann::ordered_json drr_geometry_json(const DrrGeometry& geometry);

}  // namespace fg
