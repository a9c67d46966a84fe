#include "viewer/scene/photos.h"

#include <algorithm>
#include <system_error>

#include "viewer/io/lower_case.h"

namespace fg {

namespace fs = std::filesystem;

namespace {

bool has_image_extension(const fs::path& file) {
  const std::string extension = lower_ending(file);
  for (const char* known : {".png", ".jpg", ".jpeg", ".webp", ".exr"})
    if (extension == known) return true;
  return false;
}

bool is_file(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored);
}

}  // namespace

const PhotoFinder::Folder& PhotoFinder::folder(const fs::path& path) {
  const auto [entry, fresh] = folders_.try_emplace(path);
  if (fresh) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
      if (has_image_extension(it->path()) && is_file(it->path())) files.push_back(it->path());
    std::sort(files.begin(),
              files.end());  // so that the choice among a.jpg and a.png does not depend on the disk
    for (const fs::path& file : files) entry->second.emplace(lower_case(file.stem().string()), file);
  }
  return entry->second;
}

PhotoFinder::Match PhotoFinder::find(const std::string& listed) {
  std::string portable = listed;
  std::replace(portable.begin(), portable.end(), '\\', '/');
  const fs::path whole = fs::path(portable).lexically_normal();
  if (!whole.has_filename()) return {};
  if (whole.is_absolute() && is_file(whole)) return {whole, true};

  std::vector<fs::path> tails;  // a/b/c.png, b/c.png, c.png
  const fs::path relative = whole.relative_path();
  for (auto first = relative.begin(); first != relative.end(); ++first) {
    fs::path tail;
    for (auto part = first; part != relative.end(); ++part) tail /= *part;
    tails.push_back(std::move(tail));
  }
  for (const fs::path& tail : tails)
    for (const fs::path& root : roots_)
      if (is_file(root / tail)) return {root / tail, &tail == &tails.front()};
  for (const fs::path& tail : tails)
    for (const fs::path& root : roots_) {
      const Folder& files = folder((root / tail).parent_path());
      // r_0.5 has no extension although it has a point: the whole name counts as a stem too.
      for (const fs::path& stem : {tail.filename(), tail.stem()}) {
        if (stem == tail.stem() && tail.has_extension() && !has_image_extension(tail)) continue;
        const std::string key = lower_case(stem.string());
        const auto match = files.lower_bound(key);
        if (match != files.end() && match->first == key) return {match->second, &tail == &tails.front()};
      }
    }
  return {};
}

}  // namespace fg
