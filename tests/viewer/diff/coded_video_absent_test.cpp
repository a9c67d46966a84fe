// In place of coded_video_test.cpp and coded_frame_test.cpp in a build without the FFmpeg libraries.

#include <gtest/gtest.h>

#include "tests/viewer/io/test_files.h"
#include "viewer/diff/inputs/video.h"

namespace fg::test {
namespace {

TEST(coded_video, decoding_is_tested) { GTEST_SKIP() << "built without the FFmpeg libraries"; }

TEST(coded_video, a_build_without_the_libraries_says_what_to_do) {
  const TemporaryFolder folder;
  write_text(folder / "a.mkv", "\x1a\x45\xdf\xa3");
  EXPECT_TRUE(contains(failure_of([&] { open_video(folder / "a.mkv", std::nullopt, {}); }),
                       "-DFRAMEGAUGE_FFMPEG=ON"));
}

}  // namespace
}  // namespace fg::test
