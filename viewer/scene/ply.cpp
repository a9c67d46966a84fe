#include "viewer/scene/ply.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "viewer/error.h"
#include "viewer/io/quotable.h"

namespace fg {

namespace {

constexpr std::size_t kHeaderLimitBytes = 1 << 20;

std::optional<PlyScalar> scalar_named(std::string_view name) {
  struct Name {
    std::string_view name;
    PlyScalar type;
  };
  static constexpr Name kNames[] = {
      {"char", PlyScalar::int8},      {"int8", PlyScalar::int8},       {"uchar", PlyScalar::uint8},
      {"uint8", PlyScalar::uint8},    {"short", PlyScalar::int16},     {"int16", PlyScalar::int16},
      {"ushort", PlyScalar::uint16},  {"uint16", PlyScalar::uint16},   {"int", PlyScalar::int32},
      {"int32", PlyScalar::int32},    {"uint", PlyScalar::uint32},     {"uint32", PlyScalar::uint32},
      {"float", PlyScalar::float32},  {"float32", PlyScalar::float32}, {"double", PlyScalar::float64},
      {"float64", PlyScalar::float64}};
  for (const Name& known : kNames)
    if (known.name == name) return known.type;
  return std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0;;) {
    at = line.find_first_not_of(" \t", at);
    if (at == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
}

// A line of the header, and where it stands for messages.
struct Line {
  const InputFile& file;
  std::uint64_t offset;
  std::string_view text;

  Failure expected(const std::string& what) const {
    return unreadable(
        file.path(), fmt::format("byte {}: PLY header: expected {}, got '{}'", offset, what, quotable(text)));
  }
};

PlyProperty parse_property(const Line& line, const std::vector<std::string_view>& words) {
  if (words.size() == 3)
    if (const auto type = scalar_named(words[1])) return {std::string(words[2]), *type, {}};
  if (words.size() == 5 && words[1] == "list") {
    const auto length = scalar_named(words[2]), type = scalar_named(words[3]);
    if (length && type && *length < PlyScalar::float32) return {std::string(words[4]), *type, length};
  }
  throw line.expected("'property TYPE NAME' or 'property list TYPE TYPE NAME'");
}

PlyElement parse_element(const Line& line, const std::vector<std::string_view>& words) {
  PlyElement element;
  if (words.size() == 3) {
    element.name = words[1];
    const char* const end = words[2].data() + words[2].size();
    const auto [at, error] = std::from_chars(words[2].data(), end, element.count);
    if (error == std::errc{} && at == end) return element;
  }
  throw line.expected("'element NAME COUNT'");
}

PlyFormat parse_format(const Line& line, const std::vector<std::string_view>& words) {
  const std::string_view name = words.size() > 1 ? words[1] : "";
  if (name == "ascii") return PlyFormat::ascii;
  if (name == "binary_little_endian") return PlyFormat::little_endian;
  if (name == "binary_big_endian") return PlyFormat::big_endian;
  throw line.expected("'format ascii', 'binary_little_endian' or 'binary_big_endian'");
}

void parse_line(const Line& line, PlyHeader& header, bool& format_known) {
  const std::vector<std::string_view> words = words_of(line.text);
  if (words.empty()) return;
  if (words[0] == "comment" || words[0] == "obj_info") {
    const std::size_t rest = line.text.find(words[0]) + words[0].size();
    header.comments.emplace_back(line.text.substr(std::min(rest + 1, line.text.size())));
  } else if (words[0] == "format") {
    header.format = parse_format(line, words);
    format_known = true;
  } else if (words[0] == "element") {
    header.elements.push_back(parse_element(line, words));
  } else if (words[0] == "property") {
    if (header.elements.empty()) throw line.expected("an element before its first property");
    PlyElement& element = header.elements.back();
    PlyProperty property = parse_property(line, words);
    if (element.find(property.name))
      throw line.expected("each property of element " + element.name + " once");
    element.properties.push_back(std::move(property));
  } else {
    throw line.expected("a line starting with format, comment, element, property or end_header");
  }
}

template <class T>
T load(const std::uint8_t* bytes, bool swap) {
  std::uint8_t ordered[sizeof(T)];
  if (swap)
    std::reverse_copy(bytes, bytes + sizeof(T), ordered);
  else
    std::copy_n(bytes, sizeof(T), ordered);
  T value;
  std::memcpy(&value, ordered, sizeof(T));
  return value;
}

float load_float(PlyScalar type, const std::uint8_t* bytes, bool swap) {
  switch (type) {
    case PlyScalar::int8:
      return static_cast<float>(load<std::int8_t>(bytes, swap));
    case PlyScalar::uint8:
      return static_cast<float>(*bytes);
    case PlyScalar::int16:
      return static_cast<float>(load<std::int16_t>(bytes, swap));
    case PlyScalar::uint16:
      return static_cast<float>(load<std::uint16_t>(bytes, swap));
    case PlyScalar::int32:
      return static_cast<float>(load<std::int32_t>(bytes, swap));
    case PlyScalar::uint32:
      return static_cast<float>(load<std::uint32_t>(bytes, swap));
    case PlyScalar::float32:
      return load<float>(bytes, swap);
    case PlyScalar::float64: {
      // A double beyond float's range becomes an infinity, which is what the cast would do where it is
      // defined.
      const double value = load<double>(bytes, swap);
      const double limit = std::numeric_limits<float>::max();
      if (value > limit) return std::numeric_limits<float>::infinity();
      if (value < -limit) return -std::numeric_limits<float>::infinity();
      return static_cast<float>(value);
    }
  }
  return 0.0f;
}

std::size_t bytes_of(PlyScalar type) {
  switch (type) {
    case PlyScalar::int8:
    case PlyScalar::uint8:
      return 1;
    case PlyScalar::int16:
    case PlyScalar::uint16:
      return 2;
    case PlyScalar::float64:
      return 8;
    default:
      return 4;
  }
}

// Binary data, read in blocks, taken piece by piece.
class BinaryCursor {
 public:
  BinaryCursor(const InputFile& file, std::uint64_t offset)
      : file_(file), offset_(offset), buffer_(std::min<std::uint64_t>(1 << 20, file.size_bytes())) {}

  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return file_.size_bytes() - std::min(offset_, file_.size_bytes()); }
  void skip(std::uint64_t bytes) { offset_ += bytes; }  // the caller has compared with left()

  // The next bytes, at most a megabyte; nullptr at the end of the file.
  const std::uint8_t* take(std::size_t bytes) {
    if (offset_ < start_ || offset_ + bytes > start_ + filled_) {
      start_ = offset_;
      if (bytes > buffer_.size()) buffer_.resize(bytes);
      filled_ = file_.read_some(start_, buffer_);
      if (filled_ < bytes) return nullptr;
    }
    const std::uint8_t* at = buffer_.data() + (offset_ - start_);
    offset_ += bytes;
    return at;
  }

 private:
  const InputFile& file_;
  std::uint64_t offset_, start_ = 0;
  std::size_t filled_ = 0;
  std::vector<std::uint8_t> buffer_;
};

// Words of ASCII data, read in blocks.
class TextCursor {
 public:
  TextCursor(const InputFile& file, std::uint64_t offset) : cursor_(file, offset) {}

  std::uint64_t offset() const { return start_; }
  std::uint64_t end_offset() const { return cursor_.offset(); }

  // The next word, empty at the end of the file.
  std::string_view next() {
    word_.clear();
    start_ = cursor_.offset();
    while (const std::uint8_t* byte = cursor_.take(1)) {
      const char c = static_cast<char>(*byte);
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        if (!word_.empty()) break;
        start_ = cursor_.offset();
      } else {
        word_ += c;
        if (word_.size() > 400) break;  // no number is that long; the caller fails to parse it
      }
    }
    return word_;
  }

 private:
  BinaryCursor cursor_;
  std::uint64_t start_ = 0;
  std::string word_;
};

Failure truncated(const InputFile& file, std::uint64_t start, const PlyElement& element,
                  const std::string& row_size, std::uint64_t complete) {
  return unreadable(
      file.path(),
      fmt::format("byte {}: expected {} rows of element {}{}, the file ends after {}; it is truncated", start,
                  element.count, element.name, row_size, complete));
}

std::uint64_t list_items(PlyScalar type, const std::uint8_t* bytes, bool swap) {
  const float count =
      load_float(type, bytes, swap);  // exact up to 2^24; a longer list fails the check of the size too
  return count > 0.0f ? static_cast<std::uint64_t>(count) : 0;
}

// Moves past an element whose rows hold lists, and so differ in length.
void skip_binary_lists(const InputFile& file, const PlyElement& element, bool swap, BinaryCursor& cursor) {
  const std::uint64_t start = cursor.offset();
  for (std::uint64_t i = 0; i < element.count; ++i)
    for (const PlyProperty& property : element.properties) {
      std::uint64_t bytes = bytes_of(property.type);
      if (property.list_length) {
        const std::uint8_t* length = cursor.take(bytes_of(*property.list_length));
        if (!length) throw truncated(file, start, element, "", i);
        bytes *= list_items(*property.list_length, length, swap);
      }
      if (bytes > cursor.left()) throw truncated(file, start, element, "", i);
      cursor.skip(bytes);
    }
}

std::uint64_t read_binary(const InputFile& file, const PlyHeader& header, const PlyElement& wanted,
                          const std::vector<std::string>& names, const PlyRow& row) {
  const bool swap = (header.format == PlyFormat::big_endian) == (std::endian::native == std::endian::little);
  BinaryCursor cursor(file, header.data_offset);
  for (const PlyElement& element : header.elements) {
    if (&element == &wanted) break;
    if (element.has_list()) {
      skip_binary_lists(file, element, swap, cursor);
    } else if (const std::uint64_t bytes = element.row_bytes(); bytes > 0) {
      const std::uint64_t complete = cursor.left() / bytes;
      if (complete < element.count)
        throw truncated(file, cursor.offset(), element, fmt::format(" of {} bytes", bytes), complete);
      cursor.skip(bytes * element.count);
    }
  }
  const std::size_t row_bytes = wanted.row_bytes();
  const std::uint64_t start = cursor.offset();
  if (const std::uint64_t complete = cursor.left() / row_bytes; complete < wanted.count)
    throw truncated(file, start, wanted, fmt::format(" of {} bytes", row_bytes), complete);

  struct Column {
    PlyScalar type;
    std::size_t offset;
  };
  std::vector<Column> columns;
  bool plain = !swap;  // all float32 in the order of this machine
  for (const std::string& name : names) {
    std::size_t offset = 0;
    for (const PlyProperty& property : wanted.properties) {
      if (property.name == name) {
        columns.push_back({property.type, offset});
        plain = plain && property.type == PlyScalar::float32;
      }
      offset += bytes_of(property.type);
    }
  }
  std::vector<float> values(columns.size());
  for (std::uint64_t i = 0; i < wanted.count; ++i) {
    const std::uint8_t* bytes = cursor.take(row_bytes);
    if (!bytes) throw truncated(file, start, wanted, fmt::format(" of {} bytes", row_bytes), i);
    if (plain)
      for (std::size_t c = 0; c < columns.size(); ++c) std::memcpy(&values[c], bytes + columns[c].offset, 4);
    else
      for (std::size_t c = 0; c < columns.size(); ++c)
        values[c] = load_float(columns[c].type, bytes + columns[c].offset, swap);
    row(values);
  }
  return cursor.offset();
}

std::uint64_t read_ascii(const InputFile& file, const PlyHeader& header, const PlyElement& wanted,
                         const std::vector<std::string>& names, const PlyRow& row) {
  TextCursor text(file, header.data_offset);
  std::vector<std::size_t> target(wanted.properties.size(),
                                  names.size());  // where each property of a row goes
  for (std::size_t p = 0; p < target.size(); ++p)
    target[p] = static_cast<std::size_t>(std::find(names.begin(), names.end(), wanted.properties[p].name) -
                                         names.begin());
  std::vector<float> values(names.size() + 1);  // the last takes what nobody asked for

  const auto number = [&](const PlyElement& element, std::uint64_t i) {
    const std::string_view word = text.next();
    if (word.empty()) throw truncated(file, header.data_offset, element, "", i);
    double value = 0.0;
    const char* first = word.data() + (word.front() == '+' ? 1 : 0);
    const auto [at, error] = std::from_chars(first, word.data() + word.size(), value);
    if (error == std::errc::invalid_argument || at != word.data() + word.size())
      throw unreadable(file.path(),
                       fmt::format("byte {}: expected a number in row {} of element {}, got '{}'",
                                   text.offset(), i, quotable(element.name), quotable(word, 20)));
    if (error == std::errc::result_out_of_range)  // too small for a double, or too large
      value = word.find("e-") != word.npos || word.find("E-") != word.npos
                  ? 0.0
                  : std::numeric_limits<double>::infinity();
    return value;
  };
  for (const PlyElement& element : header.elements) {
    const bool is_wanted = &element == &wanted;
    if (element.properties.empty()) continue;
    const std::uint64_t room = file.size_bytes() - text.end_offset();  // a value takes a digit and a blank
    if (element.count > room || element.count * element.properties.size() > room / 2 + 1)
      throw truncated(file, text.end_offset(), element, "", room / (2 * element.properties.size()));
    for (std::uint64_t i = 0; i < element.count; ++i) {
      for (std::size_t p = 0; p < element.properties.size(); ++p) {
        const double value = number(element, i);
        if (is_wanted) {
          const double limit = std::numeric_limits<float>::max();
          values[target[p]] = value > limit    ? std::numeric_limits<float>::infinity()
                              : value < -limit ? -std::numeric_limits<float>::infinity()
                                               : static_cast<float>(value);
        }
        if (element.properties[p].list_length)
          for (double item = 0; item < value; ++item) number(element, i);
      }
      if (is_wanted) row(std::span(values.data(), names.size()));
    }
    if (is_wanted) break;
  }
  return text.end_offset();
}

}  // namespace

bool PlyElement::has_list() const {
  return std::any_of(properties.begin(), properties.end(),
                     [](const PlyProperty& p) { return p.list_length.has_value(); });
}

std::size_t PlyElement::row_bytes() const {
  std::size_t bytes = 0;
  for (const PlyProperty& property : properties) bytes += bytes_of(property.type);
  return bytes;
}

const PlyProperty* PlyElement::find(std::string_view property) const {
  const auto it = std::find_if(properties.begin(), properties.end(),
                               [&](const PlyProperty& p) { return p.name == property; });
  return it == properties.end() ? nullptr : &*it;
}

const PlyElement* PlyHeader::find(std::string_view element) const {
  const auto it =
      std::find_if(elements.begin(), elements.end(), [&](const PlyElement& e) { return e.name == element; });
  return it == elements.end() ? nullptr : &*it;
}

PlyHeader read_ply_header(const InputFile& file) {
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(kHeaderLimitBytes, file.size_bytes()));
  bytes.resize(file.read_some(0, bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  PlyHeader header;
  bool format_known = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == "end_header") {
      if (!format_known)
        throw unreadable(file.path(), fmt::format("byte {}: PLY header without a format line", at));
      header.data_offset = end + 1;
      return header;
    }
    if (at > 0 || line != "ply") parse_line({file, at, line}, header, format_known);
    at = end + 1;
  }
  throw unreadable(
      file.path(),
      fmt::format("byte {}: PLY header line end_header expected; the file is truncated or damaged",
                  text.size()));
}

std::uint64_t read_ply_rows(const InputFile& file, const PlyHeader& header, const PlyElement& element,
                            const std::vector<std::string>& properties, const PlyRow& row) {
  return header.format == PlyFormat::ascii ? read_ascii(file, header, element, properties, row)
                                           : read_binary(file, header, element, properties, row);
}

}  // namespace fg
