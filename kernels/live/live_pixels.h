#pragma once
// How the live kernels read pixels: frames and references as renderers hold them, three channels scored.
//
// A Track walks down one column of an image and hands out the samples of the rows that a run of results needs. Pixels of
// 8 and 16 bits stay packed in registers, a word or two for all channels; wider ones are read again for each channel, from
// a cache.

#include <cstdint>

#include "kernels/core/half.h"
#include "shaders/shared/portable.h"

#if defined(__CUDA_ARCH__)
#define FG_UNROLL _Pragma("unroll")
#elif !defined(FG_UNROLL)
#define FG_UNROLL
#endif

namespace fg::live {

enum class PixelFormat : std::int32_t {
  rgba8,      // 4 bytes a pixel, codes 0..255; the order of the channels is free
  rgba16f,    // 4 halfs
  rgba32f,    // 4 floats
  planar32f,  // a plane of floats for each channel
  texture8,   // behind a texture, values of 8 bits as 0..1: codes, as rgba8
  texture,    // behind a texture, any other values
};

// An image in linear memory, or one behind a texture. It borrows.
struct Pixels {
  const void* data = nullptr;
  std::int64_t row_bytes = 0;            // from row to row
  std::int64_t plane_bytes = 0;          // planar32f: from channel to channel
  std::uint32_t channel[3] = {0, 1, 2};  // where red, green and blue lie: 2, 1, 0 for BGRA
  // In place of data: a cudaTextureObject_t that gives the nearest texel, red, green, blue, alpha, at normalised
  // coordinates, and the distances of its texels there.
  std::uint64_t texture = 0;
  float texel_width = 0, texel_height = 0;
};
inline Pixels pixels_of_texture(std::uint64_t texture, std::int32_t width, std::int32_t height) {
  Pixels pixels;
  pixels.texture = texture;
  pixels.texel_width = 1.0f / static_cast<float>(width);
  pixels.texel_height = 1.0f / static_cast<float>(height);
  return pixels;
}

// A float whose bits are 0x4B0000cc is 2^23 + cc: a code becomes a number without a conversion.
inline constexpr float kCodeBias = 8388608.0f;
FG_HD float biased_code(std::uint32_t pixel, std::uint32_t channel) {
#if defined(__CUDA_ARCH__)
  std::uint32_t bits;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(bits) : "r"(pixel), "r"(0x4B000000u), "r"(0x7440u + channel));
  return __uint_as_float(bits);
#else
  return kCodeBias + static_cast<float>(pixel >> (8 * channel) & 0xFFu);
#endif
}

template <PixelFormat kFormat>
struct Reader;

// Of formats that stay packed: the pixel as it lies in memory, and the sample at a place of it.
template <>
struct Reader<PixelFormat::rgba8> {
  static constexpr bool kPacked = true;
  using Word = std::uint32_t;
  FG_HD static Word pixel(const Pixels& image, std::int32_t row, std::int32_t column) {
    return reinterpret_cast<const Word*>(static_cast<const char*>(image.data) +
                                         row * image.row_bytes)[column];
  }
  template <bool kCodes>
  FG_HD static float number(Word word, std::uint32_t place) {
    const float biased = biased_code(word, place);
    return kCodes ? biased : (biased - kCodeBias) * (1.0f / 255.0f);
  }
  FG_HD static float sample(const Pixels& image, std::int32_t row, std::int32_t column, std::uint32_t place) {
    return biased_code(pixel(image, row, column), place) - kCodeBias;
  }
};

template <>
struct Reader<PixelFormat::rgba16f> {
  static constexpr bool kPacked = true;
  struct alignas(8) Word {
    std::uint32_t low, high;
  };
  template <bool kCodes>
  FG_HD static float number(Word word, std::uint32_t place) {
#if defined(__CUDA_ARCH__)
    const std::uint32_t half = __byte_perm(word.low, word.high, 0x10u + place * 0x22u);
#else
    const std::uint32_t half = (place < 2 ? word.low : word.high) >> (16 * (place & 1u));
#endif
    return to_float(Half{static_cast<std::uint16_t>(half)});
  }
  FG_HD static float sample(const Pixels& image, std::int32_t row, std::int32_t column, std::uint32_t place) {
    const auto* const line =
        reinterpret_cast<const Half*>(static_cast<const char*>(image.data) + row * image.row_bytes);
    return to_float(line[4 * column + place]);
  }
};

template <>
struct Reader<PixelFormat::rgba32f> {
  static constexpr bool kPacked = false;
  FG_HD static float sample(const Pixels& image, std::int32_t row, std::int32_t column, std::uint32_t place) {
    const auto* const line =
        reinterpret_cast<const float*>(static_cast<const char*>(image.data) + row * image.row_bytes);
    return line[4 * column + place];
  }
};

template <>
struct Reader<PixelFormat::planar32f> {
  static constexpr bool kPacked = false;
  FG_HD static float sample(const Pixels& image, std::int32_t row, std::int32_t column, std::uint32_t place) {
    return reinterpret_cast<const float*>(static_cast<const char*>(image.data) + place * image.plane_bytes +
                                          row * image.row_bytes)[column];
  }
};

#if defined(__CUDACC__)
// A channel of the texel at normalised coordinates.
__device__ inline float texture_sample(const Pixels& image, float x, float y, std::uint32_t place) {
  float v[4];
  asm("tex.2d.v4.f32.f32 {%0, %1, %2, %3}, [%4, {%5, %6}];"
      : "=f"(v[0]), "=f"(v[1]), "=f"(v[2]), "=f"(v[3])
      : "l"(image.texture), "f"(x), "f"(y));
  return place == 0 ? v[0] : place == 1 ? v[1] : v[2];
}

template <>
struct Reader<PixelFormat::texture> {
  static constexpr bool kPacked = false;
  __device__ static float sample(const Pixels& image, std::int32_t row, std::int32_t column,
                                 std::uint32_t place) {
    return texture_sample(image, (static_cast<float>(column) + 0.5f) * image.texel_width,
                          (static_cast<float>(row) + 0.5f) * image.texel_height, place);
  }
};
#endif

// Of formats that do not: a column's samples, row by row from `first` on, 0 where there are none. As Reader::sample, but rows
// share what they can of their address (a fifth fewer instructions of the live kernel's channel).
template <PixelFormat kFormat>
class ColumnReader {
 public:
  FG_HD ColumnReader(const Pixels&, std::int32_t column) : column_(column) {}
  FG_HD float sample(const Pixels& image, std::int32_t first, int i, std::uint32_t place,
                     bool is_there) const {
    constexpr bool kPlanar = kFormat == PixelFormat::planar32f;
    // From a base that rows share, 32 bits of a row's bytes each (check_reach).
    const char* const base = static_cast<const char*>(image.data) + first * image.row_bytes +
                             (kPlanar ? place * image.plane_bytes : 4 * std::int64_t{place}) +
                             (kPlanar ? 4 : 16) * std::int64_t{column_};
    const auto row_bytes = static_cast<std::int32_t>(image.row_bytes);
    return is_there ? *reinterpret_cast<const float*>(base + std::int64_t{row_bytes} * i) : 0.0f;
  }

 private:
  std::int32_t column_;
};
#if defined(__CUDACC__)
template <>
class ColumnReader<PixelFormat::texture> {
 public:
  __device__ ColumnReader(const Pixels& image, std::int32_t column)
      : x_((static_cast<float>(column) + 0.5f) * image.texel_width) {}
  __device__ float sample(const Pixels& image, std::int32_t first, int i, std::uint32_t place,
                          bool is_there) const {
    const float y = (static_cast<float>(first) + 0.5f) * image.texel_height;
    const float value = texture_sample(image, x_, y + static_cast<float>(i) * image.texel_height, place);
    return is_there ? value : 0.0f;
  }

 private:
  float x_;
};
#endif

// Samples are codes where frame and reference are both of 8 bits: exact, and differences of them too. Otherwise they are
// display-referred values, and codes are divided by 255.
inline constexpr bool are_codes(PixelFormat frame, PixelFormat reference) {
  return (frame == PixelFormat::rgba8 || frame == PixelFormat::texture8) && reference == PixelFormat::rgba8;
}
template <PixelFormat kFrame, PixelFormat kReference>
inline constexpr bool kInCodes = are_codes(kFrame, kReference);

// The samples of kRows rows of a column, zeros outside the image. kCodes: codes stay codes.
template <PixelFormat kFormat, int kRows, bool kCodes, bool kPacked = Reader<kFormat>::kPacked>
class Track;

template <PixelFormat kFormat, int kRows, bool kCodes>
class Track<kFormat, kRows, kCodes, true> {
  using Word = typename Reader<kFormat>::Word;

 public:
  // What number() is too large by.
  static constexpr float kBias = kCodes ? kCodeBias : 0.0f;

  FG_HD Track(const Pixels& image, std::int32_t row, std::int32_t column, std::int32_t height, bool inside)
      : data_(static_cast<const char*>(image.data)),
        offset_(row * static_cast<std::int32_t>(image.row_bytes) +
                static_cast<std::int32_t>(sizeof(Word)) * column),
        row_bytes_(static_cast<std::int32_t>(image.row_bytes)),
        next_row_(row),
        height_(height),
        inside_(inside) {}

  // The last kRows - kNew rows stay, kNew come.
  template <int kNew>
  FG_HD void advance() {
    FG_UNROLL
    for (int i = 0; i < kRows - kNew; ++i) pixels_[i] = pixels_[i + kNew];
    if (inside_ && next_row_ >= 0 && next_row_ + kNew <= height_) {
      FG_UNROLL
      for (int i = 0; i < kNew; ++i) pixels_[kRows - kNew + i] = at(i);
    } else {
      FG_UNROLL
      for (int i = 0; i < kNew; ++i)
        pixels_[kRows - kNew + i] = inside_ && next_row_ + i >= 0 && next_row_ + i < height_ ? at(i) : Word{};
    }
    offset_ += kNew * row_bytes_;
    next_row_ += kNew;
  }
  // place: the channel's in the pixel.
  FG_HD float number(const Pixels&, int i, std::uint32_t place) const {
    return Reader<kFormat>::template number<kCodes>(pixels_[i], place);
  }

 private:
  FG_HD Word at(int i) const {
    return *reinterpret_cast<const Word*>(data_ + static_cast<std::uint32_t>(offset_ + i * row_bytes_));
  }
  Word pixels_[kRows] = {};
  const char* data_;
  std::int32_t offset_, row_bytes_;  // 32 bits reach an image's bytes: checked by the caller
  std::int32_t next_row_, height_;
  bool inside_;
};

template <PixelFormat kFormat, int kRows, bool kCodes>
class Track<kFormat, kRows, kCodes, false> {
  static_assert(kRows < 32);

 public:
  static constexpr float kBias = 0;

  FG_HD Track(const Pixels& image, std::int32_t row, std::int32_t column, std::int32_t height, bool inside)
      : column_(image, column), next_row_(row), height_(height), inside_(inside) {}

  template <int kNew>
  FG_HD void advance() {
    next_row_ += kNew;
    rows_inside_ = 0;
    if (!inside_) return;
    const std::int32_t first = next_row_ - kRows, before = first < 0 ? -first : 0, end = height_ - first;
    rows_inside_ = (end >= kRows ? (1u << kRows) - 1 : end > 0 ? (1u << end) - 1 : 0u) & ~0u << before;
  }
  FG_HD float number(const Pixels& image, int i, std::uint32_t place) const {
    return column_.sample(image, next_row_ - kRows, i, place, (rows_inside_ >> i & 1u) != 0);
  }

 private:
  ColumnReader<kFormat> column_;
  std::int32_t next_row_, height_;
  std::uint32_t rows_inside_ = 0;  // a bit for each of the kRows
  bool inside_;
};

}  // namespace fg::live
