#pragma once
// One set of cameras, written in every format that the program reads.

#include <cmath>
#include <cstring>
#include <filesystem>
#include <glm/gtc/quaternion.hpp>
#include <glm/matrix.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/viewer/io/test_files.h"
#include "viewer/io/image.h"
#include "viewer/scene/camera.h"

namespace fg {

// A photo of a single colour.
inline void write_photo(const std::filesystem::path& file, int width, int height) {
  std::filesystem::create_directories(file.parent_path());
  save_png(file,
           {width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height * 4), 255)});
}

// Cameras on a circle, each with its own intrinsics; names are 00.png, 01.png and so on.
inline std::vector<Camera> sample_cameras(int count) {
  std::vector<Camera> cameras;
  for (int i = 0; i < count; ++i) {
    Camera camera;
    camera.name = std::to_string(i / 10) + std::to_string(i % 10) + ".png";
    camera.intrinsics = {64, 48, 70.5 + i, 71.25 + i, 31.5, 24.75};
    const glm::dquat q = glm::normalize(glm::dquat(1.0, 0.1 * i, 0.2 - 0.05 * i, 0.3));
    camera.world_to_camera = glm::mat4_cast(q);
    camera.world_to_camera[3] = glm::dvec4(0.5 * i, -1.0 + i, 4.0, 1.0);
    cameras.push_back(camera);
  }
  return cameras;
}

struct ByteWriter {
  ByteVector bytes;
  template <class T>
  ByteWriter& put(T value) {
    std::uint8_t raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.insert(bytes.end(), raw, raw + sizeof(T));
    return *this;
  }
};

// How COLMAP would store a camera: its number, model name and parameters.
struct ColmapLens {
  std::int32_t model = 1;
  std::string name = "PINHOLE";
  std::vector<double> parameters = {};  // empty: those of the pinhole
};

inline std::vector<double> pinhole_parameters(const Intrinsics& k) { return {k.fx, k.fy, k.cx, k.cy}; }

inline void write_colmap_binary(const std::filesystem::path& folder, const std::vector<Camera>& cameras,
                                const ColmapLens& lens = {}) {
  ByteWriter out;
  out.put<std::uint64_t>(cameras.size());
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const Intrinsics& k = cameras[i].intrinsics;
    out.put<std::uint32_t>(static_cast<std::uint32_t>(i + 1)).put<std::int32_t>(lens.model);
    out.put<std::uint64_t>(static_cast<std::uint64_t>(k.width))
        .put<std::uint64_t>(static_cast<std::uint64_t>(k.height));
    for (const double p : lens.parameters.empty() ? pinhole_parameters(k) : lens.parameters) out.put(p);
  }
  write_bytes(folder / "cameras.bin", out.bytes);
  out.bytes.clear();
  out.put<std::uint64_t>(cameras.size());
  for (std::size_t i = cameras.size(); i-- > 0;) {  // not in the order of the names
    const glm::dquat q = glm::quat_cast(cameras[i].world_to_camera);
    out.put<std::uint32_t>(static_cast<std::uint32_t>(i + 1)).put(q.w).put(q.x).put(q.y).put(q.z);
    for (int axis = 0; axis < 3; ++axis) out.put(cameras[i].world_to_camera[3][axis]);
    out.put<std::uint32_t>(static_cast<std::uint32_t>(i + 1));
    for (const char c : cameras[i].name) out.put(c);
    out.put('\0').put<std::uint64_t>(i % 3);
    for (std::size_t k = 0; k < i % 3; ++k) out.put(1.5).put(2.5).put<std::int64_t>(-1);
  }
  write_bytes(folder / "images.bin", out.bytes);
}

inline void write_colmap_text(const std::filesystem::path& folder, const std::vector<Camera>& cameras,
                              const ColmapLens& lens = {}) {
  std::ostringstream out;
  out.precision(17);
  out << "# Camera list with one line of data per camera:\n#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n";
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const Intrinsics& k = cameras[i].intrinsics;
    out << i + 1 << ' ' << lens.name << ' ' << k.width << ' ' << k.height;
    for (const double p : lens.parameters.empty() ? pinhole_parameters(k) : lens.parameters) out << ' ' << p;
    out << '\n';
  }
  write_text(folder / "cameras.txt", out.str());
  out.str("");
  out << "# Image list with two lines of data per image:\n";
  for (std::size_t i = cameras.size(); i-- > 0;) {
    const glm::dquat q = glm::quat_cast(cameras[i].world_to_camera);
    const glm::dvec4 t = cameras[i].world_to_camera[3];
    out << i + 1 << ' ' << q.w << ' ' << q.x << ' ' << q.y << ' ' << q.z << ' ' << t.x << ' ' << t.y << ' '
        << t.z << ' ' << i + 1 << ' ' << cameras[i].name << '\n';
    for (std::size_t k = 0; k < 4 * (i % 3); ++k) out << "1.5 2.5 -1 ";  // the points; an empty line for some
    out << '\n';
  }
  write_text(folder / "images.txt", out.str());
}

inline std::string json_matrix(const glm::dmat4& m, int rows, int columns) {
  std::ostringstream out;
  out.precision(17);
  out << '[';
  for (int r = 0; r < rows; ++r) {
    out << (r ? ", [" : "[");
    for (int c = 0; c < columns; ++c) out << (c ? ", " : "") << m[c][r];
    out << ']';
  }
  out << ']';
  return out.str();
}

// Camera to world with y up and z backwards.
inline glm::dmat4 opengl_pose(const Camera& camera) {
  glm::dmat4 pose = glm::inverse(camera.world_to_camera);
  pose[1] = -pose[1];
  pose[2] = -pose[2];
  return pose;
}

// frame_extra: more keys of each frame; top: keys of the whole file, each ending with a comma.
inline std::string transforms_text(const std::vector<Camera>& cameras, const std::string& top,
                                   const std::string& folder = "images/", bool intrinsics_per_frame = true) {
  std::ostringstream out;
  out.precision(17);
  out << "{" << top << " \"frames\": [";
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const Intrinsics& k = cameras[i].intrinsics;
    out << (i ? ",\n" : "\n") << "{\"file_path\": \"" << folder << cameras[i].name
        << "\", \"transform_matrix\": " << json_matrix(opengl_pose(cameras[i]), 4, 4);
    if (intrinsics_per_frame)
      out << ", \"fl_x\": " << k.fx << ", \"fl_y\": " << k.fy << ", \"cx\": " << k.cx << ", \"cy\": " << k.cy
          << ", \"w\": " << k.width << ", \"h\": " << k.height;
    out << "}";
  }
  out << "]}";
  return out.str();
}

inline std::string inria_text(const std::vector<Camera>& cameras) {
  std::ostringstream out;
  out.precision(17);
  out << "[";
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    const Intrinsics& k = cameras[i].intrinsics;
    const glm::dmat4 pose = glm::inverse(cameras[i].world_to_camera);
    out << (i ? ", " : "") << "{\"id\": " << i << ", \"img_name\": \""
        << std::filesystem::path(cameras[i].name).stem().string() << "\", \"width\": " << k.width
        << ", \"height\": " << k.height << ", \"position\": [" << pose[3].x << ", " << pose[3].y << ", "
        << pose[3].z << "], \"rotation\": " << json_matrix(pose, 3, 3) << ", \"fy\": " << k.fy
        << ", \"fx\": " << k.fx << "}";
  }
  out << "]";
  return out.str();
}

inline void expect_same_pose(const Camera& got, const Camera& expected) {
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 4; ++row)  // 17 digits, and inverses of well-conditioned matrices in double
      EXPECT_NEAR(got.world_to_camera[column][row], expected.world_to_camera[column][row], 1e-12) << got.name;
}

}  // namespace fg
