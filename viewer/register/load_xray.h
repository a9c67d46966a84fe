#pragma once
// Radiographs from files: DICOM, PNG, JPEG, WebP, TIFF, OpenEXR, PFM, NumPy. All become line integrals, bone large.

#include <filesystem>
#include <optional>
#include <string>

#include "viewer/register/dicom_shutter.h"
#include "viewer/register/xray.h"

namespace fg {

// What the numbers of a file stand for.
enum class XrayValues {
  automatic,  // as DICOM tags say; integrals otherwise
  integrals,  // line integrals, or grey that goes with them: radiographs as they are looked at
  intensity   // what the detector counted: the logarithm is still to be taken
};
// Which of the values are bone's.
enum class XrayBone { automatic, high, low };  // automatic: as DICOM tags say; high, but low of intensities

XrayValues xray_values_named(
    const std::string& name);                       // "auto", "integrals", "intensity"; throws Failure(usage)
XrayBone xray_bone_named(const std::string& name);  // "auto", "bright", "dark"

struct XrayReading {
  XrayValues values = XrayValues::automatic;
  XrayBone bone = XrayBone::automatic;
  std::optional<double> i0;  // of intensities: what reaches the detector through air; none: the largest value
};

// What DICOM tags say about the camera; nothing of other files.
struct XrayTags {
  std::optional<double> sdd_mm, source_to_isocentre_mm, delx_mm, dely_mm;
  std::optional<DrrOrientation> orientation;
  std::optional<glm::dvec3> rotation_deg_zxy;  // of C-arms
  std::vector<XrayOpening> openings;           // of shutters and collimators
};

struct LoadedXray {
  Xray xray;  // integrals, size and notes; NaN are masked. The geometry is for the caller to fill in
  XrayTags tags;
  bool bone_is_known =
      false;  // tags or the reading said which values are bone's; otherwise they are taken as high
  float display_white = 0;  // of greys as pictures hold them: the value that is white; 0: of other values
};

// Throws Failure(unreadable_input).
LoadedXray load_xray(const std::filesystem::path& file, const XrayReading& reading);

// What nothing can be learned of, where nobody has drawn a mask: what lies behind the shutters and collimators of the tags,
// and of those that can be seen.
void mask_blades(Xray& xray, const XrayTags& tags);

// 1 where the image is not black. Throws Failure(size_mismatch) where it is not of this size.
std::vector<float> load_mask(const std::filesystem::path& file, int width, int height);

}  // namespace fg
