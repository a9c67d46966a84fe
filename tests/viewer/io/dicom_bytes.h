#pragma once
// The parts of a DICOM file, byte by byte: PS3.5, 7.1.2 and 7.5.

#include <algorithm>
#include <cstdint>
#include <string>

namespace fg::test::dicom {

enum class Order { little, big };
enum class Length { defined, undefined };

inline std::string number(std::uint32_t value, int bytes, Order order = Order::little) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  if (order == Order::big) std::reverse(text.begin(), text.end());
  return text;
}

inline std::string tag(std::uint32_t group, std::uint32_t element, Order order = Order::little) {
  return number(group, 2, order) + number(element, 2, order);
}

// Tag, type and length, for a value of so many bytes, or 0xffffffff.
inline std::string head(std::uint32_t group, std::uint32_t element, const std::string& type,
                        std::uint32_t length, Order order = Order::little) {
  const std::string start = tag(group, element, order) + type;
  for (const char* is_long : {"OB", "OV", "OW", "SQ", "SV", "UN", "UV"})
    if (type == is_long) return start + std::string(2, '\0') + number(length, 4, order);
  return start + number(length, 2, order);
}

inline std::string element(std::uint32_t group, std::uint32_t number, const std::string& type,
                           std::string value, Order order = Order::little) {
  if (value.size() % 2 != 0) value += type == "UI" || type == "OB" ? '\0' : ' ';
  return head(group, number, type, static_cast<std::uint32_t>(value.size()), order) + value;
}

// An item, or with 0xe00d and 0xe0dd what ends an item and a sequence.
inline std::string item(std::uint32_t element, std::uint32_t length) {
  return tag(0xfffe, element) + number(length, 4);
}

// A sequence of one item; both of them say how long they are, or both end with a delimiter.
inline std::string sequence(std::uint32_t group, std::uint32_t number, const std::string& elements,
                            Length length, const std::string& type = "SQ") {
  if (length == Length::defined)
    return element(group, number, type, item(0xe000, static_cast<std::uint32_t>(elements.size())) + elements);
  return head(group, number, type, 0xffffffff) + item(0xe000, 0xffffffff) + elements + item(0xe00d, 0) +
         item(0xe0dd, 0);
}

inline std::string file(const std::string& syntax, const std::string& data) {
  return std::string(128, '\0') + "DICM" + element(2, 0x10, "UI", syntax) + data;
}

inline constexpr const char *kImplicitLittle = "1.2.840.10008.1.2", *kExplicitLittle = "1.2.840.10008.1.2.1",
                            *kExplicitBig = "1.2.840.10008.1.2.2";

}  // namespace fg::test::dicom
