// Animated WebP as video.

#include <gtest/gtest.h>
#include <webp/encode.h>

#include <cstring>

#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/diff/inputs/source.h"
#include "viewer/diff/inputs/video.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string chunk(const std::string& name, const std::string& payload) {
  return name + little_endian(static_cast<std::uint32_t>(payload.size()), 4) + payload +
         (payload.size() % 2 ? std::string(1, '\0') : "");
}

struct Part {
  int x = 0, y = 0;  // even
  Image8 image;
};

// Byte by byte as the format says, each part drawn onto what was there before, without loss.
std::string animated_webp(int width, int height, const std::vector<Part>& parts) {
  constexpr char kAnimationAndAlpha = 0x12;
  const auto size = [](int side) { return little_endian(static_cast<std::uint32_t>(side - 1), 3); };
  const auto half = [](int offset) { return little_endian(static_cast<std::uint32_t>(offset / 2), 3); };
  std::string chunks =
      chunk("VP8X", std::string(1, kAnimationAndAlpha) + std::string(3, '\0') + size(width) + size(height)) +
      chunk("ANIM", std::string(6, '\0'));
  for (const Part& part : parts) {
    std::uint8_t* coded = nullptr;
    const std::size_t bytes = WebPEncodeLosslessRGBA(part.image.rgba.data(), part.image.width,
                                                     part.image.height, 4 * part.image.width, &coded);
    EXPECT_GT(bytes, 12u);
    const std::string bitstream(reinterpret_cast<const char*>(coded) + 12, bytes - 12);
    WebPFree(coded);
    chunks += chunk("ANMF", half(part.x) + half(part.y) + size(part.image.width) + size(part.image.height) +
                                little_endian(40, 3) + std::string(1, '\0') + bitstream);
  }
  return "RIFF" + little_endian(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WEBP" + chunks;
}

Image8 flat(int side, std::uint8_t red, std::uint8_t alpha) {
  Image8 image{side, side, {}};
  for (int i = 0; i < side * side; ++i) image.rgba.insert(image.rgba.end(), {red, 0, 0, alpha});
  return image;
}

std::vector<Part> waves_of(int frames) {
  std::vector<Part> parts;
  for (int i = 0; i < frames; ++i) parts.push_back({0, 0, waves(40, 30, 3 * i)});
  return parts;
}

std::vector<int> pixel(const Frame& frame, int u, int v) {
  const std::uint8_t* p = &frame.rgba8[4 * (static_cast<std::size_t>(v) * frame.width + u)];
  return {p[0], p[1], p[2], p[3]};
}

TEST(animated_video, what_is_transparent_shows_the_background) {
  const TemporaryFolder folder;
  write_text(folder / "a.webp", animated_webp(16, 12, {{4, 2, flat(8, 200, 255)}, {0, 0, flat(4, 100, 51)}}));
  const auto video = open_video(folder / "a.webp", std::nullopt, {}, {0, 0, 1});
  ASSERT_EQ(video->frames(), 2u);
  EXPECT_EQ(video->format().size.width, 16);
  const Frame first = video->read(0), second = video->read(1);
  EXPECT_EQ(pixel(first, 0, 0), (std::vector<int>{0, 0, 255, 255}));
  EXPECT_EQ(pixel(first, 5, 3), (std::vector<int>{200, 0, 0, 255}));
  EXPECT_EQ(pixel(second, 5, 3), (std::vector<int>{200, 0, 0, 255})) << "drawn before";
  EXPECT_EQ(pixel(second, 0, 0), (std::vector<int>{20, 0, 204, 255})) << "a fifth over blue";
}

TEST(animated_video, frames_come_in_any_order) {
  const TemporaryFolder folder;
  const std::vector<Part> parts = waves_of(9);
  write_text(folder / "a.webp", animated_webp(40, 30, parts));
  const auto video = open_video(folder / "a.webp", std::nullopt, {.at_once = 3});
  const auto other = video->another();
  for (const std::size_t i : {2, 0, 1, 5, 3, 4, 8, 7, 6, 0, 8})
    for (const Video* one : {video.get(), other.get()})
      EXPECT_EQ(one->read(i).rgba8, parts[i].image.rgba) << i;
}

TEST(animated_video, of_a_file_that_becomes_shorter_the_rest_is_missing) {
  const TemporaryFolder folder;
  write_text(folder / "a.webp", animated_webp(40, 30, waves_of(5)));
  const auto video = open_video(folder / "a.webp", std::nullopt, {})->another();
  write_text(folder / "a.webp", animated_webp(40, 30, waves_of(3)));
  EXPECT_EQ(video->read(2).width, 40);
  EXPECT_TRUE(contains(failure_of([&] { video->read(4); }), "it has 3"));
}

TEST(animated_video, a_damaged_frame_and_those_drawn_on_it_are_missing) {
  const TemporaryFolder folder;
  std::string bytes = animated_webp(40, 30, waves_of(4));
  std::size_t third = 0;
  for (int i = 0; i < 3; ++i) third = bytes.find("ANMF", third + 1);
  const std::size_t pixels =
      bytes.find("VP8L", third) + 8 + 5;  // behind the header, which is looked at first
  std::memset(&bytes[pixels], 0xff, 200);
  write_text(folder / "a.webp", bytes);
  const auto video = open_video(folder / "a.webp", std::nullopt, {});
  ASSERT_EQ(video->frames(), 4u);
  EXPECT_EQ(video->read(1).rgba8, waves(40, 30, 3).rgba);
  EXPECT_TRUE(contains(failure_of([&] { video->read(2); }), "a.webp: frame 2 could not be decoded"));
  EXPECT_TRUE(contains(failure_of([&] { video->read(3); }), "frame 3 is drawn on frame 2"));
  EXPECT_EQ(video->read(0).rgba8, waves(40, 30, 0).rgba);
}

TEST(animated_video, is_known_by_what_it_is) {
  const TemporaryFolder folder;
  write_text(folder / "animated.png", animated_webp(40, 30, waves_of(2)));
  EXPECT_TRUE(is_video(folder / "animated.png"));
  std::uint8_t* coded = nullptr;
  const Image8 still = waves(40, 30, 0);
  const std::size_t bytes = WebPEncodeLosslessRGBA(still.rgba.data(), 40, 30, 160, &coded);
  write_bytes(folder / "still.webp", {coded, bytes});
  WebPFree(coded);
  EXPECT_FALSE(is_video(folder / "still.webp"));
}

}  // namespace
}  // namespace fg::test
