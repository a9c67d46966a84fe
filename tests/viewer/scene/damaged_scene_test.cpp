// Systematically damaged scenes and camera files: each loads or fails with a sentence, without a crash or a
// giant allocation.

#include <gtest/gtest.h>

#include "tests/viewer/io/test_files.h"
#include "tests/viewer/scene/sample_cameras.h"
#include "tests/viewer/scene/sample_ply.h"
#include "viewer/scene/dataset.h"
#include "viewer/scene/splats.h"

// Under AddressSanitizer one allocation above 256 MB ends the program; the files here have a few kilobytes.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "max_allocation_size_mb=256"; }

namespace fg {
namespace {

TEST(damaged_scene, ply) {
  const TemporaryFolder folder;
  for (const char* format : {"binary_little_endian", "binary_big_endian", "ascii"}) {
    write_ply(folder / "a.ply", {.format = format, .faces_before = 4, .faces_after = 2}, inria_properties(1),
              sample_rows(6, 1));
    Damage(folder / "a.ply").truncate_and_flip([&] { load_splats(folder / "a.ply").bounds(); }, 1100);
  }
}

TEST(damaged_scene, colmap) {
  const TemporaryFolder folder;
  write_colmap_binary(folder / "binary", sample_cameras(6), {4, "OPENCV", {50, 51, 31, 23, .1, .2, .3, .4}});
  write_colmap_text(folder / "text", sample_cameras(6));
  for (const char* file :
       {"binary/cameras.bin", "binary/images.bin", "text/cameras.txt", "text/images.txt"}) {
    const auto model = (folder / file).parent_path();
    const std::string other = file;
    // A damaged id in one file can surface as a sentence about the other file, so both names are accepted
    // there.
    try {
      load_dataset(model);
    } catch (const Failure& failure) {
      FAIL() << failure.what();
    }
    Damage(folder / file).truncate_and_flip([&] {
      try {
        load_dataset(model);
      } catch (const Failure& failure) {
        const bool named = contains(failure.what(), "cameras.") || contains(failure.what(), "images.");
        EXPECT_TRUE(named) << failure.what();
        throw Failure(failure.code, (folder / file).string() + ": " + failure.what());
      }
    });
  }
}

TEST(damaged_scene, transforms_and_cameras_json) {
  const TemporaryFolder folder;
  write_text(
      folder / "transforms.json",
      transforms_text(sample_cameras(3),
                      "\"camera_model\": \"OPENCV\", \"k1\": 0.1, \"test_filenames\": [\"images/00.png\"],"));
  Damage(folder / "transforms.json").truncate_and_flip([&] { load_dataset(folder / "transforms.json"); });
  write_text(folder / "cameras.json", inria_text(sample_cameras(3)));
  Damage(folder / "cameras.json").truncate_and_flip([&] { load_dataset(folder / "cameras.json"); });
}

TEST(damaged_scene, deeply_nested_json_is_refused_without_overflowing_the_stack) {
  const TemporaryFolder folder;
  write_text(folder / "transforms.json",
             "{\"frames\": " + std::string(2'000'000, '[') + std::string(2'000'000, ']') + "}");
  EXPECT_TRUE(contains(failure_of([&] { load_dataset(folder / "transforms.json"); }), "transforms.json"));
}

}  // namespace
}  // namespace fg
