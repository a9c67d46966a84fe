// How often, how exactly and how fast registration finds the pose: radiographs of a CT from known poses, with photon noise
// and a field of view that cuts the body, begun from random poses around the true one.
//
//   register_bench CT [--starts 100] [--deg 20] [--mm 40] [--photons 10000] [--width 160] [--height 200] [--views 1]
//                     [--metric ncc] [--device cpu] [--first 0] [--box]
//
// Angles: a turn of up to --deg about an axis at random, and a shift of up to --mm in a direction at random; with --box,
// up to that much about and along each of the three axes. Error: mean target registration error, how far points of the
// body lie from where the camera should see them, in 3D.

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>
#include <map>
#include <random>
#include <string>

#include "tests/bench/median.h"
#include "tests/bench/xray_of_ct.h"
#include "viewer/error.h"
#include "viewer/register/registration.h"

namespace {

struct Settings {
  std::string volume, metric = "ncc", device = "cpu", optimizer = "auto";
  int starts = 100, first = 0, width = 160, height = 200, views = 1;
  double degrees = 20, mm = 40, photons = 1e4;
  int search = -1, descents = -1;
  bool box = false, verbose = false;
};

Settings settings_of(int count, char** arguments) {
  Settings s;
  for (int i = 1; i < count; ++i) {
    const std::string key = arguments[i];
    if (key == "--box")
      s.box = true;
    else if (key == "--verbose")
      s.verbose = true;
    else if (!key.starts_with("--"))
      s.volume = key;
    else if (i + 1 < count) {
      const std::string value = arguments[++i];
      if (key == "--metric")
        s.metric = value;
      else if (key == "--optimizer")
        s.optimizer = value;
      else if (key == "--device")
        s.device = value;
      else if (key == "--starts")
        s.starts = std::stoi(value);
      else if (key == "--first")
        s.first = std::stoi(value);
      else if (key == "--width")
        s.width = std::stoi(value);
      else if (key == "--height")
        s.height = std::stoi(value);
      else if (key == "--views")
        s.views = std::stoi(value);
      else if (key == "--deg")
        s.degrees = std::stod(value);
      else if (key == "--mm")
        s.mm = std::stod(value);
      else if (key == "--photons")
        s.photons = std::stod(value);
      else if (key == "--search")
        s.search = std::stoi(value);
      else if (key == "--descents")
        s.descents = std::stoi(value);
      else
        throw fg::Failure(fg::ExitCode::usage, key + " is unknown");
    }
  }
  return s;
}

double processor_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

int main(int count, char** arguments) try {
  using namespace fg;
  const Settings s = settings_of(count, arguments);
  const Volume volume = load_volume(s.volume);
  const ComputeDevice device(s.device);
  const bench::BodyPoints body = bench::body_points(volume);
  std::vector<double> errors, seconds, processor;
  int good = 0;
  for (int start = s.first; start < s.first + s.starts; ++start) {
    std::mt19937 random(static_cast<unsigned>(start) * 7919 + 1);
    const bench::RandomMotion offset = s.box ? bench::random_in_box(random, s.degrees, s.mm)
                                             : bench::random_in_ball(random, s.degrees, s.mm);
    std::vector<Xray> views;
    std::vector<glm::dmat4> truths;
    for (int v = 0; v < s.views; ++v) {
      DrrGeometry geometry = bench::carm(volume, v);
      geometry.width = s.width;
      geometry.height = s.height;
      truths.push_back(geometry.camera_to_world);
      Xray xray = bench::xray_of_ct(device, volume, geometry, s.photons, random);
      xray.geometry.camera_to_world = bench::moved_by(offset, volume, geometry.camera_to_world);
      views.push_back(std::move(xray));
    }
    std::vector<Xray> given = views;
    RegisterOptions options;
    options.fine_metric = options.coarse_metric = RegisterMetric::ncc;
    options.fine_metric = register_metric_named(s.metric);
    if (s.optimizer == "adam") options.fine_method = DescentMethod::adam;
    if (s.optimizer == "lbfgs") options.coarse_method = DescentMethod::lbfgs;
    if (s.search >= 0) options.search_poses = s.search;
    if (s.descents >= 0) options.starts = s.descents;
    const auto begin = std::chrono::steady_clock::now();
    const double processor_begin = processor_seconds();
    Registration registration(device, volume, std::move(views), options);
    std::map<std::string, double> stages;
    auto last = begin;
    while (!registration.done()) {
      const std::string stage = registration.stage();
      registration.step();
      const auto now = std::chrono::steady_clock::now();
      stages[stage] += std::chrono::duration<double>(now - last).count();
      if (s.verbose && registration.stage() != stage)
        std::printf("    after %s: step %d, best loss %.6f, error %.2f mm\n", stage.c_str(),
                    registration.steps(), registration.best().loss,
                    body.error_mm(registration.camera_to_world(
                                      0, registration.done() ? registration.best().motion
                                                             : registration.trajectory().back().motion),
                                  truths[0]));
      last = now;
    }
    seconds.push_back(std::chrono::duration<double>(last - begin).count());
    processor.push_back(processor_seconds() - processor_begin);
    errors.push_back(body.error_mm(registration.camera_to_world(0), truths[0]));
    const double first_error = body.error_mm(given[0].geometry.camera_to_world, truths[0]);
    good += errors.back() < 1;
    std::printf("start %3d: %6.1f mm -> %7.3f mm, loss %.5f, %4d steps, %5.2f s, %5.2f s of processor time%s",
                start, first_error, errors.back(), registration.best().loss, registration.steps(),
                seconds.back(), processor.back(), errors.back() < 1 ? "" : "  MISSED");
    for (const auto& [name, time] : stages) std::printf(", %s %.2f s", name.c_str(), time);
    std::printf("\n");
    std::fflush(stdout);
  }
  std::vector<double> sorted = errors;
  std::sort(sorted.begin(), sorted.end());
  const auto at = [&](double share) {
    return sorted[std::min(sorted.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
  };
  std::printf(
      "register %s, %d view(s) of %d x %d, %g photons, %s, %s: %d of %d below 1 mm; error median %.3f, 95 %% "
      "below %.3f, worst %.3f mm; median %.2f s, %.2f s of processor time\n",
      s.volume.c_str(), s.views, s.width, s.height, s.photons, s.metric.c_str(), device.name().c_str(), good,
      s.starts, at(0.5), at(0.95), sorted.back(), bench::median(seconds), bench::median(processor));
  return 0;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "register_bench: %s\n", problem.what());
  return 2;
}
