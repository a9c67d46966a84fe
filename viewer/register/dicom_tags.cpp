// DICOM PS3.5, 7.1: an element is a tag, with explicit types a type, a length and the value. load_volume() reads the pixels
// and says what is damaged; here only the tags before them are wanted, and the walk ends where it no longer makes sense.

#include "viewer/register/dicom_tags.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "viewer/io/file.h"

namespace fg {
namespace {

constexpr std::size_t kMostHeader = 1 << 20;  // bytes
constexpr std::uint32_t kPixelData = 0x7fe00010, kTransferSyntax = 0x00020010, kUndefined = 0xffffffff;
constexpr std::string_view kImplicit = "1.2.840.10008.1.2", kDeflated = "1.2.840.10008.1.2.1.99",
                           kBigEndian = "1.2.840.10008.1.2.2";

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  while (!text.empty() && text.front() == ' ') text.erase(0, 1);
  return text;
}

class Walk {
 public:
  explicit Walk(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  bool next(std::uint32_t& tag, std::string& value) {
    constexpr std::size_t kLongest = 1024;  // of a value that is kept
    const std::size_t start = at_;
    tag = number(2) << 16;
    tag |= number(2);
    const bool implicit = (tag >> 16) != 2 && implicit_;
    std::uint32_t length = 0;
    bool sequence = false;
    if (implicit) {
      length = number(4);
    } else {
      const std::string type = text(2);
      const bool is_long = type == "OB" || type == "OW" || type == "OF" || type == "OD" || type == "OL" ||
                           type == "SQ" || type == "UC" || type == "UN" || type == "UR" || type == "UT";
      sequence = type == "SQ";
      if (is_long) at_ += 2;
      length = number(is_long ? 4 : 2);
    }
    if (at_ > bytes_.size() || at_ <= start || tag == kPixelData) return false;
    if (length == kUndefined) return skip_sequence();
    if (length > bytes_.size() - at_) return false;
    value = length <= kLongest && !sequence
                ? std::string(reinterpret_cast<const char*>(bytes_.data()) + at_, length)
                : std::string();
    at_ += length;
    if (tag == kTransferSyntax) {
      const std::string syntax = trimmed(value);
      implicit_ = syntax == kImplicit;
      if (syntax == kDeflated || syntax == kBigEndian) return false;
    }
    return true;
  }

 private:
  // To behind the delimiter that closes a sequence of undefined length: items in it may be sequences in turn.
  bool skip_sequence() {
    int depth = 1;
    for (; at_ + 8 <= bytes_.size() && depth > 0; ++at_) {
      const std::size_t here = at_;
      const std::uint32_t group = number(2), element = number(2), length = number(4);
      at_ = here;
      if (group != 0xfffe) continue;
      if (element == 0xe0dd && length == 0) --depth, at_ += 7;
    }
    return depth == 0;
  }

  std::uint32_t number(std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i, ++at_)
      if (at_ < bytes_.size()) value |= static_cast<std::uint32_t>(bytes_[at_]) << (8 * i);
    return value;
  }
  std::string text(std::size_t count) {
    std::string value;
    for (std::size_t i = 0; i < count; ++i, ++at_)
      if (at_ < bytes_.size()) value += static_cast<char>(bytes_[at_]);
    return value;
  }

  const std::vector<std::uint8_t>& bytes_;
  std::size_t at_ = 132;
  bool implicit_ = false;
};

}  // namespace

bool is_dicom(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> start = read_file_start(file, 132);
  return start.size() == 132 &&
         std::string_view(reinterpret_cast<const char*>(start.data()) + 128, 4) == "DICM";
}

DicomTags::DicomTags(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_file_start(file, kMostHeader);
  Walk walk(bytes);
  std::uint32_t tag = 0;
  std::string value;
  while (walk.next(tag, value))
    if (!value.empty()) values_.emplace(tag, value);
}

std::string DicomTags::text(std::uint32_t tag) const {
  const auto found = values_.find(tag);
  return found == values_.end() ? "" : trimmed(found->second);
}

std::vector<double> DicomTags::numbers(std::uint32_t tag) const {
  std::vector<double> all;
  std::string rest = text(tag);
  while (!rest.empty()) {
    char* end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    if (end == rest.c_str() || !std::isfinite(value)) return {};
    all.push_back(value);
    const std::size_t next = rest.find('\\');
    rest = next == std::string::npos ? "" : rest.substr(next + 1);
  }
  return all;
}

std::optional<double> DicomTags::number(std::uint32_t tag) const {
  const std::vector<double> all = numbers(tag);
  if (all.empty()) return {};
  return all.front();
}

std::optional<int> DicomTags::whole_number(std::uint32_t tag) const {
  const auto found = values_.find(tag);
  if (found == values_.end() || found->second.size() != 2) return {};
  const auto low = static_cast<unsigned char>(found->second[0]),
             high = static_cast<unsigned char>(found->second[1]);
  return static_cast<std::int16_t>(low | high << 8);
}

}  // namespace fg
