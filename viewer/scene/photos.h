#pragma once
// Inside viewer/scene: finds the photo that a camera file means.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fg {

class PhotoFinder {
 public:
  explicit PhotoFinder(std::vector<std::filesystem::path> roots) : roots_(std::move(roots)) {}

  struct Match {
    std::filesystem::path file;  // empty: not found
    bool exact = false;          // found under the whole listed path; else folders in front were left out
  };
  // In each root in turn: the listed path, then the same with leading folders left out (file_path
  // "images/a.png" in a folder images_4), by full name first, then by stem with any image extension
  // ("./train/r_0", a.JPG for a.jpg).
  Match find(const std::string& listed);

 private:
  using Folder = std::multimap<std::string, std::filesystem::path>;  // lower-case stem to image files
  const Folder& folder(const std::filesystem::path& path);

  std::vector<std::filesystem::path> roots_;
  std::map<std::filesystem::path, Folder> folders_;
};

}  // namespace fg
