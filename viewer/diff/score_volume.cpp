#include "viewer/diff/score_volume.h"

#include <array>
#include <limits>

#include "framegauge/framegauge.h"
#include "viewer/device/host_tensor.h"
#include "viewer/diff/score_ncc.h"

namespace fg {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<std::int64_t> shape_of(const Frame& frame) { return {frame.depth, frame.height, frame.width}; }

struct Pair {
  HostTensor x, y;
  double range;

  Pair(const FramePair& pair, double data_range)
      : x(pair.test->voxels.data(), kDLFloat, 32, shape_of(*pair.test)),
        y(pair.reference->voxels.data(), kDLFloat, 32, shape_of(*pair.reference)),
        range(data_range) {}

  template <class Op>
  void give(Op& op) const {
    op.x = &x.tensor;
    op.y = &y.tensor;
    op.data_range = range;
  }
};

double ssim3d_of(const Pair& pair, const ScorePlan& plan, std::vector<float>* keep_map) {
  double score = kNone;
  HostTensor mean(&score, kDLFloat, 64, {1});
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  pair.give(op);
  if (keep_map)
    keep_map->resize(static_cast<std::size_t>(pair.x.shape[0] * pair.x.shape[1] * pair.x.shape[2]));
  HostTensor map(keep_map ? keep_map->data() : nullptr, kDLFloat, 32, pair.x.shape);
  op.window = plan.window;
  op.map = keep_map ? &map.tensor : nullptr;
  op.mean = &mean.tensor;
  const auto scratch = scratch_for(op, fg_ssim3d_scratch_bytes);
  expect_ok(fg_ssim3d(&op, nullptr));
  return score;
}

// Slices count as the channels of one image.
std::array<double, FG_ERROR_COLUMNS> errors_of(const Pair& pair) {
  std::array<double, FG_ERROR_COLUMNS> values{};
  HostTensor columns(values.data(), kDLFloat, 64, {1, FG_ERROR_COLUMNS});
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  pair.give(op);
  op.errors = &columns.tensor;
  const auto scratch = scratch_for(op, fg_image_errors_scratch_bytes);
  expect_ok(fg_image_errors(&op, nullptr));
  return values;
}

// Where voxels lie does not matter to it: one image of all rows.
double ncc_of_voxels(const FramePair& pair) {
  const Frame& frame = *pair.test;
  const std::int64_t width = frame.width, rows = std::int64_t{frame.height} * frame.depth;
  return ncc_of(
      {frame.voxels.data(), pair.reference->voxels.data(), {1, rows, width}, {rows * width, width, 1}},
      nullptr);
}

}  // namespace

double range_of_volumes(const FramePair& pair, const ScorePlan& plan) {
  if (plan.data_range) return *plan.data_range;
  const double range =
      static_cast<double>(pair.reference->highest) - static_cast<double>(pair.reference->lowest);
  return range > 0 ? range : 1;  // all voxels alike
}

PairScores score_volumes(const FramePair& pair, const ScorePlan& plan, KeepMap keep_map) {
  const Pair tensors(pair, range_of_volumes(pair, plan));
  const bool drawn = keep_map == KeepMap::yes;
  PairScores scores{.values = {}, .data_range = tensors.range, .map = {}};
  std::vector<float> map;
  const double ssim3d =
      plan.has(Metric::ssim3d) || drawn ? ssim3d_of(tensors, plan, drawn ? &map : nullptr) : kNone;
  if (drawn) {
    const std::size_t slice =
        static_cast<std::size_t>(pair.test->width) * static_cast<std::size_t>(pair.test->height);
    const auto first = map.begin() + static_cast<std::ptrdiff_t>(slice) * (pair.test->depth / 2);
    scores.map.assign(first, first + static_cast<std::ptrdiff_t>(slice));
  }
  const std::array<double, FG_ERROR_COLUMNS> errors = errors_of(tensors);
  for (const Metric metric : plan.metrics) switch (metric) {
      case Metric::psnr:
        scores.values.push_back(errors[FG_ERROR_PSNR]);
        break;
      case Metric::mse:
        scores.values.push_back(errors[FG_ERROR_MSE]);
        break;
      case Metric::mae:
        scores.values.push_back(errors[FG_ERROR_MAE]);
        break;
      case Metric::max_error:
        scores.values.push_back(errors[FG_ERROR_MAX]);
        break;
      case Metric::ncc:
        scores.values.push_back(ncc_of_voxels(pair));
        break;
      default:
        scores.values.push_back(ssim3d);
    }
  return scores;
}

}  // namespace fg
