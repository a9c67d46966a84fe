#include "viewer/register/descent.h"

#include <algorithm>
#include <cmath>

namespace fg {
namespace {

double product(const MotionStep& a, const MotionStep& b) {
  double sum = 0;
  for (std::size_t i = 0; i < 6; ++i) sum += a[i] * b[i];
  return sum;
}
double size_of(const MotionStep& a) { return std::sqrt(product(a, a)); }
void add(MotionStep& to, double factor, const MotionStep& step) {
  for (std::size_t i = 0; i < 6; ++i) to[i] += factor * step[i];
}

bool is_usable(const Fit& fit) {
  bool finite = std::isfinite(fit.loss);
  for (const double s : fit.slope) finite &= std::isfinite(s);
  return finite;
}

}  // namespace

MotionStep StepScale::unscaled(const MotionStep& step) const {
  return {step[0] / radius_mm, step[1] / radius_mm, step[2] / radius_mm, step[3], step[4],
          step[5] * depth_gain};
}

// ---- Adam ----

AdamDescent::AdamDescent(const RigidMotion& start, const MotionFrame& frame, const StepScale& scale,
                         const DescentSettings& settings)
    : Descent(start, frame, scale, settings), at_(start), length_mm_(settings.first_mm) {}

void AdamDescent::take(const Fit& fit) {
  constexpr double kMeanDecay = 0.8, kSquareDecay = 0.95, kTiny = 1e-12;
  ++steps_;
  const bool usable = is_usable(fit);
  MotionStep slope = scale_.unscaled(fit.slope);
  stale_ = usable && fit.loss < best_loss_ - settings_.tolerance ? 0 : stale_ + 1;
  if (usable && fit.loss < best_loss_) {
    best_loss_ = fit.loss;
    best_ = at_;
    best_slope_ = slope;
  }
  if (!usable || stale_ >= settings_.patience) {
    length_mm_ /= 2;
    stale_ = means_ = 0;
    mean_ = {};  // the squares stay: they know how steep it was, so that small slopes now give small steps
    at_ = best_;
    slope = best_slope_;
  }
  done_ = length_mm_ < settings_.least_mm || steps_ >= settings_.most_steps;
  if (done_) return;
  ++means_;
  ++squares_;
  MotionStep step;
  for (std::size_t i = 0; i < 6; ++i) {
    mean_[i] = kMeanDecay * mean_[i] + (1 - kMeanDecay) * slope[i];
    square_[i] = kSquareDecay * square_[i] + (1 - kSquareDecay) * slope[i] * slope[i];
    const double mean = mean_[i] / (1 - std::pow(kMeanDecay, means_)),
                 square = square_[i] / (1 - std::pow(kSquareDecay, squares_));
    step[i] = -length_mm_ * mean / (std::sqrt(square) + kTiny);
  }
  at_ = moved_by(at_, step);
}

// ---- L-BFGS ----

LbfgsDescent::LbfgsDescent(const RigidMotion& start, const MotionFrame& frame, const StepScale& scale,
                           const DescentSettings& settings)
    : Descent(start, frame, scale, settings), at_(start) {}

// The two loops of Nocedal's algorithm; without pairs, a step of the first length against the slope.
void LbfgsDescent::choose_direction() {
  MotionStep d = slope_;
  std::vector<double> shares;
  for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
    shares.push_back(product(pair->step, d) / product(pair->step, pair->change));
    add(d, -shares.back(), pair->change);
  }
  const double size = size_of(slope_);
  const double first = pairs_.empty() ? settings_.first_mm / std::max(size, 1e-300)
                                      : product(pairs_.back().step, pairs_.back().change) /
                                            product(pairs_.back().change, pairs_.back().change);
  for (double& value : d) value *= first;
  for (const Pair& pair : pairs_) {
    const double share = shares.back();
    shares.pop_back();
    add(d, share - product(pair.change, d) / product(pair.step, pair.change), pair.step);
  }
  for (std::size_t i = 0; i < 6; ++i) direction_[i] = -d[i];
  // Not further than the loss is known to be smooth.
  const double longest = 2 * settings_.first_mm, length = size_of(direction_);
  along_ = length > longest ? longest / length : 1;
  halvings_ = 0;
}

void LbfgsDescent::try_step() {
  MotionStep step = direction_;
  for (double& value : step) value *= along_;
  at_ = moved_by(best_, step);
}

void LbfgsDescent::take(const Fit& fit) {
  constexpr double kArmijo = 1e-4;
  constexpr int kMostHalvings = 8;
  constexpr std::size_t kPairs = 6;
  ++steps_;
  const MotionStep slope = scale_.unscaled(fit.slope);
  const bool first = steps_ == 1;
  const bool fell =
      is_usable(fit) && (first || fit.loss <= best_loss_ + kArmijo * along_ * product(slope_, direction_));
  if (!fell) {
    along_ /= 2;
    done_ = first || ++halvings_ > kMostHalvings || along_ * size_of(direction_) < settings_.least_mm ||
            steps_ >= settings_.most_steps;
    if (!done_) try_step();
    return;
  }
  if (!first) {
    Pair pair{direction_, slope};
    for (double& value : pair.step) value *= along_;
    add(pair.change, -1, slope_);
    if (product(pair.step, pair.change) > 1e-12 * size_of(pair.step) * size_of(pair.change)) {
      pairs_.push_back(pair);
      if (pairs_.size() > kPairs) pairs_.pop_front();
    }
  }
  const double gain = best_loss_ - fit.loss;
  best_ = at_;
  best_loss_ = fit.loss;
  slope_ = slope;
  choose_direction();
  if (product(slope_, direction_) >= 0) {  // rounding has spoilt the pairs
    pairs_.clear();
    choose_direction();
  }
  const bool short_step = along_ * size_of(direction_) < settings_.least_mm;
  done_ = steps_ >= settings_.most_steps || size_of(slope_) == 0 ||
          (!first && (gain < settings_.tolerance || short_step));
  if (!done_) try_step();
}

std::unique_ptr<Descent> make_descent(DescentMethod method, const RigidMotion& start,
                                      const MotionFrame& frame, const StepScale& scale,
                                      const DescentSettings& settings) {
  if (method == DescentMethod::lbfgs) return std::make_unique<LbfgsDescent>(start, frame, scale, settings);
  return std::make_unique<AdamDescent>(start, frame, scale, settings);
}

}  // namespace fg
