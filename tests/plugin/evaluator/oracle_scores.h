#pragma once
// What the oracle says about a pair of rendered images.

#include <vector>

#include "tests/oracle/errors_oracle.h"
#include "tests/oracle/ssim_oracle.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {

struct OracleScores {
  int map_width = 0, map_height = 0;
  std::vector<double> map;  // mean over the channels; without the border of cropped windows
  double ssim = 0, ssim_channel[3] = {};
  oracle::Errors errors;
};

inline oracle::Plane plane_of(const RenderedImage& image, int c) {
  oracle::Plane plane{image.height, image.width, {}};
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) plane.value.push_back(image.value(c, y, x));
  return plane;
}

inline OracleScores oracle_scores(const RenderedImage& x, const RenderedImage& y,
                                  const oracle::SsimOptions& options = {}) {
  OracleScores scores;
  std::vector<oracle::Plane> xs, ys;
  for (int c = 0; c < 3; ++c) {
    xs.push_back(plane_of(x, c));
    ys.push_back(plane_of(y, c));
    const oracle::SsimResult channel = oracle::ssim(xs[c], ys[c], options);
    scores.map_width = channel.map.width;
    scores.map_height = channel.map.height;
    scores.map.resize(channel.map.value.size());
    for (std::size_t i = 0; i < scores.map.size(); ++i) scores.map[i] += channel.map.value[i] / 3;
    scores.ssim_channel[c] = channel.mean;
    scores.ssim += channel.mean / 3;
  }
  scores.errors = oracle::image_errors(xs, ys, 1);
  return scores;
}

}  // namespace fg::test
