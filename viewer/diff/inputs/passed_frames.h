#pragma once
// Frames that a decoder has come by on its way to a later one, for readers who are not quite as far.

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "viewer/diff/inputs/video.h"

namespace fg {

template <class Picture>
class PassedFrames {
 public:
  std::optional<Picture> take(std::size_t index) {
    auto held = frames_.extract(index);
    if (held.empty()) return {};
    return std::move(held.mapped());
  }
  // Where it is wanted. The oldest is let go where nobody comes: frames that an earlier run scored.
  void keep(std::size_t index, Picture picture, const WantedFrames& wanted) {
    constexpr std::size_t kSpare = 4;
    if (!wanted.has(index)) return;
    frames_[index] = std::move(picture);
    if (frames_.size() > wanted.at_once + kSpare) frames_.erase(frames_.begin());
  }
  void clear() { frames_.clear(); }

 private:
  std::map<std::size_t, Picture> frames_;
};

}  // namespace fg
