#include "viewer/diff/scores/metrics.h"

#include <algorithm>
#include <numbers>
#include <sstream>
#include <utility>

#include "viewer/error.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

using nlohmann::ordered_json;

constexpr std::pair<Metric, const char*> kNames[] = {{Metric::ssim, "ssim"},
                                                     {Metric::ssim_valid, "ssim-valid"},
                                                     {Metric::ms_ssim, "ms-ssim"},
                                                     {Metric::psnr, "psnr"},
                                                     {Metric::mse, "mse"},
                                                     {Metric::mae, "mae"},
                                                     {Metric::max_error, "max"},
                                                     {Metric::vmaf_ssim, "vmaf-ssim"},
                                                     {Metric::vmaf_float_ssim, "vmaf-float-ssim"},
                                                     {Metric::vmaf_ms_ssim, "vmaf-ms-ssim"},
                                                     {Metric::ncc, "ncc"},
                                                     {Metric::flip, "flip"},
                                                     {Metric::flip_hdr, "flip-hdr"},
                                                     {Metric::ssim3d, "ssim3d"}};

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const auto& [metric, name] : kNames) names.emplace_back(name);
  return names;
}

ordered_json describe_gaussian(Metric metric, const ScorePlan& plan) {
  const char* paddings[] = {"zero", "none: windows inside the image only",
                            "none: windows inside the image only"};
  ordered_json d = {
      {"variant", metric == Metric::ms_ssim ? "Wang 2003, five scales, as pytorch-msssim" : "Wang 2004"},
      {"window", plan.window},
      {"window_shape", "Gaussian, sigma 1.5"},
      {"padding", paddings[static_cast<int>(metric)]},
      {"k1", 0.01},
      {"k2", 0.03},
      {"channels", plan.luma_only ? "Y plane" : "mean over R, G, B"}};
  if (plan.masked) {
    d["variant"] = "Wang 2004, masked: normalised convolution under the mask";
    d["padding"] = "none: windows are cut at the border and at the mask's edge";
  }
  return d;
}

ordered_json describe_video(Metric metric) {
  ordered_json d;
  if (metric == Metric::vmaf_ssim)
    d = {{"variant", "libvmaf integer ssim"},
         {"window", 9},
         {"window_shape", "integer taps, sum 256"},
         {"padding", "none: the window is cut at the border"}};
  if (metric == Metric::vmaf_float_ssim)
    d = {{"variant", "libvmaf float_ssim, automatic scale: the shorter side about 256"},
         {"window", 11},
         {"window_shape", "Gaussian, sigma 1.5"},
         {"padding", "none: windows inside the image only"}};
  if (metric == Metric::vmaf_ms_ssim)
    d = {{"variant", "libvmaf float_ms_ssim, five scales"},
         {"window", 11},
         {"window_shape", "Gaussian, sigma 1.5"},
         {"padding", "none: windows inside the image only"}};
  d["channels"] =
      "luma: the Y plane; of RGB, BT.601 of the full range, rounded to the depth of its codes, of floats "
      "to 16 bits";
  return d;
}

ordered_json describe_flip(Metric metric, const FlipViewing& flip) {
  ordered_json d = {{"variant", metric == Metric::flip ? "LDR-FLIP, Andersson et al. 2020: mean of the map"
                                                       : "HDR-FLIP, Andersson et al. 2021: mean of the map"},
                    {"pixels_per_degree", flip.pixels_per_degree},
                    {"values", metric == Metric::flip ? "display-referred, 0 to 1" : "linear light"},
                    {"padding", "the border is repeated"},
                    {"channels", "R, G and B together; of a video's planes those of its picture in 8 bits"}};
  if (metric == Metric::flip) return d;
  d["tone_mapper"] = flip_tone_mapper_names()[static_cast<std::size_t>(flip.tone_mapper)];
  if (flip.exposures == 0)
    d["exposures"] = "found from each reference";
  else
    d["exposures"] = {{"start", flip.start}, {"stop", flip.stop}, {"count", flip.exposures}};
  return d;
}

ordered_json describe_ncc(const ScorePlan& plan) {
  ordered_json d = {{"variant",
                     "normalised cross-correlation of the whole picture: covariance / root of the product of "
                     "the variances; "
                     "0 where one of them is constant"},
                    {"channels", plan.volumes     ? "all voxels"
                                 : plan.luma_only ? "Y plane"
                                                  : "mean over R, G, B"}};
  if (plan.masked) d["mask"] = "only the pixels that the mask shows";
  return d;
}

}  // namespace

double FlipViewing::default_pixels_per_degree() {
  FgFlip defaults;
  fg_flip_defaults(&defaults);
  return defaults.pixels_per_degree;
}

double pixels_per_degree_of(double distance_m, double width_m, double width_pixels) {
  return distance_m * (width_pixels / width_m) * std::numbers::pi / 180;
}

std::vector<std::string> flip_tone_mapper_names() { return {"aces", "reinhard", "hable"}; }

std::string metric_name(Metric metric) { return kNames[static_cast<int>(metric)].second; }

std::vector<Metric> all_metrics() {
  std::vector<Metric> all;
  for (const auto& [metric, name] : kNames) all.push_back(metric);
  return all;
}

bool can_be_masked(Metric metric) {
  return metric == Metric::ssim || metric == Metric::psnr || metric == Metric::mse || metric == Metric::mae ||
         metric == Metric::max_error || metric == Metric::ncc;
}

bool higher_is_better(Metric metric) {
  return metric != Metric::mse && metric != Metric::mae && metric != Metric::max_error &&
         metric != Metric::flip && metric != Metric::flip_hdr;
}

bool has_windows(Metric metric) {
  return metric == Metric::ssim_valid || metric == Metric::ms_ssim || metric == Metric::vmaf_float_ssim ||
         metric == Metric::vmaf_ms_ssim;
}

bool has_same_bits_everywhere(Metric metric) { return metric == Metric::vmaf_ssim; }

std::vector<Metric> default_metrics(bool masked) {
  if (masked) return {Metric::ssim, Metric::psnr, Metric::mse, Metric::mae, Metric::max_error};
  return {Metric::ssim, Metric::ssim_valid, Metric::psnr, Metric::mse, Metric::mae, Metric::max_error};
}

std::vector<Metric> parse_metrics(const std::string& list, bool masked) {
  if (list.empty()) return default_metrics(masked);
  std::vector<Metric> metrics;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "all") {
      for (const Metric metric : all_metrics())
        if (metric != Metric::flip_hdr && metric != Metric::ssim3d && (!masked || can_be_masked(metric)))
          metrics.push_back(metric);
      continue;
    }
    const auto found =
        std::find_if(std::begin(kNames), std::end(kNames), [&](auto& k) { return word == k.second; });
    if (found == std::end(kNames))
      throw Failure(ExitCode::usage, "--metrics: there is no metric '" + word + "'; choose from " +
                                         listed(known_names(), known_names().size()) + ", or all");
    if (masked && !can_be_masked(found->first))
      throw Failure(ExitCode::usage, "--metrics: " + word +
                                         " has no definition under a mask; choose from ssim, psnr, "
                                         "mse, mae, max, ncc, or leave --mask and --ignore out");
    metrics.push_back(found->first);
  }
  std::sort(metrics.begin(), metrics.end());
  metrics.erase(std::unique(metrics.begin(), metrics.end()), metrics.end());
  return metrics;
}

bool is_of_volumes(Metric metric) {
  return metric == Metric::psnr || metric == Metric::mse || metric == Metric::mae ||
         metric == Metric::max_error || metric == Metric::ncc || metric == Metric::ssim3d;
}

std::vector<Metric> parse_volume_metrics(const std::string& list) {
  std::vector<Metric> metrics;
  const bool everything = list.empty() || list == "all";
  for (const Metric metric : everything ? all_metrics() : parse_metrics(list, false))
    if (is_of_volumes(metric))
      metrics.push_back(metric);
    else if (!everything)
      throw Failure(ExitCode::usage,
                    "--metrics: " + metric_name(metric) +
                        " is of pictures; choose from ssim3d, psnr, mse, mae, max, ncc for volumes");
  return metrics;
}

bool ScorePlan::has(Metric metric) const {
  return std::find(metrics.begin(), metrics.end(), metric) != metrics.end();
}

std::vector<Column> columns_of(const ScorePlan& plan) {
  std::vector<Column> columns;
  for (const Metric metric : plan.metrics) {
    const std::string name = metric_name(metric);
    const bool higher = higher_is_better(metric);
    columns.push_back({name, metric, higher});
    if (plan.map_statistics && (metric == Metric::ssim || metric == Metric::ssim_valid))
      for (const char* statistic : {":map-min", ":map-p5"})
        columns.push_back({name + statistic, metric, true});
    if (plan.chroma && metric == Metric::psnr)
      for (const char* plane : {"-y", "-u", "-v"}) columns.push_back({name + plane, metric, true});
  }
  return columns;
}

ordered_json describe_metrics(const ScorePlan& plan) {
  ordered_json described;
  for (const Metric metric : plan.metrics) {
    ordered_json d;
    switch (metric) {
      case Metric::ssim:
      case Metric::ssim_valid:
      case Metric::ms_ssim:
        d = describe_gaussian(metric, plan);
        break;
      case Metric::vmaf_ssim:
      case Metric::vmaf_float_ssim:
      case Metric::vmaf_ms_ssim:
        d = describe_video(metric);
        break;
      case Metric::ssim3d:
        d = {{"variant", "Wang 2004 in three dimensions"},
             {"window", plan.window},
             {"window_shape", "Gaussian, sigma 1.5"},
             {"padding", "zero"},
             {"k1", 0.01},
             {"k2", 0.03}};
        break;
      case Metric::ncc:
        d = describe_ncc(plan);
        break;
      case Metric::flip:
      case Metric::flip_hdr:
        d = describe_flip(metric, plan.flip);
        break;
      default:
        d = {{"variant", metric == Metric::psnr  ? "10 log10(1 / mse), in dB; inf where nothing differs"
                         : metric == Metric::mse ? "mean of the squared differences"
                         : metric == Metric::mae ? "mean of the absolute differences"
                                                 : "largest absolute difference"},
             {"channels", plan.chroma      ? "all samples of Y, U and V; psnr-y, -u and -v of one plane"
                          : plan.luma_only ? "Y plane"
                          : plan.volumes   ? "all voxels"
                                           : "all samples of R, G and B"}};
        if (plan.masked) d["mask"] = "only the pixels that the mask shows";
    }
    if (metric == Metric::flip)
      d["data_range"] = 1.0;
    else if (metric == Metric::flip_hdr)
      d["data_range"] = "as the light is";
    else if (plan.volumes && !plan.data_range)
      d["data_range"] = "max - min of each reference";
    else
      d["data_range"] = plan.data_range.value_or(1);
    d["better"] = higher_is_better(metric) ? "higher" : "lower";
    described[metric_name(metric)] = d;
  }
  return described;
}

}  // namespace fg
