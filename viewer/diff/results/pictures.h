#pragma once
// Heatmaps and strips of scored pairs, written by the workers.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framegauge/vulkan.h"
#include "viewer/diff/results/result.h"
#include "viewer/diff/scores/score.h"

namespace fg {

struct HeatmapStyle {
  FgColorMap color_map = FG_COLOR_MAP_VIRIDIS;
  float worst = 0, best = 1;  // what is drawn in the last, hot colour and in the first
};

struct PictureOptions {
  std::optional<std::filesystem::path> heatmaps, strips;  // folders
  HeatmapStyle style;
  bool only_failing = false;

  bool wanted() const { return heatmaps || strips; }
};

class Pictures {
 public:
  // fails: whether scores miss a limit. Throws Failure(internal) where a folder cannot be made.
  Pictures(PictureOptions options, const PairSource& source, double data_range,
           std::function<bool(const PairResult&)> fails);

  bool wanted() const { return options_.wanted(); }
  void write(const PairResult& result, const FramePair& pair, const PairScores& scores) const;

 private:
  PictureOptions options_;
  std::vector<std::string> names_;  // of the files, without folder and ending
  double data_range_;
  std::function<bool(const PairResult&)> fails_;
};

// Below any folder: no root, no "..".
std::vector<std::string> picture_names(const PairSource& source);

// All that may be written.
std::vector<std::filesystem::path> picture_files(const PictureOptions& options, const PairSource& source);

Image8 heatmap_of(const PairScores& scores, int width, int height, const HeatmapStyle& style);

// Test, reference and heatmap beside each other.
Image8 strip_of(const FramePair& pair, const Image8& heatmap, double data_range);

}  // namespace fg
