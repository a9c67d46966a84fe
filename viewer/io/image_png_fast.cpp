// The PNG that renderers and cameras write: 8 bits, grey, RGB or RGBA, not interlaced. libdeflate inflates it in half
// the time of zlib, and the filters are undone on whole pixels at once. Whatever is unusual or damaged is left to the
// general decoder, which also has the sentences.

#include <libdeflate.h>

#include <cstring>
#include <memory>

#include "viewer/io/image_formats.h"

namespace fg {
namespace {

std::uint32_t big_endian32(const std::uint8_t* p) {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

struct SimplePng {
  std::uint32_t width = 0, height = 0;
  std::uint32_t channels = 0;         // 1, 3 or 4
  std::vector<std::uint8_t> deflate;  // the IDAT chunks together
};

// Nothing where a chunk is not what it should be, or changes how pixels are read.
std::optional<SimplePng> read_chunks(Bytes bytes) {
  SimplePng png;
  for (std::size_t offset = 8; offset + 12 <= bytes.size();) {
    const std::uint8_t* chunk = &bytes[offset];
    const std::size_t length = big_endian32(chunk);
    if (length > bytes.size() - offset - 12) return std::nullopt;
    if (libdeflate_crc32(0, chunk + 4, length + 4) != big_endian32(chunk + 8 + length)) return std::nullopt;
    const std::uint8_t* data = chunk + 8;
    const auto is = [&](const char* name) { return std::memcmp(chunk + 4, name, 4) == 0; };
    if (is("IHDR")) {
      if (length != 13 || png.channels) return std::nullopt;
      png.width = big_endian32(data);
      png.height = big_endian32(data + 4);
      const bool simple = data[8] == 8 && data[10] == 0 && data[11] == 0 && data[12] == 0;
      png.channels = data[9] == 0 ? 1 : data[9] == 2 ? 3 : data[9] == 6 ? 4 : 0;
      if (!simple || !png.channels) return std::nullopt;
    } else if (is("IDAT")) {
      png.deflate.insert(png.deflate.end(), data, data + length);
    } else if (is("IEND")) {
      return png.channels ? std::optional(std::move(png)) : std::nullopt;
    } else if (is("tRNS") || is("PLTE") || !(chunk[4] & 0x20)) {  // a palette is a hint here, and rare
      return std::nullopt;
    }
    offset += 12 + length;
  }
  return std::nullopt;
}

// Vectors of the compiler: SSE2 on x86, NEON on ARM.
using Codes = std::uint8_t __attribute__((vector_size(16)));
using Pixel = std::int16_t __attribute__((vector_size(8)));  // four channels

void undo_up(std::uint8_t* row, const std::uint8_t* above, std::size_t count) {
  std::size_t i = 0;
  for (; i + sizeof(Codes) <= count; i += sizeof(Codes)) {
    Codes a, b;
    std::memcpy(&a, row + i, sizeof a);
    std::memcpy(&b, above + i, sizeof b);
    a += b;
    std::memcpy(row + i, &a, sizeof a);
  }
  for (; i < count; ++i) row[i] = static_cast<std::uint8_t>(row[i] + above[i]);
}

template <int kChannels>
Pixel load_pixel(const std::uint8_t* p) {
  if constexpr (kChannels == 4)
    return Pixel{p[0], p[1], p[2], p[3]};
  else if constexpr (kChannels == 3)
    return Pixel{p[0], p[1], p[2], 0};
  else
    return Pixel{p[0], 0, 0, 0};
}
template <int kChannels>
void store_pixel(std::uint8_t* p, Pixel pixel) {
  for (int c = 0; c < kChannels; ++c) p[c] = static_cast<std::uint8_t>(pixel[c]);
}

Pixel magnitude(Pixel p) { return p < 0 ? -p : p; }

// PNG specification, section 9: a is the pixel before, b the one above, c the one above and before.
template <int kChannels, class Predict>
void undo_from_before(std::uint8_t* row, const std::uint8_t* above, std::size_t count,
                      const Predict& predict) {
  Pixel a{}, c{};
  for (std::size_t i = 0; i < count; i += kChannels) {
    const Pixel b = load_pixel<kChannels>(above + i);
    a = (load_pixel<kChannels>(row + i) + predict(a, b, c)) & 255;
    c = b;
    store_pixel<kChannels>(row + i, a);
  }
}

template <int kChannels>
bool undo_filter(int filter, std::uint8_t* row, const std::uint8_t* above, std::size_t count) {
  switch (filter) {
    case 0:
      return true;
    case 1:
      undo_from_before<kChannels>(row, above, count, [](Pixel a, Pixel, Pixel) { return a; });
      return true;
    case 2:
      undo_up(row, above, count);
      return true;
    case 3:
      undo_from_before<kChannels>(row, above, count,
                                  [](Pixel a, Pixel b, Pixel) -> Pixel { return (a + b) >> 1; });
      return true;
    case 4:
      undo_from_before<kChannels>(row, above, count, [](Pixel a, Pixel b, Pixel c) -> Pixel {
        const Pixel to_a = magnitude(b - c), to_b = magnitude(a - c), to_c = magnitude(a + b - c - c);
        const Pixel b_or_c = to_b <= to_c ? b : c;
        return ((to_a <= to_b) & (to_a <= to_c)) ? a : b_or_c;
      });
      return true;
    default:
      return false;
  }
}

template <int kChannels>
bool undo_filters(std::vector<std::uint8_t>& rows, const SimplePng& png, std::uint8_t* rgba) {
  const std::size_t count = std::size_t{png.width} * kChannels;
  const std::vector<std::uint8_t> nothing(count, 0);
  const std::uint8_t* above = nothing.data();
  for (std::uint32_t v = 0; v < png.height; ++v) {
    std::uint8_t* row = &rows[v * (count + 1)] + 1;
    if (!undo_filter<kChannels>(row[-1], row, above, count)) return false;
    above = row;
    for (std::uint32_t u = 0; u < png.width; ++u, rgba += 4) {
      const std::uint8_t* in = row + std::size_t{u} * kChannels;
      const std::uint8_t pixel[4] = {in[0], in[kChannels > 1 ? 1 : 0], in[kChannels > 1 ? 2 : 0],
                                     kChannels == 4 ? in[kChannels - 1] : std::uint8_t{255}};
      std::memcpy(rgba, pixel, 4);
    }
  }
  return true;
}

}  // namespace

std::optional<Image8> decode_simple_png(Bytes bytes) {
  const std::optional<SimplePng> png = read_chunks(bytes);
  if (!png) return std::nullopt;
  const std::size_t row_bytes = std::size_t{png->width} * png->channels + 1;
  std::vector<std::uint8_t> rows(row_bytes * png->height);
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (!decompressor ||
      libdeflate_zlib_decompress(decompressor.get(), png->deflate.data(), png->deflate.size(), rows.data(),
                                 rows.size(), nullptr) != LIBDEFLATE_SUCCESS)
    return std::nullopt;
  Image8 image{static_cast<int>(png->width), static_cast<int>(png->height), {}};
  image.rgba.resize(std::size_t{png->width} * png->height * 4);
  const bool done = png->channels == 1   ? undo_filters<1>(rows, *png, image.rgba.data())
                    : png->channels == 3 ? undo_filters<3>(rows, *png, image.rgba.data())
                                         : undo_filters<4>(rows, *png, image.rgba.data());
  return done ? std::optional(std::move(image)) : std::nullopt;
}

}  // namespace fg
