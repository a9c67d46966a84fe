#include "viewer/diff/scores/mask.h"

#include <fmt/format.h>

#include <algorithm>

#include "viewer/error.h"

namespace fg {

Mask shrunk(const Mask& mask, int width, int height) {
  const int across = (mask.width + width - 1) / width, down = (mask.height + height - 1) / height;
  Mask result{width, height, std::vector<float>(static_cast<std::size_t>(width) * height, 1.0f), 0};
  for (int v = 0; v < mask.height; ++v)
    for (int u = 0; u < mask.width; ++u)
      if (mask.weights[static_cast<std::size_t>(v) * mask.width + u] == 0)
        result.weights[static_cast<std::size_t>(v / down) * width + u / across] = 0;
  result.visible = static_cast<std::size_t>(std::count(result.weights.begin(), result.weights.end(), 1.0f));
  return result;
}

Masks::Masks(const std::optional<std::filesystem::path>& image, std::vector<Rectangle> ignored,
             std::optional<Rectangle> crop)
    : name_(image ? image->string() : ""),
      image_(image ? load_image(*image) : Image8{}),
      ignored_(std::move(ignored)),
      crop_(crop) {}

std::shared_ptr<const Mask> Masks::of_size(int width, int height) const {
  if (!any()) return nullptr;
  const std::lock_guard lock(mutex_);
  if (!last_ || last_->width != width || last_->height != height)
    last_ = std::make_shared<const Mask>(make(width, height));
  return last_;
}

Mask Masks::make(int width, int height) const {
  const Rectangle part = crop_.value_or(Rectangle{0, 0, width, height});
  const bool fits = crop_ ? part.x + part.width <= image_.width && part.y + part.height <= image_.height
                          : image_.width == width && image_.height == height;
  if (!image_.rgba.empty() && !fits)
    throw Failure(ExitCode::size_mismatch, fmt::format("{}: the mask has {}x{} pixels, the pictures {}x{}",
                                                       name_, image_.width, image_.height, width, height));
  Mask mask{width, height, std::vector<float>(static_cast<std::size_t>(width) * height, 1.0f), 0};
  for (int v = 0; v < height; ++v)
    for (int u = 0; u < width; ++u) {
      const int x = u + part.x, y = v + part.y;
      bool counts = true;
      if (!image_.rgba.empty()) {
        const std::uint8_t* p = &image_.rgba[(static_cast<std::size_t>(y) * image_.width + x) * 4];
        counts = 299 * p[0] + 587 * p[1] + 114 * p[2] >= 128000;
      }
      for (const Rectangle& r : ignored_)
        counts = counts && (x < r.x || y < r.y || x - r.x >= r.width || y - r.y >= r.height);
      if (!counts) mask.weights[static_cast<std::size_t>(v) * width + u] = 0;
      mask.visible += counts ? 1 : 0;
    }
  if (mask.visible == 0)
    throw Failure(ExitCode::usage,
                  fmt::format("--mask and --ignore leave no pixel of {}x{} to score", width, height));
  return mask;
}

}  // namespace fg
