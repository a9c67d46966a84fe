#include "viewer/io/image_tiff.h"

#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/image_formats.h"

namespace fg {
namespace {

// libtiff tells what is wrong through a callback; the first sentence is the cause.
int remember_tiff_problem(TIFF*, void* to, const char*, const char* format, va_list arguments) {
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  auto& sentence = *static_cast<std::string*>(to);
  if (sentence.empty()) sentence = text;
  return 1;  // nothing on standard error
}
int ignore_tiff_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct TiffClose {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

struct TiffLayout {
  std::uint32_t width = 0, height = 0;
  std::uint16_t samples = 1, bits = 8, format = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK,
                orientation = ORIENTATION_TOPLEFT;

  std::uint16_t colours() const { return samples >= 3 ? 3 : 1; }  // what follows them is alpha
  std::size_t bytes() const { return bits / 8u; }
};

// From the way it is stored to the way it is looked at. The orientation names the edges at which the first row and the
// first column lie; from ORIENTATION_LEFTTOP on rows are columns.
ImageF turned(ImageF stored, int orientation) {
  if (orientation <= ORIENTATION_TOPLEFT || orientation > ORIENTATION_LEFTBOT) return stored;
  const bool across = orientation >= ORIENTATION_LEFTTOP;
  const bool from_right = orientation == ORIENTATION_TOPRIGHT || orientation == ORIENTATION_BOTRIGHT ||
                          orientation == ORIENTATION_RIGHTTOP || orientation == ORIENTATION_RIGHTBOT;
  const bool from_below = orientation == ORIENTATION_BOTRIGHT || orientation == ORIENTATION_BOTLEFT ||
                          orientation == ORIENTATION_RIGHTBOT || orientation == ORIENTATION_LEFTBOT;
  ImageF image{stored.width, stored.height, 1, std::vector<float>(stored.values.size())};
  if (across) std::swap(image.width, image.height);
  std::size_t i = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const int u = from_right ? image.width - 1 - x : x, v = from_below ? image.height - 1 - y : y;
      const int row = across ? u : v, column = across ? v : u;
      image.values[i++] =
          stored.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(stored.width) +
                        static_cast<std::size_t>(column)];
    }
  return image;
}

class TiffReader {
 public:
  explicit TiffReader(const std::filesystem::path& file) : file_(file) {
    const std::uint64_t size_bytes = InputFile(file).size_bytes();
    const std::unique_ptr<TIFFOpenOptions, TiffClose> options(TIFFOpenOptionsAlloc());
    TIFFOpenOptionsSetErrorHandlerExtR(options.get(), remember_tiff_problem, &problem_);
    TIFFOpenOptionsSetWarningHandlerExtR(options.get(), ignore_tiff_warning, nullptr);
    tiff_.reset(TIFFOpenExt(file.c_str(), "rm", options.get()));
    if (!tiff_) fail();
    read_layout(size_bytes);
  }

  int pictures() const { return static_cast<int>(TIFFNumberOfDirectories(tiff_.get())); }

  ImageF read() {
    ImageF image{static_cast<int>(layout_.width), static_cast<int>(layout_.height), 1, {}};
    image.values.resize(std::size_t{layout_.width} * layout_.height);
    if (TIFFIsTiled(tiff_.get()) != 0)
      read_tiles(image);
    else
      read_rows(image);
    if (layout_.photometric == PHOTOMETRIC_MINISWHITE) {
      const double white = layout_.format == SAMPLEFORMAT_IEEEFP
                               ? double{*std::max_element(image.values.begin(), image.values.end())}
                               : std::exp2(layout_.bits - (layout_.format == SAMPLEFORMAT_INT ? 1 : 0)) - 1;
      for (float& value : image.values) value = static_cast<float>(white - static_cast<double>(value));
    }
    return turned(std::move(image), layout_.orientation);
  }

 private:
  [[noreturn]] void fail() {
    throw unreadable(file_,
                     "reading the TIFF failed, it is damaged or of a kind that libtiff does not know (" +
                         (problem_.empty() ? "no reason given" : problem_) + ")");
  }

  void read_layout(std::uint64_t size_bytes) {
    TiffLayout& l = layout_;
    std::uint16_t planar = PLANARCONFIG_CONTIG;
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &l.width);
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &l.height);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_SAMPLESPERPIXEL, &l.samples);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_BITSPERSAMPLE, &l.bits);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_SAMPLEFORMAT, &l.format);
    TIFFGetField(tiff_.get(), TIFFTAG_PHOTOMETRIC, &l.photometric);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ORIENTATION, &l.orientation);
    const bool numbers = (l.format == SAMPLEFORMAT_UINT && (l.bits == 8 || l.bits == 16 || l.bits == 32)) ||
                         (l.format == SAMPLEFORMAT_INT && l.bits == 16) ||
                         (l.format == SAMPLEFORMAT_IEEEFP && l.bits == 32);
    const bool colours = l.photometric == PHOTOMETRIC_MINISBLACK || l.photometric == PHOTOMETRIC_MINISWHITE ||
                         l.photometric == PHOTOMETRIC_RGB;
    if (!numbers || !colours || l.samples < 1 || l.samples > 4 ||
        (planar != PLANARCONFIG_CONTIG && l.samples > 1))
      throw unreadable(file_, "a TIFF of " + std::to_string(l.samples) + " samples of " +
                                  std::to_string(l.bits) + " bits a pixel, photometric interpretation " +
                                  std::to_string(l.photometric) +
                                  "; expected grey or RGB of 8, 16 or 32 bits, interleaved");
    check_image_size(file_, l.width, l.height, static_cast<std::int64_t>(l.samples * l.bytes()), size_bytes);
  }

  // The mean of the colours of one pixel.
  float value_of(const std::uint8_t* pixel) const {
    double sum = 0;
    for (std::uint16_t c = 0; c < layout_.colours(); ++c) sum += sample_at(pixel + c * layout_.bytes());
    return static_cast<float>(sum / layout_.colours());
  }
  double sample_at(const std::uint8_t* at) const {
    const auto as = [&]<class T>(T value) {
      std::memcpy(&value, at, sizeof(T));
      return static_cast<double>(value);
    };
    if (layout_.format == SAMPLEFORMAT_IEEEFP) return as(float{});
    if (layout_.format == SAMPLEFORMAT_INT) return as(std::int16_t{});
    return layout_.bits == 8    ? as(std::uint8_t{})
           : layout_.bits == 16 ? as(std::uint16_t{})
                                : as(std::uint32_t{});
  }

  void read_rows(ImageF& image) {
    const std::size_t pixel = layout_.samples * layout_.bytes();
    const auto row_bytes = static_cast<std::size_t>(TIFFScanlineSize(tiff_.get()));
    if (row_bytes < pixel * layout_.width) fail();
    std::vector<std::uint8_t> row(row_bytes);
    for (std::uint32_t y = 0; y < layout_.height; ++y) {
      if (TIFFReadScanline(tiff_.get(), row.data(), y, 0) != 1) fail();
      for (std::uint32_t x = 0; x < layout_.width; ++x)
        image.values[std::size_t{y} * layout_.width + x] = value_of(row.data() + x * pixel);
    }
  }

  void read_tiles(ImageF& image) {
    std::uint32_t across = 0, down = 0;
    TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &across);
    TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &down);
    const std::size_t pixel = layout_.samples * layout_.bytes();
    const auto tile_bytes = static_cast<std::size_t>(TIFFTileSize(tiff_.get()));
    check_image_size(file_, across, down, static_cast<std::int64_t>(pixel), ~std::uint64_t{0} >> 1);
    if (tile_bytes < pixel * across * down) fail();
    std::vector<std::uint8_t> tile(tile_bytes);
    for (std::uint32_t top = 0; top < layout_.height; top += down)
      for (std::uint32_t left = 0; left < layout_.width; left += across) {
        if (TIFFReadTile(tiff_.get(), tile.data(), left, top, 0, 0) < 0) fail();
        for (std::uint32_t y = top; y < std::min(layout_.height, top + down); ++y)
          for (std::uint32_t x = left; x < std::min(layout_.width, left + across); ++x)
            image.values[std::size_t{y} * layout_.width + x] =
                value_of(tile.data() + (std::size_t{y - top} * across + (x - left)) * pixel);
      }
  }

  std::filesystem::path file_;
  std::string problem_;
  std::unique_ptr<TIFF, TiffClose> tiff_;
  TiffLayout layout_;
};

}  // namespace

bool is_tiff(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> start = read_file_start(file, 4);
  return start.size() == 4 &&
         (std::memcmp(start.data(), "II*\0", 4) == 0 || std::memcmp(start.data(), "MM\0*", 4) == 0);
}

ImageF load_tiff(const std::filesystem::path& file) { return TiffReader(file).read(); }
int pictures_in_tiff(const std::filesystem::path& file) { return TiffReader(file).pictures(); }

}  // namespace fg
