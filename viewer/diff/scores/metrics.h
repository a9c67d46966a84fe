#pragma once
// The metrics by name, and what exactly each of them is.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "framegauge/framegauge.h"

namespace fg {

enum class Metric {
  ssim,
  ssim_valid,
  ms_ssim,
  psnr,
  mse,
  mae,
  max_error,
  vmaf_ssim,
  vmaf_float_ssim,
  vmaf_ms_ssim,
  ncc,
  flip,
  flip_hdr,
  ssim3d
};

std::string metric_name(Metric metric);
std::vector<Metric> all_metrics();
std::vector<Metric> default_metrics(bool masked);
bool can_be_masked(Metric metric);
bool is_of_volumes(Metric metric);
bool higher_is_better(Metric metric);
bool has_windows(Metric metric);               // that a picture can be too small for
bool has_same_bits_everywhere(Metric metric);  // whatever the device

// "ssim,psnr" or "all", which is all that every picture has: flip-hdr is of linear light alone, ssim3d of volumes. Throws Failure(usage) with the names that there are.
std::vector<Metric> parse_metrics(const std::string& list, bool masked);

// The same of volumes.
std::vector<Metric> parse_volume_metrics(const std::string& list);

// How FLIP looks at a picture.
struct FlipViewing {
  double pixels_per_degree = default_pixels_per_degree();
  FgFlipToneMapper tone_mapper = FG_FLIP_ACES;  // this and the rest: of flip-hdr
  double start = 0, stop = 0;
  int exposures = 0;  // from start to stop; 0: found from each reference

  static double default_pixels_per_degree();
};
double pixels_per_degree_of(double distance_m, double width_m, double width_pixels);
std::vector<std::string> flip_tone_mapper_names();  // in the order of FgFlipToneMapper

// What is computed of every pair.
struct ScorePlan {
  std::vector<Metric> metrics;
  int window = 11;                   // of ssim, ssim-valid, ms-ssim: 7, 9 or 11
  std::optional<double> data_range;  // none: 1, of volumes max - min of each reference
  bool masked = false;
  bool map_statistics = false;  // min and p5 of the SSIM maps
  bool chroma = false;          // the frames have Y, U and V: PSNR of each plane too
  bool luma_only = false;       // the frames have a Y plane
  bool volumes = false;
  Metric map_metric = Metric::ssim;  // whose map is drawn
  FlipViewing flip;

  bool has(Metric metric) const;
};

// One number of a pair.
struct Column {
  std::string name;  // "ssim", "ssim:map-min", "psnr-u"
  Metric metric = Metric::ssim;
  bool higher_is_better = true;
};
std::vector<Column> columns_of(const ScorePlan& plan);

// {"ssim": {"variant": ..., "window": ..., "padding": ..., "data_range": ...}, ...}
nlohmann::ordered_json describe_metrics(const ScorePlan& plan);

}  // namespace fg
