#include "viewer/diff/results/pictures.h"

#include <algorithm>
#include <map>

#include "viewer/report/heatmap.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

// A name that cannot lead out of the folder that it is put in.
fs::path tamed(const std::string& name) {
  fs::path result;
  for (const fs::path& part : fs::path(name).relative_path()) result /= part == ".." ? fs::path("__") : part;
  return result;
}

}  // namespace

std::vector<std::string> picture_names(const PairSource& source) {
  std::vector<std::string> names;
  std::map<std::string, int> uses;
  for (std::size_t i = 0; i < source.count(); ++i) {
    names.push_back(tamed(source.identity(i).name).generic_string());
    ++uses[fs::path(names.back()).replace_extension().generic_string()];
  }
  for (std::string& name : names) {
    const std::string stem = fs::path(name).replace_extension().generic_string();
    if (uses[stem] == 1) name = stem;  // a.png and a.jpg keep their endings
  }
  return names;
}

std::vector<fs::path> picture_files(const PictureOptions& options, const PairSource& source) {
  std::vector<fs::path> files;
  if (!options.wanted()) return files;
  const std::vector<std::string> names = picture_names(source);
  for (const auto* folder : {&options.heatmaps, &options.strips})
    for (const std::string& name : names)
      if (*folder) files.push_back(**folder / (name + ".png"));
  return files;
}

Image8 heatmap_of(const PairScores& scores, int width, int height, const HeatmapStyle& style) {
  return draw_heatmap(scores.map, width, height, style.color_map, style.worst, style.best);
}

Image8 strip_of(const FramePair& pair, const Image8& heatmap, double data_range) {
  const Image8 parts[] = {to_picture(*pair.test, data_range), to_picture(*pair.reference, data_range),
                          heatmap};
  Image8 strip{3 * heatmap.width, heatmap.height, {}};
  strip.rgba.reserve(3 * heatmap.rgba.size());
  const auto row_bytes = static_cast<std::ptrdiff_t>(heatmap.width) * 4;
  for (std::ptrdiff_t v = 0; v < heatmap.height; ++v)
    for (const Image8& part : parts)
      strip.rgba.insert(strip.rgba.end(), part.rgba.begin() + v * row_bytes,
                        part.rgba.begin() + (v + 1) * row_bytes);
  return strip;
}

Pictures::Pictures(PictureOptions options, const PairSource& source, double data_range,
                   std::function<bool(const PairResult&)> fails)
    : options_(std::move(options)), data_range_(data_range), fails_(std::move(fails)) {
  if (!wanted()) return;
  names_ = picture_names(source);
  for (const auto* folder : {&options_.heatmaps, &options_.strips}) {
    if (!*folder) continue;
    make_folder(**folder);
    for (const std::string& name : names_)
      if (const fs::path below = fs::path(name).parent_path(); !below.empty()) make_folder(**folder / below);
  }
}

void Pictures::write(const PairResult& result, const FramePair& pair, const PairScores& scores) const {
  if (!wanted() || scores.map.empty() || (options_.only_failing && !fails_(result))) return;
  const Image8 heatmap = heatmap_of(scores, result.width, result.height, options_.style);
  const std::string name = names_[result.index] + ".png";
  if (options_.heatmaps) save_png(*options_.heatmaps / name, heatmap);
  if (options_.strips) save_png(*options_.strips / name, strip_of(pair, heatmap, data_range_));
}

}  // namespace fg
