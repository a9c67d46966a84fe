#include <turbojpeg.h>

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>

#include "viewer/error.h"
#include "viewer/io/image_formats.h"

namespace fg {

namespace {

struct JpegHeader {
  int width = 0, height = 0;
  bool huffman = true;  // not arithmetic coding
  bool adobe = false;   // the APP14 marker: CMYK values are stored inverted
  int orientation = 1;  // of the APP1 marker's EXIF
};

// Of an EXIF block (a TIFF file after six bytes; the first directory's tag 0x0112), 1 to 8; 1 where it says none.
int exif_orientation(Bytes block) {
  constexpr std::string_view kName("Exif\0\0", 6);
  if (block.size() < kName.size() + 8 ||
      std::string_view(reinterpret_cast<const char*>(block.data()), kName.size()) != kName)
    return 1;
  const Bytes tiff = block.subspan(kName.size());
  const bool big_endian = tiff[0] == 'M';
  const auto number = [&](std::size_t at, int count) {
    std::size_t value = 0;
    for (int i = 0; i < count; ++i)
      value |= static_cast<std::size_t>(tiff[at + static_cast<std::size_t>(big_endian ? count - 1 - i : i)])
               << 8 * i;
    return value;
  };
  const std::size_t directory = number(4, 4);
  if (directory > tiff.size() - 2) return 1;
  constexpr std::size_t kEntry = 12, kOrientation = 0x0112, kShort = 3;
  const std::size_t count = number(directory, 2);
  for (std::size_t i = 0; i < count && directory + 2 + (i + 1) * kEntry <= tiff.size(); ++i) {
    const std::size_t entry = directory + 2 + i * kEntry;
    if (number(entry, 2) != kOrientation || number(entry + 2, 2) != kShort) continue;
    const std::size_t orientation = number(entry + 8, 2);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

// Walks the markers up to the frame header. The decoder would find the size too, but not say at which byte it
// failed.
JpegHeader read_jpeg_header(const std::filesystem::path& file, Bytes bytes) {
  JpegHeader header;
  std::size_t offset = 2;
  const auto ends = [&](std::size_t need) {
    if (offset + need > bytes.size())
      throw unreadable(file, "byte " + std::to_string(bytes.size()) +
                                 ": JPEG marker expected, the file ends; it is truncated");
  };
  for (;;) {
    ends(4);
    if (bytes[offset] != 0xff)
      throw unreadable(file, "byte " + std::to_string(offset) + ": JPEG marker expected; it is damaged");
    const int marker = bytes[offset + 1];
    if (marker == 0xff) {  // fill byte
      ++offset;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {  // markers without a length
      offset += 2;
      continue;
    }
    if (marker == 0xd9 || marker == 0xda)
      throw unreadable(
          file, "byte " + std::to_string(offset) + ": JPEG frame header expected before the image data");
    const std::size_t length = static_cast<std::size_t>(bytes[offset + 2]) << 8 | bytes[offset + 3];
    if (length < 2)
      throw unreadable(
          file, "byte " + std::to_string(offset + 2) + ": JPEG marker of length " + std::to_string(length));
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      ends(10);
      header.height = bytes[offset + 5] << 8 | bytes[offset + 6];
      header.width = bytes[offset + 7] << 8 | bytes[offset + 8];
      header.huffman = marker < 0xc8;
      if (bytes[offset + 4] != 8)
        throw unreadable(file,
                         "is a JPEG of " + std::to_string(bytes[offset + 4]) + " bits a sample; expected 8");
      return header;
    }
    if (marker == 0xe1 && header.orientation == 1) {
      const std::size_t there = bytes.size() - (offset + 4);  // the start of a file will do for its size
      header.orientation = exif_orientation(bytes.subspan(offset + 4, std::min(length - 2, there)));
    }
    if (marker == 0xee && length >= 7) {
      ends(9);
      header.adobe = std::string_view(reinterpret_cast<const char*>(&bytes[offset + 4]), 5) == "Adobe";
    }
    offset += 2 + length;
  }
}

bool ends_with_end_marker(Bytes bytes) {
  for (std::size_t i = bytes.size(); i-- > 1;)
    if (bytes[i] == 0xd9 && bytes[i - 1] == 0xff) return true;
  return false;
}

}  // namespace

ImageSize jpeg_size(const std::filesystem::path& file, Bytes bytes) {
  const JpegHeader header = read_jpeg_header(file, bytes);
  check_image_size(file, header.width, header.height, 1, ~std::uint64_t{0} >> 1);
  return {header.width, header.height};
}

int jpeg_orientation(const std::filesystem::path& file, Bytes bytes) {
  return read_jpeg_header(file, bytes).orientation;
}

Image8 decode_jpeg(const std::filesystem::path& file, Bytes bytes) {
  const JpegHeader header = read_jpeg_header(file, bytes);
  check_image_size(file, header.width, header.height, 4, bytes.size());
  // Every 8x8 block costs one bit or more under Huffman coding, so a short file cannot hold a large image.
  const std::uint64_t blocks =
      (std::uint64_t(header.width) + 7) / 8 * ((std::uint64_t(header.height) + 7) / 8);
  if (header.huffman && blocks / 8 > bytes.size())
    throw unreadable(file, "claims " + std::to_string(header.width) + "x" + std::to_string(header.height) +
                               " pixels, the file ends after " + std::to_string(bytes.size()) +
                               " bytes; it is truncated");

  const std::unique_ptr<std::remove_pointer_t<tjhandle>, decltype(&tjDestroy)> decoder(tjInitDecompress(),
                                                                                       &tjDestroy);
  if (!decoder) throw Failure(ExitCode::internal, file.string() + ": out of memory");
  const auto problem = [&] { return "JPEG decoder: " + std::string(tjGetErrorStr2(decoder.get())); };
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0, height = 0, subsampling = 0, colour_space = 0;
  if (tjDecompressHeader3(decoder.get(), bytes.data(), size, &width, &height, &subsampling, &colour_space) !=
          0 &&
      tjGetErrorCode(decoder.get()) == TJERR_FATAL)
    throw unreadable(file, problem());
  if (width != header.width || height != header.height)
    throw unreadable(file, "has two JPEG frame headers; it is damaged");

  // Photos are used in the order of their pixels: COLMAP and the 3DGS trainers ignore the EXIF orientation
  // too.
  const bool cmyk = colour_space == TJCS_CMYK || colour_space == TJCS_YCCK;
  Image8 image{width, height, {}};
  image.rgba.resize(static_cast<std::size_t>(width) * height * 4);
  if (tjDecompress2(decoder.get(), bytes.data(), size, image.rgba.data(), width, 0, height,
                    cmyk ? TJPF_CMYK : TJPF_RGBA, 0) != 0) {
    // The decoder fills what is missing with grey and calls that a warning. Scored as ground truth it would
    // be an error, with one exception: padding between markers, which loses nothing.
    const std::string message = problem();
    const bool harmless = tjGetErrorCode(decoder.get()) == TJERR_WARNING &&
                          message.find("extraneous bytes before marker") != std::string::npos &&
                          ends_with_end_marker(bytes);
    if (!harmless)
      throw unreadable(file, ends_with_end_marker(bytes)
                                 ? message
                                 : "byte " + std::to_string(bytes.size()) +
                                       ": the file ends within the image; it is truncated: " + message);
  }
  if (cmyk)
    for (std::size_t i = 0; i < image.rgba.size(); i += 4) {
      std::uint8_t* pixel = &image.rgba[i];
      if (!header.adobe)
        for (int c = 0; c < 4; ++c) pixel[c] = static_cast<std::uint8_t>(255 - pixel[c]);
      for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>((pixel[c] * pixel[3] + 127) / 255);
      pixel[3] = 255;
    }
  return image;
}

}  // namespace fg
