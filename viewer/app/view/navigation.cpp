#include "viewer/app/view/navigation.h"

#include <algorithm>
#include <cmath>

#include <glm/geometric.hpp>
#include <glm/gtc/constants.hpp>
#include <glm/matrix.hpp>
#include <glm/trigonometric.hpp>

namespace fg {
namespace {

constexpr double kSteepest = glm::half_pi<double>() - 0.01;  // straight up and down have no horizontal axis

glm::dmat3 rotation_of(const glm::dmat4& world_to_camera) { return glm::dmat3(world_to_camera); }

}  // namespace

glm::dvec3 camera_position(const glm::dmat4& world_to_camera) {
  return -(glm::transpose(rotation_of(world_to_camera)) * glm::dvec3(world_to_camera[3]));
}
glm::dvec3 camera_forward(const glm::dmat4& world_to_camera) {
  return glm::transpose(rotation_of(world_to_camera))[2];
}
glm::dvec3 camera_up(const glm::dmat4& world_to_camera) {
  return -glm::transpose(rotation_of(world_to_camera))[1];
}

glm::dvec3 mean_up(const std::vector<Camera>& cameras) {
  glm::dvec3 sum(0);
  for (const Camera& camera : cameras) sum += camera_up(camera.world_to_camera);
  const double length = glm::length(sum);
  // Cameras that look in all directions still agree on up; a small mean says that they do not, e.g. all
  // looking down.
  if (!std::isfinite(length) || length < 0.1 * static_cast<double>(cameras.size()) || length == 0)
    return {0, -1, 0};
  return sum / length;
}

Intrinsics free_intrinsics(int width, int height, double fov_deg) {
  const double focal = height / (2 * std::tan(glm::radians(fov_deg) / 2));
  return {.width = width, .height = height, .fx = focal, .fy = focal, .cx = width / 2.0, .cy = height / 2.0};
}

double vertical_fov_deg(const Intrinsics& intrinsics) {
  return glm::degrees(2 * std::atan(intrinsics.height / (2 * intrinsics.fy)));
}

void Navigator::set_world(const glm::dvec3& up, double scene_radius) {
  const glm::dmat4 view = world_to_camera();
  const glm::dvec3 towards = target();
  up_ = glm::normalize(up);
  radius_ = scene_radius > 0 && std::isfinite(scene_radius) ? scene_radius : 1;
  take(view, towards);
}

void Navigator::take(const glm::dmat4& world_to_camera, const glm::dvec3& towards) {
  position_ = camera_position(world_to_camera);
  const glm::dvec3 axis = glm::normalize(camera_forward(world_to_camera));
  const glm::dvec3 local = glm::transpose(ground()) * axis;
  pitch_ = std::clamp(std::asin(std::clamp(local.z, -1.0, 1.0)), -kSteepest, kSteepest);
  yaw_ = std::atan2(local.y, local.x);
  roll_ = 0;
  const glm::dmat3 upright = axes();
  const glm::dvec3 right = glm::transpose(rotation_of(world_to_camera))[0];
  roll_ = std::atan2(glm::dot(right, upright[1]), glm::dot(right, upright[0]));
  const double along = glm::dot(towards - position_, axis);
  distance_ = along > 0.05 * radius_ ? along : radius_;
}

void Navigator::frame(const glm::dvec3& centre, double radius, double fov_deg, double aspect) {
  roll_ = 0;
  pitch_ = std::clamp(pitch_, -0.6, 0.2);
  const double half_vertical = glm::radians(fov_deg) / 2;
  const double half = std::min(half_vertical, std::atan(std::tan(half_vertical) * aspect));
  distance_ = std::max(radius, 1e-9) / std::sin(half);
  position_ = centre - distance_ * forward();
}

void Navigator::drag(glm::dvec2 pixels, double viewport_height) {
  const double turn =
      (mode == Mode::orbit ? glm::pi<double>() : glm::half_pi<double>()) / std::max(viewport_height, 1.0);
  const glm::dvec3 pivot = target();
  // Orbit: the scene follows the cursor. Fly: the view does. Both turn the axis the same way.
  yaw_ -= pixels.x * turn;
  pitch_ = std::clamp(pitch_ - pixels.y * turn, -kSteepest, kSteepest);
  if (mode == Mode::orbit) position_ = pivot - distance_ * forward();
}

void Navigator::pan(glm::dvec2 pixels, double viewport_height, double fov_deg) {
  const double per_pixel =
      2 * distance_ * std::tan(glm::radians(fov_deg) / 2) / std::max(viewport_height, 1.0);
  const glm::dmat3 a = axes();
  position_ -= per_pixel * (pixels.x * a[0] + pixels.y * a[1]);
}

void Navigator::wheel(double notches) {
  if (mode == Mode::fly) {
    fly_speed = std::clamp(fly_speed * std::pow(1.2, notches), 0.01, 100.0);
    return;
  }
  const glm::dvec3 pivot = target();
  distance_ = std::clamp(distance_ * std::pow(0.88, notches), 1e-4 * radius_, 1e4 * radius_);
  position_ = pivot - distance_ * forward();
}

void Navigator::fly(const glm::dvec3& direction, double seconds, bool fast) {
  if (direction == glm::dvec3(0)) return;
  position_ += axes() * glm::normalize(direction) * (0.5 * radius_ * fly_speed * seconds * (fast ? 4 : 1));
}

glm::dmat3 Navigator::ground() const {
  // The world axis that is least along up makes the first horizontal axis, so the choice is stable.
  const glm::dvec3 a = glm::abs(up_);
  const glm::dvec3 other = a.x <= a.y && a.x <= a.z ? glm::dvec3(1, 0, 0)
                           : a.z <= a.y             ? glm::dvec3(0, 0, 1)
                                                    : glm::dvec3(0, 1, 0);
  const glm::dvec3 first = glm::normalize(other - glm::dot(other, up_) * up_);
  return {first, glm::cross(up_, first), up_};
}

glm::dvec3 Navigator::forward() const {
  const double level = std::cos(pitch_);
  return ground() * glm::dvec3(level * std::cos(yaw_), level * std::sin(yaw_), std::sin(pitch_));
}

glm::dmat3 Navigator::axes() const {
  const glm::dvec3 f = forward();
  const glm::dvec3 right = glm::normalize(glm::cross(f, up_));
  const glm::dvec3 down = glm::cross(f, right);
  const double c = std::cos(roll_), s = std::sin(roll_);
  return {c * right + s * down, c * down - s * right, f};
}

glm::dmat4 Navigator::world_to_camera() const {
  const glm::dmat3 rotation = glm::transpose(axes());
  glm::dmat4 view(rotation);
  view[3] = glm::dvec4(-(rotation * position_), 1);
  return view;
}

}  // namespace fg
