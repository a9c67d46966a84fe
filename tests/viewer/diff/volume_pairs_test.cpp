// What counts as a volume, and what becomes of it.

#include "viewer/diff/volume_pairs.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/volume_files.h"
#include "viewer/diff/score_volume.h"
#include "viewer/error.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

// Three slices, 5 mm apart.
fs::path write_series(const fs::path& folder, std::uint16_t first_pixel) {
  fs::create_directories(folder);
  for (int slice = 0; slice < 3; ++slice) {
    Dicom dicom;
    dicom.position = "0\\0\\" + std::to_string(5 * slice);
    dicom.pixels[0] = static_cast<std::uint16_t>(first_pixel + slice);
    write_bytes(folder / ("slice_" + std::to_string(slice)), dicom.bytes());  // by its mark, not by its name
  }
  return folder;
}

Nifti small_nifti() {
  Nifti nifti;
  nifti.voxels = bytes_of_all(std::vector<std::int16_t>(24, 3));
  return nifti;
}

TEST(volume_inputs, are_known_by_their_names_and_DICOM_by_its_mark) {
  const fs::path folder = volume_folder();
  for (const char* name : {"a.nii", "b.nii.gz", "c.NRRD", "d.nhdr", "e.mha", "f.mhd", "g.dcm"})
    EXPECT_TRUE(is_volume(folder / name)) << name;
  for (const char* name : {"a.png", "b.hdr", "c.exr", "d.yuv", "e.gz", "none"})
    EXPECT_FALSE(is_volume(folder / name)) << name;
  EXPECT_TRUE(is_volume(write_series(folder / "series", 0)));
  fs::create_directories(folder / "pictures");
  write_bytes(folder / "pictures/a.png", "picture");
  EXPECT_FALSE(is_volume(folder / "pictures"));
  fs::create_directories(folder / "many");
  write_bytes(folder / "many/a.nii", small_nifti().bytes());
  EXPECT_TRUE(is_volume(folder / "many"));
}

#ifdef FRAMEGAUGE_HAS_ITK
TEST(volume_inputs, a_folder_of_one_DICOM_series_is_one_volume) {
  const fs::path folder = volume_folder();
  const fs::path test = write_series(folder / "test", 100), reference = write_series(folder / "reference", 0);
  const auto source = open_source({.inputs = {test.string(), reference.string()}});
  EXPECT_TRUE(source->two_files && source->volumes);
  ASSERT_EQ(source->count(), 1u);
  const FramePair pair = source->load(0);
  EXPECT_EQ(pair.test->depth, 3);
  const PairScores scores =
      score_volumes(pair, {.metrics = {Metric::max_error}, .volumes = true, .volume_range = 1}, KeepMap::no);
  EXPECT_EQ(scores.values.at(0), 100.0);
}
#endif

TEST(volume_inputs, several_tests_are_held_against_one_reference) {
  const fs::path folder = volume_folder();
  Nifti nifti = small_nifti();
  const std::string reference = write_bytes(folder / "reference.nii", nifti.bytes()).string();
  nifti.voxels = bytes_of_all(std::vector<std::int16_t>(24, 5));
  const std::string five = write_bytes(folder / "five.nii", nifti.bytes()).string();
  const auto source = open_source({.inputs = {five, reference, reference}});
  ASSERT_EQ(source->count(), 2u);
  EXPECT_FALSE(source->two_files);
  const ScorePlan plan{.metrics = {Metric::mae}, .volumes = true};
  EXPECT_EQ(score_volumes(source->load(0), plan, KeepMap::no).values.at(0), 2.0);
  EXPECT_EQ(score_volumes(source->load(1), plan, KeepMap::no).values.at(0), 0.0);
  EXPECT_EQ(source->identity(0).name, "five.nii");
}

}  // namespace
}  // namespace fg::test
