#pragma once
// One pass through a file's video stream with the FFmpeg libraries. Nothing outside viewer/diff/inputs/coded_*.cpp and
// video_decoder.cpp includes their headers.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/diff/inputs/look_through.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace fg {

struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using UniqueFrame = std::unique_ptr<AVFrame, FreeFrame>;

// The words of an FFmpeg error code.
std::string ffmpeg_words(int error);

class VideoDecoder {
 public:
  explicit VideoDecoder(const std::filesystem::path& file);  // throws Failure(unreadable_input)

  const AVFormatContext& container() const { return *container_; }
  const AVStream& stream() const { return *container_->streams[stream_]; }

  // Of every packet that holds a frame to show, in the order of the file; AV_NOPTS_VALUE where it has none. Reads to
  // the end without decoding: a decoder is good for this or for next().
  std::vector<std::int64_t> timestamps(const LookedThrough& looked);

  // Either a frame, which may be damaged (AV_FRAME_FLAG_CORRUPT, decode_error_flags), in the order in which they are shown, or the sentence of a packet that could not be decoded;
  // neither at the end.
  struct Step {
    UniqueFrame frame;
    std::string problem;
    bool at_end() const { return !frame && problem.empty(); }
  };
  Step next();

  // How much of the file has been read, 0..1.
  double share_read() const;
  // The container is of a kind that stores no times: its frames are counted by decoding them.
  bool stores_no_times() const { return container_->iformat->flags & AVFMT_NOTIMESTAMPS; }

 private:
  bool read_packet();  // into packet_, of the stream; false at the end
  Step give_packet();

  struct CloseContainer {
    void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
  };
  struct FreeDecoder {
    void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  };
  struct FreePacket {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  };

  std::unique_ptr<AVFormatContext, CloseContainer> container_;
  std::unique_ptr<AVCodecContext, FreeDecoder> decoder_;
  std::unique_ptr<AVPacket, FreePacket> packet_;
  std::unique_ptr<int> complaints_ = std::make_unique<int>(0);  // of a decoder that is listened to
  int stream_ = 0;
  bool drained_ = false;      // no packet is left
  int problems_at_end_ = 0;   // a decoder that only fails from then on is at its end
  std::string read_problem_;  // why the packets ended, where that was no end of file
};

}  // namespace fg
