#include "viewer/diff/inputs/coded_frame.h"

#include <fmt/format.h>

#include <cstring>

#include "viewer/error.h"

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
}

namespace fg {
namespace {

struct Layout {
  const AVPixFmtDescriptor* pixels = nullptr;
  AVPixelFormat format = AV_PIX_FMT_NONE;
  bool rgb = false, palette = false;
  int depth = 8;     // of the deepest component
  int channels = 1;  // without alpha
};

Layout layout_of(const AVFrame& picture, const std::string& name) {
  Layout layout;
  layout.format = static_cast<AVPixelFormat>(picture.format);
  layout.pixels = av_pix_fmt_desc_get(layout.format);
  const std::uint64_t flags = layout.pixels ? layout.pixels->flags : AV_PIX_FMT_FLAG_HWACCEL;
  const bool xyz = layout.pixels && std::strncmp(layout.pixels->name, "xyz", 3) == 0;
  if (xyz || (flags & (AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT)))
    throw unreadable(name,
                     fmt::format("its pixels are {}; expected YUV, grey or RGB of 1 to 16 bits; convert "
                                 "it with ffmpeg -pix_fmt",
                                 layout.pixels ? layout.pixels->name : "of an unknown kind"));
  layout.palette = flags & AV_PIX_FMT_FLAG_PAL;
  layout.rgb = layout.palette || (flags & AV_PIX_FMT_FLAG_RGB);
  layout.channels = layout.pixels->nb_components - (flags & AV_PIX_FMT_FLAG_ALPHA ? 1 : 0);
  if (layout.palette) layout.channels = 3;
  layout.depth = 0;
  for (int c = 0; c < layout.channels && !layout.palette; ++c)
    layout.depth = std::max(layout.depth, layout.pixels->comp[c].depth);
  if (layout.palette) layout.depth = 8;
  if (layout.depth > 16)
    throw unreadable(name, fmt::format("its pixels are {}, deeper than 16 bits; convert it with ffmpeg "
                                       "-pix_fmt",
                                       layout.pixels->name));
  return layout;
}

ImageSize chroma_of(const Layout& layout, const AVFrame& picture) {
  if (layout.rgb || layout.channels < 3) return {};
  return {AV_CEIL_RSHIFT(picture.width, layout.pixels->log2_chroma_w),
          AV_CEIL_RSHIFT(picture.height, layout.pixels->log2_chroma_h)};
}

// One row of one component, whatever the packing, the byte order and the shift.
void read_row(const AVFrame& picture, const Layout& layout, int component, int row, int width,
              std::uint16_t* codes) {
  const std::uint8_t* data[4];
  for (int i = 0; i < 4; ++i) data[i] = picture.data[i];
  if (!layout.palette) {
    av_read_image_line2(codes, data, picture.linesize, layout.pixels, 0, row, component, width, 0, 2);
    return;
  }
  const std::uint8_t* indices = data[0] + std::ptrdiff_t{row} * picture.linesize[0];
  for (int u = 0; u < width; ++u) {
    std::uint32_t argb = 0;  // a word of the machine's own byte order
    std::memcpy(&argb, data[1] + 4 * indices[u], 4);
    codes[u] = static_cast<std::uint16_t>(argb >> (16 - 8 * component) & 255);
  }
}

// Whether the rows in memory are those of a Plane: then they are copied as they are.
bool lies_plane(const Layout& layout, int component) {
  const AVComponentDescriptor& c = layout.pixels->comp[component];
  if (layout.pixels->flags & (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_BE)) return false;
  return c.shift == 0 && ((c.depth == 8 && c.step == 1) || (c.depth > 8 && c.step == 2)) && c.offset == 0;
}

Plane plane_of(const AVFrame& picture, const Layout& layout, int component) {
  const ImageSize size = component ? chroma_of(layout, picture) : ImageSize{picture.width, picture.height};
  const std::size_t sample_bytes = layout.depth <= 8 ? 1 : 2;
  const std::size_t row_bytes = static_cast<std::size_t>(size.width) * sample_bytes;
  Plane plane{size.width, size.height, {}};
  plane.bytes.resize(row_bytes * static_cast<std::size_t>(size.height));
  const bool copied = lies_plane(layout, component);
  const int stored = layout.pixels->comp[component].plane;
  std::vector<std::uint16_t> codes(copied ? 0 : static_cast<std::size_t>(size.width));
  for (int v = 0; v < size.height; ++v) {
    std::uint8_t* out = plane.bytes.data() + row_bytes * static_cast<std::size_t>(v);
    if (copied) {
      std::memcpy(out, picture.data[stored] + std::ptrdiff_t{v} * picture.linesize[stored], row_bytes);
      continue;
    }
    read_row(picture, layout, component, v, size.width, codes.data());
    for (std::uint16_t code : codes) {
      if (layout.depth == 1) code = (layout.format == AV_PIX_FMT_MONOWHITE) == (code == 0) ? 255 : 0;
      *out++ = static_cast<std::uint8_t>(code);
      if (sample_bytes == 2) *out++ = static_cast<std::uint8_t>(code >> 8);
    }
  }
  return plane;
}

Frame rgb_of(const AVFrame& picture, const Layout& layout) {
  bool bytes = true;  // every component has 8 bits
  for (int c = 0; c < 3 && !layout.palette; ++c) bytes = bytes && layout.pixels->comp[c].depth == 8;
  Frame frame{.kind = bytes ? Frame::Kind::rgb8 : Frame::Kind::rgb,
              .width = picture.width,
              .height = picture.height,
              .bits = bytes ? 8 : 16};
  const std::size_t width = static_cast<std::size_t>(picture.width);
  const std::size_t pixels = width * static_cast<std::size_t>(picture.height);
  if (bytes)
    frame.rgba8.assign(4 * pixels, 255);
  else
    frame.rgb.resize(3 * pixels);
  std::vector<std::uint16_t> codes(width);
  for (int v = 0; v < picture.height; ++v)
    for (int c = 0; c < 3; ++c) {
      read_row(picture, layout, c, v, picture.width, codes.data());
      const std::size_t row = static_cast<std::size_t>(v) * width;
      const float white =
          layout.palette ? 255.0f : static_cast<float>((1 << layout.pixels->comp[c].depth) - 1);
      for (std::size_t u = 0; u < width; ++u)
        if (bytes)
          frame.rgba8[4 * (row + u) + static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(codes[u]);
        else
          frame.rgb[3 * (row + u) + static_cast<std::size_t>(c)] = static_cast<float>(codes[u]) / white;
    }
  return frame;
}

// The luma weights of red and blue; none where the stream does not say or the matrix is no such matrix.
void set_matrix(const AVFrame& picture, FrameColour& colour) {
  switch (picture.colorspace) {
    case AVCOL_SPC_BT709:
      colour.kr = 0.2126, colour.kb = 0.0722;
      break;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      colour.kr = 0.299, colour.kb = 0.114;
      break;
    case AVCOL_SPC_FCC:
      colour.kr = 0.30, colour.kb = 0.11;
      break;
    case AVCOL_SPC_SMPTE240M:
      colour.kr = 0.212, colour.kb = 0.087;
      break;
    case AVCOL_SPC_BT2020_NCL:
      colour.kr = 0.2627, colour.kb = 0.0593;
      break;
    case AVCOL_SPC_UNSPECIFIED:
      break;
    default:
      colour.known = false;
  }
}

FrameColour colour_of(const AVFrame& picture, const Layout& layout) {
  FrameColour colour;
  set_matrix(picture, colour);
  const bool jpeg = std::strncmp(layout.pixels->name, "yuvj", 4) == 0;
  const bool grey = layout.channels < 3;  // as FFmpeg has it, full where the stream does not say
  colour.full_range = picture.color_range == AVCOL_RANGE_JPEG ||
                      (picture.color_range == AVCOL_RANGE_UNSPECIFIED && (jpeg || grey));
  return colour;
}

// Of a code that the libraries do not know they give no name.
std::string words(const char* name) { return name ? name : "unknown"; }

}  // namespace

VideoFormat coded_format(const AVFrame& picture, const std::string& name) {
  const Layout layout = layout_of(picture, name);
  return {.kind = layout.rgb ? Frame::Kind::rgb : Frame::Kind::planes,
          .size = {picture.width, picture.height},
          .bits = layout.depth < 8 && !layout.rgb ? 8 : layout.depth,
          .chroma = chroma_of(layout, picture),
          .name = layout.pixels->name,
          .matrix = picture.colorspace != AVCOL_SPC_UNSPECIFIED
                        ? words(av_color_space_name(picture.colorspace))
                        : "",
          .range = picture.color_range == AVCOL_RANGE_JPEG          ? "full"
                   : picture.color_range == AVCOL_RANGE_UNSPECIFIED ? ""
                                                                    : "limited"};
}

Frame coded_frame(const AVFrame& picture, const std::string& name) {
  const Layout layout = layout_of(picture, name);
  if (layout.rgb) return rgb_of(picture, layout);
  Frame frame{.kind = Frame::Kind::planes,
              .width = picture.width,
              .height = picture.height,
              .bits = std::max(8, layout.depth),
              .colour = colour_of(picture, layout)};
  for (int c = 0; c < (layout.channels < 3 ? 1 : 3); ++c)
    frame.planes.push_back(plane_of(picture, layout, c));
  return frame;
}

}  // namespace fg
