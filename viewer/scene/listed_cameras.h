#pragma once
// Inside viewer/scene: what a reader of one camera file returns, before photos, names and splits are settled.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "viewer/scene/camera.h"

namespace fg {

struct ListedCamera {
  Camera
      camera;  // name: the photo as the file lists it; photo still empty; size 0 x 0 when the file gives none
  std::optional<Split> split;   // where the file says
  double horizontal_field = 0;  // radians; > 0 when the focal length depends on the size of the photo
  double vertical_field = 0;    // radians; 0: square pixels
};

struct ListedCameras {
  std::vector<ListedCamera> cameras;
  std::vector<std::string> notes;
  bool from_colmap = false;      // names are unique as listed
  std::filesystem::path beside;  // where relative photo names start, and where images/ is looked for
};

ListedCameras read_colmap(const std::filesystem::path& model);     // the folder with cameras and images
ListedCameras read_transforms(const std::filesystem::path& file);  // one transforms*.json
ListedCameras read_blender_splits(
    const std::filesystem::path& folder);  // transforms_train.json and its fellows
ListedCameras read_inria_cameras(const std::filesystem::path& file);

// Fails with a sentence naming the camera unless the matrix is a finite rigid motion.
void check_pose(const std::filesystem::path& file, const std::string& name, const glm::dmat4& pose);
// The same for focal lengths, principal point and distortion.
void check_intrinsics(const std::filesystem::path& file, const std::string& name, const Camera& camera);

}  // namespace fg
