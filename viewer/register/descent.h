#pragma once
// One way down to the pose of least loss. Descents ask for the fit of one motion after the other, so that many of them go
// down together, in one call of the renderer.

#include <deque>
#include <memory>

#include "viewer/register/motion.h"
#include "viewer/register/objective.h"

namespace fg {

// How far a step of 1 moves the image: steps are taken in units in which all six count about alike.
struct StepScale {
  double radius_mm = 100;  // of the body: a turn moves its rim by this much a radian
  double depth_gain = 4;   // the image hardly changes along the view: shifts that way may be larger

  // From mm of the rim to radians and mm; a slope by the latter to one by the former.
  MotionStep unscaled(const MotionStep& step) const;
};

struct DescentSettings {
  int most_steps = 60;
  double first_mm = 4;      // length of the first steps, mm of the body's rim
  double least_mm = 0.1;    // shorter ones are not worth it: the end
  int patience = 4;         // steps without progress until they become shorter (Adam)
  double tolerance = 1e-5;  // less than this is no progress, in units of the loss
};

class Descent {
 public:
  virtual ~Descent() = default;
  virtual RigidMotion next() const = 0;  // whose fit is wanted
  virtual void take(const Fit& fit) = 0;

  bool done() const { return done_; }
  int steps() const { return steps_; }
  const RigidMotion& best() const { return best_; }
  double best_loss() const { return best_loss_; }

 protected:
  Descent(const RigidMotion& start, const MotionFrame& frame, const StepScale& scale,
          const DescentSettings& settings)
      : frame_(frame), scale_(scale), settings_(settings), best_(start) {}
  RigidMotion moved_by(const RigidMotion& from, const MotionStep& scaled_step) const {
    return stepped(from, frame_, scale_.unscaled(scaled_step));
  }

  MotionFrame frame_;
  StepScale scale_;
  DescentSettings settings_;
  RigidMotion best_;
  double best_loss_ = 1e300;
  int steps_ = 0;
  bool done_ = false;
};

// Kingma and Ba 2015, with steps that become half as long where the loss stays on a plateau; the descent then goes on
// from the best pose so far.
class AdamDescent final : public Descent {
 public:
  AdamDescent(const RigidMotion& start, const MotionFrame& frame, const StepScale& scale,
              const DescentSettings& settings);
  RigidMotion next() const override { return at_; }
  void take(const Fit& fit) override;

 private:
  RigidMotion at_;
  MotionStep mean_{}, square_{}, best_slope_{};
  double length_mm_;
  int means_ = 0, squares_ = 0;  // how many are in them
  int stale_ = 0;
};

// Limited-memory BFGS (Nocedal 1980): a step is halved until the loss falls as its slope says (Armijo 1966).
class LbfgsDescent final : public Descent {
 public:
  LbfgsDescent(const RigidMotion& start, const MotionFrame& frame, const StepScale& scale,
               const DescentSettings& settings);
  RigidMotion next() const override { return at_; }
  void take(const Fit& fit) override;

 private:
  struct Pair {
    MotionStep step, change;
  };
  void choose_direction();
  void try_step();

  RigidMotion at_;
  std::deque<Pair> pairs_;
  MotionStep slope_{}, direction_{};
  double along_ = 1;  // of the direction
  int halvings_ = 0;
};

enum class DescentMethod { adam, lbfgs };
std::unique_ptr<Descent> make_descent(DescentMethod method, const RigidMotion& start,
                                      const MotionFrame& frame, const StepScale& scale,
                                      const DescentSettings& settings);

}  // namespace fg
