#include "viewer/register/objective.h"

#include <algorithm>

#include "viewer/device/status.h"
#include "viewer/error.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/render/drr_op.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

struct Named {
  const char* name;
  RegisterMetric metric;
};
constexpr Named kMetrics[] = {{"ncc", RegisterMetric::ncc},
                              {"patch-ncc", RegisterMetric::patch_ncc},
                              {"multiscale-ncc", RegisterMetric::multiscale_ncc},
                              {"gradient-ncc", RegisterMetric::gradient_ncc},
                              {"mse", RegisterMetric::mse},
                              {"mi", RegisterMetric::mutual_information}};

constexpr int kPatch = 13;  // pixels a side

void set_measure(RegisterMetric metric, FgSimilarity& op) {
  switch (metric) {
    case RegisterMetric::patch_ncc:
      op.patches[0] = kPatch;
      break;
    case RegisterMetric::multiscale_ncc:
      op.scales = 2;
      op.patches[1] = kPatch;
      op.patch_weights[0] = op.patch_weights[1] = 0.5;
      break;
    case RegisterMetric::gradient_ncc:
      op.measure = FG_SIMILARITY_GRADIENT_NCC;
      break;
    case RegisterMetric::mse:
      op.measure = FG_SIMILARITY_MSE;
      break;
    case RegisterMetric::mutual_information:
      op.measure = FG_SIMILARITY_MUTUAL_INFORMATION;
      break;
    case RegisterMetric::ncc:
      break;
  }
}

}  // namespace

RegisterMetric register_metric_named(const std::string& name) {
  std::vector<std::string> known;
  for (const Named& entry : kMetrics) {
    if (name == entry.name) return entry.metric;
    known.emplace_back(entry.name);
  }
  throw Failure(ExitCode::usage, "the metric '" + name + "' is unknown; did you mean " +
                                     near_names(name, known, 1).front() +
                                     "? There are ncc, patch-ncc, multiscale-ncc, gradient-ncc, mse and mi");
}

std::string name_of(RegisterMetric metric) {
  return std::find_if(std::begin(kMetrics), std::end(kMetrics),
                      [&](const Named& n) { return n.metric == metric; })
      ->name;
}

Objective::Objective(const ComputeDevice& device, const AttenuationVolume& volume,
                     const std::vector<Xray>& views, const MotionFrame& frame, RegisterMetric metric,
                     double step_mm, int most)
    : device_(device),
      views_(views),
      frame_(frame),
      metric_(metric),
      step_mm_(step_mm),
      most_(most),
      voxel_to_world_(volume.voxel_to_world),
      volume_(device, {volume.extent[2], volume.extent[1], volume.extent[0]}),
      memory_(views.size()) {
  device.copy(volume_.data(), volume.mu.data(), volume.mu.size() * sizeof(float));
  for (std::size_t v = 0; v < views_.size(); ++v) {
    const Xray& view = views_[v];
    ViewMemory& m = memory_[v];
    m.fixed = {device, {1, 1, view.height, view.width}};
    device.copy(m.fixed.data(), view.integrals.data(), view.integrals.size() * sizeof(float));
    if (!view.mask.empty()) {
      m.mask = {device, {1, 1, view.height, view.width}};
      device.copy(m.mask.data(), view.mask.data(), view.mask.size() * sizeof(float));
    }
    m.images = {device, {most, 1, view.height, view.width}};
    m.slopes = {device, {most, 1, view.height, view.width}};
    m.ray_slopes = {device, {most, 7, view.height, view.width}};
    m.poses = {device, {most, 4, 4}};
    m.scores = {device, {most}};
    m.pose_slopes = {device, {most, 3, 4}};
    m.host_poses.resize(m.poses.elements());
    m.host_scores.resize(m.scores.elements());
    m.host_slopes.resize(m.pose_slopes.elements());
  }
  device.wait();
}

void Objective::set_zero(std::size_t view, float zero) {
  std::vector<float> values = views_[view].integrals;
  for (float& value : values) value -= zero;
  device_.copy(memory_[view].fixed.data(), values.data(), values.size() * sizeof(float));
  device_.wait();
}

FgDrr Objective::drr_of(std::size_t view, std::int64_t count) {
  FgDrr op = drr_op(views_[view].geometry, voxel_to_world_);
  op.volume = volume_.get();
  op.poses = memory_[view].poses.first(count);
  op.sampling = FG_DRR_SAMPLES_BY_STEP;
  op.step_mm = step_mm_;
  op.images = memory_[view].images.first(count);
  return op;
}

void Objective::put_poses(std::size_t view, std::span<const RigidMotion> motions) {
  ViewMemory& m = memory_[view];
  for (std::size_t n = 0; n < motions.size(); ++n)
    write_rows(moved(motions[n], frame_, views_[view].geometry.camera_to_world),
               m.host_poses.data() + 16 * n);
  device_.copy(m.poses.data(), m.host_poses.data(), 16 * motions.size() * sizeof(double));
}

void Objective::launch(std::size_t view, std::int64_t count, bool with_slopes) {
  ViewMemory& m = memory_[view];
  FgDrr drr = drr_of(view, count);
  if (with_slopes) drr.slopes = m.ray_slopes.first(count);
  expect_ok(fg_drr(&drr, device_.stream()));

  DLTensor fixed = *m.fixed.get();  // one image for all of the batch
  std::int64_t shape[4] = {count, 1, views_[view].height, views_[view].width},
               strides[4] = {0, 0, views_[view].width, 1};
  fixed.shape = shape;
  fixed.strides = strides;
  FgSimilarity similarity;
  fg_similarity_defaults(&similarity);
  set_measure(metric_, similarity);
  similarity.x = m.images.first(count);
  similarity.y = &fixed;
  if (!m.mask.empty()) similarity.mask = m.mask.get();
  similarity.scores = m.scores.first(count);
  if (with_slopes) similarity.x_gradient = m.slopes.first(count);
  expect_ok(fg_similarity_scratch_bytes(&similarity, &similarity.scratch_bytes));
  similarity.scratch = m.scratch.of(device_, similarity.scratch_bytes);
  expect_ok(fg_similarity(&similarity, device_.stream()));
  device_.copy(m.host_scores.data(), m.scores.data(), static_cast<std::size_t>(count) * sizeof(double));
  if (!with_slopes) return;

  FgDrrGradient gradient;
  fg_drr_gradient_defaults(&gradient);
  gradient.drr = &drr;
  gradient.image_gradient = m.slopes.first(count);
  gradient.poses_gradient = m.pose_slopes.first(count);
  expect_ok(fg_drr_gradient_scratch_bytes(&gradient, &gradient.scratch_bytes));
  gradient.scratch = m.scratch.of(device_, gradient.scratch_bytes);
  expect_ok(fg_drr_gradient(&gradient, device_.stream()));
  device_.copy(m.host_slopes.data(), m.pose_slopes.data(),
               static_cast<std::size_t>(count) * 12 * sizeof(double));
}

void Objective::collect(std::size_t view, std::span<const RigidMotion> motions, std::span<Fit> fits,
                        bool with_slopes) {
  const ViewMemory& m = memory_[view];
  const bool error = metric_ == RegisterMetric::mse;
  const double share = 1.0 / static_cast<double>(views_.size()), sign = error ? share : -share;
  for (std::size_t n = 0; n < motions.size(); ++n) {
    fits[n].loss += sign * m.host_scores[n] + (error ? 0 : share);
    if (!with_slopes) continue;
    const glm::dmat4 camera = moved(motions[n], frame_, views_[view].geometry.camera_to_world);
    const MotionStep slope = step_gradient(motions[n], frame_, camera, m.host_slopes.data() + 12 * n);
    for (std::size_t i = 0; i < 6; ++i) fits[n].slope[i] += sign * slope[i];
  }
}

void Objective::evaluate(std::span<const RigidMotion> motions, std::span<Fit> fits, bool with_slopes) {
  std::fill(fits.begin(), fits.end(), Fit{});
  for (std::size_t begin = 0; begin < motions.size(); begin += static_cast<std::size_t>(most_)) {
    const std::size_t count = std::min(motions.size() - begin, static_cast<std::size_t>(most_));
    const auto part = motions.subspan(begin, count);
    for (std::size_t v = 0; v < views_.size(); ++v) {
      put_poses(v, part);
      launch(v, static_cast<std::int64_t>(count), with_slopes);
    }
    device_.wait();
    for (std::size_t v = 0; v < views_.size(); ++v) collect(v, part, fits.subspan(begin, count), with_slopes);
  }
}

std::vector<float> Objective::radiograph(std::size_t view, const RigidMotion& motion) {
  put_poses(view, {&motion, 1});
  const FgDrr drr = drr_of(view, 1);
  expect_ok(fg_drr(&drr, device_.stream()));
  std::vector<float> image(views_[view].integrals.size());
  device_.copy(image.data(), memory_[view].images.data(), image.size() * sizeof(float));
  device_.wait();
  return image;
}

}  // namespace fg
