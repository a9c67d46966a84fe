#include "tests/viewer/diff/sample_video.h"

#include <cstring>
#include <memory>
#include <stdexcept>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace fg::test {
namespace {

struct Free {
  void operator()(AVCodecContext* encoder) const { avcodec_free_context(&encoder); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFormatContext* context) const {
    if (context->pb) avio_closep(&context->pb);
    avformat_free_context(context);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

void expect(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("sample video: ") + what);
}

Owned<AVCodecContext> encoder_for(const Frame& frame, const SampleVideo& video) {
  const AVCodec* codec = avcodec_find_encoder_by_name(video.codec.c_str());
  expect(codec, "no such encoder");
  Owned<AVCodecContext> encoder(avcodec_alloc_context3(codec));
  encoder->width = frame.width;
  encoder->height = frame.height;
  encoder->pix_fmt = av_get_pix_fmt(video.pixel_format.c_str());
  encoder->time_base = {1, 25};
  encoder->level = video.codec == "ffv1" ? 3 : encoder->level;  // with a CRC for each slice
  encoder->thread_count = 1;
  encoder->gop_size = 1;  // no frame needs another one
  encoder->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  expect(avcodec_open2(encoder.get(), codec, nullptr) >= 0, "the encoder does not start");
  return encoder;
}

Owned<AVFrame> picture_of(const Frame& frame, AVPixelFormat format, std::int64_t time) {
  Owned<AVFrame> picture(av_frame_alloc());
  picture->width = frame.width;
  picture->height = frame.height;
  picture->format = format;
  picture->pts = time;
  expect(av_frame_get_buffer(picture.get(), 0) >= 0, "no memory");
  const auto copy = [&](int plane, const std::uint8_t* from, std::size_t row_bytes, int rows) {
    for (int v = 0; v < rows; ++v)
      std::memcpy(picture->data[plane] + std::ptrdiff_t{v} * picture->linesize[plane],
                  from + row_bytes * static_cast<std::size_t>(v), row_bytes);
  };
  for (std::size_t p = 0; p < frame.planes.size(); ++p)
    copy(static_cast<int>(p), frame.planes[p].bytes.data(),
         frame.planes[p].bytes.size() / static_cast<std::size_t>(frame.planes[p].height),
         frame.planes[p].height);
  if (frame.planes.empty()) {
    std::vector<std::uint8_t> rgb;
    for (std::size_t i = 0; i < frame.rgba8.size(); ++i)
      if (i % 4 != 3) rgb.push_back(frame.rgba8[i]);
    copy(0, rgb.data(), 3 * static_cast<std::size_t>(frame.width), frame.height);
  }
  return picture;
}

class Writer {
 public:
  Writer(const std::filesystem::path& file, const SampleVideo& video) : file_(file), video_(video) {
    AVFormatContext* context = nullptr;
    expect(avformat_alloc_output_context2(&context, nullptr, nullptr, file.c_str()) >= 0,
           "no such container");
    container_.reset(context);
    stream_ = avformat_new_stream(context, nullptr);
    expect(avio_open(&context->pb, file.c_str(), AVIO_FLAG_WRITE) >= 0, "the file cannot be written");
  }
  void start(const AVCodecContext& encoder) {
    avcodec_parameters_from_context(stream_->codecpar, &encoder);
    stream_->time_base = encoder.time_base;
    if (video_.rotation_degrees) {
      std::uint8_t* matrix =
          av_stream_new_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(std::int32_t));
      av_display_rotation_set(reinterpret_cast<std::int32_t*>(matrix), *video_.rotation_degrees);
    }
    expect(avformat_write_header(container_.get(), nullptr) >= 0, "no header");
  }
  // picture: null after the last.
  void encode(AVCodecContext& encoder, const AVFrame* picture) {
    expect(avcodec_send_frame(&encoder, picture) >= 0, "a frame is refused");
    Owned<AVPacket> packet(av_packet_alloc());
    while (avcodec_receive_packet(&encoder, packet.get()) == 0) {
      if (video_.packet) video_.packet(packets_, {packet->data, static_cast<std::size_t>(packet->size)});
      ++packets_;
      packet->duration = 1;
      av_packet_rescale_ts(packet.get(), encoder.time_base, stream_->time_base);
      expect(av_interleaved_write_frame(container_.get(), packet.get()) >= 0, "a packet is refused");
    }
  }
  void end() { expect(av_write_trailer(container_.get()) >= 0, "no trailer"); }

 private:
  std::filesystem::path file_;
  const SampleVideo& video_;
  Owned<AVFormatContext> container_;
  AVStream* stream_ = nullptr;
  std::size_t packets_ = 0;
};

}  // namespace

void write_video(const std::filesystem::path& file, const std::vector<Frame>& frames,
                 const SampleVideo& video) {
  av_log_set_level(AV_LOG_ERROR);
  Writer writer(file, video);
  Owned<AVCodecContext> encoder = encoder_for(frames.front(), video);
  writer.start(*encoder);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].width != encoder->width || frames[i].height != encoder->height) {
      writer.encode(*encoder, nullptr);
      encoder = encoder_for(frames[i], video);
    }
    writer.encode(*encoder, picture_of(frames[i], encoder->pix_fmt, static_cast<std::int64_t>(i)).get());
  }
  writer.encode(*encoder, nullptr);
  writer.end();
}

}  // namespace fg::test
