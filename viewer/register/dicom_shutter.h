#pragma once
// What a DICOM radiograph says lies behind a shutter or behind the blades of a collimator.

#include <array>
#include <string>
#include <vector>

#include "viewer/register/dicom_tags.h"
#include "viewer/register/xray.h"

namespace fg {

// Openings of the modules "display shutter" (PS3.3, C.7.6.11) and "X-ray collimator" (C.8.7.3). Pixels; the first row and the
// first column are 1. Where there are several, a pixel is seen that lies in all of them.
struct XrayOpening {
  enum class Shape { rectangle, circle, polygon };
  Shape shape = Shape::rectangle;
  // rectangle: left, right, upper, lower; circle: row, column, radius in columns; polygon: row, column of each corner
  std::vector<double> numbers;
};

// Shapes whose numbers are missing or none are left out.
std::vector<XrayOpening> openings_of(const DicomTags& tags);

// Writes the mask, and says so in the notes; or says that the openings leave nothing of the image, and are not used.
// row_over_column: the height of a pixel by its width.
void mask_by_openings(Xray& xray, const std::vector<XrayOpening>& openings, double row_over_column);

}  // namespace fg
