#include "viewer/commands/drr_output.h"

#include <algorithm>
#include <numeric>

#include "viewer/error.h"
#include "viewer/io/image.h"
#include "viewer/io/lower_case.h"
#include "viewer/render/drr_rays.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

ImageF plane_of(const DrrImages& images, std::size_t channel) {
  const float* const first = images.values.data() + channel * images.pixels();
  return {images.width, images.height, 1, {first, first + images.pixels()}};
}

Image8 windowed(const ImageF& plane, const DrrDisplay& display) {
  const DrrWindow window = grey_of(display);
  Image8 image{.width = plane.width, .height = plane.height, .rgba = {}};
  image.rgba.reserve(plane.values.size() * 4);
  for (const float value : plane.values) {
    const auto grey =
        static_cast<std::uint8_t>(fg_drr_grey_code(value, window.grey_scale, window.grey_offset));
    image.rgba.insert(image.rgba.end(), {grey, grey, grey, 255});
  }
  return image;
}

fs::path named_for(const fs::path& file, std::int16_t label) {
  return file.parent_path() /
         (file.stem().string() + "_label" + std::to_string(label) + file.extension().string());
}

}  // namespace

DrrStatistics statistics_of(const DrrImages& images, std::size_t channel) {
  const auto first = images.values.begin() + static_cast<std::ptrdiff_t>(channel * images.pixels()),
             end = first + static_cast<std::ptrdiff_t>(images.pixels());
  const auto [low, high] = std::minmax_element(first, end);
  return {*low, *high, std::accumulate(first, end, 0.0) / static_cast<double>(images.pixels())};
}

void check_drr_outputs(const std::vector<std::string>& files) {
  for (const std::string& file : files)
    if (const std::string suffix = lower_ending(file);
        suffix != ".png" && suffix != ".npy" && suffix != ".exr")
      throw Failure(ExitCode::usage, file + ": expected an output that ends in .png, .npy or .exr");
}

std::vector<fs::path> save_drr(const fs::path& file, const DrrImages& images, const DrrDisplay& display) {
  const std::string suffix = lower_ending(file);
  if (suffix == ".npy") {
    std::vector<int> shape{images.height, images.width};
    if (!images.labels.empty()) shape.insert(shape.begin(), static_cast<int>(images.labels.size()));
    save_npy(file, shape, images.values);
    return {file};
  }
  std::vector<fs::path> written;
  for (std::size_t c = 0; c < images.channels(); ++c) {
    written.push_back(images.labels.empty() ? file : named_for(file, images.labels[c]));
    const ImageF plane = plane_of(images, c);
    if (suffix == ".png")
      save_png(written.back(), windowed(plane, display));
    else
      save_exr(written.back(), plane);
  }
  return written;
}

}  // namespace fg
