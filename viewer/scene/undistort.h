#pragma once
// Inside viewer/scene: from the photo of a real lens to what a pinhole of the same focal length would have
// seen.

#include "viewer/io/image.h"
#include "viewer/scene/camera.h"

namespace fg {

struct Point {
  double x, y;
};

// Where the lens puts the ray through (x, y, 1). COLMAP and OpenCV, camera models RADIAL to OPENCV.
Point distort(const Distortion& distortion, Point ideal);

struct Undistorted {
  Image8 image;        // same size and intrinsics
  double outside = 0;  // fraction of the pixels that the photo does not reach; opaque black
};
Undistorted undistort(const Image8& photo, const Intrinsics& intrinsics, const Distortion& distortion);

}  // namespace fg
