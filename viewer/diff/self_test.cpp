#include "viewer/diff/self_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "assets/golden/errors_golden.h"
#include "assets/golden/flip_golden.h"
#include "assets/golden/golden_codes.h"
#include "assets/golden/integer_ssim_golden.h"
#include "assets/golden/ms_ssim_golden.h"
#include "assets/golden/numpy_golden.h"
#include "assets/golden/ssim_golden.h"
#include "assets/golden/vmaf_golden.h"
#include "assets/golden/volume_golden.h"
#include "viewer/diff/scores/score.h"
#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

using golden::reference_code;
using golden::test_code;

std::shared_ptr<const Frame> plane_of(int (*code)(int, int, int), int channel, int height, int width) {
  Frame frame{.kind = Frame::Kind::planes, .width = width, .height = height};
  Plane plane{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) plane.bytes.push_back(static_cast<std::uint8_t>(code(channel, y, x)));
  frame.planes.push_back(std::move(plane));
  return std::make_shared<const Frame>(std::move(frame));
}

std::shared_ptr<const Frame> picture_of(int (*code)(int, int, int), int height, int width) {
  Frame frame{.width = width, .height = height};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) frame.rgba8.push_back(static_cast<std::uint8_t>(code(c, y, x)));
      frame.rgba8.push_back(255);
    }
  return std::make_shared<const Frame>(std::move(frame));
}

// Scene-linear, as of OpenEXR under --tonemap none.
std::shared_ptr<const Frame> light_of(int (*code)(int, int, int), int height, int width) {
  Frame frame{.kind = Frame::Kind::rgb, .width = width, .height = height, .bits = 32, .scene_linear = true};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        frame.rgb.push_back(static_cast<float>(golden::light_of(code(c, y, x), y, x)));
  return std::make_shared<const Frame>(std::move(frame));
}

// Slice z is channel z of the pictures.
std::shared_ptr<const Frame> volume_of(int (*code)(int, int, int), const golden::SkimageVolume& g) {
  Frame frame{.kind = Frame::Kind::volume, .width = g.width, .height = g.height, .depth = g.depth};
  for (int z = 0; z < g.depth; ++z)
    for (int y = 0; y < g.height; ++y)
      for (int x = 0; x < g.width; ++x) frame.voxels.push_back(static_cast<float>(code(z, y, x)));
  return std::make_shared<const Frame>(std::move(frame));
}

struct Case {
  int height, width, channel;
  Metric metric;
  int window = 11;
};

double score_of(const Case& c) {
  const FramePair pair{plane_of(test_code, c.channel, c.height, c.width),
                       plane_of(reference_code, c.channel, c.height, c.width)};
  const ScorePlan plan{.metrics = {c.metric}, .window = c.window, .luma_only = true};
  ScoreWorkspace workspace;
  return score_pair(pair, nullptr, plan, KeepMap::no, workspace).values.front();
}

double ssim3d_of(const golden::SkimageVolume& g) {
  const ScorePlan plan{.metrics = {Metric::ssim3d}, .data_range = 255, .volumes = true};
  ScoreWorkspace workspace;
  return score_pair({volume_of(test_code, g), volume_of(reference_code, g)}, nullptr, plan, KeepMap::no,
                    workspace)
      .values.front();
}

double flip_of_pair(const FramePair& pair, Metric metric, const FlipViewing& viewing) {
  ScoreWorkspace workspace;
  return score_pair(pair, nullptr, {.metrics = {metric}, .flip = viewing}, KeepMap::no, workspace)
      .values.front();
}

double flip_of_pictures(const golden::LdrFlip& g) {
  return flip_of_pair(
      {picture_of(test_code, g.height, g.width), picture_of(reference_code, g.height, g.width)}, Metric::flip,
      {.pixels_per_degree = g.pixels_per_degree});
}

double flip_of_light(const golden::HdrFlip& g) {
  FlipViewing viewing{.tone_mapper = static_cast<FgFlipToneMapper>(g.mapper)};
  if (g.is_given) {
    viewing.start = g.start;
    viewing.stop = g.stop;
    viewing.exposures = g.count;
  }
  return flip_of_pair({light_of(test_code, g.height, g.width), light_of(reference_code, g.height, g.width)},
                      Metric::flip_hdr, viewing);
}

class Table {
 public:
  // scale: from our unit to theirs.
  void add(const Case& c, const char* source, double theirs, double allowed, double scale = 1) {
    std::string score = metric_name(c.metric);
    if (c.metric == Metric::ssim || c.metric == Metric::ssim_valid)
      score += fmt::format(", window {}", c.window);
    rows.push_back({score, fmt::format("{}x{}, channel {}", c.width, c.height, c.channel), source,
                    scale * score_of(c), theirs, allowed});
  }
  std::vector<ComparedScore> rows;
};

constexpr double kBits = 0;          // integers, and doubles in the same order
constexpr double kFlip = 1e-6;       // it works in single precision throughout
constexpr double kExact = 1e-9;      // sums of the same doubles in another order
constexpr double kSsim = 1e-5;       // what their float taps and sums leave open
constexpr double kSixDigits = 1e-6;  // their six decimals, and ours of a low pass whose table has six digits
// libvmaf subtracts squares of up to 65025 in float; at the fifth scale of 176 pixels one window has that error alone.
constexpr double kFloatSquares = 1e-5;

}  // namespace

// A NaN agrees with nothing.
bool ComparedScore::agrees() const { return std::abs(ours - theirs) <= allowed; }

std::vector<ComparedScore> self_test() {
  Table table;
  for (const auto& g : golden::kPlainScores) {
    for (const auto& [window, theirs] : {std::pair{7, g.ssim7}, {9, g.ssim9}, {11, g.ssim11}})
      table.add({g.height, g.width, g.channel, Metric::ssim, window}, "NumPy, as the 3DGS papers", theirs,
                kSsim);
    table.add({g.height, g.width, g.channel, Metric::mae}, "NumPy", g.mae, kExact);
    table.add({g.height, g.width, g.channel, Metric::max_error}, "NumPy", g.max, kExact);
    table.add({g.height, g.width, g.channel, Metric::ncc}, "NumPy", g.ncc, kExact);
  }
  for (const auto& g : golden::kSkimageSsim)
    table.add({g.height, g.width, g.channel, Metric::ssim_valid}, "scikit-image 0.26.0", g.mean, kSsim);
  for (const auto& g : golden::kPytorchSsim)
    table.add({g.height, g.width, g.channel, Metric::ssim_valid, g.window}, "pytorch-msssim 1.0.0", g.mean,
              kSsim);
  for (const auto& g : golden::kMsSsim)
    if (g.window == 11 && g.levels == 5 && !g.equal_weights)
      table.add({g.height, g.width, g.channel, Metric::ms_ssim}, "NumPy, as pytorch-msssim", g.score, kSsim);
  for (const auto& g : golden::kIntegerSsim)
    table.add({g.height, g.width, g.channel, Metric::vmaf_ssim}, "libvmaf 0960905, compiled alone", g.score,
              kBits);
  for (const auto& g : golden::kVmafScores) {
    table.add({g.height, g.width, g.channel, Metric::vmaf_float_ssim}, "libvmaf 86da14d", g.float_ssim,
              kSixDigits);
    table.add({g.height, g.width, g.channel, Metric::vmaf_ms_ssim}, "libvmaf 86da14d", g.float_ms_ssim,
              kFloatSquares);
  }
  for (const auto& g : golden::kSkimageErrors) {
    table.add({g.height, g.width, g.channel, Metric::psnr}, "scikit-image 0.26.0", g.psnr, kExact);
    table.add({g.height, g.width, g.channel, Metric::mse}, "scikit-image 0.26.0", g.mse_of_codes, kExact,
              255 * 255);
  }
  for (const auto& g : golden::kSkimageVolumes)
    table.rows.push_back({"ssim3d, window 11", fmt::format("{}x{}x{} voxels", g.width, g.height, g.depth),
                          "scikit-image 0.26.0, zeros around", ssim3d_of(g), g.padded, kSsim});
  for (const auto& g : golden::kLdrFlip) {
    // Of one pixel, which no distance changes, theirs is 0.229601 to 0.229611: the rounding of its filters alone.
    if (g.height == 1) continue;
    table.rows.push_back({fmt::format("flip, {:.4g} ppd", g.pixels_per_degree),
                          fmt::format("{}x{}, RGB", g.width, g.height), "flip-evaluator 1.7",
                          flip_of_pictures(g), g.mean, kFlip});
  }
  const std::vector<std::string> mappers = flip_tone_mapper_names();
  for (const auto& g : golden::kHdrFlip)
    table.rows.push_back({fmt::format("flip-hdr, {}", mappers[static_cast<std::size_t>(g.mapper)]),
                          fmt::format("{}x{}, {} exposures", g.width, g.height, g.count),
                          "flip-evaluator 1.7", flip_of_light(g), g.mean, kFlip});
  return table.rows;
}

std::string self_test_table(const std::vector<ComparedScore>& scores) {
  std::string text = fmt::format("{:<22} {:<20} {:>15} {:>15} {:>10} {:>8}  {}\n", "score", "image", "ours",
                                 "theirs", "difference", "allowed", "source");
  for (const ComparedScore& s : scores)
    text += fmt::format("{:<22} {:<20} {:>15.10g} {:>15.10g} {:>10.1e} {:>8.0e}  {}{}\n", s.score, s.image,
                        s.ours, s.theirs, s.ours - s.theirs, s.allowed, s.source,
                        s.agrees() ? "" : "  DISAGREES");
  const auto agree = std::count_if(scores.begin(), scores.end(), [](const auto& s) { return s.agrees(); });
  return text + fmt::format("{} of {} agree\n", agree, scores.size());
}

int run_self_test() {
  const std::vector<ComparedScore> scores = self_test();
  write_text("-", self_test_table(scores));
  const bool all = std::all_of(scores.begin(), scores.end(), [](const auto& s) { return s.agrees(); });
  return static_cast<int>(all ? ExitCode::pass : ExitCode::internal);
}

}  // namespace fg
