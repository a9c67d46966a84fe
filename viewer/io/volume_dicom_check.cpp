// Is a DICOM file whole? DICOM PS3.5, 7.1 and A.4: elements of tag, (type,) length and value, one after
// another. GDCM leaves damaged slices out of a series without a word, or fills what is missing.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string_view>

#include "viewer/error.h"
#include "viewer/io/volume_readers.h"

namespace fg::volumes {
namespace {

namespace fs = std::filesystem;

// PS3.6, table A-1, as far as GDCM decodes it: as it is, deflated, JPEG, JPEG-LS, JPEG 2000, run lengths.
constexpr std::string_view kDeflated = "1.2.840.10008.1.2.1.99";
constexpr std::string_view kDecoded[] = {
    "1.2.840.10008.1.2",      "1.2.840.10008.1.2.1",    "1.2.840.10008.1.2.2",    kDeflated,
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5"};

constexpr std::uint32_t kUndefined = 0xffffffff;
constexpr std::uint32_t kTransferSyntax = 0x00020010, kSamples = 0x00280002, kFrames = 0x00280008,
                        kRows = 0x00280010, kColumns = 0x00280011, kBitsAllocated = 0x00280100,
                        kPixelData = 0x7fe00010, kItem = 0xfffee000, kItemEnd = 0xfffee00d,
                        kSequenceEnd = 0xfffee0dd;

struct Element {
  std::uint64_t offset = 0;  // of the tag
  std::uint32_t tag = 0, length = 0;
  bool unknown_type = false;  // UN: with an undefined length, what follows is coded otherwise
};

// Walks over the elements of one file.
class Walker {
 public:
  explicit Walker(const fs::path& file) : file_(file), stream_(file, std::ios::binary) {
    std::error_code error;
    size_bytes_ = fs::file_size(file, error);
    if (error || !stream_) throw unreadable(file, "it cannot be opened");
  }

  bool has_mark() { return text_at(128, 4) == "DICM"; }

  DicomCheck walk() {
    position_ = 132;
    int depth = 0;
    while (position_ < size_bytes_) {
      const Element element = next();
      const std::uint32_t group = element.tag >> 16;
      if (group == 2 && element.tag == kTransferSyntax) syntax_ = trimmed(text_at(position_, element.length));
      if (syntax_ == kDeflated) return {.image = true};  // what follows cannot be walked over: left to GDCM
      if (element.tag == kItemEnd) continue;
      if (element.tag == kSequenceEnd) {
        if (--depth < 0 || (pixels_ && depth == 0)) break;
        continue;
      }
      if (element.tag == kPixelData && depth == 0) {
        pixels_ = true;
        require_decoder(element);
      }
      if (depth == 0) remember(element);
      if (element.length == kUndefined) {
        if (element.tag == kItem) continue;                // its elements follow
        if (element.unknown_type) return {.image = true};  // left to GDCM
        ++depth;
        continue;
      }
      if (element.length > size_bytes_ - position_)
        throw unreadable(file_, fmt::format("byte {}: element ({:04x},{:04x}) claims {} bytes, of which the "
                                            "file has {}; it is truncated or damaged",
                                            element.offset, group, element.tag & 0xffff, element.length,
                                            size_bytes_ - position_));
      position_ += element.length;
      if (pixels_ && depth == 0) {
        require_pixels(element);
        break;
      }
    }
    if (!pixels_ && rows_ > 0)
      throw unreadable(
          file_, fmt::format("it says that it holds an image of {} rows, but ends after byte {} without "
                             "pixels; it is truncated",
                             rows_, size_bytes_));
    return {.image = pixels_};
  }

 private:
  static std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
    return text;
  }

  std::string text_at(std::uint64_t offset, std::uint64_t count) {
    if (offset > size_bytes_ || count > std::min<std::uint64_t>(size_bytes_ - offset, 4096)) return {};
    std::string text(static_cast<std::size_t>(count), '\0');
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(text.data(), static_cast<std::streamsize>(count));
    return text;
  }

  std::uint32_t number_at(std::uint64_t offset, std::uint32_t bytes) {
    const std::string text = text_at(offset, bytes);
    const bool big = big_endian_;
    std::uint32_t value = 0;
    for (std::size_t n = 0; n < text.size(); ++n)
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[big ? text.size() - 1 - n : n]))
               << (8 * n);
    return value;
  }

  // Leaves the position at the value.
  Element next() {
    if (size_bytes_ - position_ < 8)
      throw unreadable(
          file_, fmt::format("byte {}: an element begins, the file ends {} bytes after; it is truncated",
                             position_, size_bytes_ - position_));
    big_endian_ = false;
    const bool meta = number_at(position_, 2) == 2;
    big_endian_ = !meta && syntax_ == "1.2.840.10008.1.2.2";
    const bool implicit = !meta && syntax_ == "1.2.840.10008.1.2";
    Element element{.offset = position_, .tag = number_at(position_, 2) << 16 | number_at(position_ + 2, 2)};
    if (implicit || element.tag >> 16 == 0xfffe) {
      element.length = number_at(position_ + 4, 4);
      position_ += 8;
      return element;
    }
    const std::string type = text_at(position_ + 4, 2);
    constexpr std::string_view kLong[] = {"OB", "OW", "OF", "OD", "OL", "OV", "UN",
                                          "UC", "UR", "UT", "SQ", "SV", "UV"};
    if (std::any_of(type.begin(), type.end(), [](char c) { return c < 'A' || c > 'Z'; }))
      throw unreadable(file_, fmt::format("byte {}: element ({:04x},{:04x}) has no type; the file is damaged",
                                          element.offset, element.tag >> 16, element.tag & 0xffff));
    const bool is_long = std::find(std::begin(kLong), std::end(kLong), type) != std::end(kLong);
    if (is_long && size_bytes_ - position_ < 12)
      throw unreadable(
          file_, fmt::format("byte {}: the file ends inside an element; it is truncated", element.offset));
    element.unknown_type = type == "UN";
    element.length = is_long ? number_at(position_ + 8, 4) : number_at(position_ + 6, 2);
    position_ += is_long ? 12 : 8;
    return element;
  }

  void remember(const Element& element) {
    if (element.tag == kRows) rows_ = number_at(position_, 2);
    if (element.tag == kColumns) columns_ = number_at(position_, 2);
    if (element.tag == kSamples) samples_ = number_at(position_, 2);
    if (element.tag == kBitsAllocated) bits_ = number_at(position_, 2);
    if (element.tag == kFrames)
      frames_ = std::strtoull(text_at(position_, element.length).c_str(), nullptr, 10);
  }

  void require_decoder(const Element& pixels) const {
    if (syntax_.empty() || std::find(std::begin(kDecoded), std::end(kDecoded), syntax_) != std::end(kDecoded))
      return;
    throw unreadable(file_,
                     fmt::format("byte {}: its pixels are coded in the transfer syntax {}, which is not "
                                 "read here; store them uncompressed first (gdcmconv --raw, dcmdjpeg)",
                                 pixels.offset, quotable(syntax_)));
  }

  void require_pixels(const Element& pixels) const {
    const std::uint64_t per_frame = std::uint64_t{rows_} * columns_ * samples_ * bits_ / 8;
    if (pixels.length / std::max<std::uint64_t>(frames_, 1) < per_frame)
      throw unreadable(
          file_, fmt::format("byte {}: {} x {} pixels of {} bits in {} frames do not fit into the {} bytes "
                             "that its pixels have; it is damaged",
                             pixels.offset, columns_, rows_, bits_, frames_, pixels.length));
  }

  fs::path file_;
  std::ifstream stream_;
  std::uint64_t size_bytes_ = 0, position_ = 0, frames_ = 1;
  std::uint32_t rows_ = 0, columns_ = 0, samples_ = 1, bits_ = 0;
  bool big_endian_ = false, pixels_ = false;
  std::string syntax_;
};

}  // namespace

DicomCheck check_dicom(const fs::path& file) {
  Walker walker(file);
  return walker.has_mark() ? walker.walk() : DicomCheck{};
}

}  // namespace fg::volumes
