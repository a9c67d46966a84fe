#include "viewer/io/animation.h"

#include <gtest/gtest.h>
#include <webp/demux.h>

#include <cmath>

#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

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

TEST(animation, is_read_as_it_was_written) {
  const TemporaryFolder folder;
  const std::vector<AnimationFrame> frames = {{flat(48, 32, 250, 10, 20), 300},
                                              {flat(48, 32, 20, 30, 230), 70}};
  save_animation(folder / "a.webp", frames);
  EXPECT_TRUE(is_animated_webp(read_bytes(folder / "a.webp")));
  AnimationReader reader(folder / "a.webp");
  EXPECT_EQ(reader.size().width, 48);
  EXPECT_EQ(reader.size().height, 32);
  ASSERT_EQ(reader.frames(), 2u);
  for (const AnimationFrame& frame : frames) {
    const Image8 read = reader.next();
    ASSERT_EQ(read.rgba.size(), frame.image.rgba.size());
    for (std::size_t i = 0; i < read.rgba.size(); ++i)
      ASSERT_NEAR(read.rgba[i], frame.image.rgba[i], 8);  // lossy
  }
}

TEST(animation, damage_is_a_sentence_with_the_files_name) {
  const TemporaryFolder folder;
  const fs::path file = folder / "a.webp";
  Image8 noise = flat(40, 24, 0, 0, 0);
  std::vector<AnimationFrame> frames;
  for (int i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < noise.rgba.size(); ++k)
      if (k % 4 != 3) noise.rgba[k] = static_cast<std::uint8_t>((k * 37 + k * k * 11 + i * 90) >> 3);
    frames.push_back({noise, 100});
  }
  save_animation(file, frames);
  Damage(file).truncate_and_flip([&] {
    AnimationReader reader(file);
    for (std::size_t i = 0; i < reader.frames(); ++i) reader.next();
  });
  write_text(file, "RIFF");
  EXPECT_FALSE(is_animated_webp(read_bytes(file)));
  EXPECT_TRUE(contains(failure_of([&] { AnimationReader reader(file); }), "a.webp"));
}

TEST(animation, a_canvas_that_no_such_file_can_fill_is_refused) {
  const TemporaryFolder folder;
  save_animation(folder / "a.webp", {{flat(16, 16, 9, 9, 9), 100}, {flat(16, 16, 99, 9, 9), 100}});
  ByteVector bytes = read_bytes(folder / "a.webp");
  for (const std::size_t at : {24u, 27u}) bytes[at] = bytes[at + 1] = 0x3f;  // canvas less 1: 16192 each way
  write_bytes(folder / "a.webp", bytes);
  EXPECT_TRUE(contains(failure_of([&] { AnimationReader reader(folder / "a.webp"); }), "16192x16192"));
}

TEST(animation, what_cannot_be_written_is_one_sentence_and_leaves_nothing) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_animation(folder / "a.webp", {}), Failure);
  EXPECT_THROW(save_animation(folder / "a.webp", {{flat(8, 8, 0, 0, 0)}, {flat(9, 8, 0, 0, 0)}}), Failure);
  EXPECT_THROW(save_animation(folder / "nowhere" / "a.webp", {{flat(8, 8, 0, 0, 0)}}), Failure);
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace fg
