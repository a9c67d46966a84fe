#pragma once
#include <array>
#include <filesystem>
#include <glm/mat4x4.hpp>
#include <string>

namespace fg {

// Pixel (column u, row v) has its centre at (u + 0.5, v + 0.5).
struct Intrinsics {
  int width = 0, height = 0;  // pixels
  double fx = 0, fy = 0;      // focal lengths, pixels
  double cx = 0, cy = 0;      // principal point, pixels from the top left corner

  bool operator==(const Intrinsics&) const = default;
};

// Brown-Conrady as in COLMAP and OpenCV: x' = x (1 + k1 r2 + k2 r4 + k3 r6) + 2 p1 xy + p2 (r2 + 2x2), and so
// on.
struct Distortion {
  double k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0;

  bool operator==(const Distortion&) const = default;
  bool none() const { return *this == Distortion{}; }
};

enum class Split { train, test };

// A ground-truth camera. World to camera: x right, y down, z forward (COLMAP). Units are the scene's own.
struct Camera {
  std::string name;  // the photo's file name, or what the camera file calls it
  Intrinsics intrinsics;
  Distortion distortion;  // of the photo file; renders are pinhole
  glm::dmat4 world_to_camera{1.0};
  std::filesystem::path photo;  // empty when there is none
  Split split = Split::train;
};

}  // namespace fg
