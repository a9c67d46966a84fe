#include "viewer/diff/scores/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "framegauge/framegauge.h"
#include "viewer/diff/results/statistics.h"
#include "viewer/diff/scores/samples.h"
#include "viewer/diff/scores/score_flip.h"
#include "viewer/diff/scores/score_ncc.h"
#include "viewer/diff/scores/score_volume.h"
#include "viewer/percentile.h"

namespace fg {
namespace {

// Where nothing is to be seen both pictures are made the same, so that the sums are those of the rest.
template <class T>
std::vector<T> hidden(const void* values, const Samples& samples, const Mask& mask) {
  const std::size_t channels = static_cast<std::size_t>(samples.stored_channels);
  std::vector<T> copy(static_cast<const T*>(values),
                      static_cast<const T*>(values) + mask.weights.size() * channels);
  for (std::size_t i = 0; i < mask.weights.size(); ++i)
    if (mask.weights[i] == 0)
      std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(i * channels), channels, T{0});
  return copy;
}

template <class T>
Errors errors_of_hidden(const Samples& samples, const Mask& mask, OpDevice& device) {
  const std::vector<T> test = hidden<T>(samples.test, samples, mask),
                       reference = hidden<T>(samples.reference, samples, mask);
  Errors errors = errors_of(samples.with(test.data(), reference.data()), device);
  const double share = static_cast<double>(mask.weights.size()) / static_cast<double>(mask.visible);
  errors.mse *= share;
  errors.mae *= share;
  errors.psnr = psnr_of(errors.mse);
  return errors;
}

Errors errors_of(const Samples& samples, const Mask* mask, OpDevice& device) {
  if (!mask) return errors_of(samples, device);
  if (mask->visible == 0)
    return {kNone, kNone, kNone, kNone};  // chroma whose every sample touches a hidden pixel
  return samples.code == kDLUInt ? errors_of_hidden<std::uint8_t>(samples, *mask, device)
                                 : errors_of_hidden<float>(samples, *mask, device);
}

// Values of a map of one or three channels, channels last, in a rectangle of it.
struct MapPart {
  const float* map = nullptr;
  int map_width = 0, channels = 1;
  Rectangle part;

  bool empty() const { return part.width < 1 || part.height < 1; }
  const float* row(int v) const {
    return map + (std::size_t(part.y + v) * map_width + part.x) * static_cast<std::size_t>(channels);
  }
};

// In eight sums side by side: one alone would wait for each addition before the next.
double mean_of(const MapPart& part) {
  if (part.empty()) return kNone;
  constexpr int kLanes = 8;
  double sums[kLanes] = {}, rest = 0;
  const int row_values = part.part.width * part.channels;
  for (int v = 0; v < part.part.height; ++v) {
    const float* row = part.row(v);
    int i = 0;
    for (; i + kLanes <= row_values; i += kLanes)
      for (int lane = 0; lane < kLanes; ++lane) sums[lane] += row[i + lane];
    for (; i < row_values; ++i) rest += row[i];
  }
  return std::accumulate(sums, sums + kLanes, rest) / (static_cast<double>(row_values) * part.part.height);
}

std::vector<float> averaged(const MapPart& part) {
  std::vector<float> result;
  if (part.empty()) return result;
  result.reserve(static_cast<std::size_t>(part.part.width) * part.part.height);
  for (int v = 0; v < part.part.height; ++v) {
    const float* in = part.row(v);
    if (part.channels == 1)
      result.insert(result.end(), in, in + part.part.width);
    else
      for (int u = 0; u < part.part.width; ++u, in += 3) result.push_back((in[0] + in[1] + in[2]) / 3.0f);
  }
  return result;
}

struct MapStatistics {
  double min = kNone, p5 = kNone;
};

MapStatistics statistics_of_map(std::vector<float> values) {
  if (values.empty() || std::any_of(values.begin(), values.end(), [](float v) { return std::isnan(v); }))
    return {};
  const float min = *std::min_element(values.begin(), values.end());
  return {min, percentile(std::move(values), 0.05)};
}

struct SsimResult {
  double mean = kNone;
  MapPart map;  // in the workspace; empty when not asked for
};

// The part of a padded map whose windows lie inside the picture.
MapPart inside(MapPart map, int window) {
  const int border = window / 2;
  map.part = {border, border, map.part.width - 2 * border, map.part.height - 2 * border};
  return map;
}

SsimResult ssim_of(const Samples& samples, const ScorePlan& plan, FgPadding padding, const Mask* mask,
                   std::vector<float>* keep_map, OpDevice& device) {
  const int cut = padding == FG_PADDING_VALID ? plan.window - 1 : 0;
  const int width = samples.width - cut, height = samples.height - cut;
  SsimResult result;
  if (width < 1 || height < 1) return result;
  if (keep_map) {
    keep_map->resize(static_cast<std::size_t>(width) * height * samples.channels);
    result.map = {keep_map->data(), width, samples.channels, {0, 0, width, height}};
  }
  OpCall call(device);
  const auto run = [&](auto& op, auto* ask, auto* function) {
    set_images(op, call, samples);
    op.window = plan.window;
    op.map = call.output(keep_map ? keep_map->data() : nullptr, kDLFloat, 32,
                         {1, height, width, samples.channels});
    op.mean = call.output(&result.mean, kDLFloat, 64, {1});
    call.run(op, ask, function);
  };
  if (mask) {
    FgMaskedSsim2d op;
    fg_masked_ssim2d_defaults(&op);
    op.mask = call.input(mask->weights.data(), kDLFloat, 32, {1, height, width, 1});
    run(op, fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d);
  } else {
    FgSsim2d op;
    fg_ssim2d_defaults(&op);
    op.padding = padding;
    run(op, fg_ssim2d_scratch_bytes, fg_ssim2d);
  }
  return result;
}

// The mean over the windows inside the picture from that over all of the padded map: the map's border, whose windows
// reach outside, is computed once more in four strips and taken away.
double mean_inside(const Samples& samples, const ScorePlan& plan, double padded_mean,
                   ScoreWorkspace& workspace) {
  const int border = plan.window / 2, width = samples.width, height = samples.height;
  if (width < plan.window || height < plan.window) return kNone;
  if (workspace.device.copies())  // one call is faster there than four strips
    return ssim_of(samples, plan, FG_PADDING_VALID, nullptr, nullptr, workspace.device).mean;
  const int inner_width = width - 2 * border, inner_height = height - 2 * border;
  // A strip reaches as far in as the windows of its border pixels do; which part of its map counts.
  const struct {
    Rectangle strip, counted;
  } strips[] = {
      {{0, 0, width, 2 * border}, {0, 0, width, border}},
      {{0, height - 2 * border, width, 2 * border}, {0, border, width, border}},
      {{0, 0, 2 * border, height}, {0, border, border, inner_height}},
      {{width - 2 * border, 0, 2 * border, height}, {border, border, border, inner_height}},
  };
  double sum = padded_mean * width * height;
  for (const auto& [strip, counted] : strips) {
    MapPart map =
        ssim_of(samples.part(strip), plan, FG_PADDING_SAME, nullptr, &workspace.strip, workspace.device).map;
    map.part = counted;
    sum -= mean_of(map) * counted.width * counted.height;
  }
  return sum / (static_cast<double>(inner_width) * inner_height);
}

double ms_ssim_of(const Samples& samples, const ScorePlan& plan, OpDevice& device) {
  if (std::min(samples.width, samples.height) < 16 * (plan.window - 1) + 1)
    return kNone;  // no window at scale 5
  double score = kNone;
  OpCall call(device);
  FgMsSsim op;
  fg_ms_ssim_defaults(&op);
  set_images(op, call, samples);
  op.window = plan.window;
  op.mean = call.output(&score, kDLFloat, 64, {1});
  call.run(op, fg_ms_ssim_scratch_bytes, fg_ms_ssim);
  return score;
}

template <class Op>
double video_score(const Plane& test, const Plane& reference, int bits, int smallest_side, OpDevice& device,
                   void (*defaults)(Op*), FgStatus (*ask)(const Op*, size_t*),
                   FgStatus (*function)(const Op*, void*)) {
  if (std::min(test.width, test.height) < smallest_side) return kNone;
  const std::uint8_t sample_bits = bits <= 8 ? 8 : 16;
  double score = kNone;
  OpCall call(device);
  Op op;
  defaults(&op);
  op.x = call.input(test.bytes.data(), kDLUInt, sample_bits, {test.height, test.width});
  op.y = call.input(reference.bytes.data(), kDLUInt, sample_bits, {test.height, test.width});
  op.bits = bits;
  op.mean = call.output(&score, kDLFloat, 64, {1});
  call.run(op, ask, function);
  return score;
}

using Values = std::map<std::string, double>;

void add_ssim(const std::string& name, double mean, const MapPart& map, const Mask* mask,
              const ScorePlan& plan, Values& values) {
  values[name] = mean;
  if (!plan.map_statistics) return;
  std::vector<float> counted = averaged(map);
  if (mask) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < counted.size(); ++i)
      if (mask->weights[i] != 0) counted[n++] = counted[i];
    counted.resize(n);
  }
  const MapStatistics statistics = statistics_of_map(std::move(counted));
  values[name + ":map-min"] = statistics.min;
  values[name + ":map-p5"] = statistics.p5;
}

void score_ssims(const Samples& samples, const Mask* mask, const ScorePlan& plan, KeepMap keep_map,
                 ScoreWorkspace& workspace, PairScores& scores, Values& values) {
  const bool same = plan.has(Metric::ssim), valid = plan.has(Metric::ssim_valid);
  const bool drawn = same && keep_map == KeepMap::yes && plan.map_metric == Metric::ssim;
  std::vector<float>* const map = plan.map_statistics || drawn ? &workspace.map : nullptr;
  if (!same && workspace.device.copies()) {  // one call there
    const SsimResult result = ssim_of(samples, plan, FG_PADDING_VALID, nullptr, map, workspace.device);
    add_ssim("ssim-valid", result.mean, result.map, nullptr, plan, values);
    return;
  }
  const SsimResult padded = ssim_of(samples, plan, FG_PADDING_SAME, mask, map, workspace.device);
  if (same) add_ssim("ssim", padded.mean, padded.map, mask, plan, values);
  if (drawn) scores.map = averaged(padded.map);
  if (!valid) return;
  // The inside of the padded map is the map of ssim-valid, but its mean is added up the same way whether there is a map or
  // not: score_test.cpp "scores have the same bits with and without a map ...".
  add_ssim("ssim-valid", mean_inside(samples, plan, padded.mean, workspace),
           map ? inside(padded.map, plan.window) : MapPart{}, nullptr, plan, values);
}

void score_errors(const FramePair& pair, const Samples& samples, const Mask* mask, const ScorePlan& plan,
                  OpDevice& device, Values& values) {
  Errors all = errors_of(samples, mask, device);
  if (plan.chroma) {
    // Of all samples together, as FFmpeg's psnr filter does: each plane weighs as much as it has samples.
    values["psnr-y"] = all.psnr;
    double weight =
        mask ? static_cast<double>(mask->visible) : samples.width * static_cast<double>(samples.height);
    double sum = weight;
    Errors total{all.mse * weight, all.mae * weight, all.max, 0};
    for (std::size_t p = 1; p < 3; ++p) {
      const Plane &x = pair.test->planes[p], &y = pair.reference->planes[p];
      const Mask small = mask ? shrunk(*mask, x.width, x.height) : Mask{};
      const PlaneSamples plane(x, y, pair.test->bits);
      const Errors e = errors_of(plane.get(), mask ? &small : nullptr, device);
      values[p == 1 ? "psnr-u" : "psnr-v"] = e.psnr;
      weight = mask ? static_cast<double>(small.visible) : x.width * static_cast<double>(x.height);
      if (weight == 0) continue;
      sum += weight;
      total = {total.mse + e.mse * weight, total.mae + e.mae * weight, std::max(total.max, e.max), 0};
    }
    all = {total.mse / sum, total.mae / sum, total.max, psnr_of(total.mse / sum)};
  }
  values["psnr"] = all.psnr;
  values["mse"] = all.mse;
  values["mae"] = all.mae;
  values["max"] = all.max;
}

void score_video(const FramePair& pair, const ScorePlan& plan, OpDevice& device, Values& values) {
  const bool any =
      plan.has(Metric::vmaf_ssim) || plan.has(Metric::vmaf_float_ssim) || plan.has(Metric::vmaf_ms_ssim);
  if (!any) return;
  const Plane test = luma_of(*pair.test, plan.data_range.value_or(1)),
              reference = luma_of(*pair.reference, plan.data_range.value_or(1));
  const int bits = luma_bits(*pair.test);
  constexpr int kWindow = 11, kFiveScales = 176;  // smallest sides of the two float metrics
  if (plan.has(Metric::vmaf_ssim))
    values["vmaf-ssim"] = video_score(test, reference, bits, 1, device, fg_vmaf_ssim_defaults,
                                      fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim);
  if (plan.has(Metric::vmaf_float_ssim))
    values["vmaf-float-ssim"] =
        video_score(test, reference, bits, kWindow, device, fg_vmaf_float_ssim_defaults,
                    fg_vmaf_float_ssim_scratch_bytes, fg_vmaf_float_ssim);
  if (plan.has(Metric::vmaf_ms_ssim))
    values["vmaf-ms-ssim"] = video_score(test, reference, bits, kFiveScales, device, fg_vmaf_ms_ssim_defaults,
                                         fg_vmaf_ms_ssim_scratch_bytes, fg_vmaf_ms_ssim);
}

// Others are of what is made of the frames for them alone.
bool takes_samples(const ScorePlan& plan) {
  return std::any_of(plan.metrics.begin(), plan.metrics.end(), [](Metric metric) {
    return metric != Metric::vmaf_ssim && metric != Metric::vmaf_float_ssim &&
           metric != Metric::vmaf_ms_ssim && metric != Metric::flip_hdr;
  });
}

// Both of the same kind, or a sentence why not.
FramePair comparable(const FramePair& pair) {
  const Frame &x = *pair.test, &y = *pair.reference;
  if (x.width != y.width || x.height != y.height)
    throw Failure(ExitCode::size_mismatch,
                  fmt::format("the images differ in size: {}x{} against {}x{}; scale one of them first",
                              x.width, x.height, y.width, y.height));
  if ((x.kind == Frame::Kind::planes) != (y.kind == Frame::Kind::planes))
    throw Failure(ExitCode::usage, "video is compared with video, images with images; convert one of them");
  if (x.kind == Frame::Kind::planes) {
    const bool same = x.bits == y.bits && x.planes.size() == y.planes.size() &&
                      x.planes.back().width == y.planes.back().width &&
                      x.planes.back().height == y.planes.back().height;
    if (!same)
      throw Failure(
          ExitCode::size_mismatch,
          fmt::format("the frames differ in format: {} planes of {} bits against {} of {}; convert one of "
                      "them",
                      x.planes.size(), x.bits, y.planes.size(), y.bits));
    return pair;
  }
  const auto is_other = [](const Frame& a, const Frame& b) { return a.scene_linear && !b.scene_linear; };
  if (is_other(x, y) || is_other(y, x))
    throw Failure(ExitCode::size_mismatch,
                  "one image is scene-linear, the other display-referred; compare them with --tonemap srgb");
  if (x.kind == y.kind) return pair;
  FramePair floats = pair;
  for (std::shared_ptr<const Frame>* frame : {&floats.test, &floats.reference})
    if ((*frame)->kind == Frame::Kind::rgb8) *frame = std::make_shared<const Frame>(as_floats(**frame));
  return floats;
}

}  // namespace

PairScores score_pair(const FramePair& given, const Mask* mask, const ScorePlan& plan, KeepMap keep_map,
                      ScoreWorkspace& workspace) {
  if (given.test->kind == Frame::Kind::volume) return score_volumes(given, plan, keep_map, workspace.device);
  const FramePair pair = comparable(given);
  const Frame &test = *pair.test, &reference = *pair.reference;
  std::optional<PlaneSamples> luma;
  Samples samples{.width = test.width, .height = test.height, .row_pixels = test.width};
  switch (test.kind) {
    case Frame::Kind::rgb8:
      samples.test = test.rgba8.data();
      samples.reference = reference.rgba8.data();
      samples.stored_channels = 4;
      samples.channels = 3;
      break;
    case Frame::Kind::rgb:
      samples.test = test.rgb.data();
      samples.reference = reference.rgb.data();
      samples.code = kDLFloat;
      samples.bits = 32;
      samples.stored_channels = samples.channels = 3;
      samples.data_range = test.scene_linear ? plan.data_range.value_or(1) : 1;
      break;
    case Frame::Kind::volume:  // scored above
      break;
    case Frame::Kind::planes:
      samples = luma.emplace(test.planes[0], reference.planes[0], test.bits).get();
  }
  PairScores scores;
  Values values;
  OpDevice& device = workspace.device;
  if (takes_samples(plan))
    samples.kept = device.keep(samples.test, samples.reference,
                               static_cast<std::size_t>(samples.strides().front()) * (samples.bits / 8));
  if (plan.has(Metric::ssim) || plan.has(Metric::ssim_valid))
    score_ssims(samples, mask, plan, keep_map, workspace, scores, values);
  if (plan.has(Metric::ms_ssim)) values["ms-ssim"] = ms_ssim_of(samples, plan, device);
  if (plan.has(Metric::psnr) || plan.has(Metric::mse) || plan.has(Metric::mae) || plan.has(Metric::max_error))
    score_errors(pair, samples, mask, plan, device, values);
  score_video(pair, plan, device, values);
  if (plan.has(Metric::ncc)) values["ncc"] = ncc_of(samples, mask, device);
  for (const Metric metric : {Metric::flip, Metric::flip_hdr})
    if (plan.has(metric)) {
      if (const std::string why = why_no_flip(pair, metric); !why.empty()) {
        scores.why_undefined += (scores.why_undefined.empty() ? "" : "; ") + why;
        continue;
      }
      const bool drawn = keep_map == KeepMap::yes && plan.map_metric == metric;
      values[metric_name(metric)] =
          flip_of(pair, samples, metric, plan.flip, drawn ? &scores.map : nullptr, device);
    }
  for (const Column& column : columns_of(plan)) {
    const auto value = values.find(column.name);
    if (value == values.end()) scores.undefined.push_back(scores.values.size());
    // One NaN like another: of some a text would say -nan.
    scores.values.push_back(value == values.end() || std::isnan(value->second) ? kNone : value->second);
  }
  return scores;
}

}  // namespace fg
