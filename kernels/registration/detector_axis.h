#pragma once
// The rows or columns of an X-ray detector: between pixels and millimetres from the principal ray, as drr.h has them.

namespace fg {

// The first pixel's centre is at 0.5.
struct DetectorAxis {
  double pitch_mm, offset_mm;  // of a pixel; of the principal point from the middle
  double pixels;

  double mm_of(double pixel) const { return (pixel - 0.5 * pixels) * pitch_mm - offset_mm; }
  double pixel_of(double mm) const { return (mm + offset_mm) / pitch_mm + 0.5 * pixels; }
};

}  // namespace fg
