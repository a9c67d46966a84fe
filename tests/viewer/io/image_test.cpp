#include "viewer/io/image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

int largest_difference(const Image8& a, const Image8& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  if (a.rgba.size() != b.rgba.size()) return 256;
  int largest = 0;
  for (std::size_t i = 0; i < a.rgba.size(); ++i)
    largest = std::max(largest, std::abs(int{a.rgba[i]} - int{b.rgba[i]}));
  return largest;
}

// What a PNG of this kind has to decode to, from the PNG specification alone.
Image8 expected_png(int width, int height, PngKind kind, const std::vector<std::uint16_t>& codes) {
  Image8 image{width, height, {}};
  const double largest = (1 << kind.bit_depth) - 1;
  const auto code8 = [largest](std::uint16_t code) {
    return static_cast<std::uint8_t>(std::lround(255.0 * code / largest));
  };
  const std::size_t channels = codes.size() / static_cast<std::size_t>(width * height);
  for (std::size_t i = 0; i < codes.size(); i += channels) {
    const std::uint16_t* c = &codes[i];
    const auto index = static_cast<std::uint8_t>(c[0]);
    switch (kind.colour_type) {
      case 0:
        image.rgba.insert(image.rgba.end(), {code8(c[0]), code8(c[0]), code8(c[0]), 255});
        break;
      case 2:
        image.rgba.insert(image.rgba.end(), {code8(c[0]), code8(c[1]), code8(c[2]), 255});
        break;
      case 3:
        image.rgba.insert(image.rgba.end(),
                          {index, static_cast<std::uint8_t>(255 - index),
                           static_cast<std::uint8_t>(index / 2), static_cast<std::uint8_t>(255 - index)});
        break;
      case 4:
        image.rgba.insert(image.rgba.end(), {code8(c[0]), code8(c[0]), code8(c[0]), code8(c[1])});
        break;
      default:
        image.rgba.insert(image.rgba.end(), {code8(c[0]), code8(c[1]), code8(c[2]), code8(c[3])});
    }
  }
  return image;
}

TEST(image, every_kind_of_png_decodes_to_its_codes) {
  const TemporaryFolder folder;
  constexpr int kWidth = 19,
                kHeight = 11;  // not a multiple of 8: rows end within a byte, Adam7 passes are ragged
  struct Depths {
    int colour_type, channels;
    std::vector<int> bits;
  };
  const Depths all[] = {
      {0, 1, {1, 2, 4, 8, 16}}, {2, 3, {8, 16}}, {3, 1, {1, 2, 4, 8}}, {4, 2, {8, 16}}, {6, 4, {8, 16}}};
  for (const Depths& depths : all)
    for (const int bits : depths.bits)
      for (const bool interlaced : {false, true}) {
        SCOPED_TRACE("colour type " + std::to_string(depths.colour_type) + ", " + std::to_string(bits) +
                     " bits" + (interlaced ? ", interlaced" : ""));
        std::vector<std::uint16_t> codes;
        for (int i = 0; i < kWidth * kHeight * depths.channels; ++i)
          codes.push_back(static_cast<std::uint16_t>((i * 7919u + 13u) & ((1u << bits) - 1u)));
        const PngKind kind{depths.colour_type, bits, interlaced};
        write_png(folder / "a.png", kWidth, kHeight, kind, codes);
        EXPECT_EQ(
            largest_difference(load_image(folder / "a.png"), expected_png(kWidth, kHeight, kind, codes)), 0);
      }
}

TEST(image, sixteen_bit_codes_are_rounded_not_cut) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", 4, 1, {0, 16, false}, {0x00ff, 0x0080, 0x0081, 0xfeff});
  const Image8 image = load_image(folder / "a.png");
  EXPECT_EQ(image.rgba[0], 1);     // 0.992
  EXPECT_EQ(image.rgba[4], 0);     // 0.498
  EXPECT_EQ(image.rgba[8], 1);     // 0.502
  EXPECT_EQ(image.rgba[12], 254);  // 253.996; cutting gives 254 too
}

TEST(image, jpeg_of_every_kind_is_close_to_what_was_written) {
  const TemporaryFolder folder;
  const Image8 image = gradient(37, 29);
  for (const JpegKind kind : {JpegKind::colour, JpegKind::progressive}) {
    write_jpeg(folder / "a.jpg", image, kind);
    // Quality 100 on a smooth image: quantisation by 1 and two colour conversions, each off by one at most.
    EXPECT_LE(largest_difference(load_image(folder / "a.jpg"), image), 3);
  }
  write_jpeg(folder / "grey.jpg", image, JpegKind::grey);
  const Image8 grey = load_image(folder / "grey.jpg");
  for (std::size_t i = 0; i < grey.rgba.size(); i += 4) {
    EXPECT_EQ(grey.rgba[i], grey.rgba[i + 1]);
    EXPECT_EQ(grey.rgba[i], grey.rgba[i + 2]);
    EXPECT_EQ(grey.rgba[i + 3], 255);
    // ITU-R BT.601 luma
    EXPECT_NEAR(grey.rgba[i], 0.299 * image.rgba[i] + 0.587 * image.rgba[i + 1] + 0.114 * image.rgba[i + 2],
                2.0);
  }
}

TEST(image, cmyk_jpeg_becomes_rgb) {
  const TemporaryFolder folder;
  const Image8 inks =
      gradient(24, 16, false);  // taken as C M Y K, stored inverted as Adobe does: 255 is no ink
  write_jpeg(folder / "a.jpg", inks, JpegKind::cmyk);
  const Image8 image = load_image(folder / "a.jpg");
  ASSERT_EQ(image.rgba.size(), inks.rgba.size());
  for (std::size_t i = 0; i < image.rgba.size(); i += 4) {
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_NEAR(image.rgba[i + c], inks.rgba[i + c] * inks.rgba[i + 3] / 255.0, 3.0);
    EXPECT_EQ(image.rgba[i + 3], 255);
  }
}

TEST(image, lossless_webp_keeps_every_code_and_alpha) {
  const TemporaryFolder folder;
  const Image8 image = gradient(33, 21, false);
  write_lossless_webp(folder / "a.webp", image);
  EXPECT_EQ(largest_difference(load_image(folder / "a.webp"), image), 0);
  write_lossy_webp(folder / "b.webp", gradient(33, 21), 100.0f);
  // 4:2:0 chroma and the video range of VP8; a gradient loses little.
  EXPECT_LE(largest_difference(load_image(folder / "b.webp"), gradient(33, 21)), 12);
}

TEST(image, the_format_is_told_by_content_not_by_name) {
  const TemporaryFolder folder;
  const Image8 image = gradient(8, 8);
  save_png(folder / "photo.jpg", image);
  EXPECT_EQ(largest_difference(load_image(folder / "photo.jpg"), image), 0);
}

TEST(image, the_size_is_known_without_decoding) {
  const TemporaryFolder folder;
  const Image8 image = gradient(37, 29);
  save_png(folder / "a.png", image);
  write_jpeg(folder / "a.jpg", image);
  write_jpeg(folder / "p.jpg", image, JpegKind::progressive);
  write_lossless_webp(folder / "a.webp", image);
  write_lossy_webp(folder / "b.webp", image, 80.0f);
  save_exr(folder / "a.exr", {37, 29, 1, std::vector<float>(37 * 29)});
  for (const char* name : {"a.png", "a.jpg", "p.jpg", "a.webp", "b.webp", "a.exr"}) {
    const ImageSize size = peek_image_size(folder / name);
    EXPECT_EQ(size.width, 37) << name;
    EXPECT_EQ(size.height, 29) << name;
  }
}

TEST(image, the_size_of_a_jpeg_is_found_behind_a_long_preview) {
  const TemporaryFolder folder;
  write_jpeg(folder / "a.jpg", gradient(37, 29));
  ByteVector bytes = read_bytes(folder / "a.jpg");
  ByteVector padding;
  for (int i = 0; i < 4; ++i) {  // four application segments of 65535 bytes
    padding.insert(padding.end(), {0xff, 0xe5, 0xff, 0xff});
    padding.resize(padding.size() + 65533, 0xff);
  }
  bytes.insert(bytes.begin() + 2, padding.begin(), padding.end());
  write_bytes(folder / "a.jpg", bytes);
  EXPECT_EQ(peek_image_size(folder / "a.jpg").width, 37);
  EXPECT_EQ(load_image(folder / "a.jpg").height, 29);
}

TEST(image, the_orientation_of_a_jpeg_is_told_and_not_applied) {
  const TemporaryFolder folder;
  write_jpeg(folder / "a.jpg", gradient(37, 29));
  const ByteVector plain = read_bytes(folder / "a.jpg");
  EXPECT_EQ(load_deep_image(folder / "a.jpg").orientation, 1);
  for (const bool big_endian : {false, true})
    for (const int told : {1, 6, 8, 0, 9}) {
      ByteVector bytes = plain;
      const ByteVector exif = exif_segment(told, big_endian);
      bytes.insert(bytes.begin() + 2, exif.begin(), exif.end());
      write_bytes(folder / "b.jpg", bytes);
      const DeepImage image = load_deep_image(folder / "b.jpg");
      EXPECT_EQ(image.orientation, told == 6 || told == 8 ? told : 1);
      EXPECT_EQ(image.codes.width, 37);
    }
}

TEST(image, a_saved_png_comes_back_and_drops_alpha_only_where_it_is_255) {
  const TemporaryFolder folder;
  for (const bool opaque : {true, false}) {
    const Image8 image = gradient(31, 7, opaque);
    save_png(folder / "a.png", image);
    EXPECT_EQ(largest_difference(load_image(folder / "a.png"), image), 0);
    EXPECT_EQ(read_bytes(folder / "a.png")[25], opaque ? 2 : 6);  // colour type in the header
  }
  EXPECT_EQ(folder.files(), 1u) << "no temporary is left";
}

TEST(image, saving_where_it_cannot_be_written_says_so_and_leaves_nothing) {
  const TemporaryFolder folder;
  const Image8 image = gradient(8, 8);
  EXPECT_TRUE(contains(failure_of([&] { save_png(folder / "no/such/a.png", image); }, ExitCode::internal),
                       "No such file"));
  EXPECT_TRUE(contains(failure_of([&] { save_png(folder.path(), image); }, ExitCode::internal), "directory"));
  EXPECT_TRUE(
      contains(failure_of([&] { save_png("/dev/full", image); }, ExitCode::internal), "No space left"));
  EXPECT_EQ(folder.files(), 0u);
  save_png("/dev/null", image);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null")) << "a device must not be replaced by a file";
}

TEST(image, saving_through_a_link_writes_what_it_points_to) {
  const TemporaryFolder folder;
  save_png(folder / "real.png", gradient(4, 4));
  std::filesystem::create_symlink(folder / "real.png", folder / "link.png");
  save_png(folder / "link.png", gradient(9, 4));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.png"));
  EXPECT_EQ(load_image(folder / "real.png").width, 9);
}

TEST(image, absurd_sizes_are_refused_before_anything_is_allocated) {
  const TemporaryFolder folder;
  save_png(folder / "a.png", gradient(8, 8));
  const ByteVector good = read_bytes(folder / "a.png");
  struct Claim {
    std::uint32_t width, height;
    const char* sentence;
  };
  for (const Claim& claim : {Claim{40000, 8, "the limit is 32768"}, Claim{32768, 32768, "MiB decoded"},
                             Claim{8000, 8000, "it is damaged"}, Claim{4000, 4000, "it is truncated"},
                             Claim{0, 8, "at least 1x1"}}) {
    ByteVector bytes = good;
    for (int i = 0; i < 4; ++i) {
      bytes[16 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(claim.width >> (24 - 8 * i));
      bytes[20 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(claim.height >> (24 - 8 * i));
    }
    write_bytes(folder / "b.png", bytes);
    const std::string sentence = failure_of([&] { load_image(folder / "b.png"); });
    EXPECT_TRUE(contains(sentence, claim.sentence)) << sentence;
    EXPECT_TRUE(contains(sentence, "b.png")) << sentence;
  }
}

TEST(image, a_truncated_file_is_refused_with_name_and_byte) {
  const TemporaryFolder folder;
  const Image8 image = gradient(64, 64);
  save_png(folder / "a.png", image);
  write_jpeg(folder / "a.jpg", image);
  write_lossless_webp(folder / "a.webp", image);
  for (const char* name : {"a.png", "a.jpg", "a.webp"}) {
    ByteVector bytes = read_bytes(folder / name);
    bytes.resize(bytes.size() * 3 / 4);
    write_bytes(folder / name, bytes);
    const std::string sentence = failure_of([&] { load_image(folder / name); });
    EXPECT_TRUE(contains(sentence, name) && contains(sentence, "byte ") && contains(sentence, "truncated"))
        << sentence;
  }
}

TEST(image, other_files_are_named_for_what_they_are) {
  const TemporaryFolder folder;
  struct Case {
    const char *text, *sentence;
  };
  for (const Case& one :
       {Case{"", "is empty"}, Case{"GIF89a...........", "is a GIF"}, Case{"BM..............", "is a BMP"},
        Case{"hello, this is a text", "byte 0: not an image"},
        Case{"version https://git-lfs.github.com/spec/v1", "git lfs pull"}}) {
    write_text(folder / "x.png", one.text);
    const std::string sentence = failure_of([&] { load_image(folder / "x.png"); });
    EXPECT_TRUE(contains(sentence, one.sentence)) << sentence;
    EXPECT_TRUE(contains(failure_of([&] { peek_image_size(folder / "x.png"); }), one.sentence));
  }
  EXPECT_TRUE(contains(failure_of([&] { load_image(folder.path()); }), "is a folder"));
  EXPECT_TRUE(contains(failure_of([&] { load_image(folder / "none.png"); }), "No such file"));
}

TEST(image, compositing_mixes_by_alpha_and_rounds) {
  const Image8 image{4, 1, {200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 128, 10, 20, 30, 64}};
  const float background[3] = {1.0f, 0.5f, 0.0f};
  const Image8 result = composite_over(image, background);
  const std::vector<std::uint8_t> expected = {200, 100, 0, 255,   // opaque: as it was
                                              255, 128, 0, 255,   // clear: the background, 127.5 rounded up
                                              227, 114, 0, 255,   // 128/255: 227.39, 113.70
                                              194, 101, 8, 255};  // 64/255: 193.51, 100.52, 7.53
  EXPECT_EQ(result.rgba, expected);
}

TEST(image, downscaling_averages_blocks_and_what_is_left_of_them) {
  Image8 image{3, 3, {}};
  for (const int value : {10, 20, 30, 40, 50, 60, 70, 80, 91})
    for (int c = 0; c < 4; ++c) image.rgba.push_back(static_cast<std::uint8_t>(c == 3 ? 255 : value));
  const Image8 half = downscale(image, 2);
  ASSERT_EQ(half.width, 2);
  ASSERT_EQ(half.height, 2);
  EXPECT_EQ(half.rgba[0], 30);   // mean of 10 20 40 50
  EXPECT_EQ(half.rgba[4], 45);   // mean of 30 60
  EXPECT_EQ(half.rgba[8], 75);   // mean of 70 80
  EXPECT_EQ(half.rgba[12], 91);  // alone
  EXPECT_EQ(half.rgba[15], 255);
  EXPECT_EQ(largest_difference(downscale(image, 1), image), 0);
  EXPECT_EQ(downscale(image, 1000).rgba.size(), 4u);
}

TEST(image, downscaling_does_not_mix_in_colour_under_alpha_0) {
  const Image8 image{2, 1, {200, 100, 50, 255, 0, 255, 255, 0}};
  const Image8 half = downscale(image, 2);
  EXPECT_EQ(half.rgba, (std::vector<std::uint8_t>{200, 100, 50, 128}));
}

}  // namespace
}  // namespace fg
