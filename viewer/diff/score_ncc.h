#pragma once
// The global normalised cross-correlation of one pair, mean over channels.

#include <array>
#include <cstdint>

#include "viewer/diff/frame.h"
#include "viewer/diff/mask.h"

namespace fg {

// mask: null, or of the frames' size.
double ncc_of(const FramePair& pair, const Mask* mask);

// Of floats [channels, height, width] with these strides, in elements.
struct NccImages {
  const float *test, *reference;
  std::array<std::int64_t, 3> shape, strides;
};
double ncc_of(const NccImages& images, const Mask* mask);

}  // namespace fg
