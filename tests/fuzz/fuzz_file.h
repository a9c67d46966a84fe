#pragma once
// For fuzz targets: the input as a file or two.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace fg::fuzz {

using Input = std::span<const std::uint8_t>;

// A folder of this process in memory where there is such a thing; gone when the process ends well.
inline const std::filesystem::path& folder() {
  static const struct Folder {
    Folder() {
      std::string pattern =
          std::filesystem::exists("/dev/shm")
              ? "/dev/shm/framegauge-fuzz-XXXXXX"
              : (std::filesystem::temp_directory_path() / "framegauge-fuzz-XXXXXX").string();
      path = mkdtemp(pattern.data());
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
  } made;
  return made.path;
}

inline std::filesystem::path write(const char* name, Input bytes) {
  const std::filesystem::path file = folder() / name;
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return file;
}

// The input's first part, which its first two bytes measure, and the rest: for readers of two files.
struct Parts {
  Input first, second;
};
inline Parts split(Input input) {
  if (input.size() < 2) return {input, {}};
  const std::size_t length = std::min<std::size_t>(input[0] | input[1] << 8, input.size() - 2);
  return {input.subspan(2, length), input.subspan(2 + length)};
}

inline std::string_view text_of(Input input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// The reader under test, one a file of this folder. It may throw Failure, and nothing else.
void run(Input input);

}  // namespace fg::fuzz
