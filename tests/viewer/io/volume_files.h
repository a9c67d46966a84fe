#pragma once
// Small volume files, written byte by byte as their formats say, so that the readers are tested against the
// formats.

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace fg::test {

// An empty folder of the running test, made anew.
std::filesystem::path volume_folder();

std::filesystem::path write_bytes(const std::filesystem::path& file, const std::string& bytes);
std::string read_bytes(const std::filesystem::path& file);
enum class Wrapping { gzip = 31, zlib = 15, none = -15 };  // zlib's windowBits
std::string packed(const std::string& bytes, Wrapping wrapping);

template <class T>
std::string bytes_of(const T& value, bool big_endian = false) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return big_endian ? std::string(bytes.rbegin(), bytes.rend()) : bytes;
}
template <class T>
std::string bytes_of_all(const std::vector<T>& values, bool big_endian = false) {
  std::string bytes;
  for (const T value : values) bytes += bytes_of(value, big_endian);
  return bytes;
}

struct Nifti {
  std::vector<std::int16_t> dim = {3, 2, 3, 4};
  std::int16_t datatype = 4;  // int16
  std::array<float, 4> pixdim = {1, 1, 1, 1};
  float voxel_offset = 352, slope = 0, intercept = 0;
  std::uint8_t units = 2;  // mm
  std::int16_t qform_code = 0, sform_code = 0;
  std::array<float, 6> quaternion = {};  // b, c, d, offsets
  std::array<float, 12> s_rows = {};
  bool big_endian = false;
  std::string voxels;

  std::string bytes() const;  // header, four zero bytes, voxels
};

struct Dicom {
  std::string series = "1.2.3", description = "Thorax", position = "0\\0\\0";
  std::uint16_t rows = 3, columns = 2;
  std::string slope = "1", intercept = "-1024", thickness = "5";
  std::vector<std::uint16_t> pixels = {0, 1, 2, 3, 4, 5};
  std::string syntax = "1.2.840.10008.1.2.1";  // explicit VR little endian; ...1.99: the same, deflated
  std::string fragment;                        // pixels coded in another syntax; they take pixels' place

  std::string bytes() const;  // CT image storage
};

}  // namespace fg::test
