#pragma once
// What tells whether a file is the one of before.

#include <filesystem>
#include <string>

namespace fg {

// Changes when the file does: its size and time.
std::string stamp_of(const std::filesystem::path& file);

}  // namespace fg
