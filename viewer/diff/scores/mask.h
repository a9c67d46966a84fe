#pragma once
// Which pixels count: --mask IMAGE and --ignore X,Y,W,H.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "viewer/diff/inputs/frame.h"

namespace fg {

// 1 where a pixel counts and 0 where it does not.
struct Mask {
  int width = 0, height = 0;
  std::vector<float> weights;  // [height][width]
  std::size_t visible = 0;     // pixels that count
};

// The mask of chroma planes: a sample counts where all of its pixels do.
Mask shrunk(const Mask& mask, int width, int height);

// Makes the mask of each size of picture that comes, once. Any number of threads.
class Masks {
 public:
  // A pixel counts where the picture's grey value is 128 or more, and outside every rectangle. Both are in the
  // coordinates of the uncropped pictures.
  Masks(const std::optional<std::filesystem::path>& image, std::vector<Rectangle> ignored,
        std::optional<Rectangle> crop);

  bool any() const { return !image_.rgba.empty() || !ignored_.empty(); }
  // Of pictures of this size after the crop; null when all pixels count. Throws Failure(size_mismatch) where the
  // picture's size is not the mask's, Failure(usage) where nothing is left.
  std::shared_ptr<const Mask> of_size(int width, int height) const;

 private:
  Mask make(int width, int height) const;

  std::string name_;
  Image8 image_;
  std::vector<Rectangle> ignored_;
  std::optional<Rectangle> crop_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Mask> last_;
};

}  // namespace fg
