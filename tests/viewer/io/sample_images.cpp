#include "tests/viewer/io/sample_images.h"

#include <spng.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <stdexcept>

#include "tests/viewer/io/test_files.h"

namespace fg {

Image8 gradient(int width, int height, bool opaque) {
  Image8 image{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const int value : {30 + 180 * x / width, 20 + 200 * y / height,
                              200 - 100 * (x + y) / (width + height), opaque ? 255 : 255 - 200 * x / width})
        image.rgba.push_back(static_cast<std::uint8_t>(value));
  return image;
}

void write_png(const std::filesystem::path& file, int width, int height, PngKind kind,
               const std::vector<std::uint16_t>& codes) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  const auto check = [](int status) {
    if (status != 0) throw std::runtime_error(spng_strerror(status));
  };
  check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(width);
  header.height = static_cast<std::uint32_t>(height);
  header.bit_depth = static_cast<std::uint8_t>(kind.bit_depth);
  header.color_type = static_cast<std::uint8_t>(kind.colour_type);
  header.interlace_method = kind.interlaced ? 1 : 0;
  check(spng_set_ihdr(context, &header));
  if (kind.colour_type == SPNG_COLOR_TYPE_INDEXED) {
    spng_plte palette{};
    spng_trns alpha{};
    palette.n_entries = 1u << kind.bit_depth;
    alpha.n_type3_entries = palette.n_entries;
    for (std::uint32_t i = 0; i < palette.n_entries; ++i) {
      palette.entries[i] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(255 - i),
                            static_cast<std::uint8_t>(i / 2), 255};
      alpha.type3_alpha[i] = static_cast<std::uint8_t>(255 - i);
    }
    check(spng_set_plte(context, &palette));
    check(spng_set_trns(context, &alpha));
  }
  // Rows of the file: codes packed from the high bit, each row starting on a byte; 16-bit codes in host
  // order.
  ByteVector rows;
  const std::size_t per_row = codes.size() / static_cast<std::size_t>(height);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    unsigned pending = 0;
    int bits = 0;
    for (std::size_t i = 0; i < per_row; ++i) {
      const std::uint16_t code = codes[y * per_row + i];
      if (kind.bit_depth == 16) {
        rows.push_back(static_cast<std::uint8_t>(code & 0xff));
        rows.push_back(static_cast<std::uint8_t>(code >> 8));
        continue;
      }
      pending = pending << kind.bit_depth | code;
      bits += kind.bit_depth;
      if (bits == 8) rows.push_back(static_cast<std::uint8_t>(pending)), pending = 0, bits = 0;
    }
    if (bits > 0) rows.push_back(static_cast<std::uint8_t>(pending << (8 - bits)));
  }
  check(spng_encode_image(context, rows.data(), rows.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  std::size_t length = 0;
  int status = 0;
  void* buffer = spng_get_png_buffer(context, &length, &status);
  check(status);
  write_bytes(file, std::span(static_cast<const std::uint8_t*>(buffer), length));
  std::free(buffer);
  spng_ctx_free(context);
}

void write_jpeg(const std::filesystem::path& file, const Image8& image, JpegKind kind, int quality) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long length = 0;
  const int format = kind == JpegKind::cmyk ? TJPF_CMYK : TJPF_RGBA;
  const int sampling = kind == JpegKind::grey ? TJSAMP_GRAY : TJSAMP_444;
  const int status =
      tjCompress2(encoder, image.rgba.data(), image.width, 0, image.height, format, &buffer, &length,
                  sampling, quality, kind == JpegKind::progressive ? TJFLAG_PROGRESSIVE : 0);
  if (status != 0) throw std::runtime_error(tjGetErrorStr2(encoder));
  write_bytes(file, std::span(buffer, length));
  tjFree(buffer);
  tjDestroy(encoder);
}

void write_lossless_webp(const std::filesystem::path& file, const Image8& image) {
  std::uint8_t* buffer = nullptr;
  const std::size_t length =
      WebPEncodeLosslessRGBA(image.rgba.data(), image.width, image.height, image.width * 4, &buffer);
  write_bytes(file, std::span(buffer, length));
  WebPFree(buffer);
}

void write_lossy_webp(const std::filesystem::path& file, const Image8& image, float quality) {
  std::uint8_t* buffer = nullptr;
  const std::size_t length =
      WebPEncodeRGBA(image.rgba.data(), image.width, image.height, image.width * 4, quality, &buffer);
  write_bytes(file, std::span(buffer, length));
  WebPFree(buffer);
}

}  // namespace fg
