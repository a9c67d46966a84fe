// How the pixel formats of FFmpeg become frames: sample by sample, by the formats' definitions.

#include "viewer/diff/inputs/coded_frame.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "tests/viewer/io/test_files.h"

extern "C" {
#include <libavutil/frame.h>
}

namespace fg {
namespace {

// A picture of one plane or two, of the bytes given row by row.
Frame decoded(AVPixelFormat format, int width, int height, const std::vector<ByteVector>& planes) {
  const auto free_frame = [](AVFrame* frame) { av_frame_free(&frame); };
  const std::unique_ptr<AVFrame, decltype(free_frame)> picture(av_frame_alloc());
  picture->format = format;
  picture->width = width;
  picture->height = height;
  if (av_frame_get_buffer(picture.get(), 0) < 0) return {};
  for (std::size_t p = 0; p < planes.size(); ++p) {
    const bool palette = format == AV_PIX_FMT_PAL8 && p == 1;
    const int rows = palette ? 1 : p == 0 ? height : (height + 1) / 2;
    const std::size_t row_bytes = planes[p].size() / static_cast<std::size_t>(rows);
    for (int v = 0; v < rows; ++v)
      std::memcpy(picture->data[p] + std::ptrdiff_t{v} * picture->linesize[p],
                  planes[p].data() + row_bytes * static_cast<std::size_t>(v), row_bytes);
  }
  return coded_frame(*picture, "a.mkv");
}

TEST(coded_frame, interleaved_chroma_is_taken_apart) {
  const Frame frame = decoded(AV_PIX_FMT_NV12, 4, 2, {{0, 1, 2, 3, 4, 5, 6, 7}, {10, 20, 11, 21}});
  EXPECT_EQ(frame.planes[0].bytes, (ByteVector{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(frame.planes[1].bytes, (ByteVector{10, 11}));
  EXPECT_EQ(frame.planes[2].bytes, (ByteVector{20, 21}));
}

TEST(coded_frame, packed_yuv_is_taken_apart) {
  const Frame frame = decoded(AV_PIX_FMT_YUYV422, 2, 2, {{1, 50, 2, 60, 3, 51, 4, 61}});
  EXPECT_EQ(frame.planes[0].bytes, (ByteVector{1, 2, 3, 4}));
  EXPECT_EQ(frame.planes[1].bytes, (ByteVector{50, 51}));
  EXPECT_EQ(frame.planes[2].bytes, (ByteVector{60, 61}));
}

TEST(coded_frame, codes_in_the_high_bits_are_shifted_down) {
  // 1023 and 1 of P010: ten bits at the top of sixteen, little-endian.
  const Frame frame = decoded(AV_PIX_FMT_P010LE, 2, 1, {{0xc0, 0xff, 0x40, 0x00}, {0x00, 0x80, 0x40, 0x80}});
  EXPECT_EQ(frame.bits, 10);
  EXPECT_EQ(frame.planes[0].bytes, (ByteVector{0xff, 0x03, 0x01, 0x00}));
  EXPECT_EQ(frame.planes[1].bytes, (ByteVector{0x00, 0x02}));
  EXPECT_EQ(frame.planes[2].bytes, (ByteVector{0x01, 0x02}));
}

TEST(coded_frame, big_endian_codes_become_little_endian) {
  const Frame frame = decoded(AV_PIX_FMT_GRAY16BE, 2, 1, {{0x12, 0x34, 0xff, 0x00}});
  EXPECT_EQ(frame.bits, 16);
  ASSERT_EQ(frame.planes.size(), 1u);
  EXPECT_EQ(frame.planes[0].bytes, (ByteVector{0x34, 0x12, 0x00, 0xff}));
}

TEST(coded_frame, rgb_keeps_its_codes_whatever_their_order) {
  const std::vector<std::uint8_t> expected = {1, 2, 3, 255, 4, 5, 6, 255};
  EXPECT_EQ(decoded(AV_PIX_FMT_RGB24, 2, 1, {{1, 2, 3, 4, 5, 6}}).rgba8, expected);
  EXPECT_EQ(decoded(AV_PIX_FMT_BGRA, 2, 1, {{3, 2, 1, 0, 6, 5, 4, 128}}).rgba8, expected);
}

TEST(coded_frame, shallow_and_deep_rgb_become_floats) {
  const Frame deep = decoded(AV_PIX_FMT_RGB48LE, 1, 1, {{0xff, 0xff, 0x00, 0x00, 0x00, 0x80}});
  EXPECT_EQ(deep.rgb, (std::vector<float>{1.0f, 0.0f, 32768.0f / 65535.0f}));
  const Frame shallow = decoded(AV_PIX_FMT_RGB565LE, 1, 1, {{0xe0, 0x07}});  // green alone, 6 bits
  EXPECT_EQ(shallow.rgb, (std::vector<float>{0.0f, 1.0f, 0.0f}));
}

TEST(coded_frame, palettes_are_looked_up) {
  ByteVector palette(1024, 0);
  const std::uint8_t blue_green_red_alpha[] = {30, 20, 10, 255};
  std::memcpy(&palette[4 * 7], blue_green_red_alpha, 4);
  const Frame frame = decoded(AV_PIX_FMT_PAL8, 2, 1, {{7, 0}, palette});
  EXPECT_EQ(frame.rgba8, (std::vector<std::uint8_t>{10, 20, 30, 255, 0, 0, 0, 255}));
}

TEST(coded_frame, bits_of_black_and_white_are_black_and_white) {
  EXPECT_EQ(decoded(AV_PIX_FMT_MONOBLACK, 4, 1, {{0xa0}}).planes[0].bytes, (ByteVector{255, 0, 255, 0}));
  EXPECT_EQ(decoded(AV_PIX_FMT_MONOWHITE, 4, 1, {{0xa0}}).planes[0].bytes, (ByteVector{0, 255, 0, 255}));
}

TEST(coded_frame, what_is_not_read_is_named) {
  EXPECT_TRUE(contains(failure_of([] { decoded(AV_PIX_FMT_GRAYF32LE, 2, 1, {}); }), "grayf32le"));
  EXPECT_TRUE(contains(failure_of([] { decoded(AV_PIX_FMT_BAYER_BGGR8, 2, 2, {}); }), "bayer_bggr8"));
}

}  // namespace
}  // namespace fg
