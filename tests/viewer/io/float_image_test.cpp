// PFM and Radiance HDR: pixels written by hand, damage, and what the 8-bit loader makes of them.

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "tests/viewer/io/test_files.h"
#include "viewer/io/image.h"

namespace fg {
namespace {

std::string floats(std::initializer_list<float> values, bool little_endian) {
  std::string bytes;
  for (const float value : values) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(word >> (little_endian ? 8 * i : 24 - 8 * i));
  }
  return bytes;
}

TEST(pfm, rows_come_from_the_bottom_in_either_byte_order) {
  const TemporaryFolder folder;
  for (const bool little : {true, false}) {
    write_text(folder / "a.pfm", std::string("PF\n2 2\n") + (little ? "-1.0" : "1.0") + "\n" +
                                     floats({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, little));
    const DeepImage image = load_deep_image(folder / "a.pfm");
    EXPECT_EQ(image.bits, 32);
    EXPECT_TRUE(image.scene_linear);
    EXPECT_EQ(image.values.values, (std::vector<float>{7, 8, 9, 1, 10, 11, 12, 1, 1, 2, 3, 1, 4, 5, 6, 1}));
  }
}

TEST(pfm, grey_is_given_three_times) {
  const TemporaryFolder folder;
  write_text(folder / "a.pfm", "Pf 1 1 -2.5\n" + floats({0.25f}, true));
  EXPECT_EQ(load_deep_image(folder / "a.pfm").values.values, (std::vector<float>{0.25f, 0.25f, 0.25f, 1}));
  EXPECT_EQ(peek_image_size(folder / "a.pfm").width, 1);
}

TEST(pfm, what_is_wrong_is_said) {
  const TemporaryFolder folder;
  const std::pair<std::string, const char*> damaged[] = {
      {"PF\n2 2\n-1\n" + floats({1, 2, 3}, true), "byte 22: 48 bytes of floats expected after byte 10"},
      {"PF\n2 2\n0\n" + floats({1}, true), "scale of 0"},
      {"PF\n2 2\n", "the scale, negative for little-endian expected"},
      {"PF\n2 x\n-1\n", "byte 5: PFM header: the height expected"},
      {"PF\n-2 2\n-1\n", "expected at least 1x1"},
      {"PF\n30000 30000\n-1\n", "the limit is 1024 MiB"},
      {"PF\n" + std::string(500, ' '), "the header ends"},
  };
  for (const auto& [text, sentence] : damaged) {
    write_text(folder / "a.pfm", text);
    const std::string failure = failure_of([&] { load_deep_image(folder / "a.pfm"); });
    EXPECT_TRUE(contains(failure, sentence)) << failure;
  }
}

const std::string kHdrHeader = "#?RADIANCE\n# a comment\nFORMAT=32-bit_rle_rgbe\n\n";

TEST(radiance, flat_pixels) {
  const TemporaryFolder folder;
  // Mantissas times 2^(exponent - 136); exponent 0 is black.
  write_text(folder / "a.hdr", kHdrHeader + "-Y 1 +X 3\n" +
                                   std::string("\x80\x40\x20\x81\xff\x80\x00\x88\x55\x66\x77\x00", 12));
  const DeepImage image = load_deep_image(folder / "a.hdr");
  EXPECT_TRUE(image.scene_linear);
  EXPECT_EQ(image.values.values, (std::vector<float>{1, 0.5f, 0.25f, 1, 255, 128, 0, 1, 0, 0, 0, 1}));
}

// Of each component a run and a copy.
std::string coded_row() {
  std::string row("\x02\x02\x00\x0a", 4);
  for (const char base : {'\x80', '\x40', '\x20', '\x81'}) {
    row += std::string("\x87", 1) + base;  // seven times
    row += std::string("\x03", 1) + std::string(3, base);
  }
  return row;
}

TEST(radiance, run_length_coded_rows) {
  const TemporaryFolder folder;
  write_text(folder / "a.hdr", kHdrHeader + "-Y 2 +X 10\n" + coded_row() + coded_row());
  const DeepImage image = load_deep_image(folder / "a.hdr");
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(std::vector<float>(&image.values.values[4 * i], &image.values.values[4 * i] + 4),
              (std::vector<float>{1, 0.5f, 0.25f, 1}))
        << i;
  const Image8 codes = load_image(folder / "a.hdr");
  EXPECT_EQ(ByteVector(codes.rgba.begin(), codes.rgba.begin() + 4),
            (ByteVector{255, 188, 137, 255}));  // IEC 61966-2-1
}

TEST(radiance, what_is_wrong_is_said) {
  const TemporaryFolder folder;
  const std::string row = coded_row();
  std::string long_run = row;
  long_run[4] = '\x8b';
  const std::pair<std::string, const char*> damaged[] = {
      {kHdrHeader + "-Y 2 +X 10\n" + row, "the file ends; it is truncated"},
      {kHdrHeader + "-Y 1 +X 10\n" + long_run, "a run of 11 pixels, the row has 10 left"},
      {kHdrHeader + "+Y 1 +X 10\n" + row, "a size such as -Y 480 +X 640 expected"},
      {kHdrHeader + "-Y 1 +X 10 \n" + row, "a size such as"},
      {kHdrHeader + "-Y 0 +X 10\n", "expected at least 1x1"},
      {kHdrHeader + "-Y 1 +X 1\n" + std::string("\x01\x01\x01\x05", 4), "runs of before 1991"},
      {"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 1 +X 1\n", "another format"},
      {"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "header expected up to the size"},
  };
  for (const auto& [text, sentence] : damaged) {
    write_text(folder / "a.hdr", text);
    const std::string failure = failure_of([&] { load_deep_image(folder / "a.hdr"); });
    EXPECT_TRUE(contains(failure, sentence)) << failure;
  }
}

TEST(damaged_image, pfm_and_radiance) {
  const TemporaryFolder folder;
  write_text(folder / "a.pfm", "PF\n2 2\n-1.0\n" + floats({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, true));
  write_text(folder / "a.hdr", kHdrHeader + "-Y 3 +X 10\n" + coded_row() + coded_row() + coded_row());
  for (const char* name : {"a.pfm", "a.hdr"})
    Damage(folder / name).truncate_and_flip([&] {
      peek_image_size(folder / name);
      load_deep_image(folder / name);
      load_image(folder / name);
    });
}

}  // namespace
}  // namespace fg
