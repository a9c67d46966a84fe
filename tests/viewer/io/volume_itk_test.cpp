// NRRD and DICOM, which ITK reads in a child process.

#include <gtest/gtest.h>

#include <numeric>

#include "tests/viewer/io/volume_files.h"
#include "viewer/error.h"
#include "viewer/io/volume.h"

namespace fg {
namespace {

using namespace fg::test;
namespace fs = std::filesystem;

class volume_itk : public testing::Test {
 protected:
  void SetUp() override {
#ifndef FRAMEGAUGE_HAS_ITK
    GTEST_SKIP() << "this build was made without ITK";
#endif
  }
};
class volume_nrrd : public volume_itk {};
class volume_dicom : public volume_itk {};

std::string failure_of(const fs::path& file) {
  try {
    load_volume(file);
    return "";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, ExitCode::unreadable_input);
    EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos) << "one sentence on one line";
    return failure.what();
  }
}

void expect_unreadable(const fs::path& file, const std::string& words) {
  EXPECT_NE(failure_of(file).find(words), std::string::npos) << "got: " << failure_of(file);
}

std::string nrrd_header(const std::string& encoding, const std::string& more = "") {
  return "NRRD0004\ntype: int16\ndimension: 3\nspace: left-posterior-superior\nsizes: 2 3 4\n"
         "space directions: (0,2,0) (-3,0,0) (0,0,4)\nkinds: domain domain domain\nendian: "
         "little\nencoding: " +
         encoding + "\nspace origin: (5,6,7)\n" + more + "\n";
}

std::string ramp() {
  std::vector<std::int16_t> values(24);
  std::iota(values.begin(), values.end(), std::int16_t{-5});
  return bytes_of_all(values);
}

// Slice k of a series: 2 columns of 1.5 mm, 3 rows of 2 mm, 4 mm apart.
Dicom slice(std::uint16_t k) {
  Dicom dicom{.position = "10\\20\\" + std::to_string(4 * k)};
  for (std::uint16_t& pixel : dicom.pixels) pixel = static_cast<std::uint16_t>(pixel + 100 * k);
  return dicom;
}

fs::path write_slice(const fs::path& folder, const std::string& name, const Dicom& dicom) {
  return write_bytes(folder / name, dicom.bytes());
}

}  // namespace

TEST_F(volume_nrrd, raw_gzip_and_detached_voxels_are_read) {
  const fs::path folder = volume_folder();
  write_bytes(folder / "b.raw", ramp());
  const fs::path files[] = {
      write_bytes(folder / "a.nrrd", nrrd_header("raw") + ramp()),
      write_bytes(folder / "a.nrrd.gz.nrrd", nrrd_header("gzip") + packed(ramp(), Wrapping::gzip)),
      write_bytes(folder / "b.nhdr", nrrd_header("raw", "data file: b.raw\n"))};
  for (const fs::path& file : files) {
    const Volume volume = load_volume(file);
    EXPECT_EQ(volume.extent, (std::array<int, 3>{2, 3, 4}));
    for (std::size_t n = 0; n < 24; ++n) EXPECT_EQ(volume.values.at(n), static_cast<float>(n) - 5);
    EXPECT_EQ(volume.voxel_to_world,
              glm::dmat4(0, -2, 0, 0, 3, 0, 0, 0, 0, 0, 4, 0, -5, -6, 7, 1));  // columns; LPS became RAS
  }
}

TEST_F(volume_nrrd, damage_gets_a_sentence) {
  const fs::path folder = volume_folder();
  const auto file = [&](const std::string& bytes) { return write_bytes(folder / "a.nrrd", bytes); };
  expect_unreadable(file(nrrd_header("raw").substr(0, 100)), "a.nrrd");
  expect_unreadable(file(nrrd_header("raw") + ramp().substr(4)), "reading the voxels failed");
  expect_unreadable(file(nrrd_header("gzip") + packed(ramp(), Wrapping::gzip).substr(0, 30)), "damaged");
  std::string lying = nrrd_header("gzip") + packed(ramp(), Wrapping::gzip);
  lying.replace(lying.find("2 3 4"), 5, "2000 3000 4000");
  expect_unreadable(file(lying), "2000 x 3000 x 4000");
  std::string four = nrrd_header("raw");
  expect_unreadable(
      file("NRRD0004\ntype: uint8\ndimension: 4\nsizes: 2 2 2 3\nencoding: raw\n\n" + std::string(24, '\1')),
      "3");
}

TEST_F(volume_dicom, a_series_is_sorted_by_position_and_scaled) {
  const fs::path folder = volume_folder();
  const std::uint16_t order[] = {3, 1, 0, 2};
  for (std::size_t n = 0; n < 4; ++n) {
    Dicom dicom = slice(order[n]);
    dicom.slope = "0.5";
    write_slice(folder, "file" + std::to_string(n), dicom);
  }
  write_bytes(folder / "README.txt", "not an image");
  const Volume volume = load_volume(folder);
  ASSERT_EQ(volume.extent, (std::array<int, 3>{2, 3, 4}));
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t n = 0; n < 6; ++n)
      EXPECT_EQ(volume.values.at(6 * k + n), static_cast<float>(100 * k + n) * 0.5f - 1024);
  EXPECT_EQ(volume.voxel_to_world, glm::dmat4(-1.5, 0, 0, 0, 0, -2, 0, 0, 0, 0, 4, 0, -10, -20, 0, 1));
  EXPECT_TRUE(volume.notes.empty());
}

TEST_F(volume_dicom, of_several_series_the_largest_is_read_and_the_others_are_named) {
  const fs::path folder = volume_folder();
  for (std::uint16_t k = 0; k < 4; ++k) {
    write_slice(folder, "thorax" + std::to_string(k), slice(k));
    Dicom scout = slice(k);
    scout.series = "1.2.9";
    scout.description = "Scout";
    if (k < 2) write_slice(folder, "a_scout" + std::to_string(k), scout);
  }
  const Volume volume = load_volume(folder);
  EXPECT_EQ(volume.extent[2], 4);
  ASSERT_EQ(volume.notes.size(), 1u);
  EXPECT_NE(volume.notes[0].find("'Thorax' (4 slices)"), std::string::npos) << volume.notes[0];
  EXPECT_NE(volume.notes[0].find("'Scout' (2 slices)"), std::string::npos) << volume.notes[0];
}

TEST_F(volume_dicom, a_single_slice_is_as_thick_as_it_says) {
  const Volume volume = load_volume(write_slice(volume_folder(), "slice.dcm", slice(2)));
  EXPECT_EQ(volume.extent, (std::array<int, 3>{2, 3, 1}));
  EXPECT_EQ(volume.voxel_to_world, glm::dmat4(-1.5, 0, 0, 0, 0, -2, 0, 0, 0, 0, 5, 0, -10, -20, 8, 1));
}

TEST_F(volume_dicom, missing_and_doubled_slices_get_a_sentence) {
  const fs::path folder = volume_folder();
  for (const std::uint16_t k : {0, 1, 2, 4, 5}) write_slice(folder, "slice" + std::to_string(k), slice(k));
  expect_unreadable(folder, "slice2 and slice4 are 8.00 mm apart");
  write_slice(folder, "slice3", slice(3));
  EXPECT_EQ(failure_of(folder), "");
  Dicom again = slice(3);
  again.pixels[0] = 7;
  write_slice(folder, "slice3b", again);
  expect_unreadable(folder, "same position");
}

TEST_F(volume_dicom, a_truncated_slice_of_a_series_is_named) {
  const fs::path folder = volume_folder();
  for (std::uint16_t k = 0; k < 4; ++k) write_slice(folder, "slice" + std::to_string(k), slice(k));
  const std::string whole = slice(3).bytes();
  for (const std::size_t kept : {whole.size() - 5, whole.size() - 12, whole.size() - 30, std::size_t{300}}) {
    write_bytes(folder / "slice3", whole.substr(0, kept));
    expect_unreadable(folder, "slice3: ");
    expect_unreadable(folder / "slice3", "slice3: ");
  }
}

// GDCM aborts, allocates gigabytes or loops on some of these; the program must not.
TEST_F(volume_dicom, no_damaged_byte_of_a_header_ends_the_program) {
  const fs::path folder = volume_folder();
  const std::string whole = slice(1).bytes();
  int refused = 0;
  for (std::size_t at = 128; at < whole.size(); at += 3)
    for (const char value : {'\0', '\xff'}) {
      std::string damaged = whole;
      damaged[at] = value;
      refused += !failure_of(write_bytes(folder / "slice.dcm", damaged)).empty();
    }
  EXPECT_GT(refused, 50);
}

}  // namespace fg
