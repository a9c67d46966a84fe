#include <spng.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/image_formats.h"

namespace fg {

namespace {

constexpr std::size_t kChunkLimitBytes = 64 << 20;  // a colour profile or text chunk beyond this is refused

struct FreeContext {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

struct PngHeader {
  std::uint32_t width, height;
  int bit_depth, colour_type;
};

std::uint32_t big_endian32(Bytes bytes, std::size_t offset) {
  return static_cast<std::uint32_t>(bytes[offset]) << 24 |
         static_cast<std::uint32_t>(bytes[offset + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[offset + 2]) << 8 | bytes[offset + 3];
}

PngHeader read_png_header(const std::filesystem::path& file, Bytes bytes) {
  constexpr std::size_t kHeaderEnd = 33;  // signature 8, length 4, "IHDR" 4, data 13, CRC 4
  if (bytes.size() < kHeaderEnd)
    throw unreadable(
        file, "byte " + std::to_string(bytes.size()) + ": PNG header expected up to byte 33, the file ends");
  if (big_endian32(bytes, 8) != 13 || big_endian32(bytes, 12) != 0x49484452)
    throw unreadable(file, "byte 8: PNG chunk IHDR of 13 bytes expected");
  return {big_endian32(bytes, 16), big_endian32(bytes, 20), bytes[24], bytes[25]};
}

int channels(int colour_type) {
  switch (colour_type) {
    case SPNG_COLOR_TYPE_TRUECOLOR:
      return 3;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return 4;
    default:
      return 1;
  }
}

// Where the file stops being a chain of PNG chunks; its size when the chain reaches IEND.
std::string where_it_ends(Bytes bytes) {
  std::uint64_t offset = 8;
  while (offset + 12 <= bytes.size()) {
    const std::uint64_t length = big_endian32(bytes, static_cast<std::size_t>(offset));
    const bool last = big_endian32(bytes, static_cast<std::size_t>(offset) + 4) == 0x49454e44;
    if (length > bytes.size() - offset - 12)
      return "byte " + std::to_string(offset) + ": a chunk of " + std::to_string(length) +
             " bytes, the file ends after " + std::to_string(bytes.size() - offset - 8) +
             "; it is truncated or damaged: ";
    offset += 12 + length;
    if (last) return "";
  }
  return "byte " + std::to_string(offset) + ": the file ends without the chunk IEND; it is truncated: ";
}

}  // namespace

ImageSize png_size(const std::filesystem::path& file, Bytes bytes) {
  const PngHeader header = read_png_header(file, bytes);
  check_image_size(file, header.width, header.height, 1, ~std::uint64_t{0} >> 1);
  return {static_cast<int>(header.width), static_cast<int>(header.height)};
}

namespace {

// Deflate shrinks at most 1032 times, so a short file cannot hold a large image.
void check_length(const std::filesystem::path& file, Bytes bytes, const PngHeader& header) {
  const std::uint64_t coded_bits =
      std::uint64_t{header.width} * header.height * header.bit_depth * channels(header.colour_type);
  if (coded_bits / 8 / 1032 > bytes.size())
    throw unreadable(file, "claims " + std::to_string(header.width) + "x" + std::to_string(header.height) +
                               " pixels, the file ends after " + std::to_string(bytes.size()) +
                               " bytes; it is truncated");
}

// Decodes into memory that `room` gives for this many values of one byte, or of two for 16-bit files.
template <class Room>
void decode(const std::filesystem::path& file, Bytes bytes, const PngHeader& header, const Room& room) {
  const bool wide = header.bit_depth == 16;
  const Context context(spng_ctx_new(0));
  if (!context) throw Failure(ExitCode::internal, file.string() + ": out of memory");
  const auto check = [&](int status) {
    if (status != 0)
      throw unreadable(file, where_it_ends(bytes) + "PNG decoder: " + std::string(spng_strerror(status)));
  };
  check(spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD));
  check(spng_set_chunk_limits(context.get(), kChunkLimitBytes, kChunkLimitBytes));
  check(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()));
  const std::size_t values = static_cast<std::size_t>(header.width) * header.height * 4;
  check(spng_decode_image(context.get(), room(values), values * (wide ? 2 : 1),
                          wide ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8, SPNG_DECODE_TRNS));
}

}  // namespace

Image8 decode_png(const std::filesystem::path& file, Bytes bytes) {
  const PngHeader header = read_png_header(file, bytes);
  const bool wide = header.bit_depth == 16;
  check_image_size(file, header.width, header.height, wide ? 8 : 4, bytes.size());
  check_length(file, bytes, header);
  if (std::optional<Image8> simple = decode_simple_png(bytes)) return std::move(*simple);
  Image8 image{static_cast<int>(header.width), static_cast<int>(header.height), {}};
  if (!wide) {
    decode(file, bytes, header,
           [&](std::size_t values) { return image.rgba.resize(values), image.rgba.data(); });
    return image;
  }
  // The decoder's own narrowing drops the low byte; codes are rounded instead.
  std::vector<std::uint16_t> codes;
  decode(file, bytes, header, [&](std::size_t values) { return codes.resize(values), codes.data(); });
  image.rgba.resize(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i)
    image.rgba[i] = static_cast<std::uint8_t>((std::uint32_t{codes[i]} * 255 + 32767) / 65535);
  return image;
}

bool png_has_16_bits(const std::filesystem::path& file, Bytes bytes) {
  return read_png_header(file, bytes).bit_depth == 16;
}

ImageF decode_png_values(const std::filesystem::path& file, Bytes bytes) {
  const PngHeader header = read_png_header(file, bytes);
  check_image_size(file, header.width, header.height, 16, bytes.size());
  check_length(file, bytes, header);
  std::vector<std::uint16_t> codes;
  decode(file, bytes, header, [&](std::size_t values) { return codes.resize(values), codes.data(); });
  ImageF image{static_cast<int>(header.width), static_cast<int>(header.height), 4, {}};
  image.values.resize(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) image.values[i] = static_cast<float>(codes[i]) / 65535.0f;
  return image;
}

std::vector<std::uint8_t> encode_png(const Image8& image) {
  const std::size_t pixels = static_cast<std::size_t>(image.width) * image.height;
  if (image.width < 1 || image.height < 1 || image.rgba.size() != pixels * 4)
    throw Failure(ExitCode::internal, "PNG encoder: " + std::to_string(image.width) + "x" +
                                          std::to_string(image.height) + " pixels need " +
                                          std::to_string(pixels * 4) + " bytes, got " +
                                          std::to_string(image.rgba.size()));
  bool opaque = true;
  for (std::size_t i = 3; i < image.rgba.size(); i += 4) opaque = opaque && image.rgba[i] == 255;
  std::vector<std::uint8_t> rgb;
  if (opaque) {
    rgb.resize(pixels * 3);
    for (std::size_t i = 0; i < pixels; ++i)
      for (std::size_t c = 0; c < 3; ++c) rgb[i * 3 + c] = image.rgba[i * 4 + c];
  }
  const std::vector<std::uint8_t>& values = opaque ? rgb : image.rgba;

  const Context context(spng_ctx_new(SPNG_CTX_ENCODER));
  if (!context) throw Failure(ExitCode::internal, "PNG encoder: out of memory");
  const auto check = [&](int status) {
    if (status != 0) throw Failure(ExitCode::internal, std::string("PNG encoder: ") + spng_strerror(status));
  };
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.width);
  header.height = static_cast<std::uint32_t>(image.height);
  header.bit_depth = 8;
  header.color_type = opaque ? SPNG_COLOR_TYPE_TRUECOLOR : SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
  check(spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1));
  check(
      spng_set_option(context.get(), SPNG_IMG_COMPRESSION_LEVEL, 4));  // twice as fast as 6, some 5 % larger
  check(spng_set_ihdr(context.get(), &header));
  check(spng_encode_image(context.get(), values.data(), values.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  std::size_t length = 0;
  int status = 0;
  const std::unique_ptr<void, decltype(&std::free)> buffer(
      spng_get_png_buffer(context.get(), &length, &status), &std::free);
  check(status);
  const auto* bytes = static_cast<const std::uint8_t*>(buffer.get());
  return {bytes, bytes + length};
}

void save_png(const std::filesystem::path& file, const Image8& image) {
  const std::vector<std::uint8_t> bytes = encode_png(image);
  OutputFile output(file);
  output.write(bytes);
  output.commit();
}

}  // namespace fg
