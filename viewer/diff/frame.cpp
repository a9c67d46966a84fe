#include "viewer/diff/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "viewer/error.h"

namespace fg {
namespace {

// Codes of 8 bits composited; those of an opaque image are taken as they are.
Frame frame_of_codes(Image8 image, const std::array<float, 3>& background) {
  Frame frame{.width = image.width, .height = image.height};
  if (!image.opaque()) image = composite_over(image, background.data());
  frame.rgba8 = std::move(image.rgba);
  return frame;
}

Frame frame_of_values(const DeepImage& image, const ImageRules& rules) {
  const bool encode = image.scene_linear && !rules.scene_linear;
  Frame frame{.kind = Frame::Kind::rgb,
              .width = image.values.width,
              .height = image.values.height,
              .bits = image.bits,
              .scene_linear = image.scene_linear && rules.scene_linear};
  const std::size_t pixels = image.values.values.size() / 4;
  frame.rgb.resize(3 * pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    const float* in = &image.values.values[4 * i];
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = encode ? srgb_encode(in[c]) : in[c];
      frame.not_finite += std::isfinite(in[c]) ? 0 : 1;
      frame.rgb[3 * i + c] = in[3] == 1.0f ? value : in[3] * value + (1.0f - in[3]) * rules.background[c];
    }
  }
  return frame;
}

template <class T>
std::vector<T> cut(const std::vector<T>& values, int row_values, int first, int count, int top, int rows) {
  std::vector<T> result;
  result.reserve(static_cast<std::size_t>(count) * rows);
  for (int v = top; v < top + rows; ++v) {
    const auto start = values.begin() + std::ptrdiff_t{v} * row_values + first;
    result.insert(result.end(), start, start + count);
  }
  return result;
}

int code_at(const Plane& plane, int bits, std::size_t i) {
  return bits <= 8 ? plane.bytes[i] : plane.bytes[2 * i] | plane.bytes[2 * i + 1] << 8;
}

std::uint8_t to_code8(double value) {
  return value > 0 ? static_cast<std::uint8_t>(std::lround(255.0 * std::min(value, 1.0))) : 0;
}

void draw_planes(const Frame& frame, Image8& image) {
  const bool grey = frame.planes.size() < 3;
  const bool bt709 = frame.height >= 720;
  const double kr = bt709 ? 0.2126 : 0.299, kb = bt709 ? 0.0722 : 0.114;
  const double top = std::ldexp(1.0, frame.bits - 8);  // codes of 8 bits times this
  const Plane& y_plane = frame.planes[0];
  for (int v = 0; v < frame.height; ++v)
    for (int u = 0; u < frame.width; ++u) {
      const double y = (code_at(y_plane, frame.bits, std::size_t(v) * y_plane.width + u) / top - 16) / 219;
      double chroma[2] = {0, 0};
      for (std::size_t p = 1; p < 3 && !grey; ++p) {
        const Plane& plane = frame.planes[p];
        const std::size_t i =
            static_cast<std::size_t>(std::int64_t{v} * plane.height / frame.height) * plane.width +
            static_cast<std::size_t>(std::int64_t{u} * plane.width / frame.width);
        chroma[p - 1] = (code_at(plane, frame.bits, i) / top - 128) / 224;
      }
      const double r = y + 2 * (1 - kr) * chroma[1], b = y + 2 * (1 - kb) * chroma[0];
      std::uint8_t* out = &image.rgba[(std::size_t(v) * frame.width + u) * 4];
      out[0] = to_code8(r);
      out[1] = to_code8((y - kr * r - kb * b) / (1 - kr - kb));
      out[2] = to_code8(b);
    }
}

}  // namespace

Rectangle parse_rectangle(const std::string& text, const std::string& option) {
  Rectangle r;
  char extra = 0;
  if (std::sscanf(text.c_str(), "%d,%d,%d,%d%c", &r.x, &r.y, &r.width, &r.height, &extra) != 4 || r.x < 0 ||
      r.y < 0 || r.width < 1 || r.height < 1)
    throw Failure(ExitCode::usage,
                  fmt::format("{}: expected X,Y,W,H in pixels from the top left, such as 0,0,64,32; got '{}'",
                              option, text));
  return r;
}

std::shared_ptr<const Frame> load_frame(const std::filesystem::path& file, const ImageRules& rules) {
  if (std::filesystem::is_directory(file)) throw unreadable(file, "is a folder; expected an image file");
  DeepImage image = load_deep_image(file);
  Frame frame = image.bits == 8 ? frame_of_codes(std::move(image.codes), rules.background)
                                : frame_of_values(image, rules);
  if (rules.crop) frame = cropped(frame, *rules.crop, file.string());
  return std::make_shared<const Frame>(std::move(frame));
}

Frame as_floats(const Frame& frame) {
  Frame result{.kind = Frame::Kind::rgb, .width = frame.width, .height = frame.height, .bits = frame.bits};
  const std::size_t pixels = frame.rgba8.size() / 4;
  result.rgb.resize(3 * pixels);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      result.rgb[3 * i + c] = static_cast<float>(frame.rgba8[4 * i + c]) / 255.0f;
  return result;
}

Frame cropped(const Frame& frame, const Rectangle& crop, const std::string& name) {
  if (crop.x > frame.width - crop.width || crop.y > frame.height - crop.height)
    throw Failure(ExitCode::size_mismatch,
                  fmt::format("{}: the crop {},{},{},{} reaches outside its {}x{} pixels", name, crop.x,
                              crop.y, crop.width, crop.height, frame.width, frame.height));
  Frame result{.kind = frame.kind,
               .width = crop.width,
               .height = crop.height,
               .bits = frame.bits,
               .scene_linear = frame.scene_linear,
               .not_finite = frame.not_finite};
  if (frame.kind == Frame::Kind::rgb8)
    result.rgba8 = cut(frame.rgba8, 4 * frame.width, 4 * crop.x, 4 * crop.width, crop.y, crop.height);
  if (frame.kind == Frame::Kind::rgb)
    result.rgb = cut(frame.rgb, 3 * frame.width, 3 * crop.x, 3 * crop.width, crop.y, crop.height);
  const int sample_bytes = frame.bits <= 8 ? 1 : 2;
  for (const Plane& plane : frame.planes) {
    const int across = (frame.width + plane.width - 1) / plane.width,
              down = (frame.height + plane.height - 1) / plane.height;  // luma samples a chroma sample
    if (crop.x % across || crop.width % across || crop.y % down || crop.height % down)
      throw Failure(
          ExitCode::usage,
          fmt::format("--crop {},{},{},{}: the chroma of {} has {}x{} pixels a sample; give multiples of "
                      "them",
                      crop.x, crop.y, crop.width, crop.height, name, across, down));
    const int width = crop.width / across, height = crop.height / down;
    result.planes.push_back({width, height,
                             cut(plane.bytes, sample_bytes * plane.width, sample_bytes * (crop.x / across),
                                 sample_bytes * width, crop.y / down, height)});
  }
  return result;
}

int luma_bits(const Frame& frame) { return frame.kind == Frame::Kind::rgb ? 16 : frame.bits; }

Plane luma_of(const Frame& frame, double data_range) {
  if (frame.kind == Frame::Kind::planes) return frame.planes[0];
  const std::size_t pixels = static_cast<std::size_t>(frame.width) * frame.height;
  Plane luma{frame.width, frame.height, {}};
  if (frame.kind == Frame::Kind::rgb8) {
    luma.bytes.resize(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::uint8_t* p = &frame.rgba8[4 * i];
      luma.bytes[i] = static_cast<std::uint8_t>((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
    }
    return luma;
  }
  luma.bytes.resize(2 * pixels);
  const double range = frame.scene_linear ? data_range : 1.0;
  for (std::size_t i = 0; i < pixels; ++i) {
    const float* p = &frame.rgb[3 * i];
    const double y = (0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]) / range;
    const auto code = static_cast<std::uint16_t>(y > 0 ? std::lround(65535.0 * std::min(y, 1.0)) : 0);
    luma.bytes[2 * i] = static_cast<std::uint8_t>(code);
    luma.bytes[2 * i + 1] = static_cast<std::uint8_t>(code >> 8);
  }
  return luma;
}

Image8 to_picture(const Frame& frame, double data_range) {
  Image8 image{frame.width, frame.height, {}};
  if (frame.kind == Frame::Kind::rgb8) {
    image.rgba = frame.rgba8;
    return image;
  }
  const std::size_t pixels = static_cast<std::size_t>(frame.width) * frame.height;
  image.rgba.assign(4 * pixels, 255);
  if (frame.kind == Frame::Kind::planes) {
    draw_planes(frame, image);
    return image;
  }
  const auto scale = static_cast<float>(frame.scene_linear ? 1.0 / data_range : 1.0);
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = frame.rgb[3 * i + c] * scale;
      image.rgba[4 * i + c] = to_code8(frame.scene_linear ? srgb_encode(value) : value);
    }
  return image;
}

}  // namespace fg
