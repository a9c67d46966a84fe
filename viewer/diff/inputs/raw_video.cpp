#include "viewer/diff/inputs/raw_video.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "viewer/diff/inputs/y4m.h"
#include "viewer/error.h"
#include "viewer/io/lower_case.h"

namespace fg {
bool is_raw_video(const std::filesystem::path& file) {
  const std::string ending = lower_ending(file);
  if (ending == ".yuv" || ending == ".y4m") return true;
  return std::filesystem::is_regular_file(file) && is_y4m(read_file_start(file, 16));
}

RawVideo::RawVideo(const std::filesystem::path& file, const std::optional<RawVideoLayout>& layout,
                   const LookedThrough& looked)
    : file_(file) {
  const std::vector<std::uint8_t> start = read_file_start(file, kLongestY4mLine);
  if (start.empty()) throw unreadable(file, "is empty; expected frames of raw video");
  if (is_y4m(start)) {
    const Y4mHeader header = parse_y4m_header(start, file);
    layout_ = {header.size, header.format};
    full_range_ = header.full_range;
    frame_bytes_ = frame_bytes(layout_.format, layout_.size);
    find_y4m_frames(header.bytes, looked);
  } else {
    if (file.extension() == ".y4m") throw unreadable(file, "byte 0: 'YUV4MPEG2' expected");
    if (!layout)
      throw Failure(ExitCode::usage, file.string() +
                                         ": a .yuv file does not say its size and format; give --size "
                                         "1920x1080 --format yuv420p");
    layout_ = *layout;
    frame_bytes_ = frame_bytes(layout_.format, layout_.size);
    frames_ = static_cast<std::size_t>(file_.size_bytes() / frame_bytes_);
    surplus_bytes_ = file_.size_bytes() % frame_bytes_;
  }
  if (frames_ == 0)
    throw unreadable(file, fmt::format("has {} bytes; one frame of {}x{} {} needs {}", file_.size_bytes(),
                                       layout_.size.width, layout_.size.height,
                                       pixel_format_name(layout_.format), frame_bytes_));
}

void RawVideo::find_y4m_frames(std::uint64_t first, const LookedThrough& looked) {
  std::array<std::uint8_t, 128> line;  // as a rule "FRAME\n"
  std::vector<std::uint8_t> long_line;
  for (std::uint64_t offset = first; offset < file_.size_bytes();) {
    std::span<const std::uint8_t> start(line.data(), file_.read_some(offset, line));
    if (start.size() == line.size() && std::find(start.begin(), start.end(), '\n') == start.end()) {
      long_line.resize(kLongestY4mLine);
      start = {long_line.data(), file_.read_some(offset, long_line)};
    }
    constexpr std::size_t kShortestLine = 6;
    const bool cut_in_header =
        start.size() < line.size() && std::find(start.begin(), start.end(), '\n') == start.end();
    if (start.size() < kShortestLine || cut_in_header) {
      surplus_bytes_ = start.size();
      break;
    }
    const std::uint64_t samples = offset + parse_y4m_frame_header(start, file_.path(), offset);
    if (samples > file_.size_bytes() || file_.size_bytes() - samples < frame_bytes_) {
      surplus_bytes_ = file_.size_bytes() - offset;
      break;
    }
    offsets_.push_back(samples);
    offset = samples + frame_bytes_;
    if (looked) looked(static_cast<double>(offset) / static_cast<double>(file_.size_bytes()));
  }
  frames_ = offsets_.size();
}

Frame RawVideo::read(std::size_t index) const {
  Frame frame{.kind = Frame::Kind::planes,
              .width = layout_.size.width,
              .height = layout_.size.height,
              .bits = layout_.format.bits};
  frame.colour.full_range = full_range_.value_or(layout_.format.grey);  // as coded_frame.cpp has it
  std::uint64_t offset = offsets_.empty() ? index * frame_bytes_ : offsets_.at(index);
  const ImageSize chroma = chroma_size(layout_.format, layout_.size);
  for (int p = 0; p < (layout_.format.grey ? 1 : 3); ++p) {
    const ImageSize size = p ? chroma : layout_.size;
    Plane plane{size.width, size.height, {}};
    plane.bytes.resize(static_cast<std::size_t>(size.width) * size.height * layout_.format.sample_bytes());
    if (file_.read_some(offset, plane.bytes) < plane.bytes.size())
      throw unreadable(
          file_.path(),
          fmt::format("byte {}: frame {} expected, the file ends; it has become shorter", offset, index));
    if (const std::size_t high = find_high_code(plane, frame.bits); high < plane.bytes.size())
      throw unreadable(file_.path(),
                       fmt::format("byte {}: the code {} is above {}, the highest of {}; is that the format?",
                                   offset + high, plane.bytes[high] | plane.bytes[high + 1] << 8,
                                   (1 << frame.bits) - 1, pixel_format_name(layout_.format)));
    offset += plane.bytes.size();
    frame.planes.push_back(std::move(plane));
  }
  return frame;
}

}  // namespace fg
