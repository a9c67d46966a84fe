#pragma once
// The result as files: where each camera was, and the way there.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "viewer/register/registration.h"

namespace fg {

// The pose of a view in all ways of writing it down, with its detector: a file that `framegauge drr --geometry` reads.
nlohmann::ordered_json pose_json(const Registration& registration, std::size_t view, const std::string& xray);

// step, level, loss, then the motion of the cameras: rotation vector in degrees and shift in mm, in the world.
std::string trajectory_csv(const std::vector<RegisterPoint>& trajectory);

}  // namespace fg
