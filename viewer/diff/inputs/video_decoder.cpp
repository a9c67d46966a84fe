#include "viewer/diff/inputs/video_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <new>
#include <thread>

#include "viewer/error.h"

namespace fg {
namespace {

constexpr unsigned kMostThreads = 8;  // of one decoder; each holds a frame

// Frame threads and slice threads as the decoder can. Which frames it had to patch it says itself, in their flags.
void set_up(AVCodecContext& decoder) {
  decoder.thread_count = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, kMostThreads));
  decoder.err_recognition |= AV_EF_CRCCHECK;
  decoder.flags |= AV_CODEC_FLAG_UNALIGNED;  // crops to the pixel
}

// FFV1 from version 2 on has a CRC for each slice, and its decoder only prints that one does not hold. Without frame
// threads what it prints belongs to the frame that it is asked for.
bool must_be_listened_to(const AVCodecParameters& codec) {
  return codec.codec_id == AV_CODEC_ID_FFV1 && codec.extradata_size > 0;
}

// In place of FFmpeg's printing to standard error: what is wrong stands in our sentences. A decoder that is listened
// to has the place where its errors are counted as its opaque pointer.
void on_message(void* from, int level, const char*, va_list) {
  if (level > AV_LOG_ERROR || !from || *static_cast<const AVClass**>(from) != avcodec_get_class()) return;
  if (auto* complaints = static_cast<int*>(static_cast<AVCodecContext*>(from)->opaque)) ++*complaints;
}

// VP8 keeps reference frames that are never shown in packets of their own; bit 4 of the first byte tells them apart.
bool is_shown(const AVStream& stream, const AVPacket& packet) {
  if (packet.flags & AV_PKT_FLAG_DISCARD) return false;
  return stream.codecpar->codec_id != AV_CODEC_ID_VP8 || packet.size == 0 || (packet.data[0] & 0x10);
}

}  // namespace

std::string ffmpeg_words(int error) {
  char words[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, words, sizeof words);
  return words;
}

VideoDecoder::VideoDecoder(const std::filesystem::path& file) {
  av_log_set_callback(on_message);
  // "file:" and the whitelist: neither a name nor a playlist inside opens anything but files.
  AVFormatContext* opened = nullptr;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  const int open_error = avformat_open_input(&opened, ("file:" + file.string()).c_str(), nullptr, &options);
  av_dict_free(&options);
  if (open_error < 0) throw unreadable(file, "no video that FFmpeg can open: " + ffmpeg_words(open_error));
  container_.reset(opened);
  if (const int error = avformat_find_stream_info(opened, nullptr); error < 0)
    throw unreadable(file, "the streams of the video cannot be found: " + ffmpeg_words(error));
  const AVCodec* codec = nullptr;
  stream_ = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (stream_ == AVERROR_DECODER_NOT_FOUND)
    throw unreadable(file, "this build of the FFmpeg libraries has no decoder for its video");
  if (stream_ < 0 || (stream().disposition & AV_DISPOSITION_ATTACHED_PIC))
    throw unreadable(file, "has no video stream");
  for (unsigned i = 0; i < opened->nb_streams; ++i)
    if (static_cast<int>(i) != stream_) opened->streams[i]->discard = AVDISCARD_ALL;
  decoder_.reset(avcodec_alloc_context3(codec));
  packet_.reset(av_packet_alloc());
  if (!decoder_ || !packet_) throw std::bad_alloc();
  if (avcodec_parameters_to_context(decoder_.get(), stream().codecpar) < 0) throw std::bad_alloc();
  decoder_->pkt_timebase = stream().time_base;
  set_up(*decoder_);
  if (must_be_listened_to(*stream().codecpar)) {
    decoder_->thread_type = FF_THREAD_SLICE;
    decoder_->opaque = complaints_.get();
  }
  if (const int error = avcodec_open2(decoder_.get(), codec, nullptr); error < 0)
    throw unreadable(file,
                     fmt::format("the decoder {} does not start: {}", codec->name, ffmpeg_words(error)));
}

bool VideoDecoder::read_packet() {
  for (;;) {
    av_packet_unref(packet_.get());
    const int error = av_read_frame(container_.get(), packet_.get());
    if (error == AVERROR(EAGAIN)) continue;
    if (error < 0) {
      if (error != AVERROR_EOF) read_problem_ = ffmpeg_words(error);
      return false;
    }
    if (packet_->stream_index == stream_) return true;
  }
}

std::vector<std::int64_t> VideoDecoder::timestamps(const LookedThrough& looked) {
  std::vector<std::int64_t> times;
  while (read_packet()) {
    if (is_shown(stream(), *packet_)) times.push_back(packet_->pts);
    if (looked) looked(share_read());
  }
  return times;
}

double VideoDecoder::share_read() const {
  const std::int64_t bytes = container_->pb ? avio_size(container_->pb) : 0;
  return bytes > 0 ? std::clamp(static_cast<double>(avio_tell(container_->pb)) / static_cast<double>(bytes),
                                0.0, 1.0)
                   : 0.0;
}

VideoDecoder::Step VideoDecoder::give_packet() {
  const bool any = read_packet();
  drained_ = !any;
  const int error = avcodec_send_packet(decoder_.get(), any ? packet_.get() : nullptr);
  if (!any && !read_problem_.empty()) return {.problem = "the file cannot be read on: " + read_problem_};
  if (error == AVERROR(ENOMEM)) throw std::bad_alloc();
  // After EAGAIN the packet would be lost; it does not come, for all frames were taken before.
  if (error < 0 && error != AVERROR_EOF) return {.problem = ffmpeg_words(error)};
  return {};
}

VideoDecoder::Step VideoDecoder::next() {
  constexpr int kMostProblemsAtEnd = 64;  // as many as the decoder can have frames in work
  UniqueFrame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  for (;;) {
    const int error = avcodec_receive_frame(decoder_.get(), frame.get());
    if (error == 0) {
      if (*complaints_) frame->flags |= AV_FRAME_FLAG_CORRUPT;
      *complaints_ = 0;
      return {.frame = std::move(frame)};
    }
    if (error == AVERROR_EOF) return {};
    if (error == AVERROR(ENOMEM)) throw std::bad_alloc();
    if (error != AVERROR(EAGAIN)) {
      *complaints_ = 0;
      if (drained_ && ++problems_at_end_ > kMostProblemsAtEnd) return {};
      return {.problem = ffmpeg_words(error)};
    }
    if (drained_) return {};
    if (Step step = give_packet(); !step.problem.empty()) return step;
  }
}

}  // namespace fg
