#include "viewer/diff/inputs/stamp.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace fg {

std::string stamp_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "absent";
  return fmt::format("{}:{}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

}  // namespace fg
