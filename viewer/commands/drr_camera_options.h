#pragma once
// The options of an X-ray camera and its pose, of the commands that have one.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "viewer/commands/drr_geometry_file.h"

namespace fg {

struct DrrCameraOptions {
  std::optional<double> sdd_mm, delx_mm, dely_mm, x0_mm, y0_mm;
  std::optional<std::string> orientation;
  std::vector<double> rotation_deg_zxy, translation_mm, isocentre_mm;  // of three numbers, or none

  bool has_pose() const;
  void put_into(DrrGeometry& geometry) const;  // the detector: what is given; the pose stays
  void put_into(DrrPose& pose) const;          // throws Failure(usage) for an orientation that there is not
};

// What the help says of each command: what holds where an option is not given, and which pose it is.
struct DrrCameraHelp {
  std::string sdd, pixels;  // defaults
  std::string pose;         // "First pose: " or nothing
  std::string orientation;  // after its values
};

void add_drr_camera_options(CLI::App& command, DrrCameraOptions& options, const DrrCameraHelp& help);

}  // namespace fg
