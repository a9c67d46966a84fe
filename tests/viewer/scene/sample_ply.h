#pragma once
// A writer of PLY files for tests: any format, order and type of the columns, lying counts, other elements
// around.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/viewer/io/test_files.h"

namespace fg {

struct PlyColumn {
  std::string type, name;
};

struct PlyOptions {
  std::string format = "binary_little_endian";
  std::string claimed_count = {};  // empty: the true one
  std::string line_end = "\n";
  int faces_before = 0, faces_after = 0;  // rows of an element with a list
};

inline std::vector<PlyColumn> inria_properties(int degree) {
  std::vector<PlyColumn> columns;
  for (const char* name : {"x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"})
    columns.push_back({"float", name});
  for (int k = 0; k < 3 * ((degree + 1) * (degree + 1) - 1); ++k)
    columns.push_back({"float", "f_rest_" + std::to_string(k)});
  for (const char* name : {"opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"})
    columns.push_back({"float", name});
  return columns;
}

// Where a property stands in a row of sample_rows, which is the order of inria_properties.
inline std::size_t column_of(const std::string& name, int degree) {
  const std::vector<PlyColumn> columns = inria_properties(degree);
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return columns.size();  // an extra one
}

// Values of raw (not activated) splats, all different, in the range of trained scenes and exact as float.
inline std::vector<std::vector<double>> sample_rows(std::size_t count, int degree) {
  std::vector<std::vector<double>> rows(count);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t c = 0; c < inria_properties(degree).size(); ++c)
      rows[i].push_back(static_cast<float>(
          3.0 * std::sin(0.7 * static_cast<double>(i) + 1.3 * static_cast<double>(c) + 0.1)));
  return rows;
}

namespace detail {

template <class T>
void append_number(ByteVector& bytes, double value, bool swap) {
  const T number = static_cast<T>(value);
  std::uint8_t raw[sizeof(T)];
  std::memcpy(raw, &number, sizeof(T));
  if (swap) std::reverse(raw, raw + sizeof(T));
  bytes.insert(bytes.end(), raw, raw + sizeof(T));
}

inline void append_value(ByteVector& bytes, const std::string& format, const std::string& type,
                         double value) {
  if (format == "ascii") {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g ", value);
    bytes.insert(bytes.end(), text, text + std::strlen(text));
    return;
  }
  const bool swap = format == "binary_big_endian";
  if (type == "float")
    append_number<float>(bytes, value, swap);
  else if (type == "double" || type == "float64")
    append_number<double>(bytes, value, swap);
  else if (type == "char" || type == "int8")
    append_number<std::int8_t>(bytes, value, swap);
  else if (type == "uchar")
    append_number<std::uint8_t>(bytes, value, swap);
  else if (type == "short")
    append_number<std::int16_t>(bytes, value, swap);
  else if (type == "ushort" || type == "uint16")
    append_number<std::uint16_t>(bytes, value, swap);
  else if (type == "int")
    append_number<std::int32_t>(bytes, value, swap);
  else
    append_number<std::uint32_t>(bytes, value, swap);
}

}  // namespace detail

// rows in the order of inria_properties of the degree that has that many; extra columns get small whole
// numbers.
inline void write_ply(const std::filesystem::path& file, const PlyOptions& options,
                      const std::vector<PlyColumn>& columns, const std::vector<std::vector<double>>& rows) {
  int degree = 3;
  while (degree > 0 && !rows.empty() && inria_properties(degree).size() != rows[0].size()) --degree;
  std::string header = "ply" + options.line_end + "format " + options.format + " 1.0" + options.line_end +
                       "comment made by a test" + options.line_end;
  const auto line = [&](const std::string& text) { header += text + options.line_end; };
  const auto faces = [&](const char* name, int count) {
    if (count == 0) return;
    line(std::string("element ") + name + " " + std::to_string(count));
    line("property list uchar int vertex_indices");
    line("property float area");
  };
  faces("face", options.faces_before);
  line("element vertex " +
       (options.claimed_count.empty() ? std::to_string(rows.size()) : options.claimed_count));
  for (const PlyColumn& column : columns) line("property " + column.type + " " + column.name);
  faces("more", options.faces_after);
  line("end_header");

  ByteVector bytes(header.begin(), header.end());
  const auto face_rows = [&](int count) {
    for (int i = 0; i < count; ++i) {
      detail::append_value(bytes, options.format, "uchar", i);
      for (int k = 0; k < i; ++k) detail::append_value(bytes, options.format, "int", k);
      detail::append_value(bytes, options.format, "float", 0.5);
    }
  };
  face_rows(options.faces_before);
  for (const std::vector<double>& row : rows) {
    for (const PlyColumn& column : columns) {
      const std::size_t at = column_of(column.name, degree);
      detail::append_value(bytes, options.format, column.type, at < row.size() ? row[at] : 42.0);
    }
    if (options.format == "ascii") bytes.back() = '\n';
  }
  face_rows(options.faces_after);
  write_bytes(file, bytes);
}

}  // namespace fg
