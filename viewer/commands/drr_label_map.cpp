#include "viewer/commands/drr_label_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/diff/inputs/volume_grid.h"
#include "viewer/error.h"
#include "viewer/io/volume.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

std::vector<std::int16_t> labels_of(const fs::path& file, const Volume& map) {
  std::vector<std::int16_t> labels;
  labels.reserve(map.values.size());
  for (const float value : map.values) {
    if (!(value >= 0 && value <= static_cast<float>(kLargestDrrLabel)) || value != std::floor(value)) {
      const std::size_t at = labels.size(), nx = static_cast<std::size_t>(map.extent[0]),
                        ny = static_cast<std::size_t>(map.extent[1]);
      throw unreadable(file, fmt::format("voxel ({}, {}, {}) is {:g}; a label map holds whole numbers of 0 "
                                         "to {}: give one that is no CT, and resampled by nearest neighbour",
                                         at % nx, at / nx % ny, at / nx / ny, value, kLargestDrrLabel));
    }
    labels.push_back(static_cast<std::int16_t>(value));
  }
  return labels;
}

std::vector<std::int16_t> those_that_occur(const std::vector<std::int16_t>& voxels) {
  std::vector<bool> occurs(static_cast<std::size_t>(kLargestDrrLabel) + 1, false);
  for (const std::int16_t label : voxels) occurs[static_cast<std::size_t>(label)] = true;
  std::vector<std::int16_t> labels;
  for (int label = 0; label <= kLargestDrrLabel; ++label)
    if (occurs[static_cast<std::size_t>(label)]) labels.push_back(static_cast<std::int16_t>(label));
  return labels;
}

std::string names_of(const std::vector<std::int16_t>& labels) {
  std::vector<std::string> names;
  for (const std::int16_t label : labels) names.push_back(std::to_string(label));
  constexpr std::size_t kMost = 12;
  return listed(names, kMost);
}

}  // namespace

DrrLabelMap load_label_map(const LabelMapFiles& files, const Volume& ct,
                           const std::vector<std::int16_t>& wanted, std::vector<std::string>& notes) {
  std::size_t nonfinite = 0;
  Volume map = load_volume(files.map, &nonfinite);
  if (nonfinite > 0)
    throw unreadable(files.map, fmt::format("{} voxels are NaN or infinite; a label map holds whole numbers "
                                            "of 0 to {}",
                                            nonfinite, kLargestDrrLabel));
  if (!put_in_order(map, grid_of(ct)))
    throw Failure(
        ExitCode::size_mismatch,
        fmt::format("the label map {} is not on the grid of the CT {}: {}; resample it to that "
                    "grid by nearest neighbour",
                    files.map.string(), files.ct.string(), grid_difference(grid_of(map), grid_of(ct))));
  for (const std::string& note : map.notes) notes.push_back(files.map.string() + ": " + note);
  DrrLabelMap labels{.voxels = labels_of(files.map, map), .channels = {}};
  const std::vector<std::int16_t> there = those_that_occur(labels.voxels);
  std::vector<std::int16_t> missing;
  for (const std::int16_t label : wanted)
    if (!std::binary_search(there.begin(), there.end(), label)) missing.push_back(label);
  if (!wanted.empty() && missing.size() == wanted.size())
    throw Failure(ExitCode::usage, fmt::format("--labels {}: none of them occurs in {}, which has {}",
                                               names_of(missing), files.map.string(), names_of(there)));
  if (!missing.empty())
    notes.push_back(fmt::format("{} has no voxel of label {}; the radiograph of it is 0 throughout",
                                files.map.string(), names_of(missing)));
  labels.channels = wanted.empty() ? there : wanted;
  return labels;
}

}  // namespace fg
