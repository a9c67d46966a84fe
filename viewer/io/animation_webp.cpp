#include "viewer/io/animation.h"

#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <cstring>
#include <string>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/image_formats.h"

namespace fg {
namespace {

struct FreeEncoder {
  void operator()(WebPAnimEncoder* encoder) const { WebPAnimEncoderDelete(encoder); }
};
struct FramePicture : WebPPicture {
  FramePicture() {
    if (!WebPPictureInit(this)) throw Failure(ExitCode::internal, "libwebp: built against another version");
  }
  ~FramePicture() { WebPPictureFree(this); }
  FramePicture(const FramePicture&) = delete;
  FramePicture& operator=(const FramePicture&) = delete;
};
struct FilmData : WebPData {
  FilmData() { WebPDataInit(this); }
  ~FilmData() { WebPDataClear(this); }
  FilmData(const FilmData&) = delete;
  FilmData& operator=(const FilmData&) = delete;
};

}  // namespace

void save_animation(const std::filesystem::path& file, const std::vector<AnimationFrame>& frames) {
  if (frames.empty()) throw Failure(ExitCode::internal, file.string() + ": an animation without frames");
  WebPAnimEncoderOptions options;
  WebPConfig config;
  if (!WebPAnimEncoderOptionsInit(&options) || !WebPConfigInit(&config))
    throw Failure(ExitCode::internal, "libwebp: built against another version");
  constexpr float kQuality = 75;
  config.quality = kQuality;
  config.method = 2;  // fast
  const int width = frames.front().image.width, height = frames.front().image.height;
  const std::unique_ptr<WebPAnimEncoder, FreeEncoder> encoder(WebPAnimEncoderNew(width, height, &options));
  const auto check = [&](bool good) {
    if (!good)
      throw Failure(ExitCode::internal, file.string() + ": encoding the animation failed (" +
                                            (encoder ? WebPAnimEncoderGetError(encoder.get()) : "too large") +
                                            ")");
  };
  check(encoder != nullptr);
  int time = 0;  // milliseconds
  for (const AnimationFrame& frame : frames) {
    FramePicture picture;
    picture.width = width;
    picture.height = height;
    picture.use_argb = 1;
    check(frame.image.width == width && frame.image.height == height &&
          WebPPictureImportRGBA(&picture, frame.image.rgba.data(), 4 * width) != 0);
    check(WebPAnimEncoderAdd(encoder.get(), &picture, time, &config) != 0);
    time += frame.milliseconds;
  }
  FilmData data;
  check(WebPAnimEncoderAdd(encoder.get(), nullptr, time, nullptr) != 0 &&
        WebPAnimEncoderAssemble(encoder.get(), &data) != 0);
  OutputFile output(file);
  output.write(std::span<const std::uint8_t>(data.bytes, data.size));
  output.commit();
}

bool is_animated_webp(std::span<const std::uint8_t> start) {
  const auto has = [&](std::size_t at, const char* magic) {
    return start.size() >= at + 4 && std::memcmp(start.data() + at, magic, 4) == 0;
  };
  constexpr std::uint8_t kAnimation = 2;  // of the flags of the extended format
  return has(0, "RIFF") && has(8, "WEBP") && has(12, "VP8X") && start.size() > 20 && (start[20] & kAnimation);
}

struct AnimationReader::Decoder {
  explicit Decoder(const std::vector<std::uint8_t>& bytes) {
    WebPAnimDecoderOptions options;
    if (!WebPAnimDecoderOptionsInit(&options))
      throw Failure(ExitCode::internal, "libwebp: built against another version");
    options.use_threads = 1;
    const WebPData data{bytes.data(), bytes.size()};
    handle.reset(WebPAnimDecoderNew(&data, &options));
  }

  struct Free {
    void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
  };
  std::unique_ptr<WebPAnimDecoder, Free> handle;
};

AnimationReader::AnimationReader(const std::filesystem::path& file) : file_(file), bytes_(read_file(file)) {
  constexpr std::int64_t kBytesPerPixel = 12;  // the decoder has two canvases beside ours
  WebPBitstreamFeatures found{};
  if (WebPGetFeatures(bytes_.data(), bytes_.size(), &found) != VP8_STATUS_OK)
    throw unreadable(file, "the header of its animated WebP is damaged");
  check_image_size(file, found.width, found.height, kBytesPerPixel, bytes_.size());
  decoder_ = std::make_unique<Decoder>(bytes_);
  WebPAnimInfo info{};
  if (!decoder_->handle || !WebPAnimDecoderGetInfo(decoder_->handle.get(), &info) || info.frame_count == 0)
    throw unreadable(file, "is an animated WebP that libwebp cannot read; it is damaged or truncated");
  size_ = {static_cast<int>(info.canvas_width), static_cast<int>(info.canvas_height)};
  frames_ = info.frame_count;
}

AnimationReader::~AnimationReader() = default;

Image8 AnimationReader::next() {
  std::uint8_t* canvas = nullptr;  // the decoder's, until its next call
  int end_ms = 0;
  if (!WebPAnimDecoderGetNext(decoder_->handle.get(), &canvas, &end_ms))
    throw unreadable(file_, "frame " + std::to_string(next_) + " could not be decoded; it is damaged");
  ++next_;
  return {
      size_.width, size_.height, {canvas, canvas + std::size_t(size_.width) * std::size_t(size_.height) * 4}};
}

}  // namespace fg
