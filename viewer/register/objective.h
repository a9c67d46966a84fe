#pragma once
// How well radiographs of a moved volume fit the X-rays, for many motions at once, and which way each should go.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "framegauge/drr.h"
#include "viewer/device/device_tensor.h"
#include "viewer/register/motion.h"
#include "viewer/register/volume_levels.h"
#include "viewer/register/xray.h"

namespace fg {

enum class RegisterMetric { ncc, patch_ncc, multiscale_ncc, gradient_ncc, mse, mutual_information };
RegisterMetric register_metric_named(const std::string& name);  // throws Failure(usage)
std::string name_of(RegisterMetric metric);

struct Fit {
  double loss = 0;  // less is better: 1 minus the score, or the mean squared error; the mean of all views
  MotionStep slope{};
};

class Objective {
 public:
  // All views of one level. At most `most` motions are evaluated at once; step_mm: between the samples of a ray.
  Objective(const ComputeDevice& device, const AttenuationVolume& volume, const std::vector<Xray>& views,
            const MotionFrame& frame, RegisterMetric metric, double step_mm, int most);

  const std::vector<Xray>& views() const { return views_; }

  // Takes `zero` from a view's X-ray: line integrals are 0 where nothing is absorbed.
  void set_zero(std::size_t view, float zero);

  // Writes a Fit a motion.
  void evaluate(std::span<const RigidMotion> motions, std::span<Fit> fits, bool with_slopes);

  // Line integrals that a view sees of the moved volume.
  std::vector<float> radiograph(std::size_t view, const RigidMotion& motion);

 private:
  struct ViewMemory {
    DeviceTensor<float> fixed, mask, images, slopes;  // [1, 1, h, w] twice, [most, 1, h, w] twice
    DeviceTensor<float> ray_slopes;  // [most, 7, h, w]: what fg_drr_gradient makes a pose's slope of
    DeviceTensor<double> poses, scores, pose_slopes;  // [most, 4, 4], [most], [most, 3, 4]
    std::vector<double> host_poses, host_scores, host_slopes;
    DeviceScratch scratch;
  };

  FgDrr drr_of(std::size_t view, std::int64_t count);
  void put_poses(std::size_t view, std::span<const RigidMotion> motions);
  void launch(std::size_t view, std::int64_t count, bool with_slopes);
  void collect(std::size_t view, std::span<const RigidMotion> motions, std::span<Fit> fits, bool with_slopes);

  const ComputeDevice& device_;
  std::vector<Xray> views_;
  MotionFrame frame_;
  RegisterMetric metric_;
  double step_mm_;
  int most_;
  glm::dmat4 voxel_to_world_;
  DeviceTensor<float> volume_;
  std::vector<ViewMemory> memory_;
};

}  // namespace fg
