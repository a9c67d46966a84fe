#include <webp/decode.h>

#include <cstring>
#include <string>

#include "viewer/error.h"
#include "viewer/io/image_formats.h"

namespace fg {

namespace {

const char* sentence(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
      return "out of memory";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return "a feature that the decoder does not have";
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return "the data ends too early; it is truncated";
    default:
      return "damaged data";
  }
}

WebPBitstreamFeatures features(const std::filesystem::path& file, Bytes bytes) {
  WebPBitstreamFeatures found{};
  const VP8StatusCode status = WebPGetFeatures(bytes.data(), bytes.size(), &found);
  if (status != VP8_STATUS_OK) throw unreadable(file, std::string("WebP header: ") + sentence(status));
  if (found.has_animation)
    throw unreadable(file,
                     "is an animated WebP; expected a single image. framegauge diff compares one animation "
                     "with another, frame by frame");
  return found;
}

}  // namespace

ImageSize webp_size(const std::filesystem::path& file, Bytes bytes) {
  const WebPBitstreamFeatures found = features(file, bytes);
  check_image_size(file, found.width, found.height, 1, ~std::uint64_t{0} >> 1);
  return {found.width, found.height};
}

Image8 decode_webp(const std::filesystem::path& file, Bytes bytes) {
  std::uint32_t riff_bytes = 0;
  std::memcpy(&riff_bytes, &bytes[4], 4);  // little-endian, as the machines we build for are
  if (std::uint64_t{riff_bytes} + 8 > bytes.size())
    throw unreadable(file, "byte " + std::to_string(bytes.size()) + ": WebP of " +
                               std::to_string(std::uint64_t{riff_bytes} + 8) +
                               " bytes expected, the file ends; it is truncated");
  const WebPBitstreamFeatures found = features(file, bytes);
  check_image_size(file, found.width, found.height, 4, bytes.size());
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config))
    throw Failure(ExitCode::internal, "libwebp: built against another version");
  Image8 image{found.width, found.height, {}};
  image.rgba.resize(static_cast<std::size_t>(found.width) * found.height * 4);
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.rgba.data();
  config.output.u.RGBA.stride = found.width * 4;
  config.output.u.RGBA.size = image.rgba.size();
  const VP8StatusCode status = WebPDecode(bytes.data(), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) throw unreadable(file, std::string("WebP decoder: ") + sentence(status));
  return image;
}

}  // namespace fg
