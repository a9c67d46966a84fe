#include "viewer/commands/drr_camera_options.h"

namespace fg {
namespace {

glm::dvec3 vector_of(const std::vector<double>& xyz) { return {xyz[0], xyz[1], xyz[2]}; }

}  // namespace

bool DrrCameraOptions::has_pose() const {
  return orientation || !rotation_deg_zxy.empty() || !translation_mm.empty() || !isocentre_mm.empty();
}

void DrrCameraOptions::put_into(DrrGeometry& g) const {
  g.sdd_mm = sdd_mm.value_or(g.sdd_mm);
  g.delx_mm = delx_mm.value_or(g.delx_mm);
  g.dely_mm = dely_mm.value_or(g.dely_mm);
  g.x0_mm = x0_mm.value_or(g.x0_mm);
  g.y0_mm = y0_mm.value_or(g.y0_mm);
}

void DrrCameraOptions::put_into(DrrPose& pose) const {
  if (orientation) pose.orientation = drr_orientation_named(*orientation);
  if (!rotation_deg_zxy.empty()) pose.rotation_deg_zxy = vector_of(rotation_deg_zxy);
  if (!translation_mm.empty()) pose.translation_mm = vector_of(translation_mm);
  if (!isocentre_mm.empty()) pose.isocentre_mm_ras = vector_of(isocentre_mm);
}

void add_drr_camera_options(CLI::App& c, DrrCameraOptions& o, const DrrCameraHelp& help) {
  c.add_option("--sdd", o.sdd_mm, "Source to detector, mm (default: " + help.sdd + ")")->group("Geometry");
  c.add_option("--delx", o.delx_mm,
               "Pixel pitch along a row at the detector, mm (default: " + help.pixels + ")")
      ->group("Geometry");
  c.add_option("--dely", o.dely_mm,
               "Pixel pitch along a column at the detector, mm (default: " + help.pixels + ")")
      ->group("Geometry");
  c.add_option("--x0", o.x0_mm, "Principal point right of the middle, mm (default 0)")->group("Geometry");
  c.add_option("--y0", o.y0_mm, "Principal point below the middle, mm (default 0)")->group("Geometry");
  c.add_option("--orientation", o.orientation, help.pose + "AP (default), PA or free" + help.orientation)
      ->group("Pose");
  c.add_option("--rotation", o.rotation_deg_zxy, help.pose + "Z X Y: intrinsic Euler angles, degrees")
      ->expected(3)
      ->group("Pose");
  c.add_option(
       "--translation", o.translation_mm,
       help.pose + "X Y Z: of the source from the isocentre in the rotated frame, mm (default: 850 in front)")
      ->expected(3)
      ->group("Pose");
  c.add_option("--isocentre", o.isocentre_mm,
               "X Y Z: pivot of the rotation, RAS mm (default: the volume's centre)")
      ->expected(3)
      ->group("Pose");
}

}  // namespace fg
