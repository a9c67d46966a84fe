#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfIO.h>
#include <ImfInputFile.h>
#include <ImfOutputFile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/image_formats.h"

namespace fg {

namespace {

struct Window {
  std::int32_t left, top, right, bottom;  // inclusive

  std::int64_t width() const { return std::int64_t{right} - left + 1; }
  std::int64_t height() const { return std::int64_t{bottom} - top + 1; }
};

struct ExrHeader {
  Window display, data;
};

// Finds both windows before the library sees the file, because it allocates by them.
ExrHeader read_exr_header(const std::filesystem::path& file, Bytes bytes) {
  const auto fail = [&](std::size_t offset, const std::string& expected) {
    return unreadable(file, "byte " + std::to_string(offset) + ": " + expected);
  };
  const auto little32 = [&](std::size_t offset) {
    std::int32_t value = 0;
    if (offset + 4 > bytes.size())
      throw fail(bytes.size(), "OpenEXR header expected, the file ends; it is truncated");
    std::memcpy(&value, &bytes[offset], 4);
    return value;
  };
  constexpr std::int32_t kDeep = 0x800;
  if (little32(4) & kDeep) throw unreadable(file, "is a deep OpenEXR image; expected a flat one");
  std::size_t offset = 8;
  const auto text = [&] {
    const std::size_t start = offset;
    while (offset < bytes.size() && bytes[offset] != 0) ++offset;
    if (offset == bytes.size() || offset - start > 255)
      throw fail(start, "OpenEXR attribute name expected; the header is truncated or damaged");
    ++offset;
    return std::string(reinterpret_cast<const char*>(&bytes[start]), offset - 1 - start);
  };
  std::optional<Window> display, data;
  for (;;) {
    const std::string name = text();
    if (name.empty()) break;
    const std::string type = text();
    const std::int32_t size = little32(offset);
    offset += 4;
    if (size < 0 || static_cast<std::size_t>(size) > bytes.size() - offset)
      throw fail(offset - 4, "OpenEXR attribute " + name + " claims " + std::to_string(size) +
                                 " bytes, the file ends; it is truncated or damaged");
    if (type == "box2i" && size == 16 && (name == "displayWindow" || name == "dataWindow")) {
      const Window window{little32(offset), little32(offset + 4), little32(offset + 8),
                          little32(offset + 12)};
      (name == "dataWindow" ? data : display) = window;
    }
    if (type == "tiledesc" && size == 9) {
      const std::int64_t across = little32(offset), down = little32(offset + 4);
      constexpr std::int64_t kLargestTile = 4 << 20;  // pixels; the library allocates whole tiles
      if (across < 1 || down < 1 || across > kLargestTile || across * down > kLargestTile)
        throw fail(offset, "OpenEXR tiles of " + std::to_string(across) + "x" + std::to_string(down) +
                               " pixels; expected at most " + std::to_string(kLargestTile));
    }
    offset += static_cast<std::size_t>(size);
  }
  if (!display || !data)
    throw fail(offset, "OpenEXR attributes displayWindow and dataWindow expected in the header");
  return {*display, *data};
}

class MemoryInput : public Imf::IStream {
 public:
  MemoryInput(const std::string& name, Bytes bytes) : IStream(name.c_str()), bytes_(bytes) {}
  bool read(char c[], int n) override {
    if (n < 0 || static_cast<std::size_t>(n) > bytes_.size() - position_)
      throw std::runtime_error("byte " + std::to_string(bytes_.size()) + ": the file ends");
    std::memcpy(c, bytes_.data() + position_, static_cast<std::size_t>(n));
    position_ += static_cast<std::size_t>(n);
    return position_ < bytes_.size();
  }
  std::uint64_t tellg() override { return position_; }
  void seekg(std::uint64_t position) override {
    if (position > bytes_.size()) throw std::runtime_error("an offset points beyond the end of the file");
    position_ = static_cast<std::size_t>(position);
  }

 private:
  Bytes bytes_;
  std::size_t position_ = 0;
};

class MemoryOutput : public Imf::OStream {
 public:
  MemoryOutput() : OStream("memory") {}
  void write(const char c[], int n) override {
    if (bytes.size() < position_ + static_cast<std::size_t>(n))
      bytes.resize(position_ + static_cast<std::size_t>(n));
    std::memcpy(bytes.data() + position_, c, static_cast<std::size_t>(n));
    position_ += static_cast<std::size_t>(n);
  }
  std::uint64_t tellp() override { return position_; }
  void seekp(std::uint64_t position) override { position_ = static_cast<std::size_t>(position); }

  std::vector<std::uint8_t> bytes;

 private:
  std::size_t position_ = 0;
};

std::uint8_t srgb_code(float linear) {
  const float encoded = srgb_encode(linear);
  return std::isnan(encoded) ? 0 : static_cast<std::uint8_t>(std::lround(encoded * 255.0f));
}

std::uint8_t alpha_code(float alpha) {
  return alpha > 0.0f ? static_cast<std::uint8_t>(std::lround(std::min(alpha, 1.0f) * 255.0f)) : 0;
}

// Which channel feeds R, G and B: the same one three times for a grey image.
struct Layout {
  const char* colour[3];
  bool alpha;
};

Layout layout_of(const std::filesystem::path& file, const Imf::ChannelList& channels) {
  const bool rgb = channels.findChannel("R") || channels.findChannel("G") || channels.findChannel("B");
  const bool grey = channels.findChannel("Y") != nullptr;
  std::string names;
  for (auto it = channels.begin(); it != channels.end(); ++it)
    names += (names.empty() ? "" : ", ") + std::string(it.name());
  if (!rgb && !grey) throw unreadable(file, "has the OpenEXR channels " + names + "; expected R, G, B or Y");
  if (!rgb && channels.findChannel("RY"))
    throw unreadable(file,
                     "is an OpenEXR image of luminance and chroma; expected R, G, B or Y; convert it to RGB");
  for (const char* name : {"R", "G", "B", "Y", "A"})
    if (const Imf::Channel* channel = channels.findChannel(name);
        channel && (channel->xSampling != 1 || channel->ySampling != 1))
      throw unreadable(
          file, std::string("has a subsampled OpenEXR channel ") + name + "; expected full resolution");
  const bool alpha = channels.findChannel("A") != nullptr;
  return rgb ? Layout{{"R", "G", "B"}, alpha} : Layout{{"Y", "Y", "Y"}, alpha};
}

// Calls put(x, y, rgb, alpha) for each pixel of the display window that the data window covers; colour is straight.
template <class Put>
void read_pixels(Imf::InputFile& input, const Layout& layout, const ExrHeader& header, const Put& put) {
  const Window &data = header.data, &display = header.display;
  const std::int64_t left = std::max(data.left, display.left), right = std::min(data.right, display.right);
  const bool grey = std::string_view(layout.colour[1]) == "Y";
  const std::int64_t columns = data.width();
  const auto row_values = static_cast<std::size_t>(columns) * 4;
  constexpr std::size_t kPixelBytes = 4 * sizeof(float);
  // 256 rows are a whole number of blocks in every compression; wide images take fewer to stay below 64 MiB.
  const std::int64_t block = std::min<std::int64_t>(data.height(), columns > 16384 ? 128 : 256);
  std::vector<float> rows(row_values * static_cast<std::size_t>(block));
  for (std::int64_t top = data.top; top <= data.bottom; top += block) {
    const std::int64_t bottom = std::min<std::int64_t>(data.bottom, top + block - 1);
    Imf::FrameBuffer frame;
    const auto slice = [&](std::size_t channel, double fill) {
      return Imf::Slice::Make(Imf::FLOAT, &rows[channel], Imath::V2i(data.left, static_cast<int>(top)),
                              columns, bottom - top + 1, kPixelBytes, row_values * sizeof(float), 1, 1, fill);
    };
    for (std::size_t c = 0; c < (grey ? 1u : 3u); ++c) frame.insert(layout.colour[c], slice(c, 0.0));
    frame.insert("A", slice(3, 1.0));
    input.setFrameBuffer(frame);
    input.readPixels(static_cast<int>(top), static_cast<int>(bottom));

    for (std::int64_t y = std::max<std::int64_t>(top, display.top);
         y <= std::min<std::int64_t>(bottom, display.bottom); ++y)
      for (std::int64_t x = left; x <= right; ++x) {
        const float* in = &rows[static_cast<std::size_t>(y - top) * row_values +
                                static_cast<std::size_t>(x - data.left) * 4];
        // OpenEXR stores colour times alpha.
        const float scale = layout.alpha && in[3] > 0.0f ? 1.0f / in[3] : 1.0f;
        const float rgb[3] = {in[0] * scale, in[grey ? 0 : 1] * scale, in[grey ? 0 : 2] * scale};
        put(x - display.left, y - display.top, rgb, in[3]);
      }
  }
}

}  // namespace

ImageSize exr_size(const std::filesystem::path& file, Bytes bytes) {
  const ExrHeader header = read_exr_header(file, bytes);
  check_image_size(file, header.display.width(), header.display.height(), 1, ~std::uint64_t{0} >> 1);
  return {static_cast<int>(header.display.width()), static_cast<int>(header.display.height())};
}

namespace {

template <class Put>
void decode_pixels(const std::filesystem::path& file, Bytes bytes, const ExrHeader& header, const Put& put) {
  try {
    MemoryInput stream(file.string(), bytes);
    Imf::InputFile input(stream, 0);
    read_pixels(input, layout_of(file, input.header().channels()), header, put);
  } catch (const Failure&) {
    throw;
  } catch (const std::exception& error) {
    throw unreadable(file, std::string("OpenEXR decoder: ") + error.what());
  }
}

ExrHeader checked_header(const std::filesystem::path& file, Bytes bytes, std::int64_t bytes_per_pixel) {
  const ExrHeader header = read_exr_header(file, bytes);
  check_image_size(file, header.display.width(), header.display.height(), bytes_per_pixel, bytes.size());
  check_image_size(file, header.data.width(), header.data.height(), bytes_per_pixel, bytes.size());
  return header;
}

}  // namespace

// The image is the display window; what the data window does not cover is transparent black.
Image8 decode_exr(const std::filesystem::path& file, Bytes bytes) {
  const ExrHeader header = checked_header(file, bytes, 4);
  Image8 image{static_cast<int>(header.display.width()), static_cast<int>(header.display.height()), {}};
  image.rgba.resize(static_cast<std::size_t>(image.width) * image.height * 4);
  decode_pixels(file, bytes, header, [&](std::int64_t x, std::int64_t y, const float* rgb, float alpha) {
    std::uint8_t* out = &image.rgba[static_cast<std::size_t>(y * image.width + x) * 4];
    for (int c = 0; c < 3; ++c) out[c] = srgb_code(rgb[c]);
    out[3] = alpha_code(alpha);
  });
  return image;
}

ImageF decode_exr_values(const std::filesystem::path& file, Bytes bytes) {
  const ExrHeader header = checked_header(file, bytes, 16);
  ImageF image{static_cast<int>(header.display.width()), static_cast<int>(header.display.height()), 4, {}};
  image.values.resize(static_cast<std::size_t>(image.width) * image.height * 4);
  decode_pixels(file, bytes, header, [&](std::int64_t x, std::int64_t y, const float* rgb, float alpha) {
    float* out = &image.values[static_cast<std::size_t>(y * image.width + x) * 4];
    std::copy_n(rgb, 3, out);
    out[3] = std::clamp(alpha, 0.0f, 1.0f);
  });
  return image;
}

void save_exr(const std::filesystem::path& file, const ImageF& image) {
  const std::size_t pixels = static_cast<std::size_t>(image.width) * image.height;
  const int channels = image.channels;
  const bool known = channels == 1 || channels == 3 || channels == 4;
  if (!known || image.width < 1 || image.height < 1 ||
      image.values.size() != pixels * static_cast<std::size_t>(channels))
    throw Failure(ExitCode::internal,
                  file.string() + ": an OpenEXR image of 1, 3 or 4 channels expected, got " +
                      std::to_string(image.width) + "x" + std::to_string(image.height) + "x" +
                      std::to_string(channels) + " with " + std::to_string(image.values.size()) + " values");
  MemoryOutput stream;
  try {
    Imf::Header header(image.width, image.height);
    header.compression() = Imf::ZIP_COMPRESSION;
    Imf::FrameBuffer frame;
    for (int c = 0; c < channels; ++c) {
      const char* name = channels == 1 ? "Y" : (const char*[]){"R", "G", "B", "A"}[c];
      header.channels().insert(name, Imf::Channel(Imf::FLOAT));
      const std::size_t stride = sizeof(float) * static_cast<std::size_t>(channels);
      frame.insert(name, Imf::Slice::Make(Imf::FLOAT, &image.values[static_cast<std::size_t>(c)],
                                          Imath::V2i(0, 0), image.width, image.height, stride,
                                          stride * static_cast<std::size_t>(image.width)));
    }
    Imf::OutputFile output(stream, header, 0);
    output.setFrameBuffer(frame);
    output.writePixels(image.height);
  } catch (const std::exception& error) {
    throw Failure(ExitCode::internal, file.string() + ": OpenEXR encoder: " + error.what());
  }
  OutputFile target(file);
  target.write(stream.bytes);
  target.commit();
}

}  // namespace fg
