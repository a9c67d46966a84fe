#include <gtest/gtest.h>

#include <cmath>

#include "tests/viewer/scene/sample_cameras.h"
#include "viewer/scene/dataset.h"

namespace fg {
namespace {

const std::filesystem::path kShared = FRAMEGAUGE_SHARED_DATA;

TEST(transforms, opengl_poses_and_intrinsics_of_each_frame_are_read) {
  const TemporaryFolder folder;
  const std::vector<Camera> cameras = sample_cameras(10);
  write_text(folder / "transforms.json", transforms_text(cameras, "\"camera_model\": \"OPENCV\","));
  for (const Camera& camera : cameras) write_photo(folder / "images" / camera.name, 64, 48);
  for (const auto& given : {folder.path(), folder / "transforms.json"}) {
    const Dataset dataset = load_dataset(given);
    ASSERT_EQ(dataset.cameras.size(), 10u);
    EXPECT_TRUE(dataset.missing.empty());
    for (std::size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(dataset.cameras[i].name, cameras[i].name);
      EXPECT_EQ(dataset.cameras[i].intrinsics, cameras[i].intrinsics);
      EXPECT_EQ(dataset.cameras[i].split, i % 8 == 0 ? Split::test : Split::train);
      expect_same_pose(dataset.cameras[i], cameras[i]);
    }
  }
}

TEST(transforms, intrinsics_of_the_file_hold_where_a_frame_has_none) {
  const TemporaryFolder folder;
  const std::string top =
      "\"fl_x\": 60, \"fl_y\": 61, \"cx\": 30, \"cy\": 20, \"w\": 64, \"h\": 48.0, \"k1\": 0.1, \"k2\": 0.2, "
      "\"p1\": 0.3, \"p2\": 0.4, "
      "\"k3\": 0.5, \"k4\": 0, \"camera_model\": \"opencv\", \"is_fisheye\": false,";
  write_text(folder / "transforms.json", transforms_text(sample_cameras(2), top, "images/", false));
  const Dataset dataset = load_dataset(folder.path());
  EXPECT_EQ(dataset.cameras[0].intrinsics, (Intrinsics{64, 48, 60, 61, 30, 20}));
  EXPECT_EQ(dataset.cameras[0].distortion, (Distortion{0.1, 0.2, 0.3, 0.4, 0.5}));
}

TEST(transforms, a_field_of_view_and_the_photo_give_the_intrinsics_of_blender_scenes) {
  const TemporaryFolder folder;
  std::vector<Camera> cameras = sample_cameras(2);
  for (Camera& camera : cameras) camera.name = camera.name.substr(0, 2);  // no extension
  write_text(folder / "transforms_train.json",
             transforms_text(cameras, "\"camera_angle_x\": 1.2,", "./train/", false));
  write_text(folder / "transforms_test.json",
             transforms_text(cameras, "\"camera_angle_x\": 1.2, \"camera_angle_y\": 0.9,", "./test/", false));
  write_text(folder / "transforms_val.json",
             transforms_text(cameras, "\"camera_angle_x\": 1.2,", "./val/", false));
  for (const char* split : {"train", "test", "val"})
    for (const Camera& camera : cameras) write_photo(folder / split / (camera.name + ".png"), 80, 50);
  const Dataset dataset = load_dataset(folder.path());
  ASSERT_EQ(dataset.cameras.size(), 4u);
  EXPECT_EQ(dataset.cameras[0].name, "test/00.png");
  EXPECT_EQ(dataset.cameras[3].name, "train/01.png");
  EXPECT_EQ(dataset.cameras[0].split, Split::test);
  EXPECT_EQ(dataset.cameras[3].split, Split::train);
  const double fx = 40 / std::tan(0.6);
  EXPECT_EQ(dataset.cameras[3].intrinsics, (Intrinsics{80, 50, fx, fx, 40, 25}));
  EXPECT_EQ(dataset.cameras[0].intrinsics, (Intrinsics{80, 50, fx, 25 / std::tan(0.45), 40, 25}));
  ASSERT_EQ(dataset.notes.size(), 1u);
  EXPECT_TRUE(contains(dataset.notes[0], "transforms_val.json is left out"));
  EXPECT_EQ(load_dataset(folder / "transforms_val.json").cameras[0].split, Split::test) << "one file alone";
  EXPECT_EQ(load_dataset(folder / "transforms_train.json").cameras[0].split, Split::train)
      << "one file alone";
}

TEST(transforms, named_splits_of_nerfstudio_are_kept) {
  const TemporaryFolder folder;
  write_text(
      folder / "transforms.json",
      transforms_text(sample_cameras(9),
                      "\"train_filenames\": [\"images/00.png\", \"images/01.png\"], "
                      "\"test_filenames\": [\"images/02.png\"], \"val_filenames\": [\"images/05.png\"],"));
  const Dataset dataset = load_dataset(folder.path());
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_EQ(dataset.cameras[i].split, i == 2 || i == 5 ? Split::test : Split::train) << i;
}

TEST(transforms, photos_are_found_in_a_given_folder_of_another_name) {
  const TemporaryFolder folder;
  const std::vector<Camera> cameras = sample_cameras(2);
  write_text(folder / "transforms.json", transforms_text(cameras, ""));
  for (const Camera& camera : cameras) write_photo(folder / "elsewhere/images_2" / camera.name, 32, 24);
  const Dataset dataset = load_dataset(folder.path(), folder / "elsewhere/images_2");
  EXPECT_TRUE(dataset.missing.empty());
  EXPECT_EQ(dataset.cameras[1].photo, folder / "elsewhere/images_2/01.png");
}

TEST(transforms, a_missing_photo_takes_its_size_from_the_others) {
  const TemporaryFolder folder;
  write_text(folder / "transforms.json",
             transforms_text(sample_cameras(3), "\"camera_angle_x\": 1,", "images/", false));
  write_photo(folder / "images/02.png", 30, 20);
  const Dataset dataset = load_dataset(folder.path());
  EXPECT_EQ(dataset.missing, (std::vector<std::string>{"00.png", "01.png"}));
  EXPECT_EQ(dataset.cameras[0].intrinsics.width, 30);
  write_text(folder / "images/00.png", "not an image");
  EXPECT_EQ(load_dataset(folder.path()).cameras[0].intrinsics.width, 30) << "so does a damaged one";
  std::filesystem::remove(folder / "images/02.png");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder.path()); }), "00.png: byte 0: not an image"));
  std::filesystem::remove(folder / "images/00.png");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder.path()); }), "gives no size (w, h)"));
}

TEST(transforms, an_applied_transform_is_noted) {
  const TemporaryFolder folder;
  write_text(
      folder / "transforms.json",
      transforms_text(sample_cameras(2),
                      "\"applied_transform\": [[1,0,0,0],[0,0,1,0],[0,-1,0,0]], \"applied_scale\": 2,"));
  const Dataset dataset = load_dataset(folder.path());
  ASSERT_EQ(dataset.notes.size(), 3u);  // and that there are no photos
  EXPECT_TRUE(contains(dataset.notes[0], "applied_transform is not undone"));
  EXPECT_TRUE(contains(dataset.notes[1], "applied_scale is not undone"));
}

TEST(transforms, lenses_that_no_pinhole_matches_are_refused_by_name) {
  const TemporaryFolder folder;
  const auto sentence = [&](const char* top) {
    write_text(folder / "transforms.json", transforms_text(sample_cameras(2), top));
    return failure_of([&] { load_dataset(folder.path()); });
  };
  EXPECT_TRUE(contains(sentence("\"camera_model\": \"OPENCV_FISHEYE\","),
                       "camera_model OPENCV_FISHEYE is not supported; undistort"));
  EXPECT_TRUE(contains(sentence("\"camera_model\": \"EQUIRECTANGULAR\","), "EQUIRECTANGULAR"));
  EXPECT_TRUE(contains(sentence("\"is_fisheye\": true,"), "is_fisheye"));
  EXPECT_TRUE(contains(sentence("\"k4\": 0.01,"), "k4"));
}

TEST(transforms, broken_files_are_refused_with_byte_or_frame) {
  const TemporaryFolder folder;
  const auto sentence = [&](std::string text) {
    write_text(folder / "transforms.json", text);
    return failure_of([&] { load_dataset(folder.path()); });
  };
  const std::string good = transforms_text(sample_cameras(2), "");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.rfind(from), from.size(), to);
  };
  EXPECT_TRUE(
      contains(sentence(good.substr(0, 300)), "transforms.json: byte 300: JSON expected, the file ends"));
  EXPECT_TRUE(contains(sentence(replaced("70.5", "NaN")), "JSON expected, got 'NaN'"))
      << sentence(replaced("70.5", "NaN"));
  EXPECT_TRUE(contains(sentence(replaced("\"fl_x\": 71.5", "\"fl_x\": null")),
                       "frame 1 (images/01.png): fl_x is not a number"));
  EXPECT_TRUE(
      contains(sentence(replaced("\"fl_x\": 71.5", "\"fl_x\": 0")), "the focal length of 01.png is 0"));
  EXPECT_TRUE(contains(sentence("{}"), "expected an object with a list of frames"));
  EXPECT_TRUE(contains(sentence("{\"frames\": []}"), "lists no frames"));
  EXPECT_TRUE(contains(sentence("{\"frames\": [7]}"), "frame 0: expected an object"));
  EXPECT_TRUE(contains(sentence("{\"frames\": [{\"file_path\": \"a.png\"}]}"),
                       "frame 0 (a.png): expected a transform_matrix"));
  EXPECT_TRUE(contains(sentence("{\"frames\": [{\"file_path\": \"a.png\", \"transform_matrix\": "
                                "[[1,0,0,0],[0,1,0,0],[0,0,1,null],[0,0,0,1]]}]}"),
                       "frame 0 (a.png): a number of the pose is missing"));
  EXPECT_TRUE(contains(sentence("{\"fl_x\": 5, \"frames\": [{\"file_path\": \"a.png\", \"transform_matrix\": "
                                "[[2,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}"),
                       "the pose of frame 0 (a.png) is not a rotation"));
}

TEST(transforms, the_real_blender_scene_is_read) {
  if (!std::filesystem::exists(kShared / "splats/lego_test")) GTEST_SKIP() << "no shared data at " << kShared;
  const Dataset dataset = load_dataset(kShared / "splats/lego_test");
  ASSERT_EQ(dataset.cameras.size(), 2u);
  EXPECT_EQ(dataset.cameras[0].split, Split::train);
  EXPECT_EQ(dataset.cameras[1].split, Split::test) << "val stands in for the absent test file";
  // The lego scene looks at the origin from about 4 units: it is in front of the camera, in the middle.
  for (const Camera& camera : dataset.cameras) {
    const glm::dvec4 origin = camera.world_to_camera * glm::dvec4(0, 0, 0, 1);
    EXPECT_NEAR(origin.x, 0.0, 1e-5);
    EXPECT_NEAR(origin.y, 0.0, 1e-5);
    EXPECT_NEAR(origin.z, 4.031, 1e-3);
  }
}

}  // namespace
}  // namespace fg
