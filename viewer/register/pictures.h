#pragma once
// What a registration shows: how radiograph and X-ray lie on each other, how the loss fell, and the way there as a film.

#include <string>
#include <vector>

#include "viewer/io/animation.h"
#include "viewer/io/image.h"
#include "viewer/register/registration.h"

namespace fg {

// For each view a row: the X-ray, the radiograph of the volume as it was moved, and both on each other: the X-ray in red,
// the radiograph in cyan, grey where they agree. A title above.
Image8 draw_views(Registration& registration, const RigidMotion& motion, const std::string& title);

// Loss over steps, a colour for each level: losses of levels do not compare.
Image8 draw_losses(const std::vector<RegisterPoint>& trajectory, int levels);

// From the first pose to the last, in at most so many frames.
std::vector<AnimationFrame> draw_descent(Registration& registration, int most_frames);

}  // namespace fg
