// Image files as the metrics take them: nothing is rounded to 8 bits that was not 8 bits in the file.

#include "viewer/diff/inputs/frame.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/diff/scores/mask.h"

namespace fg::test {
namespace {

TEST(frame, sixteen_bit_codes_are_not_rounded) {
  const TemporaryFolder folder;
  std::vector<std::uint16_t> codes;
  for (int i = 0; i < 4 * 3 * 3; ++i) codes.push_back(static_cast<std::uint16_t>(1000 + i));
  write_png(folder / "a.png", 4, 3, {2, 16, false}, codes);
  const auto frame = load_frame(folder / "a.png", {});
  ASSERT_EQ(frame->kind, Frame::Kind::rgb);
  EXPECT_EQ(frame->bits, 16);
  for (std::size_t i = 0; i < codes.size(); ++i)
    EXPECT_EQ(frame->rgb[i], static_cast<float>(codes[i]) / 65535.0f);
}

TEST(frame, sixteen_bit_grey_with_alpha_is_composited) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", 2, 1, {4, 16, false}, {65535, 65535, 65535, 0});
  const auto frame = load_frame(folder / "a.png", {.background = {0.25f, 0.5f, 0.75f}});
  EXPECT_EQ(frame->rgb, (std::vector<float>{1, 1, 1, 0.25f, 0.5f, 0.75f}));
}

TEST(frame, a_jpeg_that_exif_would_turn_is_taken_as_it_is_stored_and_that_is_said) {
  const TemporaryFolder folder;
  write_jpeg(folder / "a.jpg", gradient(20, 10));
  EXPECT_TRUE(load_frame(folder / "a.jpg", {})->notes.empty());
  ByteVector bytes = read_bytes(folder / "a.jpg");
  const ByteVector exif = exif_segment(6, false);
  bytes.insert(bytes.begin() + 2, exif.begin(), exif.end());
  write_bytes(folder / "b.jpg", bytes);
  const auto frame = load_frame(folder / "b.jpg", {});
  EXPECT_EQ(frame->width, 20);
  ASSERT_EQ(frame->notes.size(), 1u);
  EXPECT_TRUE(contains(frame->notes[0], "orientation 6"));
}

TEST(frame, what_is_done_to_a_file_is_said_without_its_name) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", 2, 1, {6, 8, false}, {1, 2, 3, 255, 4, 5, 6, 0});
  EXPECT_EQ(load_frame(folder / "a.png", {.background = {0.25f, 0, 1}})->notes,
            std::vector<std::string>{
                "transparent pixels are laid over the background, 0.25 0 1; --background takes another"});
  write_png(folder / "b.png", 2, 1, {4, 16, false}, {65535, 65535, 65535, 0});
  EXPECT_EQ(load_frame(folder / "b.png", {})->notes.size(), 1u);
  write_png(folder / "c.png", 1, 1, {6, 8, false}, {1, 2, 3, 255});
  EXPECT_TRUE(load_frame(folder / "c.png", {})->notes.empty());
  save_exr(folder / "d.exr", {1, 1, 3, {0.5f, 2.0f, -1.0f}});
  const std::vector<std::string> curve = load_frame(folder / "d.exr", {})->notes;
  ASSERT_EQ(curve.size(), 1u);
  EXPECT_TRUE(contains(curve[0], "--tonemap none"));
  EXPECT_TRUE(load_frame(folder / "d.exr", {.scene_linear = true})->notes.empty());
}

TEST(frame, unlike_pictures_are_said_to_be_compared) {
  const auto picture = [](std::vector<std::uint8_t> rgba) {
    return std::make_shared<const Frame>(Frame{.width = 1, .height = 1, .rgba8 = std::move(rgba)});
  };
  const auto deep = [](int bits, std::vector<float> rgb) {
    return std::make_shared<const Frame>(
        Frame{.kind = Frame::Kind::rgb, .width = 1, .height = 1, .bits = bits, .rgb = std::move(rgb)});
  };
  const auto grey = picture({7, 7, 7, 255}), red = picture({9, 7, 7, 255});
  const std::vector<std::string> none,
      depth{"8-bit codes are compared with 16-bit codes, as fractions of white"};
  EXPECT_EQ(notes_on({grey, grey}), none);
  EXPECT_EQ(notes_on({red, red}), none);
  EXPECT_EQ(notes_on({grey, red}),
            std::vector<std::string>{"a grey picture is compared with a reference in colour, as R = G = B"});
  EXPECT_EQ(notes_on({red, grey}),
            std::vector<std::string>{"a grey reference is compared with a picture in colour, as R = G = B"});
  EXPECT_EQ(notes_on({red, deep(16, {0.1f, 0.2f, 0.3f})}), depth);
  EXPECT_EQ(notes_on({grey, deep(16, {0.1f, 0.1f, 0.1f})}), depth);
  EXPECT_EQ(notes_on({deep(32, {1, 2, 3}), deep(32, {1, 2, 3})}), none);
}

ImageF exr_values() {
  return {2, 1, 3, {0.5f, 2.0f, -1.0f, 0.001f, std::numeric_limits<float>::quiet_NaN(), 0}};
}

TEST(frame, openexr_goes_through_the_srgb_curve_unrounded) {
  const TemporaryFolder folder;
  save_exr(folder / "a.exr", exr_values());
  const auto frame = load_frame(folder / "a.exr", {});
  EXPECT_NEAR(frame->rgb[0], 0.735357, 1e-6);  // IEC 61966-2-1 of 0.5
  EXPECT_EQ(frame->rgb[1], 1.0f);
  EXPECT_EQ(frame->rgb[2], 0.0f);
  EXPECT_NEAR(frame->rgb[3], 0.01292, 1e-7);
  EXPECT_TRUE(std::isnan(frame->rgb[4]));
  EXPECT_EQ(frame->not_finite, 1u);
  EXPECT_FALSE(frame->scene_linear);
}

TEST(frame, openexr_values_as_they_are) {
  const TemporaryFolder folder;
  save_exr(folder / "a.exr", exr_values());
  const auto frame = load_frame(folder / "a.exr", {.scene_linear = true});
  EXPECT_TRUE(frame->scene_linear);
  EXPECT_EQ(frame->rgb[1], 2.0f);
  EXPECT_EQ(frame->rgb[2], -1.0f);
}

TEST(frame, a_crop_is_as_if_the_file_ended_there) {
  const Image8 image = waves(30, 20, 10);
  const Frame part = cropped(*frame_of(image), {4, 3, 8, 6}, "a.png");
  EXPECT_EQ(part.width, 8);
  EXPECT_EQ(part.rgba8.size(), 8u * 6 * 4);
  EXPECT_EQ(part.rgba8[(2 * 8 + 5) * 4 + 1], image.rgba[((3 + 2) * 30 + 4 + 5) * 4 + 1]);
  const Frame video = cropped(planes(30, 20, 10, 5), {4, 2, 8, 6}, "a.yuv");
  EXPECT_EQ(video.planes[1].width, 4);
  EXPECT_EQ(video.planes[1].height, 3);
  EXPECT_EQ(code_of(video.planes[1], 10, 4 + 1),
            code_of(planes(30, 20, 10, 5).planes[1], 10, (1 + 1) * 15 + 2 + 1));
}

TEST(frame, a_crop_that_does_not_fit_says_so) {
  const auto frame = frame_of(waves(30, 20, 0));
  EXPECT_TRUE(contains(failure_of(
                           [&] {
                             cropped(*frame, {25, 0, 6, 6}, "a.png");
                           },
                           ExitCode::size_mismatch),
                       "outside its 30x20 pixels"));
  EXPECT_TRUE(contains(failure_of(
                           [&] {
                             cropped(planes(30, 20, 8, 0), {1, 0, 8, 8}, "a.yuv");
                           },
                           ExitCode::usage),
                       "2x2 pixels a sample"));
}

TEST(rectangle, is_four_numbers) {
  EXPECT_EQ(parse_rectangle("1,2,3,4", "--crop").height, 4);
  for (const char* text : {"", "1,2,3", "1,2,3,4,5", "-1,2,3,4", "1,2,0,4", "a,b,c,d", "1 2 3 4"})
    EXPECT_TRUE(contains(failure_of([&] { parse_rectangle(text, "--crop"); }, ExitCode::usage), "X,Y,W,H"))
        << text;
}

TEST(mask, light_pixels_outside_of_the_rectangles_count) {
  const TemporaryFolder folder;
  Image8 image = waves(20, 10, 0);
  for (std::size_t i = 0; i < 200; ++i)
    std::fill_n(image.rgba.begin() + static_cast<std::ptrdiff_t>(4 * i), 3, i % 20 < 10 ? 127 : 128);
  save_png(folder / "mask.png", image);
  const Masks masks(folder / "mask.png", {{18, 0, 100, 5}}, std::nullopt);
  const auto mask = masks.of_size(20, 10);
  EXPECT_EQ(mask->visible, 100u - 10);
  EXPECT_EQ(mask->weights[9], 0);
  EXPECT_EQ(mask->weights[10], 1);
  EXPECT_EQ(mask->weights[18], 0);
  EXPECT_EQ(mask->weights[5 * 20 + 18], 1);
  EXPECT_TRUE(
      contains(failure_of([&] { masks.of_size(21, 10); }, ExitCode::size_mismatch), "the mask has 20x10"));
}

TEST(mask, coordinates_are_those_before_the_crop) {
  const Masks masks(std::nullopt, {{5, 5, 2, 2}}, Rectangle{4, 4, 6, 6});
  const auto mask = masks.of_size(6, 6);
  EXPECT_EQ(mask->visible, 32u);
  EXPECT_EQ(mask->weights[1 * 6 + 1], 0);
}

TEST(mask, that_shows_nothing_is_wrong_usage) {
  const Masks masks(std::nullopt, {{0, 0, 50, 50}}, std::nullopt);
  EXPECT_TRUE(contains(failure_of([&] { masks.of_size(6, 6); }, ExitCode::usage), "leave no pixel"));
}

// One pixel of 4:4:4.
Frame pixel(int bits, int y, int u, int v, const FrameColour& colour) {
  Frame frame{.kind = Frame::Kind::planes, .width = 1, .height = 1, .bits = bits, .colour = colour};
  for (const int code : {y, u, v}) {
    Plane plane{1, 1, {static_cast<std::uint8_t>(code)}};
    if (bits > 8) plane.bytes.push_back(static_cast<std::uint8_t>(code >> 8));
    frame.planes.push_back(plane);
  }
  return frame;
}

TEST(frame, planes_become_rgb_through_their_matrix_and_range) {
  const FrameColour bt709{.kr = 0.2126, .kb = 0.0722}, bt601{.kr = 0.299, .kb = 0.114},
      jpeg{.kr = 0.299, .kb = 0.114, .full_range = true};
  const struct {
    Frame frame;
    std::array<float, 3> rgb;
  } cases[] = {{pixel(8, 235, 128, 128, bt709), {1, 1, 1}},  {pixel(8, 16, 128, 128, bt709), {0, 0, 0}},
               {pixel(8, 63, 102, 240, bt709), {1, 0, 0}},   {pixel(8, 81, 90, 240, bt601), {1, 0, 0}},
               {pixel(8, 255, 128, 128, jpeg), {1, 1, 1}},   {pixel(8, 76, 85, 255, jpeg), {1, 0, 0}},
               {pixel(10, 940, 512, 512, bt709), {1, 1, 1}}, {pixel(10, 250, 409, 960, bt709), {1, 0, 0}},
               {pixel(8, 255, 128, 128, bt709), {1, 1, 1}},  // above white: clamped
               {pixel(8, 81, 90, 240, {}), {1, 0, 0}}};      // nothing said, few lines: BT.601, limited
  for (const auto& [frame, rgb] : cases) {
    const Frame converted = as_rgb(frame, "a.mkv");
    // The codes of the primaries are rounded: half a code in each of three terms of up to 1.9.
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(converted.rgb[c], rgb[c], 0.012) << c;
  }
}

TEST(frame, each_chroma_sample_stands_for_its_block_also_at_an_odd_edge) {
  Frame frame{
      .kind = Frame::Kind::planes, .width = 9, .height = 1};  // 4:1:1: blocks of four, the last of one
  frame.planes = {{9, 1, ByteVector(9, 128)}, {3, 1, {128, 128, 128}}, {3, 1, {128, 240, 16}}};
  const Frame converted = as_rgb(frame, "a.mkv");
  for (std::size_t u = 0; u < 9; ++u) {
    const float red = converted.rgb[3 * u];
    EXPECT_TRUE(u < 4 ? red > 0.4f && red < 0.6f : u < 8 ? red > 0.9f : red < 0.1f) << u << ": " << red;
  }
}

TEST(frame, a_crop_keeps_the_matrix_of_the_whole_picture) {
  const Frame whole = planes(32, 720, 8, 5);  // nothing said, many lines: BT.709
  const Rectangle crop{4, 100, 16, 32};
  const Frame first_cropped = as_rgb(cropped(whole, crop, "a.y4m"), "a.y4m");
  EXPECT_EQ(first_cropped.rgb, cropped(as_rgb(whole, "a.y4m"), crop, "a.y4m").rgb);
}

TEST(frame, an_unknown_matrix_is_not_guessed) {
  EXPECT_TRUE(contains(failure_of([] { as_rgb(pixel(8, 0, 0, 0, {.known = false}), "a.mkv"); }),
                       "a.mkv: its matrix"));
}

}  // namespace
}  // namespace fg::test
