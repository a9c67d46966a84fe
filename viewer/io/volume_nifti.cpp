// NIfTI-1 and NIfTI-2, one file or a .hdr with its .img, gzip or not; https://nifti.nimh.nih.gov/nifti-1.
// Read here and not by ITK, which turns NaN voxels into 0, refuses affines with shear and NIfTI-2, and
// reports damage without the place.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <glm/geometric.hpp>
#include <glm/mat3x3.hpp>

#include "viewer/error.h"
#include "viewer/io/volume_readers.h"
#include "viewer/io/volume_voxels.h"

namespace fg::volumes {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeader1 = 348, kHeader2 = 540;  // bytes, and the value of the first field

// Fields of the header by their offset, in the byte order of the machine.
class Fields {
 public:
  Fields(const std::byte* bytes, bool swap) : bytes_(bytes), swap_(swap) {}

  template <class T>
  T at(std::size_t offset) const {
    std::byte raw[sizeof(T)];
    std::memcpy(raw, bytes_ + offset, sizeof(T));
    if (swap_) std::reverse(std::begin(raw), std::end(raw));
    T value;
    std::memcpy(&value, raw, sizeof(T));
    return value;
  }

 private:
  const std::byte* bytes_;
  bool swap_;
};

// What both versions of the header say.
struct NiftiHeader {
  bool swap = false, detached = false;  // detached: the voxels lie in the .img
  int datatype = 0, qform_code = 0, sform_code = 0, units = 0;
  std::array<std::int64_t, 8> dim{};
  std::array<double, 8> pixdim{};
  double voxel_offset = 0, slope = 0, intercept = 0;
  double quaternion[3] = {}, q_offset[3] = {};
  double s_rows[3][4] = {};
};

// Field<T>: the types of NIfTI-1 and NIfTI-2 differ, and so do the offsets.
template <class Size, class Real, class Code>
void read_fields(const Fields& f, std::size_t dim, std::size_t pixdim, std::size_t codes,
                 std::size_t quaternion, NiftiHeader& h) {
  for (std::size_t n = 0; n < 8; ++n) {
    h.dim[n] = f.at<Size>(dim + n * sizeof(Size));
    h.pixdim[n] = f.at<Real>(pixdim + n * sizeof(Real));
  }
  h.qform_code = f.at<Code>(codes);
  h.sform_code = f.at<Code>(codes + sizeof(Code));
  for (std::size_t n = 0; n < 3; ++n) {
    h.quaternion[n] = f.at<Real>(quaternion + n * sizeof(Real));
    h.q_offset[n] = f.at<Real>(quaternion + (3 + n) * sizeof(Real));
    for (std::size_t column = 0; column < 4; ++column)
      h.s_rows[n][column] = f.at<Real>(quaternion + (6 + 4 * n + column) * sizeof(Real));
  }
}

NiftiHeader parse_header(const fs::path& file, const std::array<std::byte, kHeader2>& bytes,
                         std::size_t count) {
  const auto size = Fields(bytes.data(), false).at<std::uint32_t>(0),
             swapped = Fields(bytes.data(), true).at<std::uint32_t>(0);
  NiftiHeader h;
  h.swap = swapped == kHeader1 || swapped == kHeader2;
  const std::size_t header_bytes = h.swap ? swapped : size;
  if (count == 0) throw unreadable(file, "is empty; expected NIfTI");
  if (count < 4 || (header_bytes != kHeader1 && header_bytes != kHeader2))
    throw unreadable(
        file, fmt::format("not NIfTI: its first field should be 348 or 540, it is {}", count < 4 ? 0 : size));
  if (count < header_bytes)
    throw unreadable(file,
                     fmt::format("the NIfTI header has {} bytes, the file ends after {}; it is truncated",
                                 header_bytes, count));
  const Fields f(bytes.data(), h.swap);
  const auto magic = [&](std::size_t offset, const char* text) {
    return std::memcmp(bytes.data() + offset, text, 3) == 0;
  };
  if (header_bytes == kHeader1) {
    h.detached = magic(344, "ni1");
    if (!h.detached && !magic(344, "n+1"))
      throw unreadable(file,
                       "byte 344: the NIfTI mark \"n+1\" or \"ni1\" is missing (Analyze 7.5 is not read: its "
                       "orientation is unknown)");
    h.datatype = f.at<std::int16_t>(70);
    h.voxel_offset = f.at<float>(108);
    h.slope = f.at<float>(112);
    h.intercept = f.at<float>(116);
    h.units = f.at<std::uint8_t>(123);
    read_fields<std::int16_t, float, std::int16_t>(f, 40, 76, 252, 256, h);
  } else {
    h.detached = magic(4, "ni2");
    if (!h.detached && !magic(4, "n+2"))
      throw unreadable(file, "byte 4: the NIfTI-2 mark \"n+2\" or \"ni2\" is missing");
    h.datatype = f.at<std::int16_t>(12);
    h.voxel_offset = static_cast<double>(f.at<std::int64_t>(168));
    h.slope = f.at<double>(176);
    h.intercept = f.at<double>(184);
    h.units = static_cast<int>(f.at<std::int32_t>(500));
    read_fields<std::int64_t, double, std::int32_t>(f, 16, 104, 344, 352, h);
  }
  // A one-file header is followed by four bytes at least; 0 is what some writers leave there.
  const double least = h.detached ? 0 : static_cast<double>(header_bytes + 4);
  if (h.voxel_offset == 0) h.voxel_offset = least;
  if (!(h.voxel_offset >= least - 4 && h.voxel_offset < 1e15))
    throw unreadable(
        file, fmt::format("its voxels cannot begin at byte {:g}; the header is damaged", h.voxel_offset));
  return h;
}

std::array<std::uint64_t, 3> extent_of(const fs::path& file, const NiftiHeader& h) {
  if (h.dim[0] < 1 || h.dim[0] > 7)
    throw unreadable(file, fmt::format("it claims {} dimensions; the header is damaged", h.dim[0]));
  const auto dimensions = static_cast<std::size_t>(h.dim[0]);
  std::array<std::uint64_t, 3> extent{1, 1, 1};
  for (std::size_t axis = 1; axis <= dimensions; ++axis) {
    if (h.dim[axis] < 0)
      throw unreadable(file,
                       fmt::format("its axis {} has {} voxels; the header is damaged", axis, h.dim[axis]));
    if (axis <= 3)
      extent[axis - 1] = static_cast<std::uint64_t>(h.dim[axis]);
    else if (h.dim[axis] > 1)
      throw unreadable(
          file, fmt::format("it has {} dimensions (axis {} holds {} frames); one 3D volume is expected: take "
                            "one frame out of the series first",
                            dimensions, axis, h.dim[axis]));
  }
  return extent;
}

const VoxelType& type_of(const fs::path& file, const NiftiHeader& h) {
  const VoxelType* type = voxel_type_of_nifti(h.datatype);
  constexpr int kComplex = 32, kRgb = 128, kComplex128 = 1792, kRgba = 2304;
  if (h.datatype == kRgb || h.datatype == kRgba || h.datatype == kComplex || h.datatype == kComplex128)
    throw unreadable(
        file,
        "each voxel holds several values (colour or complex numbers); a scalar volume such as a CT is "
        "expected");
  if (!type)
    throw unreadable(file,
                     fmt::format("its data type {} is unknown; expected {}", h.datatype, voxel_type_names()));
  return *type;
}

glm::dmat3 rotation_of(const double (&q)[3]) {  // nifti1.h, "METHOD 2"
  const double b = q[0], c = q[1], d = q[2];
  const double a = std::sqrt(std::max(0.0, 1 - (b * b + c * c + d * d)));
  return {{a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)},
          {2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)},
          {2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c}};
}

// The sform where there is one, else the qform, else the spacing alone: the order of nibabel.
glm::dmat4 affine_of(const NiftiHeader& h) {
  glm::dmat4 m(1.0);
  if (h.sform_code > 0) {
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < 4; ++column) m[column][row] = h.s_rows[row][column];
  } else {
    const glm::dmat3 turn = h.qform_code > 0 ? rotation_of(h.quaternion) : glm::dmat3(1.0);
    const double handed = h.qform_code > 0 && h.pixdim[0] < 0 ? -1 : 1;
    for (int axis = 0; axis < 3; ++axis) {
      const double spacing = h.pixdim[static_cast<std::size_t>(axis) + 1];
      m[axis] = glm::dvec4(turn[axis] * (spacing == 0 ? 1 : std::abs(spacing)) * (axis == 2 ? handed : 1), 0);
      if (h.qform_code > 0) m[3][axis] = h.q_offset[axis];
    }
  }
  if (h.dim[0] < 3 && glm::length(glm::dvec3(m[2])) == 0)  // a single slice need not say how thick it is
    m[2] = glm::dvec4(glm::normalize(glm::cross(glm::dvec3(m[0]), glm::dvec3(m[1]))), 0);
  constexpr int kMetre = 1, kMicron = 3;
  const int unit = h.units & 7;
  const double to_mm = unit == kMetre ? 1000 : unit == kMicron ? 0.001 : 1;
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 3; ++row) m[column][row] *= to_mm;
  return m;
}

// ct.img beside ct.hdr, ct.img.gz beside ct.hdr.gz.
fs::path sibling(const fs::path& file, const char* suffix) {
  const bool gzip = file.extension() == ".gz";
  fs::path stem = gzip ? fs::path(file).replace_extension() : file;
  stem.replace_extension(suffix);
  if (gzip) stem += ".gz";
  return stem;
}

bool has_suffix(const fs::path& file, std::string_view suffix) {
  const std::string name = file.filename().string();
  return name.ends_with(suffix) || name.ends_with(std::string(suffix) + ".gz");
}

}  // namespace

bool is_nifti(const fs::path& file) {
  if (has_suffix(file, ".nii") || has_suffix(file, ".hdr") || has_suffix(file, ".img")) return true;
  std::array<std::byte, kHeader2> bytes{};
  ByteStream stream(file);
  const std::size_t count = stream.read_some(bytes.data(), bytes.size());
  const auto mark = [&](std::size_t offset, const char* text) {
    return std::memcmp(bytes.data() + offset, text, 4) == 0;
  };
  return (count >= kHeader1 && (mark(344, "n+1\0") || mark(344, "ni1\0"))) ||
         (count >= kHeader2 && (mark(4, "n+2\0") || mark(4, "ni2\0")));
}

Volume load_nifti(const fs::path& file) {
  const fs::path header_file = has_suffix(file, ".img") ? sibling(file, ".hdr") : file;
  ByteStream header_stream(header_file);
  std::array<std::byte, kHeader2> bytes{};
  const std::size_t count = header_stream.read_some(bytes.data(), bytes.size());
  const NiftiHeader h = parse_header(header_file, bytes, count);
  const VoxelType& type = type_of(header_file, h);
  const std::array<std::uint64_t, 3> extent = extent_of(header_file, h);

  const fs::path voxel_file = h.detached ? sibling(header_file, ".img") : header_file;
  ByteStream voxels(voxel_file);
  const std::uint64_t voxel_count = checked_voxel_count(voxel_file, {.extent = extent,
                                                                     .voxel_bytes = type.bytes,
                                                                     .bytes_in_file = voxels.file_bytes(),
                                                                     .compressed = voxels.compressed()});
  Volume volume;
  for (std::size_t axis = 0; axis < 3; ++axis) volume.extent[axis] = static_cast<int>(extent[axis]);
  volume.voxel_to_world = affine_of(h);
  const bool scaled = std::isfinite(h.slope) && h.slope != 0;
  const Scaling scaling = scaled ? Scaling{h.slope, std::isfinite(h.intercept) ? h.intercept : 0} : Scaling{};
  voxels.skip_to(static_cast<std::uint64_t>(h.voxel_offset));
  voxels.append_voxels(type, voxel_count, h.swap, scaling, volume.values);
  return volume;
}

}  // namespace fg::volumes
