#include "viewer/io/animation.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include <memory>
#include <string>

#include "viewer/error.h"
#include "viewer/io/file.h"

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

}  // namespace fg
