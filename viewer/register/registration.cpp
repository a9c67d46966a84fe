#include "viewer/register/registration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/trigonometric.hpp>

#include "viewer/error.h"

namespace fg {
namespace {

constexpr int kBatch = 32;  // motions in one call of the renderer, of the coarsest level
constexpr int kKept = 4;    // descents that the next level goes on with, at most

// Number n of Halton's sequence in a base, 0..1: fills a box evenly in any number of dimensions.
double halton(std::uint32_t n, std::uint32_t base) {
  double share = 1, sum = 0;
  for (; n > 0; n /= base) {
    share /= base;
    sum += share * (n % base);
  }
  return sum;
}

// Where in the unit box the search looks; a seed shifts them all, round the edges of the box.
std::array<double, 6> search_point(std::uint32_t n, std::uint32_t seed) {
  constexpr std::uint32_t kBases[6] = {2, 3, 5, 7, 11, 13};
  std::array<double, 6> point;
  for (std::size_t i = 0; i < 6; ++i) {
    const double shifted = halton(n, kBases[i]) + halton(seed, kBases[i]);
    point[i] = 2 * (shifted - std::floor(shifted)) - 1;
  }
  return point;
}

// How far the body's parts are from the isocentre, on average of their attenuation.
double body_radius_mm(const AttenuationVolume& volume, const glm::dvec3& centre_mm) {
  double mass = 0, moment = 0;
  std::size_t at = 0;
  for (int k = 0; k < volume.extent[2]; ++k)
    for (int j = 0; j < volume.extent[1]; ++j)
      for (int i = 0; i < volume.extent[0]; ++i, ++at) {
        const double mu = static_cast<double>(volume.mu[at]);
        if (mu <= 0) continue;
        const glm::dvec3 from = glm::dvec3(volume.voxel_to_world * glm::dvec4(i, j, k, 1)) - centre_mm;
        mass += mu;
        moment += mu * glm::dot(from, from);
      }
  if (mass == 0)
    throw Failure(ExitCode::unreadable_input,
                  "no voxel of the volume absorbs anything; a CT in HU is expected");
  return std::sqrt(moment / mass);
}

MotionFrame frame_of(const Volume& volume, const std::vector<Xray>& views) {
  MotionFrame frame;
  frame.isocentre_mm = volume.centre_mm();
  const glm::dmat3 camera(views.front().geometry.camera_to_world);
  for (int axis = 0; axis < 3; ++axis) frame.axes[axis] = glm::normalize(camera[axis]);
  return frame;
}

// Views from the side see what one view hardly does: how far away the body is.
bool depth_is_seen(const std::vector<Xray>& views) {
  const glm::dvec3 first(views.front().geometry.camera_to_world[2]);
  for (const Xray& view : views)
    if (std::abs(glm::dot(first, glm::dvec3(view.geometry.camera_to_world[2]))) < 0.87)
      return true;  // 30 degrees
  return false;
}

// Of a pixel, at the isocentre.
double pixel_mm_of(const DrrGeometry& g, const glm::dvec3& isocentre_mm) {
  const double distance = glm::length(glm::dvec3(g.camera_to_world[3]) - isocentre_mm);
  return std::sqrt(g.delx_mm * g.dely_mm) * (g.orthographic ? 1 : std::min(1.0, distance / g.sdd_mm));
}

// b of the X-ray being a times the radiograph plus b, by least squares; 0 where they are not alike at all.
float zero_of(const Xray& xray, const std::vector<float>& radiograph) {
  double weights = 0, of_x = 0, of_r = 0, of_rr = 0, of_xr = 0;
  for (std::size_t i = 0; i < radiograph.size(); ++i) {
    const double w = xray.seen(i), x = static_cast<double>(xray.integrals[i]),
                 r = static_cast<double>(radiograph[i]);
    if (w <= 0) continue;
    weights += w;
    of_x += w * x;
    of_r += w * r;
    of_rr += w * r * r;
    of_xr += w * x * r;
  }
  const double a = (weights * of_xr - of_x * of_r) / (weights * of_rr - of_r * of_r);
  const double b = (of_x - a * of_r) / weights;
  return a > 0 && std::isfinite(b) ? static_cast<float>(b) : 0.0f;
}

struct Level {
  double pixel_mm = 1;    // of the X-rays at the isocentre
  double spacing_mm = 1;  // of the voxels
  std::unique_ptr<Objective> objective;
};

// A descent, and where it has been.
struct Trail {
  std::unique_ptr<Descent> descent;
  std::vector<RegisterPoint> points;
};

}  // namespace

struct Registration::State {
  const ComputeDevice& device;
  RegisterOptions options;
  AttenuationVolume volume;
  std::vector<Xray> views;
  MotionFrame frame;
  StepScale scale;
  std::vector<Level> levels;

  enum class Stage { search, level, polish, finished };
  Stage stage = Stage::search;
  int level = 0, step = 0, searched = 0;
  struct Found {
    RigidMotion motion;
    double loss;
  };
  std::vector<Found> found;  // by the search
  std::vector<Trail> trails;
  RegisterPoint best;
  bool stage_is_new = true;  // its losses do not compare with that of `best`
  std::vector<RegisterPoint> finished_trajectory;

  State(const ComputeDevice& on, RegisterOptions with) : device(on), options(with) {}

  void plan_levels();
  bool is_last(int number) const { return number + 1 == static_cast<int>(levels.size()); }
  DescentMethod method_of(int number) const {
    return number == 0 ? options.coarse_method : options.fine_method;
  }
  RegisterMetric metric_of(int number) const {
    return number > 0 && is_last(number) ? options.fine_metric : options.coarse_metric;
  }
  Objective& objective_of(int number);
  void align_zeros(int number, const RigidMotion& motion);
  DescentSettings settings_of(int number, bool at_end) const;
  void begin_search();
  void search_step();
  void require_shadow();
  void begin_level(int number, std::vector<Trail> from);
  void begin_descents(Stage next, int number, DescentMethod method, std::vector<Trail> from);
  void descent_step();
  void end_descents();
  void offer(const RegisterPoint& point);
  std::vector<Trail> best_trails(std::size_t most, double apart_mm);
};

void Registration::State::plan_levels() {
  const Xray& first = views.front();
  const int side = std::max(first.width, first.height);
  const auto factor_for = [&](int pixels) { return std::max(1, (side + pixels / 2) / pixels); };
  const int finest = factor_for(options.finest_pixels);
  std::vector<int> factors{finest};
  for (int factor = finest * 2; side / factor >= options.coarsest_pixels - options.coarsest_pixels / 8;
       factor *= 2)
    factors.insert(factors.begin(), factor);
  for (const int factor : factors) {
    const double pixel_mm = factor * pixel_mm_of(first.geometry, frame.isocentre_mm);
    levels.push_back({pixel_mm, pixel_mm, nullptr});
  }
}

Objective& Registration::State::objective_of(int number) {
  Level& wanted = levels[static_cast<std::size_t>(number)];
  if (wanted.objective) return *wanted.objective;
  const AttenuationVolume coarse = coarser(volume, wanted.spacing_mm);
  std::vector<Xray> small;
  for (const Xray& view : views) {
    const double factor = std::round(wanted.pixel_mm / pixel_mm_of(view.geometry, frame.isocentre_mm));
    const int most = std::max(1, std::min(view.width, view.height) / kLeastXraySide);
    small.push_back(coarser(view, static_cast<int>(std::clamp(factor, 1.0, static_cast<double>(most)))));
  }
  const glm::dvec3 spacing = coarse.spacing_mm();
  const double least = std::min({spacing.x, spacing.y, spacing.z});
  wanted.objective =
      std::make_unique<Objective>(device, coarse, small, frame, metric_of(number),
                                  std::max(least, 0.5 * wanted.pixel_mm), number == 0 ? kBatch : kKept);
  return *wanted.objective;
}

DescentSettings Registration::State::settings_of(int number, bool at_end) const {
  const double pixel = levels[static_cast<std::size_t>(number)].pixel_mm;
  DescentSettings s;
  const bool lbfgs = method_of(number) == DescentMethod::lbfgs;
  if (at_end || (lbfgs && is_last(number))) {
    s.first_mm = 0.25 * pixel;
    s.least_mm = 1e-4 * pixel;
    s.tolerance = 1e-9;
    s.most_steps = 40;
    return s;
  }
  s.first_mm = (number == 0 ? 1.0 : 0.25) * pixel;
  s.least_mm = (lbfgs ? 0.01 : 0.04) * pixel;
  if (lbfgs) s.tolerance = 1e-6;
  s.most_steps = number == 0 ? 60 : 40;
  return s;
}

void Registration::State::begin_search() {
  stage = Stage::search;
  level = step = searched = 0;
  found.clear();
  trails.clear();
  best = {};
  stage_is_new = true;
}

// Of this stage: the best of an earlier one stands until there is a point of the new one.
void Registration::State::offer(const RegisterPoint& point) {
  if (!std::isfinite(point.loss) || !(stage_is_new || point.loss < best.loss)) return;
  best = point;
  stage_is_new = false;
}

void Registration::State::search_step() {
  const bool wanted = options.search_deg > 0 || options.search_mm > 0;
  const int total = wanted ? std::max(1, options.search_poses) : 1;
  const int count = std::min(kBatch, total - searched);
  std::vector<RigidMotion> motions;
  for (int n = searched; n < searched + count; ++n) {
    MotionStep offset{};
    if (n > 0) {
      const std::array<double, 6> point = search_point(static_cast<std::uint32_t>(n), options.seed);
      for (std::size_t i = 0; i < 6; ++i)
        offset[i] = point[i] * (i < 3 ? glm::radians(options.search_deg) : options.search_mm);
    }
    motions.push_back(stepped({}, frame, offset));
  }
  std::vector<Fit> fits(motions.size());
  objective_of(0).evaluate(motions, fits, false);
  for (std::size_t n = 0; n < motions.size(); ++n) {
    if (std::isfinite(fits[n].loss)) found.push_back({motions[n], fits[n].loss});
    offer({step, 0, fits[n].loss, motions[n]});
  }
  ++step;
  searched += count;
  if (searched < total) return;
  require_shadow();
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.loss < b.loss; });
  std::vector<Trail> chosen;
  for (const Found& f : found) {
    if (chosen.size() >= static_cast<std::size_t>(std::max(1, options.starts))) break;
    Trail trail;
    trail.points.push_back({step, 0, f.loss, f.motion});
    chosen.push_back(std::move(trail));
  }
  begin_level(0, std::move(chosen));
}

// A volume beside or behind the camera casts none, and then there is no way to go.
void Registration::State::require_shadow() {
  if (found.empty())
    throw Failure(
        ExitCode::unreadable_input,
        "no pose near the first one gives a radiograph that can be compared: the CT or the X-ray has NaN");
  for (std::size_t v = 0; v < views.size(); ++v) {
    const std::vector<float> image = objective_of(0).radiograph(v, best.motion);
    if (std::all_of(image.begin(), image.end(), [](float value) { return value == 0; }))
      throw Failure(ExitCode::usage, fmt::format("no ray of X-ray {} meets the CT from any pose near the "
                                                 "first one: it lies beside or behind the camera; "
                                                 "check camera_to_world or the translation of its geometry",
                                                 v + 1));
  }
}

// Edges are found at the border too, where beyond it there is 0: an X-ray whose zero is not that of line integrals, a
// picture's black say, would have one all round. What it is shows in the level before, at the best pose.
void Registration::State::align_zeros(int number, const RigidMotion& motion) {
  if (number == 0 || metric_of(number) != RegisterMetric::gradient_ncc) return;
  Objective& before = objective_of(number - 1);
  for (std::size_t v = 0; v < views.size(); ++v)
    objective_of(number).set_zero(v, zero_of(before.views()[v], before.radiograph(v, motion)));
}

void Registration::State::begin_level(int number, std::vector<Trail> from) {
  align_zeros(number, from.front().points.back().motion);
  begin_descents(Stage::level, number, method_of(number), std::move(from));
}

void Registration::State::begin_descents(Stage next, int number, DescentMethod method,
                                         std::vector<Trail> from) {
  stage = next;
  level = number;
  trails = std::move(from);
  for (Trail& trail : trails)
    trail.descent = make_descent(method, trail.points.back().motion, frame, scale,
                                 settings_of(number, next == Stage::polish));
  stage_is_new = true;
}

void Registration::State::descent_step() {
  std::vector<RigidMotion> motions;
  std::vector<Trail*> active;
  for (Trail& trail : trails)
    if (!trail.descent->done()) {
      active.push_back(&trail);
      motions.push_back(trail.descent->next());
    }
  std::vector<Fit> fits(motions.size());
  objective_of(level).evaluate(motions, fits, true);
  ++step;
  bool any = false;
  for (std::size_t n = 0; n < active.size(); ++n) {
    Descent& descent = *active[n]->descent;
    descent.take(fits[n]);
    any |= !descent.done();
    active[n]->points.push_back({step, level, fits[n].loss, motions[n]});
    offer(active[n]->points.back());
  }
  if (!any) end_descents();
}

std::vector<Trail> Registration::State::best_trails(std::size_t most, double apart_mm) {
  std::stable_sort(trails.begin(), trails.end(), [](const Trail& a, const Trail& b) {
    return a.descent->best_loss() < b.descent->best_loss();
  });
  std::vector<Trail> chosen;
  for (Trail& trail : trails) {
    if (chosen.size() >= most) break;
    const RigidMotion motion = trail.descent->best();
    const bool near = std::any_of(chosen.begin(), chosen.end(), [&](const Trail& other) {
      return motion_distance_mm(other.points.back().motion, motion, scale.radius_mm) < apart_mm;
    });
    if (near) continue;
    Trail next{nullptr, trail.points};
    next.points.push_back({step, level, trail.descent->best_loss(), motion});
    chosen.push_back(std::move(next));
  }
  return chosen;
}

void Registration::State::end_descents() {
  const double pixel = levels[static_cast<std::size_t>(level)].pixel_mm;
  const bool last = is_last(level);
  if (stage == Stage::polish || (last && method_of(level) == DescentMethod::lbfgs)) {
    const std::vector<Trail> chosen = best_trails(1, 0);
    finished_trajectory = chosen.front().points;
    best = finished_trajectory.back();
    stage = Stage::finished;
    return;
  }
  // Half a pixel is nothing that the next level would tell apart.
  std::vector<Trail> chosen = best_trails(last ? 1 : level == 0 ? kKept : 2, 0.5 * pixel);
  if (last)
    begin_descents(Stage::polish, level, DescentMethod::lbfgs, std::move(chosen));
  else
    begin_level(level + 1, std::move(chosen));
}

// ---- the class ----

Registration::Registration(const ComputeDevice& device, const Volume& volume, std::vector<Xray> views,
                           const RegisterOptions& options)
    : state_(std::make_unique<State>(device, options)) {
  if (views.empty()) throw Failure(ExitCode::usage, "there is no X-ray to register to");
  State& s = *state_;
  s.volume = attenuation_volume(volume, options.attenuation);
  s.views = std::move(views);
  s.frame = frame_of(volume, s.views);
  s.scale.radius_mm = body_radius_mm(s.volume, s.frame.isocentre_mm);
  const glm::dvec3 source(s.views.front().geometry.camera_to_world[3]);
  s.scale.depth_gain =
      depth_is_seen(s.views)
          ? 1
          : std::clamp(glm::length(source - s.frame.isocentre_mm) / s.scale.radius_mm, 1.0, 10.0);
  s.plan_levels();
  s.begin_search();
}

Registration::~Registration() = default;

bool Registration::done() const { return state_->stage == State::Stage::finished; }

void Registration::step() {
  State& s = *state_;
  if (s.stage == State::Stage::search)
    s.search_step();
  else if (s.stage != State::Stage::finished)
    s.descent_step();
}

void Registration::start_again() { state_->begin_search(); }

int Registration::steps() const { return state_->step; }
int Registration::levels() const { return static_cast<int>(state_->levels.size()); }
RegisterMetric Registration::metric() const { return state_->metric_of(state_->best.level); }

double Registration::coarse_score(const RigidMotion& motion) {
  std::vector<Fit> fits(1);
  state_->objective_of(0).evaluate({&motion, 1}, fits, false);
  return 1 - fits[0].loss;
}

const RegisterPoint& Registration::best() const { return state_->best; }
const std::vector<Xray>& Registration::views() const { return state_->views; }
const MotionFrame& Registration::frame() const { return state_->frame; }

std::string Registration::stage() const {
  const State& s = *state_;
  if (s.stage == State::Stage::search) return "search";
  if (s.stage == State::Stage::level) return fmt::format("level {} of {}", s.level + 1, levels());
  return s.stage == State::Stage::polish ? "polish" : "done";
}

double Registration::progress() const {
  const State& s = *state_;
  if (s.stage == State::Stage::finished) return 1;
  const double parts = levels() + 2;
  if (s.stage == State::Stage::search) return s.searched / (parts * std::max(1, s.options.search_poses));
  int steps = 0;
  for (const Trail& trail : s.trails) steps = std::max(steps, trail.descent->steps());
  const bool polish = s.stage == State::Stage::polish;
  const double within = static_cast<double>(steps) / s.settings_of(s.level, polish).most_steps;
  return (1 + s.level + (polish ? 1 : 0) + within) / parts;
}

std::vector<RegisterPoint> Registration::trajectory() const {
  const State& s = *state_;
  if (s.stage == State::Stage::finished) return s.finished_trajectory;
  const Trail* best = nullptr;
  for (const Trail& trail : s.trails)
    if (best == nullptr || trail.descent->best_loss() < best->descent->best_loss()) best = &trail;
  return best == nullptr ? std::vector<RegisterPoint>{} : best->points;
}

glm::dmat4 Registration::camera_to_world(std::size_t view, const RigidMotion& motion) const {
  return moved(motion, state_->frame, state_->views[view].geometry.camera_to_world);
}

std::vector<float> Registration::radiograph(std::size_t view, const RigidMotion& motion, int level) {
  return state_->objective_of(level < 0 ? levels() - 1 : level).radiograph(view, motion);
}

const Xray& Registration::xray(std::size_t view, int level) {
  return state_->objective_of(level < 0 ? levels() - 1 : level).views()[view];
}

}  // namespace fg
