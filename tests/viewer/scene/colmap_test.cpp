#include <gtest/gtest.h>

#include <limits>

#include "tests/viewer/scene/sample_cameras.h"
#include "viewer/scene/dataset.h"

namespace fg {
namespace {

const std::filesystem::path kShared = FRAMEGAUGE_SHARED_DATA;

void write_photos(const std::filesystem::path& folder, const std::vector<Camera>& cameras) {
  for (const Camera& camera : cameras)
    write_photo(folder / camera.name, camera.intrinsics.width, camera.intrinsics.height);
}

using Writer = void (*)(const std::filesystem::path&, const std::vector<Camera>&, const ColmapLens&);
constexpr Writer kWriters[] = {&write_colmap_binary, &write_colmap_text};

TEST(colmap, binary_and_text_models_give_cameras_sorted_by_name_with_their_photos) {
  for (const Writer write : kWriters)
    for (const char* model : {"sparse/0", "sparse", "."}) {
      const TemporaryFolder folder;
      const std::vector<Camera> cameras = sample_cameras(11);
      write(folder / model, cameras, {});
      write_photos(folder / "images", cameras);
      const Dataset dataset = load_dataset(folder.path());
      ASSERT_EQ(dataset.cameras.size(), 11u);
      EXPECT_TRUE(dataset.missing.empty());
      EXPECT_TRUE(dataset.notes.empty()) << dataset.notes.front();
      for (std::size_t i = 0; i < 11; ++i) {
        const Camera& got = dataset.cameras[i];
        EXPECT_EQ(got.name, cameras[i].name);
        EXPECT_EQ(got.intrinsics, cameras[i].intrinsics);
        EXPECT_TRUE(got.distortion.none());
        EXPECT_TRUE(std::filesystem::equivalent(got.photo, folder / "images" / got.name));
        EXPECT_EQ(got.split, i == 0 || i == 8 ? Split::test : Split::train);
        expect_same_pose(got, cameras[i]);
      }
      EXPECT_EQ(load_dataset(folder / model, folder / "images").cameras.size(), 11u)
          << "the model's own folder";
    }
}

TEST(colmap, supported_lens_models_keep_their_parameters) {
  struct Case {
    ColmapLens lens;
    Intrinsics intrinsics;
    Distortion distortion;
  };
  const Case cases[] = {
      {{0, "SIMPLE_PINHOLE", {50, 31, 23}}, {64, 48, 50, 50, 31, 23}, {}},
      {{1, "PINHOLE", {50, 51, 31, 23}}, {64, 48, 50, 51, 31, 23}, {}},
      {{2, "SIMPLE_RADIAL", {50, 31, 23, .1}}, {64, 48, 50, 50, 31, 23}, {.1, 0, 0, 0, 0}},
      {{3, "RADIAL", {50, 31, 23, .1, .2}}, {64, 48, 50, 50, 31, 23}, {.1, .2, 0, 0, 0}},
      {{4, "OPENCV", {50, 51, 31, 23, .1, .2, .3, .4}}, {64, 48, 50, 51, 31, 23}, {.1, .2, .3, .4, 0}},
      {{6, "FULL_OPENCV", {50, 51, 31, 23, .1, .2, .3, .4, .5, 0, 0, 0}},
       {64, 48, 50, 51, 31, 23},
       {.1, .2, .3, .4, .5}},
  };
  for (const Case& one : cases)
    for (const Writer write : kWriters) {
      const TemporaryFolder folder;
      write(folder.path(), sample_cameras(2), one.lens);
      const Dataset dataset = load_dataset(folder.path());
      EXPECT_EQ(dataset.cameras[1].intrinsics, one.intrinsics) << one.lens.name;
      EXPECT_EQ(dataset.cameras[1].distortion, one.distortion) << one.lens.name;
      const bool noted = std::any_of(dataset.notes.begin(), dataset.notes.end(), [](const std::string& note) {
        return contains(note, "2 of 2 cameras have lens distortion");
      });
      EXPECT_EQ(noted, !one.distortion.none()) << one.lens.name;
    }
}

TEST(colmap, fisheye_and_other_models_are_refused_by_name_with_advice) {
  const std::vector<double> twelve = {50, 51, 31, 23, .1, .2, .3, .4, .5, .6, .7, .8};
  const ColmapLens lenses[] = {{5, "OPENCV_FISHEYE", {50, 51, 31, 23, 0, 0, 0, 0}},
                               {6, "FULL_OPENCV", twelve},
                               {7, "FOV", {50, 51, 31, 23, .1}},
                               {8, "SIMPLE_RADIAL_FISHEYE", {50, 31, 23, .1}},
                               {9, "RADIAL_FISHEYE", {50, 31, 23, .1, .2}},
                               {10, "THIN_PRISM_FISHEYE", twelve}};
  for (const ColmapLens& lens : lenses)
    for (const Writer write : kWriters) {
      const TemporaryFolder folder;
      write(folder.path(), sample_cameras(2), lens);
      const std::string sentence = failure_of([&] { load_dataset(folder.path()); });
      EXPECT_TRUE(contains(sentence, lens.name) && contains(sentence, "image_undistorter") &&
                  contains(sentence, "cameras."))
          << sentence;
    }
}

TEST(colmap, a_fisheye_camera_that_no_photo_uses_does_no_harm) {
  const TemporaryFolder folder;
  write_colmap_text(folder.path(), sample_cameras(2));
  std::ofstream(folder / "cameras.txt", std::ios::app) << "77 OPENCV_FISHEYE 64 48 50 51 31 23 0 0 0 0\n";
  EXPECT_EQ(load_dataset(folder.path()).cameras.size(), 2u);
}

TEST(colmap, names_may_hold_folders_and_blanks) {
  for (const Writer write : kWriters) {
    const TemporaryFolder folder;
    std::vector<Camera> cameras = sample_cameras(3);
    cameras[0].name = "cam1/0001.png";
    cameras[1].name = "cam2/0001.png";
    cameras[2].name = "cam2/my photo 2.png";
    write(folder / "sparse/0", cameras, {});
    write_photos(folder / "images", cameras);
    const Dataset dataset = load_dataset(folder / "sparse/0", folder / "images");
    EXPECT_TRUE(dataset.missing.empty());
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(dataset.cameras[i].name, cameras[i].name);
      EXPECT_TRUE(std::filesystem::equivalent(dataset.cameras[i].photo, folder / "images" / cameras[i].name));
    }
  }
}

TEST(colmap, photos_of_another_extension_or_case_are_found) {
  const TemporaryFolder folder;
  std::vector<Camera> cameras = sample_cameras(2);
  cameras[0].name = "a.JPG";
  cameras[1].name = "b.png";
  write_colmap_binary(folder.path(), cameras);
  write_photo(folder / "images_4/a.jpg", 16, 12);
  write_photo(folder / "images_4/b.webp", 16, 12);
  const Dataset dataset = load_dataset(folder.path(), folder / "images_4");
  EXPECT_EQ(dataset.cameras[0].photo, folder / "images_4/a.jpg");
  EXPECT_EQ(dataset.cameras[1].photo, folder / "images_4/b.webp");
  EXPECT_EQ(dataset.cameras[0].name, "a.JPG");
}

TEST(colmap, cameras_never_share_a_photo) {
  const TemporaryFolder folder;
  std::vector<Camera> cameras = sample_cameras(3);
  cameras[0].name = "cam1/1.png";
  cameras[1].name = "cam2/1.png";
  cameras[2].name = "cam2/2.png";
  write_colmap_binary(folder.path(), cameras);
  write_photo(folder / "photos/1.png", 64, 48);
  write_photo(folder / "photos/2.png", 64, 48);
  const Dataset dataset = load_dataset(folder.path(), folder / "photos");
  EXPECT_EQ(dataset.missing, (std::vector<std::string>{"cam1/1.png", "cam2/1.png"}));
  EXPECT_EQ(dataset.cameras[2].photo, folder / "photos/2.png");
}

TEST(colmap, a_missing_photo_is_named_and_the_camera_stays) {
  const TemporaryFolder folder;
  const std::vector<Camera> cameras = sample_cameras(9);
  write_colmap_binary(folder.path(), cameras);
  write_photos(folder / "images", cameras);
  std::filesystem::remove(folder / "images/03.png");
  const Dataset dataset = load_dataset(folder.path(), folder / "images");
  EXPECT_EQ(dataset.missing, std::vector<std::string>{"03.png"});
  ASSERT_EQ(dataset.cameras.size(), 9u);
  EXPECT_TRUE(dataset.cameras[3].photo.empty());
  EXPECT_EQ(dataset.cameras[8].split, Split::test) << "the split counts the missing photo too";
}

TEST(colmap, a_folder_without_any_photo_is_refused_and_no_folder_is_noted) {
  const TemporaryFolder folder;
  write_colmap_binary(folder / "model", sample_cameras(3));
  write_photo(folder / "photos/other.png", 8, 8);
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "model", folder / "photos"); }),
                       "none of the 3 photos"));
  EXPECT_TRUE(
      contains(failure_of([&] { load_dataset(folder / "model", folder / "nowhere"); }), "is not a folder"));
  const Dataset dataset = load_dataset(folder / "model");
  EXPECT_EQ(dataset.cameras.size(), 3u);
  EXPECT_TRUE(dataset.missing.empty());
  ASSERT_EQ(dataset.notes.size(), 1u);
  EXPECT_TRUE(contains(dataset.notes[0], "no photos found"));
}

TEST(colmap, poses_that_are_no_numbers_are_refused_by_name) {
  for (const Writer write : kWriters) {
    const TemporaryFolder folder;
    std::vector<Camera> cameras = sample_cameras(3);
    cameras[1].world_to_camera[3][2] = std::numeric_limits<double>::quiet_NaN();
    write(folder.path(), cameras, {});
    const std::string sentence = failure_of([&] { load_dataset(folder.path()); });
    EXPECT_TRUE(contains(sentence, "the pose of 01.png") && contains(sentence, "images.")) << sentence;
  }
}

TEST(colmap, bad_intrinsics_are_refused_by_name) {
  for (const double focal : {0.0, -5.0, std::numeric_limits<double>::quiet_NaN()}) {
    const TemporaryFolder folder;
    write_colmap_binary(folder.path(), sample_cameras(2), {1, "PINHOLE", {focal, 50, 31, 23}});
    EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder.path()); }), "the focal length of "));
  }
}

TEST(colmap, counts_beyond_the_file_are_refused_with_the_byte) {
  const TemporaryFolder folder;
  const auto spoil = [&](const char* name, std::size_t at, std::uint64_t value) {
    write_colmap_binary(folder.path(), sample_cameras(3));
    ByteVector bytes = read_bytes(folder / name);
    std::memcpy(&bytes[at], &value, sizeof value);
    write_bytes(folder / name, bytes);
    return failure_of([&] { load_dataset(folder.path()); });
  };
  std::string sentence = spoil("cameras.bin", 0, std::uint64_t{1} << 60);
  EXPECT_TRUE(contains(sentence, "cameras.bin: byte 0: 1152921504606846976 cameras")) << sentence;
  sentence = spoil("images.bin", 0, std::uint64_t{1} << 40);
  EXPECT_TRUE(contains(sentence, "images.bin: byte 0: 1099511627776 images")) << sentence;
  sentence = spoil("images.bin", 8 + 64 + 7, std::uint64_t{1} << 62);  // points of the first image
  EXPECT_TRUE(contains(sentence, "images.bin: byte 79: ") && contains(sentence, "points")) << sentence;
}

TEST(colmap, an_unknown_model_id_and_a_missing_camera_are_refused) {
  const TemporaryFolder folder;
  write_colmap_binary(folder.path(), sample_cameras(2), {99, "", {1, 2, 3, 4}});
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder.path()); }),
                       "byte 12: camera model 0 to 15 expected, got 99"));
  write_colmap_text(folder / "text", sample_cameras(2));
  write_text(folder / "text/cameras.txt", "1 PINHOLE 64 48 50 50 31 23\n");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "text"); }), "01.png refers to camera 2"));
}

TEST(colmap, broken_text_is_refused_with_the_byte) {
  const TemporaryFolder folder;
  write_colmap_text(folder.path(), sample_cameras(2));
  write_text(folder / "cameras.txt", "# comment\n1 PINHOLE 64 forty 50 50 31 23\n");
  EXPECT_TRUE(
      contains(failure_of([&] { load_dataset(folder.path()); }), "cameras.txt: byte 10: width and height"));
  write_text(folder / "cameras.txt", "1 PINHOLE 64 48 50 50 31\n");
  EXPECT_TRUE(
      contains(failure_of([&] { load_dataset(folder.path()); }), "a PINHOLE camera with 4 parameters"));
  write_colmap_text(folder.path(), sample_cameras(2));
  write_text(folder / "images.txt", "1 1 0 0 0 1 2 three 1 a.png\n\n");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder.path()); }), "images.txt: byte 0: IMAGE_ID"));
}

TEST(colmap, text_without_lines_of_points_is_read) {
  const TemporaryFolder folder;
  write_text(folder / "cameras.txt", "1 PINHOLE 64 48 50 50 31 23\n");
  write_text(folder / "images.txt",
             "1 1 0 0 0 1 2 3 1 a.png\n2 1 0 0 0 1 2 3 1 b.png\n3 1 0 0 0 1 2 3 1 c.png");
  EXPECT_EQ(load_dataset(folder.path()).cameras.size(), 3u);
}

TEST(colmap, what_is_no_camera_file_is_refused_with_what_was_expected) {
  const TemporaryFolder folder;
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder.path()); }), "expected a COLMAP model"));
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "nothing"); }), "does not exist"));
  write_text(folder / "a.json", "hello");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "a.json"); }), "expected transforms.json"));
  write_colmap_binary(folder / "empty", {});
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "empty"); }), "lists no images"));
}

TEST(colmap, the_real_model_matches_its_photos) {
  if (!std::filesystem::exists(kShared / "splats/dsc")) GTEST_SKIP() << "no shared data at " << kShared;
  const Dataset dataset = load_dataset(kShared / "splats/dsc");
  ASSERT_EQ(dataset.cameras.size(), 23u);
  EXPECT_TRUE(dataset.missing.empty());
  EXPECT_EQ(dataset.cameras.front().name, "DSC_5283.jpg");
  for (const Camera& camera : dataset.cameras) {
    const ImageSize size = peek_image_size(camera.photo);
    EXPECT_EQ(size.width, camera.intrinsics.width);
    EXPECT_EQ(size.height, camera.intrinsics.height);
  }
}

}  // namespace
}  // namespace fg
