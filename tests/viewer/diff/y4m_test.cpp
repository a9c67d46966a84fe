// Headers of .y4m files, good and damaged, and the names of pixel formats.

#include "viewer/diff/inputs/y4m.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
Y4mHeader parse(std::string_view text) { return parse_y4m_header(bytes(text), "a.y4m"); }

TEST(y4m, a_header_says_size_and_format) {
  const Y4mHeader h = parse("YUV4MPEG2 W352 H288 F30000:1001 Ip A128:117 C422p10 XYSCSS=422P10\nFRAME\n");
  EXPECT_EQ(h.size.width, 352);
  EXPECT_EQ(h.size.height, 288);
  EXPECT_EQ(pixel_format_name(h.format), "yuv422p10le");
  EXPECT_EQ(h.bytes, 66u);
}

TEST(y4m, without_a_colour_space_it_is_420) {
  EXPECT_EQ(pixel_format_name(parse("YUV4MPEG2 W2 H2\n").format), "yuv420p");
  EXPECT_EQ(pixel_format_name(parse("YUV4MPEG2 W2 H2 C420jpeg\n").format), "yuv420p");
  EXPECT_EQ(pixel_format_name(parse("YUV4MPEG2 W2 H2 Cmono\n").format), "gray");
}

TEST(y4m, the_range_is_what_ffmpeg_writes) {
  EXPECT_EQ(parse("YUV4MPEG2 W2 H2 XYSCSS=420JPEG XCOLORRANGE=FULL\n").full_range, true);
  EXPECT_EQ(parse("YUV4MPEG2 W2 H2 XCOLORRANGE=LIMITED\n").full_range, false);
  EXPECT_EQ(parse("YUV4MPEG2 W2 H2 XYSCSS=420JPEG\n").full_range, std::nullopt);
}

TEST(y4m, what_is_wrong_is_said_with_the_files_name) {
  const std::pair<const char*, const char*> damaged[] = {
      {"YUV4MPEG2 W352 H288", "it is truncated"},
      {"YUV4MPEG2 W352\n", "W and H expected"},
      {"YUV4MPEG2 W0 H288\n", "W is '0'"},
      {"YUV4MPEG2 W-3 H288\n", "W is '-3'"},
      {"YUV4MPEG2 W99999999999 H288\n", "1 to 32768"},
      {"YUV4MPEG2 W2 H2x\n", "H is '2x'"},
      {"YUV4MPEG2 W2 H2 C444alpha\n", "colour space C444alpha is not read"},
      {"YUV4MPEG2W2 H2\n", "a space expected"},
      {"RIFF", "'YUV4MPEG2' expected"},
      {"", "'YUV4MPEG2' expected"},
  };
  for (const auto& [text, sentence] : damaged) {
    const std::string failure = failure_of([&, t = text] { parse(t); });
    EXPECT_TRUE(contains(failure, sentence)) << text << ": " << failure;
    EXPECT_TRUE(contains(failure, "a.y4m")) << failure;
  }
  const std::string endless = "YUV4MPEG2 W2 H2 X" + std::string(2 * kLongestY4mLine, 'x');
  EXPECT_TRUE(contains(failure_of([&] { parse(endless); }), "ends within 4096 bytes"));
}

TEST(y4m, a_control_character_does_not_reach_the_terminal) {
  EXPECT_TRUE(contains(failure_of([] { parse("YUV4MPEG2 W2 H2 C\x1b[31m\n"); }), "C?[31m"));
}

TEST(y4m, frame_headers_may_have_parameters) {
  EXPECT_EQ(parse_y4m_frame_header(bytes("FRAME\nYYYY"), "a.y4m", 30), 6u);
  EXPECT_EQ(parse_y4m_frame_header(bytes("FRAME Ip\nYYYY"), "a.y4m", 30), 9u);
  EXPECT_TRUE(contains(failure_of([] { parse_y4m_frame_header(bytes("FRANK\n"), "a.y4m", 30); }), "byte 30"));
}

TEST(pixel_format, names_are_those_of_ffmpeg) {
  const PixelFormat f = parse_pixel_format("yuv420p10le");
  EXPECT_EQ(f.bits, 10);
  EXPECT_EQ(frame_bytes(f, {576, 324}), 559872u);  // of the files in shared data: 1679616 bytes are 3 frames
  EXPECT_EQ(frame_bytes(parse_pixel_format("yuv420p"), {5, 3}), 5u * 3 + 2 * 3 * 2);
  EXPECT_EQ(frame_bytes(parse_pixel_format("gray"), {5, 3}), 15u);
  for (const char* name : {"yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p16le", "gray", "gray12le"})
    EXPECT_EQ(pixel_format_name(parse_pixel_format(name)), name);
  for (const char* name : {"", "yuv420p8", "yuv420p17le", "yuv420p10be", "nv12", "yuv420p10le ", "rgb24"})
    EXPECT_TRUE(contains(failure_of([&] { parse_pixel_format(name); }, ExitCode::usage), "--format")) << name;
}

TEST(pixel_format, sizes_are_width_x_height) {
  EXPECT_EQ(parse_size("1920x1080", "--size").height, 1080);
  for (const char* text : {"", "1920", "1920x", "x1080", "0x5", "5x-1", "5x5x5", "40000x5"})
    EXPECT_TRUE(contains(failure_of([&] { parse_size(text, "--size"); }, ExitCode::usage), "--size")) << text;
}

}  // namespace
}  // namespace fg
