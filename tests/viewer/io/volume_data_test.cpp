// Real volumes of the shared data, and our own phantom.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/viewer/io/volume_files.h"
#include "viewer/io/volume.h"

namespace fg {
namespace {

using namespace fg::test;
namespace fs = std::filesystem;
const fs::path kData = FRAMEGAUGE_SHARED_DATA, kAssets = FRAMEGAUGE_ASSETS;

struct Expected {
  const char* file;
  std::array<int, 3> extent;
  double low, high, mean;  // by nibabel and SimpleITK
  glm::dvec3 axis_i, origin;
  bool itk;
};

const Expected kVolumes[] = {
    {"totalseg_example_ct.nii.gz",
     {122, 101, 112},
     -1207,
     3382,
     -360.020385,
     {3, 0, 0},
     {-177.95633, 11.319, 94.30176},
     false},
    {"antspy_ch2.nii.gz", {181, 217, 181}, 0, 133, 22.298970, {1, 0, 0}, {-90, -125, -71}, false},
    {"elastix_3DCT_lung_baseline_small.mha",
     {57, 78, 64},
     -1130,
     1379,
     -349.950514,
     {-2.732, 0, 0},
     {152.461, 148.986, -1432},
     false},
    {"pyradiomics_brain1_image.nrrd",
     {256, 256, 25},
     0,
     3057,
     385.656408,
     {-0.78125, 0, 0},
     {99.609376, -99.609376, -78},
     true},
};

}  // namespace

TEST(volume_data, real_volumes_have_the_values_that_other_programs_read) {
  if (!fs::exists(kData / "ct")) GTEST_SKIP() << "no volumes in " << kData;
  for (const Expected& expected : kVolumes) {
#ifndef FRAMEGAUGE_HAS_ITK
    if (expected.itk) continue;
#endif
    SCOPED_TRACE(expected.file);
    const Volume volume = load_volume(kData / "ct" / expected.file);
    EXPECT_EQ(volume.extent, expected.extent);
    const auto [low, high] = std::minmax_element(volume.values.begin(), volume.values.end());
    EXPECT_FLOAT_EQ(*low, static_cast<float>(expected.low));
    EXPECT_FLOAT_EQ(*high, static_cast<float>(expected.high));
    double sum = 0;
    for (const float value : volume.values) sum += value;
    EXPECT_NEAR(sum / static_cast<double>(volume.values.size()), expected.mean, 1e-6);  // as printed
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_NEAR(volume.voxel_to_world[0][axis], expected.axis_i[axis], 1e-5);  // as printed
      EXPECT_NEAR(volume.voxel_to_world[3][axis], expected.origin[axis], 1e-4);
    }
  }
}

TEST(volume_data, the_centre_is_the_isocentre_of_torchio) {
  const fs::path golden = kData / "drr_golden/totalseg.json";
  if (!fs::exists(golden)) GTEST_SKIP() << "no golden DRRs in " << kData;
  const auto isocentre = nlohmann::json::parse(read_bytes(golden)).at("isocenter_mm_ras");
  const glm::dvec3 centre = load_volume(kData / "ct/totalseg_example_ct.nii.gz").centre_mm();
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(centre[axis], isocentre[static_cast<std::size_t>(axis)].get<double>(),
                1e-4);  // float32 in torchio
}

TEST(volume_data, a_folder_without_dicom_is_refused_and_a_gzip_of_raw_voxels_needs_a_header) {
  if (!fs::exists(kData / "ct")) GTEST_SKIP() << "no volumes in " << kData;
  EXPECT_ANY_THROW(load_volume(kData / "ct"));
  EXPECT_ANY_THROW(load_volume(kData / "ct/vtkjs_LIDC2.raw.gz"));
  const std::string raw = (kData / "ct/vtkjs_LIDC2.raw.gz").string();
  const Volume volume = load_volume(
      write_bytes(volume_folder() / "lidc.json",
                  R"({"extent": [256, 256, 133], "type": "uint8", "spacing_mm": [1.40625, 1.40625, 2.5],)"
                  R"( "file": ")" +
                      raw + "\"}"));
  const auto [low, high] = std::minmax_element(volume.values.begin(), volume.values.end());
  EXPECT_EQ(*low, 0.0f);  // the range that its index.json states
  EXPECT_EQ(*high, 255.0f);
}

TEST(phantom, the_generator_makes_the_files_in_assets_byte_for_byte) {
#ifndef FRAMEGAUGE_GENERATE_PHANTOM
  GTEST_SKIP() << "the generator is not part of this build";
#else
  const fs::path folder = volume_folder();
  const std::string command =
      std::string(FRAMEGAUGE_GENERATE_PHANTOM) + " " + folder.string() + " > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (const char* name : {"phantom.nrrd", "phantom_xray.png", "phantom_xray.json"}) {
    const std::string made = read_bytes(folder / name), kept = read_bytes(kAssets / "ct" / name);
    EXPECT_FALSE(kept.empty()) << name;
    EXPECT_TRUE(made == kept) << name << " differs from the one in assets/ct";
  }
#endif
}

TEST(phantom, is_a_small_chest_ct_in_hounsfield_units) {
#ifndef FRAMEGAUGE_HAS_ITK
  GTEST_SKIP() << "this build was made without ITK";
#endif
  EXPECT_LT(fs::file_size(kAssets / "ct/phantom.nrrd"), 400'000u);
  const Volume volume = load_volume(kAssets / "ct/phantom.nrrd");
  EXPECT_EQ(volume.extent, (std::array<int, 3>{96, 80, 96}));
  EXPECT_EQ(volume.centre_mm(), glm::dvec3(0));
  const auto [low, high] = std::minmax_element(volume.values.begin(), volume.values.end());
  EXPECT_EQ(*low, -1000.0f);
  EXPECT_EQ(*high, 3071.0f);  // the nail
}

}  // namespace fg
