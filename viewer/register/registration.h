#pragma once
// 2D/3D registration: which way lay the CT when the X-rays were taken? Climbs from coarse to fine, many poses first, few at
// the end.
//
//   search    many poses around the first one, coarse: which are worth a descent?
//   levels    descents from the best of them, together; the best of those go on at the next finer level
//   polish    L-BFGS of the best one at the finest level, where that has not been its method anyway
//
// One call of step() evaluates one motion of each descent. Nothing is global: several registrations may run at once.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "viewer/register/descent.h"
#include "viewer/register/objective.h"

namespace fg {

struct RegisterOptions {
  // Of the finest level, and of those before it and of images so small that there is but one. Correlation of whole images
  // leads the way from afar, that of edges is the more exact (tests/bench/register_bench.cpp: 0.08 mm against 0.27).
  RegisterMetric coarse_metric = RegisterMetric::ncc, fine_metric = RegisterMetric::gradient_ncc;
  // Adam finds its way over the ridges of the coarsest level; from there on L-BFGS takes fewer steps.
  DescentMethod coarse_method = DescentMethod::adam, fine_method = DescentMethod::lbfgs;
  double search_deg = 20,
         search_mm = 40;  // how far off the first pose may be, about and along each axis; 0: not
  int search_poses = 512;
  int starts = 16;           // descents at the coarsest level
  int coarsest_pixels = 48;  // of the longer side
  int finest_pixels = 256;
  std::uint32_t seed = 1;
  Attenuation attenuation;
};

struct RegisterPoint {  // of a descent
  int step = 0;         // counted over all stages
  int level = 0;        // 0: the coarsest
  double loss = 0;
  RigidMotion motion;
};

class Registration {
 public:
  // Throws Failure where the input makes no sense. The isocentre is the volume's centre.
  Registration(const ComputeDevice& device, const Volume& volume, std::vector<Xray> views,
               const RegisterOptions& options);
  ~Registration();

  bool done() const;
  void step();
  void start_again();  // from the first pose, with a search

  int steps() const;
  int levels() const;
  std::string stage() const;      // "search", "level 1 of 3", "polish"
  double progress() const;        // 0..1, a guess
  RegisterMetric metric() const;  // of best()'s loss
  // How well the coarsest level fits, by its metric: 1 minus the loss there. Of NCC, that of a right pose is near 1.
  double coarse_score(const RigidMotion& motion);
  const RegisterPoint& best()
      const;  // so far, of the last stage that has a point; before the first step, none
  std::vector<RegisterPoint> trajectory() const;  // of the best: from its start to where it is

  const std::vector<Xray>& views() const;
  const MotionFrame& frame() const;
  glm::dmat4 camera_to_world(std::size_t view) const { return camera_to_world(view, best().motion); }
  glm::dmat4 camera_to_world(std::size_t view, const RigidMotion& motion) const;
  // Line integrals at the resolution of a level, -1 for the finest; and the X-ray of that level.
  std::vector<float> radiograph(std::size_t view, const RigidMotion& motion, int level = -1);
  const Xray& xray(std::size_t view, int level = -1);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
