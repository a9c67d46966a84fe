// Frames out of raw video files.

#include "viewer/diff/inputs/raw_video.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

const RawVideoLayout kSmall = {{4, 2}, {}};  // 12 bytes a frame

std::string counting(int first, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>(first + i);
  return text;
}

TEST(raw_video, frames_of_yuv_lie_one_after_another) {
  const TemporaryFolder folder;
  write_text(folder / "a.yuv", counting(0, 24));
  const RawVideo video(folder / "a.yuv", kSmall);
  ASSERT_EQ(video.frames(), 2u);
  EXPECT_EQ(video.surplus_bytes(), 0u);
  const Frame frame = video.read(1);
  EXPECT_EQ(frame.planes[0].bytes, (std::vector<std::uint8_t>{12, 13, 14, 15, 16, 17, 18, 19}));
  EXPECT_EQ(frame.planes[1].bytes, (std::vector<std::uint8_t>{20, 21}));
  EXPECT_EQ(frame.planes[2].bytes, (std::vector<std::uint8_t>{22, 23}));
}

TEST(raw_video, frame_headers_of_y4m_may_differ_in_length) {
  const TemporaryFolder folder;
  const std::string long_comment = "FRAME X" + std::string(500, 'c') + "\n";
  write_text(folder / "a.y4m", "YUV4MPEG2 W4 H2\nFRAME\n" + counting(0, 12) + long_comment +
                                   counting(40, 12) + "FRAME Ip\n" + counting(80, 12));
  const RawVideo video(folder / "a.y4m", std::nullopt);
  ASSERT_EQ(video.frames(), 3u);
  EXPECT_EQ(video.read(0).planes[0].bytes[0], 0);
  EXPECT_EQ(video.read(1).planes[0].bytes[0], 40);
  EXPECT_EQ(video.read(2).planes[2].bytes[1], 91);
}

TEST(raw_video, the_range_of_a_frame_is_the_files_and_of_grey_full_where_it_does_not_say) {
  const TemporaryFolder folder;
  const std::pair<const char*, bool> headers[] = {{"", false},
                                                  {" XCOLORRANGE=FULL", true},
                                                  {" XCOLORRANGE=LIMITED", false},
                                                  {" Cmono", true},
                                                  {" Cmono XCOLORRANGE=LIMITED", false}};
  for (const auto& [tags, full] : headers) {
    write_text(folder / "a.y4m", "YUV4MPEG2 W4 H2" + std::string(tags) + "\nFRAME\n" + counting(0, 12));
    EXPECT_EQ(RawVideo(folder / "a.y4m", std::nullopt).read(0).colour.full_range, full) << tags;
  }
}

TEST(raw_video, what_is_no_whole_frame_is_counted) {
  const TemporaryFolder folder;
  write_text(folder / "a.yuv", counting(0, 29));
  EXPECT_EQ(RawVideo(folder / "a.yuv", kSmall).surplus_bytes(), 5u);
  const std::string whole = "YUV4MPEG2 W4 H2\nFRAME\n" + counting(0, 12);
  for (const std::string& rest :
       {std::string("FRA"), std::string("FRAME"), std::string("FRAME\n"), "FRAME\n" + counting(0, 11)}) {
    write_text(folder / "a.y4m", whole + rest);
    const RawVideo video(folder / "a.y4m", std::nullopt);
    EXPECT_EQ(video.frames(), 1u) << rest;
    EXPECT_EQ(video.surplus_bytes(), rest.size()) << rest;
  }
}

TEST(raw_video, a_file_without_a_frame_is_unreadable) {
  const TemporaryFolder folder;
  write_text(folder / "a.yuv", counting(0, 11));
  EXPECT_TRUE(contains(failure_of([&] { RawVideo(folder / "a.yuv", kSmall); }), "4x2 yuv420p needs 12"));
  write_text(folder / "a.y4m", "YUV4MPEG2 W4 H2\n");
  EXPECT_TRUE(contains(failure_of([&] { RawVideo(folder / "a.y4m", std::nullopt); }), "one frame of 4x2"));
  write_text(folder / "empty.yuv", "");
  EXPECT_TRUE(contains(failure_of([&] { RawVideo(folder / "empty.yuv", kSmall); }), "is empty"));
  write_text(folder / "b.y4m", "this is a letter to my aunt");
  EXPECT_TRUE(contains(failure_of([&] { RawVideo(folder / "b.y4m", kSmall); }), "'YUV4MPEG2' expected"));
}

TEST(raw_video, a_yuv_without_size_is_wrong_usage) {
  const TemporaryFolder folder;
  write_text(folder / "a.yuv", counting(0, 24));
  EXPECT_TRUE(
      contains(failure_of([&] { RawVideo(folder / "a.yuv", std::nullopt); }, ExitCode::usage), "--size"));
}

TEST(raw_video, a_code_above_the_depth_tells_of_a_wrong_format) {
  const TemporaryFolder folder;
  std::string text(12, '\0');
  text[5] = 4;  // little-endian: the third code is 1024
  write_text(folder / "a.yuv", text);
  const RawVideo video(folder / "a.yuv", RawVideoLayout{{2, 2}, parse_pixel_format("yuv420p10le")});
  const std::string sentence = failure_of([&] { video.read(0); });
  EXPECT_TRUE(contains(sentence, "byte 4: the code 1024 is above 1023")) << sentence;
  EXPECT_EQ(
      RawVideo(folder / "a.yuv", RawVideoLayout{{2, 2}, parse_pixel_format("yuv420p12le")}).read(0).bits, 12);
}

TEST(raw_video, damaged_y4m_fails_with_a_sentence_or_loads) {
  const TemporaryFolder folder;
  write_text(folder / "a.y4m", "YUV4MPEG2 W4 H2 F25:1 C420p10\nFRAME\n" + std::string(24, '\1') +
                                   "FRAME Ip\n" + std::string(24, '\2'));
  Damage(folder / "a.y4m").truncate_and_flip([&] {
    const RawVideo video(folder / "a.y4m", RawVideoLayout{{4, 2}, {}});
    for (std::size_t i = 0; i < video.frames(); ++i) video.read(i);
  });
}

}  // namespace
}  // namespace fg
