#pragma once
// Names of files are compared without regard to case.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>

namespace fg {

inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// ".png" of "A.PNG".
inline std::string lower_ending(const std::filesystem::path& file) {
  return lower_case(file.extension().string());
}

}  // namespace fg
