#pragma once
// The PLY container: header, and rows of one element as floats. What the numbers mean is the caller's matter.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/io/file.h"

namespace fg {

enum class PlyFormat { ascii, little_endian, big_endian };
enum class PlyScalar { int8, uint8, int16, uint16, int32, uint32, float32, float64 };

struct PlyProperty {
  std::string name;
  PlyScalar type;                        // of the value, or of each item of a list
  std::optional<PlyScalar> list_length;  // type of the leading count when the property is a list
};

struct PlyElement {
  std::string name;
  std::uint64_t count = 0;  // rows, as the header claims
  std::vector<PlyProperty> properties;

  bool has_list() const;
  std::size_t row_bytes() const;  // without lists
  const PlyProperty* find(std::string_view property) const;
};

struct PlyHeader {
  PlyFormat format = PlyFormat::little_endian;
  std::vector<PlyElement> elements;
  std::vector<std::string> comments;
  std::uint64_t data_offset = 0;  // bytes from the start of the file to the first row

  const PlyElement* find(std::string_view element) const;
};

// Throws Failure(unreadable_input) naming the byte at which the header stops making sense.
PlyHeader read_ply_header(const InputFile& file);

// Calls row(values) for each row of the element, with the named properties as floats in the order asked for.
// The claimed count is checked against the size of the file before the first call. Returns the byte after the
// last row.
using PlyRow = std::function<void(std::span<const float>)>;
std::uint64_t read_ply_rows(const InputFile& file, const PlyHeader& header, const PlyElement& element,
                            const std::vector<std::string>& properties, const PlyRow& row);

}  // namespace fg
