#pragma once
// An X-ray in a session: the values that registration reads, with the depth of the file, and the 8-bit grey that frames
// are scored against.

#include <filesystem>

#include "viewer/io/image.h"
#include "viewer/register/load_xray.h"

namespace fg {

struct XrayReference {
  LoadedXray loaded;
  float black = 0, white = 1;  // the values that are shown as 0 and 255
};

// As `framegauge register` reads it. Greys of PNG, JPEG and WebP are shown as they are; values of DICOM, TIFF, OpenEXR, PFM
// and .npy, and 16-bit PNG that use a quarter of the codes or less, are stretched: black is 0, or their lowest where that is
// negative or more than half of white, and white is what 99.8 % of them stay below. Throws Failure(unreadable_input).
XrayReference load_xray_reference(const std::filesystem::path& file);

// Bone is bright. With bone_is_dark it is dark where the file says which values are bone's; any other file is shown as it
// is, as what a radiograph with dark bone is compared with.
Image8 picture_of(const XrayReference& xray, bool bone_is_dark);

// Line integrals for the registration, bone large; bone_is_dark is that of the display, as for picture_of.
Xray xray_to_register(const XrayReference& xray, const DrrGeometry& geometry, bool bone_is_dark);

}  // namespace fg
