#include "viewer/app/session/dropped.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/viewer/io/dicom_bytes.h"

namespace fg {
namespace {

class dropped : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("framegauge-dropped-") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& name, const std::string& text = "") {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::filesystem::path folder_;
};

TEST_F(dropped, files_are_told_apart_by_their_endings) {
  EXPECT_EQ(kind_of(write("a.PLY")), DroppedKind::splats);
  EXPECT_EQ(kind_of(write("a.JPG")), DroppedKind::image);
  EXPECT_EQ(kind_of(write("a.nii.gz")), DroppedKind::volume);
  EXPECT_EQ(kind_of(write("images.bin")), DroppedKind::cameras);
  EXPECT_EQ(kind_of(write("a.txt")), DroppedKind::unknown);
  EXPECT_EQ(kind_of(folder_ / "missing"), DroppedKind::unknown);
}

TEST_F(dropped, dicom_without_an_ending_is_an_X_ray_or_a_slice_by_its_modality) {
  const auto dicom = [&](const std::string& modality) {
    return write("IM0001", test::dicom::file(test::dicom::kExplicitLittle,
                                             test::dicom::element(8, 0x60, "CS", modality)));
  };
  for (const char* projects : {"DX", "CR", "XA", "RF"})
    EXPECT_EQ(kind_of(dicom(projects)), DroppedKind::image) << projects;
  for (const char* slices : {"CT", "MR", ""})
    EXPECT_EQ(kind_of(dicom(slices)), DroppedKind::volume) << slices;
}

TEST_F(dropped, what_only_an_X_ray_is_stored_in_is_told_apart_from_photos) {
  for (const char* name : {"x.TIF", "x.npy", "x.pfm", "x.hdr"})
    EXPECT_EQ(kind_of(write(name)), DroppedKind::image) << name;
  EXPECT_TRUE(is_xray_alone(write("x.npy")));
  EXPECT_TRUE(is_xray_alone(write("x", std::string("II*\0", 4))));
  EXPECT_FALSE(is_xray_alone(write("x.png", "\x89PNG\r\n")));
}

TEST_F(dropped, json_files_are_told_apart_by_what_they_hold) {
  EXPECT_EQ(kind_of(write("t.json", R"({"frames": []})")), DroppedKind::cameras);
  EXPECT_EQ(kind_of(write("c.json", "[]")), DroppedKind::cameras);
  EXPECT_EQ(kind_of(write("v.json", R"({"file": "ct.raw", "extent": [1, 2, 3]})")), DroppedKind::volume);
  EXPECT_EQ(kind_of(write("x.json", "{broken")), DroppedKind::unknown);
}

TEST_F(dropped, folders_are_models_photos_or_dicom_series) {
  write("model/sparse/0/cameras.bin");
  EXPECT_EQ(kind_of(folder_ / "model"), DroppedKind::cameras);
  write("photos/1.png");
  EXPECT_EQ(kind_of(folder_ / "photos"), DroppedKind::photos);
  write("series/IM0001", std::string(128, '\0') + "DICM rest of it");
  EXPECT_EQ(kind_of(folder_ / "series"), DroppedKind::volume);
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_EQ(kind_of(folder_ / "empty"), DroppedKind::unknown);
}

}  // namespace
}  // namespace fg
