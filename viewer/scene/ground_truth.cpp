#include <fmt/format.h>

#include <cmath>

#include "viewer/error.h"
#include "viewer/scene/dataset.h"
#include "viewer/scene/undistort.h"

namespace fg {

namespace {

// The photo may be a smaller copy (images_4 beside a full-size model). Its axes scale on their own, because
// copies are rounded to whole pixels; a difference of shape beyond that is reported, and a turned or cropped
// photo refused.
Intrinsics for_photo(const Camera& camera, const Image8& photo, std::vector<std::string>& notes) {
  const Intrinsics& lens = camera.intrinsics;
  if (photo.width == lens.width && photo.height == lens.height) return lens;
  const double scale_x = static_cast<double>(photo.width) / lens.width;
  const double scale_y = static_cast<double>(photo.height) / lens.height;
  const std::string sizes = fmt::format("{} is {}x{}, its camera {}x{}", camera.photo.string(), photo.width,
                                        photo.height, lens.width, lens.height);
  constexpr double kAnotherShape = 1.1;
  const double shape = scale_x / scale_y;
  if (shape > kAnotherShape || shape < 1.0 / kAnotherShape)
    throw Failure(ExitCode::size_mismatch,
                  sizes + "; expected the same shape: the photo is turned, cropped or of another camera");
  // Widths that each axis' scale would give for the other, compared within one pixel.
  const double off_x = std::abs(photo.width - scale_y * lens.width),
               off_y = std::abs(photo.height - scale_x * lens.height);
  if (std::min(off_x, off_y) > 1.0)
    notes.push_back(
        sizes + "; the shapes differ by more than rounding, so the focal lengths are scaled on each axis");
  return scaled(lens, photo.width, photo.height);
}

}  // namespace

Intrinsics scaled(const Intrinsics& intrinsics, int width, int height) {
  const double x = static_cast<double>(width) / intrinsics.width,
               y = static_cast<double>(height) / intrinsics.height;
  return {width, height, intrinsics.fx * x, intrinsics.fy * y, intrinsics.cx * x, intrinsics.cy * y};
}

GroundTruth load_ground_truth(const Camera& camera, int downscale_factor, const float background[3]) {
  if (camera.photo.empty()) throw Failure(ExitCode::unreadable_input, camera.name + ": has no photo");
  if (downscale_factor < 1)
    throw Failure(ExitCode::usage,
                  fmt::format("downscale: expected a factor of 1 or more, got {}", downscale_factor));
  GroundTruth truth;
  constexpr float kBlack[3] = {0.0f, 0.0f, 0.0f};
  const float* behind = background ? background : kBlack;
  Image8 photo = load_image(camera.photo);
  if (!photo.opaque()) {
    photo = composite_over(photo, behind);
    truth.notes.push_back(
        fmt::format("photos are transparent in places; they are laid over the background {} {} {}", behind[0],
                    behind[1], behind[2]));
  }
  truth.intrinsics = for_photo(camera, photo, truth.notes);
  if (!camera.distortion.none()) {
    Undistorted straight = undistort(photo, truth.intrinsics, camera.distortion);
    photo = std::move(straight.image);
    truth.outside = straight.outside;
    if (truth.outside > 0)
      truth.notes.push_back(
          fmt::format("{}: {:.2f} % of the undistorted photo lie outside the lens' view and are black",
                      camera.name, 100.0 * truth.outside));
  }
  truth.image = downscale(photo, downscale_factor);
  if (downscale_factor > 1) {
    // Not scaled(): where the size leaves a remainder the last pixel is a narrow one, and the others keep
    // 1/factor.
    Intrinsics& lens = truth.intrinsics;
    lens = {truth.image.width,          truth.image.height,         lens.fx / downscale_factor,
            lens.fy / downscale_factor, lens.cx / downscale_factor, lens.cy / downscale_factor};
  }
  return truth;
}

}  // namespace fg
