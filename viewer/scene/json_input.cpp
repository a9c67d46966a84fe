#include "viewer/scene/json_input.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "viewer/error.h"
#include "viewer/io/file.h"

namespace fg {

namespace {

// What stands at a byte where the parser gave up; Python writes NaN and Infinity, which JSON does not know.
std::string quoted(const std::vector<std::uint8_t>& bytes, std::size_t byte) {
  if (byte >= bytes.size()) return "the file ends";
  std::size_t first = byte;
  while (first > 0 && std::isalpha(bytes[first - 1])) --first;
  std::string text(1, static_cast<char>(bytes[first]));
  for (std::size_t i = first + 1; i < bytes.size() && text.size() < 20 && std::isalnum(bytes[i]); ++i)
    text += static_cast<char>(bytes[i]);
  if (!std::isprint(static_cast<unsigned char>(text[0])))
    return fmt::format("got the byte 0x{:02x}", bytes[first]);
  return "got '" + text + "'";
}

}  // namespace

nlohmann::json read_json(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file, std::uint64_t{1} << 30);
  try {
    return nlohmann::json::parse(bytes.begin(), bytes.end());
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t byte = error.byte > 0 ? error.byte - 1 : 0;
    throw unreadable(file, fmt::format("byte {}: JSON expected, {}", byte, quoted(bytes, byte)));
  } catch (const nlohmann::json::exception& error) {  // a number out of range
    throw unreadable(file, std::string("JSON expected: ") + error.what());
  }
}

std::optional<double> optional_number(const std::filesystem::path& file, const std::string& entry,
                                      const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return std::nullopt;
  if (!it->is_number() || !std::isfinite(it->get<double>()))
    throw unreadable(file, fmt::format("{}: {} is not a number", entry, key));
  return it->get<double>();
}

double required_number(const std::filesystem::path& file, const std::string& entry,
                       const nlohmann::json& object, const char* key) {
  if (const auto value = optional_number(file, entry, object, key)) return *value;
  throw unreadable(file, fmt::format("{}: expected a number {}", entry, key));
}

std::string required_text(const std::filesystem::path& file, const std::string& entry,
                          const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string())
    throw unreadable(file, fmt::format("{}: expected a text {}", entry, key));
  return it->get<std::string>();
}

double number_at(const std::filesystem::path& file, const std::string& entry, const nlohmann::json& array,
                 std::size_t index) {
  if (!array.is_array() || index >= array.size() || !array[index].is_number() ||
      !std::isfinite(array[index].get<double>()))
    throw unreadable(file, fmt::format("{}: a number of the pose is missing or not a number", entry));
  return array[index].get<double>();
}

int checked_pixels(const std::filesystem::path& file, const std::string& entry, const char* key,
                   double value) {
  if (!(value >= 0.5 && value < 1'000'000.5))
    throw unreadable(file, fmt::format("{}: {} is {}; expected 1 to 1000000 pixels", entry, key, value));
  return static_cast<int>(std::lround(value));
}

}  // namespace fg
