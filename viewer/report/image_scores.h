#pragma once
// Scores of two images in host memory, through the C interface like any other user of it.

#include <string>
#include <vector>

#include "framegauge/framegauge.h"
#include "framegauge/vulkan.h"
#include "viewer/io/image.h"

namespace fg {

struct ScoreOptions {
  int window = 11;  // 7, 9 or 11
};

// SSIM with its map statistics. The map is averaged over the channels at each pixel before min and p5 are
// taken.
struct SsimScores {
  double mean = 0, red = 0, green = 0, blue = 0, min = 0, p5 = 0;
};

struct ImageScores {
  SsimScores ssim;        // zero padding, as the 3DGS papers
  SsimScores ssim_valid;  // inside only, as pytorch-msssim; NaN for images smaller than the window
  double psnr = 0, mse = 0, mae = 0, max_error = 0;  // of 0..1 values; psnr in dB
  std::vector<float> ssim_map;  // [height][width], zero padding, averaged over the channels
};

// Colours only; alpha must have been composited before. Throws Failure(size_mismatch).
ImageScores score_images(const Image8& test, const Image8& reference, const ScoreOptions& options = {});

// The map through a colour map whose first colour stands for best and whose last, the hot one, for worst; NaN in
// magenta, as the live heatmap draws it.
Image8 draw_heatmap(const std::vector<float>& map, int width, int height, FgColorMap color_map, float worst,
                    float best);

// "viridis", "turbo", "magma", "grey"
FgColorMap color_map_named(const std::string& name);
std::vector<std::string> color_map_names();

}  // namespace fg
