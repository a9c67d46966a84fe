#include "viewer/diff/inputs/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "viewer/error.h"

namespace fg {
namespace {

// Without the file's name: of a thousand files it is said once.
std::string note_on_transparency(const std::array<float, 3>& background) {
  return fmt::format(
      "transparent pixels are laid over the background, {:g} {:g} {:g}; --background takes another",
      background[0], background[1], background[2]);
}

Frame frame_of_values(const DeepImage& image, const ImageRules& rules) {
  const bool encode = image.scene_linear && !rules.scene_linear;
  Frame frame{.kind = Frame::Kind::rgb,
              .width = image.values.width,
              .height = image.values.height,
              .bits = image.bits,
              .scene_linear = image.scene_linear && rules.scene_linear};
  if (encode)
    frame.notes.push_back(
        "OpenEXR, PFM and HDR go through the sRGB curve, clamped to 0..1; --tonemap none takes the values "
        "as they are");
  bool transparent = false;
  const std::size_t pixels = image.values.values.size() / 4;
  frame.rgb.resize(3 * pixels);
  frame.light.resize(encode && rules.keep_light ? 3 * pixels : 0);
  for (std::size_t i = 0; i < pixels; ++i) {
    const float* in = &image.values.values[4 * i];
    transparent |= in[3] != 1.0f;
    for (std::size_t c = 0; c < 3; ++c) {
      const float value = encode ? srgb_encode(in[c]) : in[c];
      frame.not_finite += std::isfinite(in[c]) ? 0 : 1;
      const auto laid_over = [&](float over, float under) {
        return in[3] == 1.0f ? over : in[3] * over + (1.0f - in[3]) * under;
      };
      frame.rgb[3 * i + c] = laid_over(value, rules.background[c]);
      if (!frame.light.empty()) frame.light[3 * i + c] = laid_over(in[c], rules.background[c]);
    }
  }
  if (transparent) frame.notes.push_back(note_on_transparency(rules.background));
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

// Luma samples a chroma sample along one side: 1, 2 or 4; of an odd side the last one stands for fewer.
int chroma_step(int luma_side, int chroma_side) {
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>((luma_side + chroma_side - 1) / chroma_side)));
}

// Where the file does not say its matrix, the number of lines does.
void complete(FrameColour& colour, int height) {
  if (colour.kr > 0) return;
  const bool bt709 = height >= 720;
  colour.kr = bt709 ? 0.2126 : 0.299;
  colour.kb = bt709 ? 0.0722 : 0.114;
}

// Y, U and V of a frame as R, G, B in 0..1, not clamped.
class PlanesToRgb {
 public:
  explicit PlanesToRgb(const Frame& frame) : frame_(frame), grey_(frame.planes.size() < 3) {
    FrameColour colour = frame.colour;
    complete(colour, frame.height);
    kr_ = colour.kr;
    kb_ = colour.kb;
    const double code8 = std::ldexp(1.0, frame.bits - 8), most = std::ldexp(1.0, frame.bits) - 1;
    black_ = frame.colour.full_range ? 0 : 16 * code8;
    luma_range_ = frame.colour.full_range ? most : 219 * code8;
    chroma_range_ = frame.colour.full_range ? most : 224 * code8;
    neutral_ = 128 * code8;
    if (grey_) return;
    across_ = chroma_step(frame.width, frame.planes[1].width);
    down_ = chroma_step(frame.height, frame.planes[1].height);
  }
  // Calls use(r, g, b) for each pixel of a row, from the left.
  template <class Use>
  void row(int v, Use&& use) const {
    const Plane& luma = frame_.planes[0];
    const std::size_t luma_row = std::size_t(v) * std::size_t(luma.width);
    double red = 0, blue = 0;  // differences to the luma
    for (int u = 0, in_block = 0, block = 0; u < frame_.width; ++u) {
      if (!grey_ && in_block == 0) {
        red = 2 * (1 - kr_) * difference(frame_.planes[2], block, v);
        blue = 2 * (1 - kb_) * difference(frame_.planes[1], block, v);
        ++block;
      }
      if (++in_block == across_) in_block = 0;
      const double y = (code_at(luma, frame_.bits, luma_row + std::size_t(u)) - black_) / luma_range_;
      const double r = y + red, b = y + blue;
      use(r, (y - kr_ * r - kb_ * b) / (1 - kr_ - kb_), b);
    }
  }

 private:
  double difference(const Plane& plane, int block, int v) const {
    const std::size_t i = std::size_t(v / down_) * std::size_t(plane.width) + std::size_t(block);
    return (code_at(plane, frame_.bits, i) - neutral_) / chroma_range_;
  }

  const Frame& frame_;
  bool grey_;
  int across_ = 1, down_ = 1;  // luma samples a chroma sample
  double kr_ = 0, kb_ = 0, black_ = 0, luma_range_ = 1, chroma_range_ = 1, neutral_ = 0;  // codes
};

void draw_planes(const Frame& frame, Image8& image) {
  const PlanesToRgb rgb(frame);
  std::uint8_t* out = image.rgba.data();
  for (int v = 0; v < frame.height; ++v)
    rgb.row(v, [&](double r, double g, double b) {
      out[0] = to_code8(r);
      out[1] = to_code8(g);
      out[2] = to_code8(b);
      out += 4;
    });
}

// The middle slice, grey from the lowest to the highest value of the reference.
void draw_slice(const Frame& frame, Image8& image) {
  const std::size_t pixels = static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height);
  const float* const slice = frame.voxels.data() + pixels * static_cast<std::size_t>(frame.depth / 2);
  const double range = static_cast<double>(frame.highest) - static_cast<double>(frame.lowest);
  for (std::size_t i = 0; i < pixels; ++i)
    std::fill_n(&image.rgba[4 * i], 3,
                to_code8((static_cast<double>(slice[i]) - static_cast<double>(frame.lowest)) /
                         (range > 0 ? range : 1)));
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

Frame frame_of_codes(Image8 image, const std::array<float, 3>& background) {
  Frame frame{.width = image.width, .height = image.height};
  if (!image.opaque()) {
    image = composite_over(image, background.data());
    frame.notes.push_back(note_on_transparency(background));
  }
  frame.rgba8 = std::move(image.rgba);
  return frame;
}

std::shared_ptr<const Frame> load_frame(const std::filesystem::path& file, const ImageRules& rules) {
  if (std::filesystem::is_directory(file)) throw unreadable(file, "is a folder; expected an image file");
  DeepImage image = load_deep_image(file);
  Frame frame = image.bits == 8 ? frame_of_codes(std::move(image.codes), rules.background)
                                : frame_of_values(image, rules);
  if (image.orientation != 1)
    frame.notes.push_back(
        fmt::format("a JPEG whose EXIF asks viewers to turn it (orientation {}) is compared as it is stored",
                    image.orientation));
  if (rules.crop) frame = cropped(frame, *rules.crop, file.string());
  return std::make_shared<const Frame>(std::move(frame));
}

namespace {

template <class T>
bool is_grey(const std::vector<T>& samples, std::size_t stride) {
  for (std::size_t i = 0; i < samples.size(); i += stride)
    if (samples[i] != samples[i + 1] || samples[i] != samples[i + 2]) return false;
  return true;
}
bool is_grey(const Frame& frame) {
  return frame.kind == Frame::Kind::rgb8 ? is_grey(frame.rgba8, 4) : is_grey(frame.rgb, 3);
}

std::string samples_of(const Frame& frame) {
  return frame.bits <= 16 ? fmt::format("{}-bit codes", frame.bits) : "floats";
}

}  // namespace

std::vector<std::string> notes_on(const FramePair& pair) {
  const Frame &test = *pair.test, &reference = *pair.reference;
  std::vector<std::string> notes;
  for (const Frame* frame : {&test, &reference})
    if (frame->kind != Frame::Kind::rgb8 && frame->kind != Frame::Kind::rgb) return notes;
  if (test.bits != reference.bits)
    notes.push_back(fmt::format("{} are compared with {}, as fractions of white", samples_of(test),
                                samples_of(reference)));
  if (const bool grey = is_grey(test); grey != is_grey(reference))
    notes.push_back(fmt::format("a grey {} is compared with a {} in colour, as R = G = B",
                                grey ? "picture" : "reference", grey ? "reference" : "picture"));
  return notes;
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

Frame as_rgb(const Frame& frame, const std::string& name) {
  if (!frame.colour.known)
    throw unreadable(
        name,
        "its matrix from YUV to RGB is none of those that --as-rgb knows (BT.601, BT.709, BT.2020, "
        "SMPTE 240M, FCC); convert it with FFmpeg's zscale filter");
  Frame result{.kind = Frame::Kind::rgb, .width = frame.width, .height = frame.height, .bits = 32};
  result.rgb.resize(3 * std::size_t(frame.width) * std::size_t(frame.height));
  const PlanesToRgb rgb(frame);
  float* out = result.rgb.data();
  for (int v = 0; v < frame.height; ++v)
    rgb.row(v, [&](double r, double g, double b) {
      for (const double value : {r, g, b}) *out++ = static_cast<float>(std::clamp(value, 0.0, 1.0));
    });
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
               .colour = frame.colour,
               .not_finite = frame.not_finite,
               .notes = frame.notes};
  complete(result.colour, frame.height);  // the lines that are left would say another matrix
  if (frame.kind == Frame::Kind::rgb8)
    result.rgba8 = cut(frame.rgba8, 4 * frame.width, 4 * crop.x, 4 * crop.width, crop.y, crop.height);
  if (frame.kind == Frame::Kind::rgb)
    result.rgb = cut(frame.rgb, 3 * frame.width, 3 * crop.x, 3 * crop.width, crop.y, crop.height);
  if (!frame.light.empty())
    result.light = cut(frame.light, 3 * frame.width, 3 * crop.x, 3 * crop.width, crop.y, crop.height);
  const int sample_bytes = frame.bits <= 8 ? 1 : 2;
  for (const Plane& plane : frame.planes) {
    const int across = chroma_step(frame.width, plane.width), down = chroma_step(frame.height, plane.height);
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

std::vector<float> floats_of(const Plane& plane, int bits) {
  std::vector<float> values(static_cast<std::size_t>(plane.width) * static_cast<std::size_t>(plane.height));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(code_at(plane, bits, i));
  return values;
}

std::size_t find_high_code(const Plane& plane, int bits) {
  const int unused = 0xff << std::max(0, bits - 8) & 0xff;  // of the high byte
  for (std::size_t i = 1; i < plane.bytes.size() && bits > 8; i += 2)
    if (plane.bytes[i] & unused) return i - 1;
  return plane.bytes.size();
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
  if (frame.kind == Frame::Kind::volume) {
    draw_slice(frame, image);
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
