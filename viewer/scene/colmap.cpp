// COLMAP sparse models, binary and text: https://colmap.github.io/format.html

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <glm/gtc/quaternion.hpp>
#include <map>
#include <string_view>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

namespace {

struct Model {
  std::int32_t id;
  std::string_view name;
  std::size_t parameters;
};

// Every model has to be known by its length, or the binary reader loses its place.
constexpr Model kModels[] = {{0, "SIMPLE_PINHOLE", 3},
                             {1, "PINHOLE", 4},
                             {2, "SIMPLE_RADIAL", 4},
                             {3, "RADIAL", 5},
                             {4, "OPENCV", 8},
                             {5, "OPENCV_FISHEYE", 8},
                             {6, "FULL_OPENCV", 12},
                             {7, "FOV", 5},
                             {8, "SIMPLE_RADIAL_FISHEYE", 4},
                             {9, "RADIAL_FISHEYE", 5},
                             {10, "THIN_PRISM_FISHEYE", 12},
                             {11, "RAD_TAN_THIN_PRISM_FISHEYE", 16},
                             {12, "SIMPLE_DIVISION", 4},
                             {13, "DIVISION", 5},
                             {14, "SIMPLE_FISHEYE", 3},
                             {15, "FISHEYE", 4}};

struct ColmapCamera {
  const Model* model;
  std::uint64_t width, height;
  std::vector<double> parameters;
};
using Cameras = std::map<std::uint32_t, ColmapCamera>;

struct ColmapImage {
  std::string name;
  std::uint32_t camera_id;
  double q[4], t[3];  // world to camera, quaternion w x y z
};

// Intrinsics and distortion; throws a sentence for lenses that a pinhole render cannot be compared with.
void fill_lens(const std::filesystem::path& file, const ColmapCamera& from, Camera& to) {
  const std::vector<double>& p = from.parameters;
  const auto refuse = [&](const std::string& why) {
    return unreadable(
        file,
        fmt::format("camera of {}: model {} {}; undistort the photos first: run colmap image_undistorter",
                    to.name, from.model->name, why));
  };
  constexpr std::uint64_t kMostPixels = 1'000'000;
  if (from.width < 1 || from.height < 1 || from.width > kMostPixels || from.height > kMostPixels)
    throw unreadable(file, fmt::format("camera of {}: a size of {}x{}; expected 1 to {} pixels a side",
                                       to.name, from.width, from.height, kMostPixels));
  to.intrinsics.width = static_cast<int>(from.width);
  to.intrinsics.height = static_cast<int>(from.height);
  const auto one_focal = [&] {
    to.intrinsics.fx = to.intrinsics.fy = p[0];
    to.intrinsics.cx = p[1];
    to.intrinsics.cy = p[2];
  };
  const auto two_focals = [&] {
    to.intrinsics.fx = p[0];
    to.intrinsics.fy = p[1];
    to.intrinsics.cx = p[2];
    to.intrinsics.cy = p[3];
  };
  switch (from.model->id) {
    case 0:
      one_focal();
      break;
    case 1:
      two_focals();
      break;
    case 2:
      one_focal();
      to.distortion.k1 = p[3];
      break;
    case 3:
      one_focal();
      to.distortion.k1 = p[3];
      to.distortion.k2 = p[4];
      break;
    case 4:
    case 6:
      two_focals();
      to.distortion.k1 = p[4];
      to.distortion.k2 = p[5];
      to.distortion.p1 = p[6];
      to.distortion.p2 = p[7];
      if (from.model->id == 4) break;
      to.distortion.k3 = p[8];
      if (p[9] != 0 || p[10] != 0 || p[11] != 0) throw refuse("with k4, k5 or k6 is not supported");
      break;
    default:
      throw refuse("is not supported");
  }
  check_intrinsics(file, to.name, to);
}

ListedCamera listed(const std::filesystem::path& images_file, const std::filesystem::path& cameras_file,
                    const ColmapImage& image, const Cameras& cameras) {
  ListedCamera result;
  result.camera.name = image.name;
  const auto camera = cameras.find(image.camera_id);
  if (camera == cameras.end())
    throw unreadable(images_file, fmt::format("{} refers to camera {}, which {} does not have", image.name,
                                              image.camera_id, cameras_file.filename().string()));
  fill_lens(cameras_file, camera->second, result.camera);
  const glm::dquat q(image.q[0], image.q[1], image.q[2], image.q[3]);
  const double length = glm::length(q);
  const bool finite = std::isfinite(length) && std::isfinite(image.t[0]) && std::isfinite(image.t[1]) &&
                      std::isfinite(image.t[2]);
  if (!finite || length == 0.0)
    throw unreadable(images_file,
                     fmt::format("the pose of {} is not a number or has a zero quaternion", image.name));
  result.camera.world_to_camera = glm::mat4_cast(q / length);
  result.camera.world_to_camera[3] = glm::dvec4(image.t[0], image.t[1], image.t[2], 1.0);
  return result;
}

// ---- binary

class BinaryReader {
 public:
  explicit BinaryReader(const std::filesystem::path& file) : file_(file), bytes_(read_file(file)) {}

  std::size_t offset() const { return offset_; }
  std::size_t left() const { return bytes_.size() - offset_; }

  template <class T>
  T read(const char* what) {
    if (left() < sizeof(T)) throw ends(what);
    T value;
    std::memcpy(&value, &bytes_[offset_], sizeof(T));  // little-endian, as the machines we build for are
    offset_ += sizeof(T);
    return value;
  }

  // A count of records of at least record_bytes each; refused where the file cannot hold them.
  std::uint64_t read_count(const char* what, std::size_t record_bytes) {
    const std::size_t at = offset_;
    const auto count = read<std::uint64_t>(what);
    if (count > left() / record_bytes)
      throw unreadable(file_, fmt::format("byte {}: {} {} of {} or more bytes announced, the file has {} "
                                          "bytes left; it is truncated or damaged",
                                          at, count, what, record_bytes, left()));
    return count;
  }

  std::string read_name() {
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(offset_);
    const auto end = std::find(begin, bytes_.end(), std::uint8_t{0});
    if (end == bytes_.end()) throw ends("a name ending with a zero byte");
    offset_ = static_cast<std::size_t>(end - bytes_.begin()) + 1;
    return {begin, end};
  }

  void skip(std::size_t bytes) { offset_ += bytes; }

  Failure ends(const char* what) const {
    return unreadable(file_,
                      fmt::format("byte {}: {} expected, the file ends; it is truncated", offset_, what));
  }

 private:
  std::filesystem::path file_;
  std::vector<std::uint8_t> bytes_;
  std::size_t offset_ = 0;
};

Cameras read_cameras_binary(const std::filesystem::path& file) {
  BinaryReader in(file);
  Cameras cameras;
  const std::uint64_t count = in.read_count("cameras", 48);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto id = in.read<std::uint32_t>("a camera");
    const std::size_t at = in.offset();
    const auto model_id = in.read<std::int32_t>("a camera model");
    const auto* model = std::find_if(std::begin(kModels), std::end(kModels),
                                     [&](const Model& m) { return m.id == model_id; });
    if (model == std::end(kModels))
      throw unreadable(file, fmt::format("byte {}: camera model 0 to 15 expected, got {}; the file is "
                                         "damaged or newer than this program",
                                         at, model_id));
    ColmapCamera camera{model, in.read<std::uint64_t>("a width"), in.read<std::uint64_t>("a height"), {}};
    for (std::size_t p = 0; p < model->parameters; ++p)
      camera.parameters.push_back(in.read<double>("a camera parameter"));
    cameras.insert_or_assign(id, std::move(camera));
  }
  return cameras;
}

std::vector<ColmapImage> read_images_binary(const std::filesystem::path& file) {
  BinaryReader in(file);
  std::vector<ColmapImage> images;
  const std::uint64_t count = in.read_count("images", 73);
  for (std::uint64_t i = 0; i < count; ++i) {
    ColmapImage image;
    in.read<std::uint32_t>("an image");
    for (double& q : image.q) q = in.read<double>("a rotation");
    for (double& t : image.t) t = in.read<double>("a translation");
    image.camera_id = in.read<std::uint32_t>("a camera id");
    image.name = in.read_name();
    constexpr std::size_t kPointBytes = 24;  // x, y, id of the 3D point: not needed here
    in.skip(static_cast<std::size_t>(in.read_count("points", kPointBytes)) * kPointBytes);
    images.push_back(std::move(image));
  }
  return images;
}

// ---- text

class TextLines {
 public:
  explicit TextLines(const std::filesystem::path& file) : file_(file), bytes_(read_file(file)) {}

  // The next line as it is, without its end; false at the end of the file.
  bool next(std::string_view& line) {
    if (at_ >= bytes_.size()) return false;
    const std::string_view all(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    const std::size_t end = std::min(all.find('\n', at_), all.size());
    line_start_ = at_;
    line = all.substr(at_, end - at_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at_ = end + 1;
    return true;
  }
  // The next line that is neither empty nor a comment.
  bool next_record(std::string_view& line) {
    while (next(line))
      if (const std::size_t first = line.find_first_not_of(" \t"); first != line.npos && line[first] != '#')
        return true;
    return false;
  }
  void go_back() { at_ = line_start_; }

  Failure expected(const std::string& what) const {
    return unreadable(file_, fmt::format("byte {}: {} expected", line_start_, what));
  }

 private:
  std::filesystem::path file_;
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0, line_start_ = 0;
};

std::string_view take_word(std::string_view& line) {
  const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t", first), line.size());
  const std::string_view word = line.substr(first, end - first);
  line.remove_prefix(end);
  return word;
}

template <class T>
bool take_number(std::string_view& line, T& value) {
  const std::string_view word = take_word(line);
  const auto [at, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc{} && at == word.data() + word.size();
}

Cameras read_cameras_text(const std::filesystem::path& file) {
  TextLines in(file);
  Cameras cameras;
  for (std::string_view line; in.next_record(line);) {
    std::uint32_t id = 0;
    ColmapCamera camera{};
    if (!take_number(line, id)) throw in.expected("a camera id");
    const std::string_view name = take_word(line);
    camera.model =
        std::find_if(std::begin(kModels), std::end(kModels), [&](const Model& m) { return m.name == name; });
    if (camera.model == std::end(kModels))
      throw in.expected("a camera model such as PINHOLE after the camera id");
    if (!take_number(line, camera.width) || !take_number(line, camera.height))
      throw in.expected("width and height after the camera model");
    camera.parameters.resize(camera.model->parameters);
    for (double& parameter : camera.parameters)
      if (!take_number(line, parameter))
        throw in.expected(
            fmt::format("a {} camera with {} parameters", camera.model->name, camera.model->parameters));
    cameras.insert_or_assign(id, std::move(camera));
  }
  return cameras;
}

bool parse_image_line(std::string_view line, ColmapImage& image) {
  std::uint32_t id = 0;
  if (!take_number(line, id)) return false;
  for (double& q : image.q)
    if (!take_number(line, q)) return false;
  for (double& t : image.t)
    if (!take_number(line, t)) return false;
  if (!take_number(line, image.camera_id)) return false;
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == line.npos) return false;
  image.name = line.substr(first, line.find_last_not_of(" \t") + 1 - first);  // names may hold blanks
  return true;
}

std::vector<ColmapImage> read_images_text(const std::filesystem::path& file) {
  TextLines in(file);
  std::vector<ColmapImage> images;
  for (std::string_view line; in.next_record(line);) {
    ColmapImage image;
    if (!parse_image_line(line, image)) throw in.expected("IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME");
    images.push_back(image);
    // The line of 2D points follows, empty or not. Files written by hand often leave it out.
    double number = 0;
    ColmapImage next;
    if (in.next(line) && parse_image_line(line, next)) {
      std::string_view name = next.name;
      if (!take_number(name, number)) in.go_back();
    }
  }
  return images;
}

}  // namespace

ListedCameras read_colmap(const std::filesystem::path& model) {
  const bool binary =
      std::filesystem::exists(model / "cameras.bin") && std::filesystem::exists(model / "images.bin");
  const std::filesystem::path cameras_file = model / (binary ? "cameras.bin" : "cameras.txt");
  const std::filesystem::path images_file = model / (binary ? "images.bin" : "images.txt");
  const Cameras cameras = binary ? read_cameras_binary(cameras_file) : read_cameras_text(cameras_file);
  const std::vector<ColmapImage> images =
      binary ? read_images_binary(images_file) : read_images_text(images_file);
  if (images.empty()) throw unreadable(images_file, "lists no images");
  ListedCameras result;
  result.beside = model;
  result.from_colmap = true;
  for (const ColmapImage& image : images)
    result.cameras.push_back(listed(images_file, cameras_file, image, cameras));
  return result;
}

}  // namespace fg
