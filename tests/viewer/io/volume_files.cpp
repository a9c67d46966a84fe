#include "tests/viewer/io/volume_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <iterator>

#include "tests/viewer/io/dicom_bytes.h"

namespace fg::test {
namespace {

void put(std::string& header, std::size_t offset, const std::string& bytes) {
  header.replace(offset, bytes.size(), bytes);
}

// PS3.5, A.4: an empty table of offsets, one fragment, the end.
std::string encapsulated(std::string fragment) {
  if (fragment.size() % 2) fragment += '\0';
  return dicom::head(0x7fe0, 0x10, "OB", 0xffffffff) + dicom::item(0xe000, 0) +
         dicom::item(0xe000, static_cast<std::uint32_t>(fragment.size())) + fragment + dicom::item(0xe0dd, 0);
}

}  // namespace

std::filesystem::path volume_folder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "framegauge_volume_tests" /
                                       (std::string(test->test_suite_name()) + "." + test->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::filesystem::path write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string packed(const std::string& bytes, Wrapping wrapping) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, static_cast<int>(wrapping), 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Nifti::bytes() const {
  std::string header(352, '\0');
  put(header, 0, bytes_of(std::int32_t{348}, big_endian));
  put(header, 40, bytes_of_all(dim, big_endian));
  put(header, 70, bytes_of(datatype, big_endian));
  for (std::size_t n = 0; n < 4; ++n) put(header, 76 + 4 * n, bytes_of(pixdim[n], big_endian));
  put(header, 108, bytes_of(voxel_offset, big_endian));
  put(header, 112, bytes_of(slope, big_endian));
  put(header, 116, bytes_of(intercept, big_endian));
  put(header, 123, bytes_of(units));
  put(header, 252, bytes_of(qform_code, big_endian) + bytes_of(sform_code, big_endian));
  for (std::size_t n = 0; n < 6; ++n) put(header, 256 + 4 * n, bytes_of(quaternion[n], big_endian));
  for (std::size_t n = 0; n < 12; ++n) put(header, 280 + 4 * n, bytes_of(s_rows[n], big_endian));
  put(header, 344, std::string("n+1\0", 4));
  return header + voxels;
}

std::string Dicom::bytes() const {
  using dicom::element;
  const std::string image = "1.2.840.10008.5.1.4.1.1.2",
                    instance = series + "." + std::to_string(pixels.front() + 1u);
  const std::string meta = element(2, 1, "OB", std::string("\0\1", 2)) + element(2, 2, "UI", image) +
                           element(2, 3, "UI", instance) + element(2, 0x10, "UI", syntax) +
                           element(2, 0x12, "UI", "1.2.3.4");
  const std::string data =
      element(8, 0x16, "UI", image) + element(8, 0x18, "UI", instance) + element(8, 0x60, "CS", "CT") +
      element(8, 0x103e, "LO", description) + element(0x10, 0x10, "PN", "Phantom") +
      element(0x18, 0x50, "DS", thickness) + element(0x20, 0xd, "UI", "1.2") +
      element(0x20, 0xe, "UI", series) + element(0x20, 0x11, "IS", "1") + element(0x20, 0x13, "IS", "1") +
      element(0x20, 0x32, "DS", position) + element(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0") +
      element(0x28, 2, "US", bytes_of(std::uint16_t{1})) + element(0x28, 4, "CS", "MONOCHROME2") +
      element(0x28, 0x10, "US", bytes_of(rows)) + element(0x28, 0x11, "US", bytes_of(columns)) +
      element(0x28, 0x30, "DS", "2\\1.5") + element(0x28, 0x100, "US", bytes_of(std::uint16_t{16})) +
      element(0x28, 0x101, "US", bytes_of(std::uint16_t{16})) +
      element(0x28, 0x102, "US", bytes_of(std::uint16_t{15})) +
      element(0x28, 0x103, "US", bytes_of(std::uint16_t{0})) + element(0x28, 0x1052, "DS", intercept) +
      element(0x28, 0x1053, "DS", slope) +
      (fragment.empty() ? element(0x7fe0, 0x10, "OW", bytes_of_all(pixels)) : encapsulated(fragment));
  return std::string(128, '\0') + "DICM" +
         element(2, 0, "UL", bytes_of(static_cast<std::uint32_t>(meta.size()))) + meta +
         (syntax.ends_with(".1.99") ? packed(data, Wrapping::none) : data);
}

}  // namespace fg::test
