#pragma once
// Moving a free camera: orbit around a point, or fly. World to camera is COLMAP's: x right, y down, z
// forward. Pure maths.

#include <glm/mat3x3.hpp>
#include <glm/mat4x4.hpp>
#include <glm/vec2.hpp>
#include <glm/vec3.hpp>
#include <vector>

#include "viewer/scene/camera.h"

namespace fg {

glm::dvec3 camera_position(const glm::dmat4& world_to_camera);
glm::dvec3 camera_forward(const glm::dmat4& world_to_camera);
glm::dvec3 camera_up(const glm::dmat4& world_to_camera);  // minus the camera's y axis, in the world

// The mean of the cameras' up vectors; -y, COLMAP's habit, where they cancel or there are none.
glm::dvec3 mean_up(const std::vector<Camera>& cameras);

// The same kind of lens on another image: the vertical field of view is kept, the principal point is the
// middle.
Intrinsics free_intrinsics(int width, int height, double vertical_fov_deg);
double vertical_fov_deg(const Intrinsics& intrinsics);

class Navigator {
 public:
  enum class Mode { orbit, fly };
  Mode mode = Mode::orbit;
  double fly_speed = 1;  // scene radii per 2 seconds; the wheel changes it in fly mode

  // What is up, and how large the scene is: the length that all speeds are relative to. Keeps the view.
  void set_world(const glm::dvec3& up, double scene_radius);
  double scene_radius() const { return radius_; }
  glm::dvec3 up() const { return up_; }

  // Takes over a view with its roll. The orbit target is the point of the view axis nearest to towards.
  void take(const glm::dmat4& world_to_camera, const glm::dvec3& towards);
  // Looks at a ball from where the camera is now, or from the front, so that all of it is seen. Upright.
  void frame(const glm::dvec3& centre, double radius, double vertical_fov_deg, double aspect);
  void level() { roll_ = 0; }

  // Drags in pixels of a viewport that is viewport_height high; wheel in notches, positive is towards the
  // scene.
  void drag(glm::dvec2 pixels, double viewport_height);  // orbit: around the target; fly: look around
  void pan(glm::dvec2 pixels, double viewport_height,
           double vertical_fov_deg);  // the target moves with the cursor
  void wheel(double notches);         // orbit: distance; fly: speed
  // -1..1 along right, down and forward, for so many seconds.
  void fly(const glm::dvec3& direction, double seconds, bool fast);

  glm::dmat4 world_to_camera() const;
  glm::dvec3 position() const { return position_; }
  glm::dvec3 target() const { return position_ + distance_ * forward(); }
  double distance() const { return distance_; }

 private:
  glm::dvec3 forward() const;
  glm::dmat3 axes() const;    // columns: right, down, forward in the world, roll included
  glm::dmat3 ground() const;  // columns: two horizontal axes and up

  glm::dvec3 up_{0, -1, 0};
  double radius_ = 1;
  glm::dvec3 position_{0, 0, -3};
  double yaw_ = 0, pitch_ = 0, roll_ = 0;  // radians; pitch is positive above the horizon
  double distance_ = 3;
};

}  // namespace fg
