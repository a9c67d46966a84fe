#pragma once
// Ground truth: cameras with their photos.

#include <filesystem>
#include <string>
#include <vector>

#include "viewer/io/image.h"
#include "viewer/scene/camera.h"

namespace fg {

struct Dataset {
  std::vector<Camera>
      cameras;  // sorted by name; every eighth (index % 8 == 0) is a test view unless the file says
  std::vector<std::string> missing;  // names of photos that the cameras file lists and the folder lacks
  std::vector<std::string> notes;    // what a user should know, one sentence each
};

// cameras: a COLMAP model folder (cameras.bin/.txt and images.bin/.txt, also in sparse/0 or sparse below it),
// a transforms.json or a folder with transforms.json or transforms_train.json and transforms_test.json,
// or an INRIA cameras.json. images: the folder of photos; empty: where the camera file says, or images/
// beside it. A camera without its photo stays in the list with an empty path and its name in missing; when no
// photo at all is found although a folder was given, Failure(unreadable_input).
Dataset load_dataset(const std::filesystem::path& cameras, const std::filesystem::path& images = {});

// The camera's photo: composited over the background (null: black), undistorted, divided by downscale; its
// size is the size of intrinsics_for(camera, downscale, photo file). Where photo and camera differ in size by
// a whole-number or fractional scale (images_4 beside a full-size model) the intrinsics follow the photo.
struct GroundTruth {
  Image8 image;
  Intrinsics intrinsics;
  double outside = 0;              // fraction of the undistorted photo that the lens did not see; black
  std::vector<std::string> notes;  // what a user should know, one sentence each
};
GroundTruth load_ground_truth(const Camera& camera, int downscale = 1, const float background[3] = nullptr);

// Intrinsics of the same view at 1/factor of the size.
Intrinsics scaled(const Intrinsics& intrinsics, int width, int height);

}  // namespace fg
