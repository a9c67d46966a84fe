// Makes the sample scene: photographs traced from the closed-form stage, and splats that stand for its
// surfaces. The splats are an honest approximation, not a copy: flat discs with colour to first-order
// spherical harmonics, so edges, gloss and shadow borders differ from the photographs and the scores have
// something to say.
//   generate_scene FOLDER

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "assets/generate/stage.h"
#include "viewer/io/image.h"
#include "viewer/scene/camera.h"
#include "viewer/scene/splats.h"

namespace fg::sample {
namespace {

using glm::dvec3;
constexpr double kPi = std::numbers::pi;
constexpr int kViews = 12, kWidth = 480, kHeight = 360;
constexpr double kFocal = 460;  // pixels
constexpr double kShC0 = 0.28209479177387814, kShC1 = 0.4886025119029199;

// World to camera, x right, y down, z forward, looking from eye at target with z up.
glm::dmat4 look_at(const dvec3& eye, const dvec3& target) {
  const dvec3 forward = glm::normalize(target - eye);
  const dvec3 right = glm::normalize(glm::cross(forward, dvec3(0, 0, 1))), down = glm::cross(forward, right);
  glm::dmat4 m(1.0);
  for (int c = 0; c < 3; ++c) m[c] = {right[c], down[c], forward[c], 0};
  m[3] = {-glm::dot(right, eye), -glm::dot(down, eye), -glm::dot(forward, eye), 1};
  return m;
}

std::vector<Camera> make_cameras() {
  std::vector<Camera> cameras;
  for (int i = 0; i < kViews; ++i) {
    const double angle = 2 * kPi * i / kViews + 0.3, height = 1.6 + 0.8 * std::sin(1.7 * i);
    const double distance = 4.3 + 0.5 * std::cos(2.3 * i);
    Camera camera;
    char name[32];
    std::snprintf(name, sizeof(name), "view_%02d.png", i);
    camera.name = name;
    camera.intrinsics = {kWidth, kHeight, kFocal, kFocal, kWidth / 2.0, kHeight / 2.0};
    camera.world_to_camera =
        look_at({distance * std::cos(angle), distance * std::sin(angle), height}, {0.05, -0.05, 0.35});
    cameras.push_back(camera);
  }
  return cameras;
}

dvec3 position_of(const Camera& camera) { return glm::inverse(camera.world_to_camera)[3]; }

Image8 photograph(const Camera& camera) {
  constexpr int kSub = 3;  // 3 x 3 rays a pixel
  const glm::dmat4 to_world = glm::inverse(camera.world_to_camera);
  const dvec3 eye = position_of(camera);
  const Intrinsics& k = camera.intrinsics;
  Image8 photo{.width = k.width, .height = k.height, .rgba = {}};
  for (int v = 0; v < k.height; ++v)
    for (int u = 0; u < k.width; ++u) {
      dvec3 sum(0);
      for (int s = 0; s < kSub * kSub; ++s) {
        const double x = u + (s % kSub + 0.5) / kSub, y = v + (s / kSub + 0.5) / kSub;
        const dvec3 ray =
            glm::normalize(glm::dmat3(to_world) * dvec3((x - k.cx) / k.fx, (y - k.cy) / k.fy, 1));
        if (const auto hit = trace(eye, ray)) sum += shade(*hit, ray);
      }
      for (int c = 0; c < 3; ++c)
        photo.rgba.push_back(static_cast<std::uint8_t>(std::lround(sum[c] / (kSub * kSub) * 255)));
      photo.rgba.push_back(255);
    }
  return photo;
}

// Least squares of colour(direction) = 0.5 + c0 Y0 + c1 Y1(direction) over the cameras that face the surface.
void fit_colour(SplatScene& scene, const Hit& hit, const std::vector<Camera>& cameras) {
  glm::dmat4 normal_matrix(0.0);
  glm::dmat4 right_side(0.0);                                              // columns: red, green, blue
  for (int i = 0; i < 4; ++i) normal_matrix[i][i] = i == 0 ? 1e-9 : 0.02;  // ridge: few cameras see a surface
  for (const Camera& camera : cameras) {
    const dvec3 d = glm::normalize(hit.point - position_of(camera));
    if (glm::dot(d, hit.normal) > -0.05) continue;
    const glm::dvec4 basis(kShC0, -kShC1 * d.y, kShC1 * d.z, -kShC1 * d.x);
    const dvec3 colour = shade(hit, d) - 0.5;
    normal_matrix += glm::outerProduct(basis, basis);
    for (int c = 0; c < 3; ++c) right_side[c] += basis * colour[c];
  }
  const glm::dmat4 inverse = glm::inverse(normal_matrix);
  for (int k = 0; k < 4; ++k)
    for (int c = 0; c < 3; ++c) scene.sh.push_back(static_cast<float>((inverse * right_side[c])[k]));
}

SplatScene make_splats(const std::vector<Camera>& cameras) {
  SplatScene scene;
  scene.sh_degree = 1;
  for (const SurfacePoint& point : sample_surfaces()) {
    const dvec3 n = point.hit.normal;
    const dvec3 tangent =
        glm::normalize(glm::cross(n, std::abs(n.z) < 0.9 ? dvec3(0, 0, 1) : dvec3(1, 0, 0)));
    const glm::dmat3 axes(tangent, glm::cross(n, tangent), n);
    const float across = static_cast<float>(0.55 * point.spacing);
    scene.positions.emplace_back(point.hit.point - 0.15 * point.spacing * n);
    scene.scales.emplace_back(across, across, 0.1f * across);
    scene.rotations.emplace_back(glm::quat_cast(axes));
    scene.opacities.push_back(0.93f);
    fit_colour(scene, point.hit, cameras);
  }
  return scene;
}

void write_colmap_text(const std::filesystem::path& folder, const std::vector<Camera>& cameras) {
  std::filesystem::create_directories(folder);
  std::ofstream intrinsics(folder / "cameras.txt"), poses(folder / "images.txt"),
      points(folder / "points3D.txt");
  intrinsics << "# CAMERA_ID MODEL WIDTH HEIGHT FX FY CX CY\n1 PINHOLE " << kWidth << ' ' << kHeight << ' '
             << kFocal << ' ' << kFocal << ' ' << kWidth / 2.0 << ' ' << kHeight / 2.0 << '\n';
  poses << "# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of 2D points (none)\n";
  points << "# no points\n";
  poses.precision(12);
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const glm::dmat4& m = cameras[i].world_to_camera;
    const glm::dquat q = glm::quat_cast(glm::dmat3(m));
    poses << i + 1 << ' ' << q.w << ' ' << q.x << ' ' << q.y << ' ' << q.z << ' ' << m[3].x << ' ' << m[3].y
          << ' ' << m[3].z << " 1 " << cameras[i].name << "\n\n";
  }
}

}  // namespace
}  // namespace fg::sample

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: generate_scene FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::vector<fg::Camera> cameras = fg::sample::make_cameras();
  std::filesystem::create_directories(folder / "images");
  for (const fg::Camera& camera : cameras)
    fg::save_png(folder / "images" / camera.name, fg::sample::photograph(camera));
  fg::sample::write_colmap_text(folder / "sparse", cameras);
  const fg::SplatScene scene = fg::sample::make_splats(cameras);
  fg::save_splats(folder / "point_cloud.ply", scene);
  std::printf("%zu splats, %zu photographs\n", scene.size(), cameras.size());
}
