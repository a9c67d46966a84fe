#include "viewer/io/volume_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "viewer/io/lower_case.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLines = 1000;              // of a header
constexpr std::size_t kLongestLine = 4096;    // of one: longer ones are voxels
constexpr std::size_t kMostFiles = 1u << 16;  // of one volume

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// "slice_007.raw" of "slice_%03d.raw" and 7.
std::string numbered(const std::string& pattern, std::int64_t number) {
  const std::size_t percent = pattern.find('%'), d = pattern.find('d', percent);
  if (d == std::string::npos) return pattern;
  const std::string digits = pattern.substr(percent + 1, d - percent - 1);
  int width = 0;
  for (const char c : digits) width = c >= '0' && c <= '9' ? std::min(10 * width + (c - '0'), 100) : 0;
  return pattern.substr(0, percent) +
         (digits.starts_with('0') ? fmt::format("{:0{}}", number, width)
                                  : fmt::format("{:{}}", number, width)) +
         pattern.substr(d + 1);
}

// One name; "LIST" with a name in each line that follows; or a pattern with the first, last and step of its numbers.
std::vector<fs::path> files_named(const fs::path& folder, const std::string& value, std::istream& header) {
  std::istringstream words(value);
  std::string first;
  words >> first;
  std::vector<fs::path> files;
  if (first == "LIST") {
    for (std::string line; files.size() < kMostFiles && std::getline(header, line);)
      if (const std::string name = trimmed(line); !name.empty()) files.push_back(folder / name);
    return files;
  }
  int low = 0, high = 0, step = 0;
  if (first.find('%') == std::string::npos || !(words >> low >> high >> step) || step == 0)
    return {folder / value};
  for (std::int64_t i = low; files.size() < kMostFiles && (step > 0 ? i <= high : i >= high); i += step)
    files.push_back(folder / numbered(first, i));
  return files;
}

// Empty: the voxels follow the header.
fs::path metaimage_voxel_file(const fs::path& header) {
  std::ifstream stream(header, std::ios::binary);
  std::string line;
  for (int n = 0; n < kMostLines && std::getline(stream, line) && line.size() < kLongestLine; ++n) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) break;
    if (trimmed(line.substr(0, equals)) != "ElementDataFile") continue;
    const std::string name = trimmed(line.substr(equals + 1));
    return name == "LOCAL" || name == "Local" || name == "local" ? fs::path() : header.parent_path() / name;
  }
  return {};
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (std::error_code ignored; it->is_regular_file(ignored)) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

bool is_volume_name(const fs::path& file) {
  const std::string ending = lower_ending(file);
  for (const char* known : {".nii", ".mha", ".mhd", ".nrrd", ".nhdr"})
    if (ending == known) return true;
  return ending == ".gz" && lower_ending(file.stem()) == ".nii";
}

std::vector<fs::path> nrrd_voxel_files(const fs::path& header) {
  std::ifstream stream(header, std::ios::binary);
  std::string line;
  for (int n = 0; n < kMostLines && std::getline(stream, line) && line.size() < kLongestLine; ++n) {
    if (trimmed(line).empty()) break;  // the header's end
    for (const std::string key : {"data file:", "datafile:"})
      if (line.starts_with(key))
        return files_named(header.parent_path(), trimmed(line.substr(key.size())), stream);
  }
  return {};
}

std::vector<fs::path> files_of_volume(const fs::path& file_or_folder) {
  if (std::error_code ignored; fs::is_directory(file_or_folder, ignored)) return files_in(file_or_folder);
  std::vector<fs::path> files = {file_or_folder};
  const std::string ending = lower_ending(file_or_folder);
  if (ending == ".nhdr")
    for (fs::path& file : nrrd_voxel_files(file_or_folder)) files.push_back(std::move(file));
  if (ending == ".mhd")
    if (fs::path file = metaimage_voxel_file(file_or_folder); !file.empty()) files.push_back(std::move(file));
  return files;
}

}  // namespace fg
