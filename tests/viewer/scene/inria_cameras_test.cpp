#include <gtest/gtest.h>

#include "tests/viewer/scene/sample_cameras.h"
#include "viewer/scene/dataset.h"

namespace fg {
namespace {

const std::filesystem::path kShared = FRAMEGAUGE_SHARED_DATA;

TEST(inria_cameras, poses_are_read_and_photos_found_by_stem) {
  const TemporaryFolder folder;
  const std::vector<Camera> cameras = sample_cameras(10);
  write_text(folder / "cameras.json", inria_text(cameras));
  for (const Camera& camera : cameras) write_photo(folder / "photos" / camera.name, 64, 48);
  const Dataset dataset = load_dataset(folder / "cameras.json", folder / "photos");
  ASSERT_EQ(dataset.cameras.size(), 10u);
  EXPECT_TRUE(dataset.missing.empty());
  for (std::size_t i = 0; i < 10; ++i) {
    const Camera& got = dataset.cameras[i];
    EXPECT_EQ(got.name, cameras[i].name) << "the photo's name, with its extension";
    // The format has no principal point: it is the middle.
    EXPECT_EQ(got.intrinsics,
              (Intrinsics{64, 48, cameras[i].intrinsics.fx, cameras[i].intrinsics.fy, 32, 24}));
    EXPECT_EQ(got.split, i % 8 == 0 ? Split::test : Split::train);
    expect_same_pose(got, cameras[i]);
  }
  EXPECT_EQ(load_dataset(folder.path(), folder / "photos").cameras.size(), 10u)
      << "the folder of cameras.json";
}

TEST(inria_cameras, broken_entries_are_refused_by_name) {
  const TemporaryFolder folder;
  const auto sentence = [&](const std::string& from, const std::string& to) {
    std::string text = inria_text(sample_cameras(2));
    text.replace(text.rfind(from), from.size(), to);
    write_text(folder / "cameras.json", text);
    return failure_of([&] { load_dataset(folder / "cameras.json"); });
  };
  EXPECT_TRUE(contains(sentence("\"width\": 64", "\"width\": -64"), "camera 1 (01): width is -64"));
  EXPECT_TRUE(contains(sentence("\"fx\"", "\"gx\""), "camera 1 (01): expected a number fx"));
  EXPECT_TRUE(contains(sentence("\"position\"", "\"position_\""), "expected a position"));
  EXPECT_TRUE(contains(sentence("\"position\": [", "\"position\": [null, "), "a number of the pose"));
  EXPECT_TRUE(contains(sentence("\"position\": [", "\"position\": [1e999, "), "JSON expected"));
  write_text(folder / "cameras.json", "[]");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "cameras.json"); }), "lists no cameras"));
}

TEST(inria_cameras, a_mirrored_rotation_is_refused) {
  const TemporaryFolder folder;
  write_text(folder / "cameras.json",
             "[{\"id\": 0, \"img_name\": \"a\", \"width\": 4, \"height\": 4, \"fx\": 4, \"fy\": 4, "
             "\"position\": [0, 0, 0], "
             "\"rotation\": [[1, 0, 0], [0, 1, 0], [0, 0, -1]]}]");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "cameras.json"); }),
                       "the pose of camera 0 (a) is not a rotation"));
}

TEST(inria_cameras, the_real_file_is_read) {
  const auto file = kShared / "splats/cameras_json/snowmiku_cameras.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no shared data at " << kShared;
  const Dataset dataset = load_dataset(file);
  ASSERT_EQ(dataset.cameras.size(), 97u);
  EXPECT_TRUE(dataset.missing.empty()) << "no folder was given";
  const Camera& first = dataset.cameras.front();
  EXPECT_EQ(first.name, "20240212_003919");
  EXPECT_EQ(first.intrinsics.width, 3958);
  const glm::dvec4 centre = glm::inverse(first.world_to_camera)[3];
  EXPECT_NEAR(centre.x, -2.0239410600999292, 1e-12);
  EXPECT_NEAR(centre.y, 1.5094239986550113, 1e-12);
}

}  // namespace
}  // namespace fg
