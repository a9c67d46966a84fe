#include "viewer/diff/score_volume.h"

#include "framegauge/framegauge.h"
#include "viewer/diff/samples.h"
#include "viewer/diff/score_ncc.h"

namespace fg {
namespace {

double ssim3d_of(const FramePair& pair, double range, const ScorePlan& plan, std::vector<float>* keep_map) {
  const Frame& frame = *pair.test;
  const std::vector<std::int64_t> shape{frame.depth, frame.height, frame.width};
  const HostTensor x(frame.voxels.data(), kDLFloat, 32, shape);
  const HostTensor y(pair.reference->voxels.data(), kDLFloat, 32, shape);
  if (keep_map) keep_map->resize(frame.voxels.size());
  HostTensor map(keep_map ? keep_map->data() : nullptr, kDLFloat, 32, shape);
  double score = kNone;
  HostTensor mean(&score, kDLFloat, 64, {1});
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.data_range = range;
  op.window = plan.window;
  op.map = keep_map ? &map.tensor : nullptr;
  op.mean = &mean.tensor;
  const auto scratch = scratch_for(op, fg_ssim3d_scratch_bytes);
  expect_ok(fg_ssim3d(&op, nullptr));
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

PairScores score_volumes(const FramePair& pair, const ScorePlan& plan, KeepMap keep_map) {
  const double range = range_of_volumes(pair, plan);
  const Samples rows = rows_of(pair, range);
  const bool drawn = keep_map == KeepMap::yes && plan.has(Metric::ssim3d);
  PairScores scores{.values = {}, .data_range = range, .map = {}};
  std::vector<float> map;
  const double ssim3d =
      plan.has(Metric::ssim3d) ? ssim3d_of(pair, range, plan, drawn ? &map : nullptr) : kNone;
  if (drawn) scores.map = middle_slice(map, *pair.test);
  const bool of_errors =
      plan.has(Metric::psnr) || plan.has(Metric::mse) || plan.has(Metric::mae) || plan.has(Metric::max_error);
  const Errors errors = of_errors ? errors_of(rows) : Errors{};
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
        scores.values.push_back(ncc_of(rows, nullptr));
        break;
      default:
        scores.values.push_back(ssim3d);
    }
  return scores;
}

}  // namespace fg
