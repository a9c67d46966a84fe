// The decoder of common PNG files against the specification's filters, written out by hand.

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <cstdlib>
#include <cstring>

#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/io/image_formats.h"

namespace fg {
namespace {

// Codes of all kinds: slopes, steps and noise.
ByteVector codes(int width, int height, int channels) {
  ByteVector values;
  std::uint32_t random = 99;
  for (int v = 0; v < height; ++v)
    for (int i = 0; i < width * channels; ++i) {
      random = random * 1664525u + 1013904223u;
      values.push_back(static_cast<std::uint8_t>(v % 3 ? 5 * i + 7 * v + (i % 11 ? 0 : 100) : random >> 24));
    }
  return values;
}

int paeth(int a, int b, int c) {
  const int pa = std::abs(b - c), pb = std::abs(a - c), pc = std::abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// Row v has the filter (first + v * step) % 5. PNG specification, 9.2.
ByteVector filtered(const ByteVector& values, int width, int height, int channels, int first, int step) {
  ByteVector rows;
  const int count = width * channels;
  for (int v = 0; v < height; ++v) {
    const int filter = (first + v * step) % 5;
    rows.push_back(static_cast<std::uint8_t>(filter));
    for (int i = 0; i < count; ++i) {
      const auto at = [&](int row, int k) {
        return row < 0 || k < 0 ? 0 : values[std::size_t(row) * count + k];
      };
      const int a = at(v, i - channels), b = at(v - 1, i), c = i < channels ? 0 : at(v - 1, i - channels);
      const int predictions[] = {0, a, b, (a + b) / 2, paeth(a, b, c)};
      rows.push_back(static_cast<std::uint8_t>(at(v, i) - predictions[filter]));
    }
  }
  return rows;
}

void add_number(ByteVector& bytes, std::size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

void add_chunk(ByteVector& file, const char* name, const ByteVector& data) {
  add_number(file, data.size());
  const std::size_t from = file.size();
  file.insert(file.end(), name, name + 4);
  file.insert(file.end(), data.begin(), data.end());
  add_number(file, libdeflate_crc32(0, &file[from], file.size() - from));
}

ByteVector png_of(const ByteVector& rows, int width, int height, int channels, std::size_t idat_bytes) {
  const ByteVector signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  ByteVector header, file = signature;
  add_number(header, static_cast<std::size_t>(width));
  add_number(header, static_cast<std::size_t>(height));
  const std::uint8_t colour_type = channels == 1 ? 0 : channels == 3 ? 2 : 6;
  header.insert(header.end(), {8, colour_type, 0, 0, 0});
  add_chunk(file, "IHDR", header);
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  ByteVector deflated(libdeflate_zlib_compress_bound(compressor, rows.size()));
  deflated.resize(
      libdeflate_zlib_compress(compressor, rows.data(), rows.size(), deflated.data(), deflated.size()));
  libdeflate_free_compressor(compressor);
  for (std::size_t i = 0; i < deflated.size(); i += idat_bytes)
    add_chunk(file, "IDAT",
              ByteVector(
                  deflated.begin() + static_cast<std::ptrdiff_t>(i),
                  deflated.begin() + static_cast<std::ptrdiff_t>(std::min(deflated.size(), i + idat_bytes))));
  add_chunk(file, "IEND", {});
  return file;
}

TEST(simple_png, every_filter_gives_back_every_pixel) {
  for (const int channels : {1, 3, 4})
    for (const auto& [width, height] :
         {std::pair(37, 23), std::pair(1, 1), std::pair(1, 9), std::pair(64, 1)})
      for (int first = 0; first < 5; ++first)
        for (const int step : {0, 1, 3}) {
          SCOPED_TRACE(testing::Message()
                       << channels << " channels " << width << "x" << height << " filter " << first);
          const ByteVector values = codes(width, height, channels);
          const ByteVector file =
              png_of(filtered(values, width, height, channels, first, step), width, height, channels, 100);
          const std::optional<Image8> image = decode_simple_png(file);
          ASSERT_TRUE(image);
          for (std::size_t i = 0; i < std::size_t(width) * height; ++i) {
            const std::uint8_t* p = &values[i * channels];
            const bool grey = channels == 1;
            const ByteVector expected = {p[0], p[grey ? 0 : 1], p[grey ? 0 : 2],
                                         channels == 4 ? p[3] : std::uint8_t{255}};
            ASSERT_EQ(ByteVector(&image->rgba[4 * i], &image->rgba[4 * i] + 4), expected) << i;
          }
        }
}

TEST(simple_png, leaves_the_unusual_to_the_general_decoder) {
  const TemporaryFolder folder;
  const auto simple = [&](PngKind kind, int samples) {
    write_png(folder / "a.png", 8, 8, kind, std::vector<std::uint16_t>(std::size_t(8) * 8 * samples, 1));
    return decode_simple_png(read_bytes(folder / "a.png")).has_value();
  };
  EXPECT_TRUE(simple({2, 8, false}, 3));
  EXPECT_TRUE(simple({0, 8, false}, 1));
  EXPECT_FALSE(simple({2, 16, false}, 3));
  EXPECT_FALSE(simple({2, 8, true}, 3));
  EXPECT_FALSE(simple({3, 8, false}, 1));
  EXPECT_FALSE(simple({0, 4, false}, 1));
  EXPECT_FALSE(simple({4, 8, false}, 2));
}

TEST(simple_png, refuses_damage) {
  const ByteVector good = png_of(filtered(codes(9, 7, 3), 9, 7, 3, 0, 1), 9, 7, 3, 1000);
  ASSERT_TRUE(decode_simple_png(good));
  for (std::size_t i = 8; i < good.size(); ++i) {
    ByteVector bad = good;
    bad[i] ^= 0x10;
    EXPECT_FALSE(decode_simple_png(bad)) << i;  // every chunk has a check sum
  }
  for (std::size_t length = 8; length < good.size(); ++length)
    EXPECT_FALSE(decode_simple_png(Bytes(good).first(length))) << length;
  ByteVector rows = filtered(codes(9, 7, 3), 9, 7, 3, 0, 1);
  rows[0] = 5;  // no such filter
  EXPECT_FALSE(decode_simple_png(png_of(rows, 9, 7, 3, 1000)));
  rows.pop_back();
  EXPECT_FALSE(decode_simple_png(png_of(rows, 9, 7, 3, 1000)));
}

}  // namespace
}  // namespace fg
