#pragma once
// The elements of a DICOM file, one after another: DICOM PS3.5, 7.1 and A.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace fg::dicom {

bool is_dicom(const std::filesystem::path& file);  // by its mark; false for what cannot be read, too

// group << 16 | element.
inline constexpr std::uint32_t kTransferSyntax = 0x00020010, kPixelData = 0x7fe00010, kItem = 0xfffee000,
                               kItemEnd = 0xfffee00d, kSequenceEnd = 0xfffee0dd;
inline constexpr std::uint32_t kUndefined = 0xffffffff;  // length of what a delimiter ends

// PS3.6, table A-1: the transfer syntaxes in which elements are coded otherwise than explicit, little endian.
inline constexpr std::string_view kImplicit = "1.2.840.10008.1.2", kDeflated = "1.2.840.10008.1.2.1.99",
                                  kBigEndian = "1.2.840.10008.1.2.2";

struct Element {
  std::uint64_t offset = 0, value = 0;  // bytes from the start of the file to the tag, and to the value
  std::uint32_t tag = 0, length = 0;    // length of the value in bytes, or kUndefined
  int depth = 0;                        // in how many sequences of undefined length it stands
  bool unknown_type = false;            // UN
  bool big_endian = false;
};

// Goes into sequences of undefined length, whose items and delimiters are elements like others, and over
// those that say how long they are. Failures are Failure(unreadable_input) with the byte where the file is
// damaged or truncated.
class Walker {
 public:
  explicit Walker(const std::filesystem::path& file);

  bool has_mark() const { return has_mark_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  const std::string& syntax() const { return syntax_; }  // the transfer syntax; "" until it is read

  // Nothing at the end of the file, behind a delimiter too many, and where deflated bytes begin.
  std::optional<Element> next();

  std::string text(const Element& element);      // without blanks around it; "" above 4096 bytes
  std::uint16_t number(const Element& element);  // of a type US or SS; 0 if it has not two bytes

 private:
  Element header();
  Element typed(Element element);
  std::string bytes_at(std::uint64_t offset, std::uint64_t count);
  std::uint32_t number_at(std::uint64_t offset, std::uint32_t count, bool big_endian);

  std::filesystem::path file_;
  std::ifstream stream_;
  std::uint64_t size_bytes_ = 0, position_ = 132;
  int depth_ = 0;
  int implicit_below_ = std::numeric_limits<int>::max();  // depth of a UN whose elements are being read
  bool has_mark_ = false;
  std::string syntax_;
};

}  // namespace fg::dicom
