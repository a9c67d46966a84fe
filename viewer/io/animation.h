#pragma once
// Short films: animated WebP, written of results and read to be compared.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "viewer/io/image.h"

namespace fg {

struct AnimationFrame {
  Image8 image;  // all of one size
  int milliseconds = 100;
};

// An animated WebP that runs for ever; opaque frames. Browsers and most viewers play it. Throws Failure(internal).
void save_animation(const std::filesystem::path& file, const std::vector<AnimationFrame>& frames);

// By the start of a file, of which 32 bytes are enough.
bool is_animated_webp(std::span<const std::uint8_t> start);

// The frames of an animated WebP in their order, each as a player shows it: all that was drawn so far, the rest transparent.
// The file lies in memory, and one frame at a time.
class AnimationReader {
 public:
  explicit AnimationReader(const std::filesystem::path& file);  // throws Failure(unreadable_input)
  ~AnimationReader();
  AnimationReader(const AnimationReader&) = delete;
  AnimationReader& operator=(const AnimationReader&) = delete;

  ImageSize size() const { return size_; }
  std::size_t frames() const { return frames_; }
  // The next one; at most frames() times. Throws Failure(unreadable_input) where it is damaged, and then always.
  Image8 next();

 private:
  struct Decoder;
  std::filesystem::path file_;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<Decoder> decoder_;
  ImageSize size_;
  std::size_t frames_ = 0, next_ = 0;
};

}  // namespace fg
