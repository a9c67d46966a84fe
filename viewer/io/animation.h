#pragma once
// Short films of results.

#include <filesystem>
#include <vector>

#include "viewer/io/image.h"

namespace fg {

struct AnimationFrame {
  Image8 image;  // all of one size
  int milliseconds = 100;
};

// An animated WebP that runs for ever; opaque frames. Browsers and most viewers play it. Throws Failure(internal).
void save_animation(const std::filesystem::path& file, const std::vector<AnimationFrame>& frames);

}  // namespace fg
