#pragma once
// What framegauge drr leaves behind: radiographs as numbers or as pictures, one or one for each label.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "viewer/render/drr_renderer.h"

namespace fg {

struct DrrImages {
  int height = 0, width = 0;         // pixels
  std::vector<std::int16_t> labels;  // of each channel; empty: one image, of the whole volume
  std::vector<float> values;         // [C, H, W]: line integrals, or attenuations in 1/mm

  std::size_t pixels() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  std::size_t channels() const { return labels.empty() ? 1 : labels.size(); }
};

struct DrrStatistics {
  float low, high;
  double mean;
};
DrrStatistics statistics_of(const DrrImages& images, std::size_t channel);

// Throws Failure(usage) for an ending other than .npy, .exr and .png.
void check_drr_outputs(const std::vector<std::string>& files);

// .npy: all channels in one file, [C, H, W]; [H, W] without labels. .exr and .png: a file for each label, "drr.png" becomes
// "drr_label75.png". Returns the files that it has written.
std::vector<std::filesystem::path> save_drr(const std::filesystem::path& file, const DrrImages& images,
                                            const DrrDisplay& display);

}  // namespace fg
