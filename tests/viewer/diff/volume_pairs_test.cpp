// What counts as a volume, and what becomes of it.

#include "viewer/diff/inputs/volume_pairs.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/viewer/io/volume_files.h"
#include "viewer/diff/scores/score_volume.h"
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

TEST(volume_inputs, a_folder_with_a_picture_is_no_series) {
  const fs::path folder = write_series(volume_folder() / "pictures", 0);
  EXPECT_TRUE(is_volume(folder));
  write_bytes(folder / "z.png", "picture");
  EXPECT_FALSE(is_volume(folder));
}

TEST(volume_inputs, a_series_is_found_among_files_of_other_kinds_whatever_their_order) {
  const fs::path folder = volume_folder();
  for (int i = 0; i < 40; ++i) write_bytes(folder / ("z" + std::to_string(i)), "text");
  write_series(folder, 0);
  EXPECT_TRUE(is_volume(folder));
}

TEST(volume_inputs, volumes_below_a_folder_are_matched_by_their_paths) {
  const fs::path folder = volume_folder();
  for (const char* side : {"test", "gold"}) {
    fs::create_directories(folder / side / "case/1");
    write_bytes(folder / side / "case/1/ct.nii", small_nifti().bytes());
    write_bytes(folder / side / "pet.nii", small_nifti().bytes());
  }
  EXPECT_EQ(open_source({.inputs = {(folder / "test").string(), (folder / "gold").string()}})->count(), 2u);
  for (const char* side : {"test", "gold"}) fs::remove(folder / side / "pet.nii");
  const auto source = open_source({.inputs = {(folder / "test").string(), (folder / "gold").string()}});
  EXPECT_TRUE(source->volumes);
  ASSERT_EQ(source->count(), 1u);
  EXPECT_EQ(source->identity(0).name, "case/1/ct.nii");
  // A volume far below does not make volumes of pictures.
  write_bytes(folder / "test/picture.png", "picture");
  EXPECT_FALSE(is_volume(folder / "test"));
}

TEST(volume_inputs, a_test_given_twice_is_wrong_usage) {
  const std::string a = write_bytes(volume_folder() / "a.nii", small_nifti().bytes()).string();
  try {
    open_source({.inputs = {a, a, a, a}});
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, ExitCode::usage);
    EXPECT_NE(std::string(failure.what()).find("given twice"), std::string::npos) << failure.what();
  }
}

TEST(volume_inputs, voxels_that_change_beside_their_header_or_in_a_series_change_the_stamp) {
  const fs::path folder = volume_folder();
  const fs::path header = write_bytes(folder / "a.mhd", "ElementDataFile = a.raw\n");
  const fs::path voxels = write_bytes(folder / "a.raw", "voxels"),
                 series = write_series(folder / "series", 0);
  const auto stamps = [&] {
    return open_source({.inputs = {header.string(), series.string()}})->identity(0).stamp;
  };
  std::string before = stamps();
  EXPECT_EQ(stamps(), before);
  write_bytes(voxels, "other voxels");
  EXPECT_NE(stamps(), before);
  before = stamps();
  write_bytes(series / "slice_1", "another slice");
  EXPECT_NE(stamps(), before);
  before = stamps();
  fs::remove(series / "slice_2");
  EXPECT_NE(stamps(), before);
}

TEST(volume_inputs, one_reference_of_many_tests_lies_in_memory_once) {
  const fs::path folder = volume_folder();
  std::vector<std::string> inputs;
  for (const char* name : {"a.nii", "b.nii", "reference.nii"})
    inputs.push_back(write_bytes(folder / name, small_nifti().bytes()).string());
  const auto source = open_source({.inputs = inputs});
  EXPECT_EQ(source->load(0).reference, source->load(1).reference);
}

TEST(volume_inputs, notes_come_with_the_frame_and_are_not_said_in_between) {
  const fs::path folder = volume_folder();
  Nifti nifti = small_nifti();
  const std::string reference = write_bytes(folder / "reference.nii", nifti.bytes()).string();
  nifti.datatype = 16;
  std::vector<float> values(24, 3.0f);
  values[5] = std::numeric_limits<float>::quiet_NaN();
  nifti.voxels = bytes_of_all(values);
  const std::string test = write_bytes(folder / "test.nii", nifti.bytes()).string();
  testing::internal::CaptureStderr();
  const FramePair pair = open_source({.inputs = {test, reference}})->load(0);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(pair.test->notes,
            std::vector<std::string>{test + ": 1 voxels are NaN or infinite and count as air."});
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
  OpDevice cpu;
  const PairScores scores = score_volumes(
      pair, {.metrics = {Metric::max_error}, .data_range = 1, .volumes = true}, KeepMap::no, cpu);
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
  OpDevice cpu;
  EXPECT_EQ(score_volumes(source->load(0), plan, KeepMap::no, cpu).values.at(0), 2.0);
  EXPECT_EQ(score_volumes(source->load(1), plan, KeepMap::no, cpu).values.at(0), 0.0);
  EXPECT_EQ(source->identity(0).name, "five.nii");
}

}  // namespace
}  // namespace fg::test
