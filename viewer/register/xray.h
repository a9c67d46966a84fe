#pragma once
// A radiograph to register to, as line integrals, with what is known of its camera.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "viewer/io/image.h"
#include "viewer/render/drr_renderer.h"

namespace fg {

struct Xray {
  int width = 0, height = 0;       // pixels
  std::vector<float> integrals;    // rows from the top; larger where more was absorbed
  std::vector<float> mask;         // weights 0..1 of the pixels; empty: all count
  DrrGeometry geometry;            // height, width: of this image; camera_to_world: where the descent begins
  std::vector<std::string> notes;  // what a user should know, one sentence each

  double seen(std::size_t pixel) const { return mask.empty() ? 1 : static_cast<double>(mask[pixel]); }
};

// Pixels a side that X-rays have at least, and the coarser ones that registration begins with: the filters of gradient NCC,
// and what six unknowns need.
inline constexpr int kLeastXraySide = 16;

// Means over squares of pixels; a rest at the right and bottom is left out. A square of which less than half is seen is
// not seen.
Xray coarser(const Xray& xray, int factor);

// Throws Failure(unreadable_input) where all pixels that are seen have one value, and Failure(usage) where the geometry
// makes no sense.
void check_xray(const Xray& xray, const std::string& name);

// The largest value becomes 0 and 0 the largest: of pictures with dark bone.
void turn_round(Xray& xray);

// What stays dark all along the border, one value that no other pixel exceeds: the shadow of the collimator, of which
// nothing can be learned. Writes the mask where that is 5 % of the image or more, and says so in the notes.
void mask_collimator(Xray& xray);

// What has one value in whole lines along a side and is cut off sharply: a shutter that was drawn over the picture, in
// whatever grey. Writes the mask, and says so in the notes. The rays of a cone pass the edges of a volume that is cut off
// aslant, so that they are not sharp; parallel rays may not, and nothing is masked of those.
void mask_shutter(Xray& xray);

// What lies around a round opening, as image intensifiers and round collimators leave it: three corners or more of one value,
// within the noise, in whatever grey, and from there a step all along one ellipse. Writes the mask, and says so in the notes.
// Nothing is masked of parallel rays, as above.
void mask_disc(Xray& xray);

}  // namespace fg
