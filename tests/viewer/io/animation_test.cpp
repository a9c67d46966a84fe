#include "viewer/io/animation.h"

#include <gtest/gtest.h>
#include <webp/demux.h>

#include <cmath>

#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

Image8 flat(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  Image8 image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.rgba.insert(image.rgba.end(), {r, g, b, 255});
  return image;
}

}  // namespace

TEST(animation, frames_come_back_in_order_with_their_times) {
  const TemporaryFolder folder;
  const std::vector<AnimationFrame> frames = {
      {flat(48, 32, 250, 10, 20), 300}, {flat(48, 32, 10, 240, 30), 50}, {flat(48, 32, 20, 30, 230), 700}};
  save_animation(folder / "a.webp", frames);
  EXPECT_EQ(folder.files(), 1u);
  const ByteVector bytes = read_bytes(folder / "a.webp");
  const WebPData data{bytes.data(), bytes.size()};
  WebPAnimDecoder* decoder = WebPAnimDecoderNew(&data, nullptr);
  ASSERT_NE(decoder, nullptr);
  WebPAnimInfo info;
  WebPAnimDecoderGetInfo(decoder, &info);
  EXPECT_EQ(info.frame_count, 3u);
  EXPECT_EQ(info.canvas_width, 48u);
  EXPECT_EQ(info.canvas_height, 32u);
  EXPECT_EQ(info.loop_count, 0u);  // for ever
  int end = 0, expected_end = 0;
  std::uint8_t* pixels = nullptr;
  for (const AnimationFrame& frame : frames) {
    ASSERT_TRUE(WebPAnimDecoderGetNext(decoder, &pixels, &end));
    expected_end += frame.milliseconds;
    EXPECT_EQ(end, expected_end);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(pixels[c], frame.image.rgba[c], 8);  // lossy
  }
  WebPAnimDecoderDelete(decoder);
}

TEST(animation, what_cannot_be_written_is_one_sentence_and_leaves_nothing) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_animation(folder / "a.webp", {}), Failure);
  EXPECT_THROW(save_animation(folder / "a.webp", {{flat(8, 8, 0, 0, 0)}, {flat(9, 8, 0, 0, 0)}}), Failure);
  EXPECT_THROW(save_animation(folder / "nowhere" / "a.webp", {{flat(8, 8, 0, 0, 0)}}), Failure);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace fg
