#include "viewer/diff/scores/score_volume.h"

#include "framegauge/framegauge.h"
#include "viewer/diff/scores/samples.h"
#include "viewer/diff/scores/score_ncc.h"

namespace fg {
namespace {

double ssim3d_of(const Frame& frame, const Samples& rows, const ScorePlan& plan, std::vector<float>* keep_map,
                 OpDevice& device) {
  const std::vector<std::int64_t> shape{frame.depth, frame.height, frame.width};
  if (keep_map) keep_map->resize(frame.voxels.size());
  double score = kNone;
  OpCall call(device);
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  op.x = call.input(rows.test, kDLFloat, 32, shape, {}, rows.kept.first);
  op.y = call.input(rows.reference, kDLFloat, 32, shape, {}, rows.kept.second);
  op.data_range = rows.data_range;
  op.window = plan.window;
  op.map = call.output(keep_map ? keep_map->data() : nullptr, kDLFloat, 32, shape);
  op.mean = call.output(&score, kDLFloat, 64, {1});
  call.run(op, fg_ssim3d_scratch_bytes, fg_ssim3d);
  return score;
}

// Where voxels lie does not matter to errors and correlation: one picture of all rows.
Samples rows_of(const FramePair& pair, double range) {
  const Frame& frame = *pair.test;
  return {.test = frame.voxels.data(),
          .reference = pair.reference->voxels.data(),
          .code = kDLFloat,
          .bits = 32,
          .width = frame.width,
          .height = frame.height * frame.depth,
          .data_range = range,
          .row_pixels = frame.width};
}

std::vector<float> middle_slice(const std::vector<float>& map, const Frame& frame) {
  const std::ptrdiff_t slice = std::ptrdiff_t{frame.width} * frame.height;
  const auto first = map.begin() + slice * (frame.depth / 2);
  return {first, first + slice};
}

}  // namespace

double range_of_volumes(const FramePair& pair, const ScorePlan& plan) {
  if (plan.data_range) return *plan.data_range;
  const double range =
      static_cast<double>(pair.reference->highest) - static_cast<double>(pair.reference->lowest);
  return range > 0 ? range : 1;  // all voxels alike
}

PairScores score_volumes(const FramePair& pair, const ScorePlan& plan, KeepMap keep_map, OpDevice& device) {
  const double range = range_of_volumes(pair, plan);
  Samples rows = rows_of(pair, range);
  rows.kept = device.keep(rows.test, rows.reference, pair.test->voxels.size() * sizeof(float));
  const bool drawn = keep_map == KeepMap::yes && plan.has(Metric::ssim3d);
  PairScores scores{.values = {}, .data_range = range, .map = {}};
  std::vector<float> map;
  const double ssim3d =
      plan.has(Metric::ssim3d) ? ssim3d_of(*pair.test, rows, plan, drawn ? &map : nullptr, device) : kNone;
  if (drawn) scores.map = middle_slice(map, *pair.test);
  const bool of_errors =
      plan.has(Metric::psnr) || plan.has(Metric::mse) || plan.has(Metric::mae) || plan.has(Metric::max_error);
  const Errors errors = of_errors ? errors_of(rows, device) : Errors{};
  for (const Metric metric : plan.metrics) switch (metric) {
      case Metric::psnr:
        scores.values.push_back(errors.psnr);
        break;
      case Metric::mse:
        scores.values.push_back(errors.mse);
        break;
      case Metric::mae:
        scores.values.push_back(errors.mae);
        break;
      case Metric::max_error:
        scores.values.push_back(errors.max);
        break;
      case Metric::ncc:
        scores.values.push_back(ncc_of(rows, nullptr, device));
        break;
      default:
        scores.values.push_back(ssim3d);
    }
  return scores;
}

}  // namespace fg
