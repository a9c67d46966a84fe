#pragma once
// Inside viewer/scene: JSON camera files, with errors that name the file and the entry.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace fg {

nlohmann::json read_json(const std::filesystem::path& file);

// The value of a key of an object. entry names the object in messages: "frame 3 (./train/r_3)".
std::optional<double> optional_number(const std::filesystem::path& file, const std::string& entry,
                                      const nlohmann::json& object, const char* key);
double required_number(const std::filesystem::path& file, const std::string& entry,
                       const nlohmann::json& object, const char* key);
std::string required_text(const std::filesystem::path& file, const std::string& entry,
                          const nlohmann::json& object, const char* key);

// A number from an array; NaN written as null is not one.
double number_at(const std::filesystem::path& file, const std::string& entry, const nlohmann::json& array,
                 std::size_t index);

// A size in pixels, 1 to a million.
int checked_pixels(const std::filesystem::path& file, const std::string& entry, const char* key,
                   double value);

}  // namespace fg
