#pragma once
// A writer of small OpenEXR files for tests.

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfOutputFile.h>
#include <ImfTiledOutputFile.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fg {

using Channels = std::map<std::string, std::vector<float>>;

struct ExrOptions {
  Imath::Box2i display, data;
  Imf::Compression compression = Imf::ZIP_COMPRESSION;
  bool tiled = false;
};

// Float or half channels of the data window.
inline void write_exr(const std::filesystem::path& file, const ExrOptions& options, const Channels& channels,
                      Imf::PixelType type) {
  Imf::Header header(options.display, options.data);
  header.compression() = options.compression;
  const std::int64_t width = options.data.max.x - options.data.min.x + 1,
                     height = options.data.max.y - options.data.min.y + 1;
  Imf::FrameBuffer frame;
  std::map<std::string, std::vector<half>> halves;
  for (const auto& [name, values] : channels) {
    header.channels().insert(name, Imf::Channel(type));
    const void* data = values.data();
    std::size_t size = sizeof(float);
    if (type == Imf::HALF) {
      for (const float value : values) halves[name].push_back(half(value));
      data = halves[name].data();
      size = sizeof(half);
    }
    frame.insert(name, Imf::Slice::Make(type, data, options.data.min, width, height, size,
                                        size * static_cast<std::size_t>(width)));
  }
  if (options.tiled) {
    header.setTileDescription(Imf::TileDescription(16, 16, Imf::ONE_LEVEL));
    Imf::TiledOutputFile output(file.c_str(), header);
    output.setFrameBuffer(frame);
    output.writeTiles(0, output.numXTiles() - 1, 0, output.numYTiles() - 1);
  } else {
    Imf::OutputFile output(file.c_str(), header);
    output.setFrameBuffer(frame);
    output.writePixels(static_cast<int>(height));
  }
}

inline Imath::Box2i window(int width, int height) { return {{0, 0}, {width - 1, height - 1}}; }

}  // namespace fg
