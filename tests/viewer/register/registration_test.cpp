// The engine on a body that fits into a test: X-rays from known poses, with noise and less than the body on the detector.
// The same at full size is tests/bench/register_bench.cpp.

#include "viewer/register/registration.h"

#include <gtest/gtest.h>

#include <glm/trigonometric.hpp>

#include "tests/bench/xray_of_ct.h"
#include "tests/viewer/register/small_body.h"
#include "viewer/error.h"
#include "viewer/register/load_xray.h"

namespace fg {
namespace {

struct Case {
  Volume volume = test::small_body();
  ComputeDevice device{"cpu"};
  std::mt19937 random{5};
  bench::BodyPoints body = bench::body_points(volume);
  std::vector<Xray> views;
  std::vector<glm::dmat4> truths;

  DrrGeometry detector(int view) const {
    DrrGeometry g = bench::carm(volume, view);
    g.width = 84;  // 336 mm; the body's shadow is 300 x 384 mm
    g.height = 76;
    g.delx_mm = g.dely_mm = 4;
    return g;
  }
  // The X-ray of a pose, to be registered from one that is off by `offset`.
  void add(const DrrGeometry& g, const bench::RandomMotion& offset, double photons = 2e4) {
    truths.push_back(g.camera_to_world);
    views.push_back(bench::xray_of_ct(device, volume, g, photons, random));
    views.back().geometry.camera_to_world = bench::moved_by(offset, volume, g.camera_to_world);
  }
  double error_of(const Registration& r, std::size_t view = 0) const {
    return body.error_mm(r.camera_to_world(view), truths[view]);
  }
};

// Fewer descents than usual: the body is simple.
RegisterOptions quick() {
  RegisterOptions options;
  options.search_poses = 256;
  options.starts = 6;
  options.coarsest_pixels = 40;
  return options;
}

void finish(Registration& registration) {
  for (int n = 0; !registration.done(); ++n) {
    ASSERT_LT(n, 1000) << "the descent does not end";
    registration.step();
  }
}

}  // namespace

TEST(objective, slopes_are_those_of_finite_differences_for_every_metric_and_two_views) {
  Case c;
  for (int v = 0; v < 2; ++v) c.add(c.detector(v), {});
  c.views[1].mask.assign(c.views[1].integrals.size(), 1.0f);
  for (std::size_t i = 0; i < 1500; ++i) c.views[1].mask[i] = 0;
  MotionFrame frame;
  frame.isocentre_mm = c.volume.centre_mm();
  frame.axes = glm::dmat3(c.views[0].geometry.camera_to_world);
  const AttenuationVolume volume = attenuation_volume(c.volume, {});
  for (const RegisterMetric metric :
       {RegisterMetric::ncc, RegisterMetric::multiscale_ncc, RegisterMetric::gradient_ncc,
        RegisterMetric::patch_ncc, RegisterMetric::mse, RegisterMetric::mutual_information}) {
    Objective objective(c.device, volume, c.views, frame, metric, 1, 13);
    const RigidMotion at = stepped({}, frame, {0.05, -0.08, 0.03, 6, -9, 12});
    std::vector<RigidMotion> motions{at};
    const MotionStep small{1e-4, 1e-4, 1e-4, 0.02, 0.02, 0.1};
    for (std::size_t i = 0; i < 6; ++i)
      for (const double sign : {1.0, -1.0}) {
        MotionStep step{};
        step[i] = sign * small[i];
        motions.push_back(stepped(at, frame, step));
      }
    std::vector<Fit> fits(motions.size());
    objective.evaluate(motions, fits, true);
    double largest = 0;
    for (std::size_t i = 0; i < 6; ++i) largest = std::max(largest, std::abs(fits[0].slope[i] * small[i]));
    ASSERT_GT(largest, 0) << name_of(metric);
    for (std::size_t i = 0; i < 6; ++i) {
      const double expected = (fits[1 + 2 * i].loss - fits[2 + 2 * i].loss) / 2;
      // Voxels are joined by lines, so that a step of finite size crosses kinks.
      EXPECT_NEAR(fits[0].slope[i] * small[i], expected, 0.02 * largest) << name_of(metric) << " " << i;
    }
  }
}

TEST(registration, a_pose_that_is_far_off_is_found_within_half_a_millimetre) {
  for (const unsigned start : {1u, 2u, 3u}) {
    Case c;
    std::mt19937 random(start);
    c.add(c.detector(0), bench::random_in_box(random, 20, 40));
    Registration registration(c.device, c.volume, c.views, quick());
    ASSERT_GT(c.body.error_mm(c.views[0].geometry.camera_to_world, c.truths[0]), 10);
    finish(registration);
    EXPECT_LT(c.error_of(registration), 0.5) << start;
    EXPECT_EQ(registration.stage(), "done");
    EXPECT_EQ(registration.progress(), 1);
    const std::vector<RegisterPoint> way = registration.trajectory();
    ASSERT_GT(way.size(), 10u);
    EXPECT_LT(way.back().loss, way.front().loss);
  }
}

TEST(registration, two_views_share_one_motion_and_see_the_depth) {
  Case c;
  std::mt19937 random(8);
  const bench::RandomMotion offset = bench::random_in_box(random, 20, 40);
  for (int v = 0; v < 2; ++v) c.add(c.detector(v), offset);
  Registration registration(c.device, c.volume, c.views, quick());
  finish(registration);
  EXPECT_LT(c.error_of(registration, 0), 0.2);
  EXPECT_LT(c.error_of(registration, 1), 0.2);
}

TEST(registration, mirrored_views_from_behind_are_found_too) {
  Case c;
  DrrGeometry g = c.detector(0);
  g.camera_to_world = drr_pose(DrrOrientation::pa, {5, -4, 3}, {0, -850, 0}, c.volume.centre_mm());
  std::mt19937 random(9);
  c.add(g, bench::random_in_box(random, 15, 30));
  Registration registration(c.device, c.volume, c.views, quick());
  finish(registration);
  EXPECT_LT(c.error_of(registration), 0.5);
}

TEST(registration, an_x_ray_whose_zero_is_another_one_does_not_lead_astray) {
  Case c;
  std::mt19937 random(3);
  c.add(c.detector(0), bench::random_in_box(random, 15, 30));
  std::vector<float>& values = c.views[0].integrals;
  const float largest = *std::max_element(values.begin(), values.end());
  for (float& value : values) value += largest;
  Registration registration(c.device, c.volume, c.views, quick());
  finish(registration);
  EXPECT_LT(c.error_of(registration), 0.5);
}

TEST(registration, views_of_other_sizes_and_pixels_share_their_levels) {
  for (const bool fine_first : {false, true}) {
    Case c;
    std::mt19937 random(8);
    const bench::RandomMotion offset = bench::random_in_box(random, 15, 30);
    DrrGeometry fine = c.detector(0), coarse = c.detector(1);
    fine.width *= 5;
    fine.height *= 5;
    fine.delx_mm = fine.dely_mm = 0.8;
    c.add(fine_first ? fine : coarse, offset);
    c.add(fine_first ? coarse : fine, offset);
    Registration registration(c.device, c.volume, c.views, quick());
    finish(registration);
    EXPECT_LT(c.error_of(registration, 0), 0.2) << fine_first;
    EXPECT_LT(c.error_of(registration, 1), 0.2) << fine_first;
  }
}

TEST(registration, what_a_mask_hides_does_not_lead_astray) {
  Case c;
  c.add(c.detector(0), {{0.1, -0.05, 0.08}, {10, 5, -12}});
  Xray& view = c.views[0];
  view.mask.assign(view.integrals.size(), 1.0f);
  for (int y = 0; y < view.height; ++y)
    for (int x = 0; x < view.width / 4; ++x) {  // something that no CT has
      const std::size_t i = static_cast<std::size_t>(y * view.width + x);
      view.integrals[i] = 20.0f + static_cast<float>(x);
      view.mask[i] = 0;
    }
  RegisterOptions options = quick();
  options.search_deg = options.search_mm = 0;
  Registration masked(c.device, c.volume, c.views, options);
  finish(masked);
  EXPECT_LT(c.error_of(masked), 0.5);
  c.views[0].mask.clear();
  Registration bare(c.device, c.volume, c.views, options);
  finish(bare);
  EXPECT_GT(c.error_of(bare), 2);
}

TEST(registration, the_border_of_a_round_opening_does_not_lead_astray) {
  Case c;
  DrrGeometry g = c.detector(0);
  g.width = g.height = 160;
  g.delx_mm = g.dely_mm = 2;
  c.add(g, {{0.1, -0.05, 0.08}, {10, 5, -12}});
  RegisterOptions options = quick();
  options.search_deg = options.search_mm = 0;
  const auto error_of = [&](const Xray& view) {
    Registration registration(c.device, c.volume, {view}, options);
    finish(registration);
    return c.error_of(registration);
  };
  const Xray whole = c.views[0];
  Xray bare = whole;
  for (int y = 0; y < g.height; ++y)
    for (int x = 0; x < g.width; ++x)  // black, where bone is bright
      if (std::hypot(x - 84, y - 76) > 70) bare.integrals[static_cast<std::size_t>(y * g.width + x)] = 0;
  Xray masked = bare;
  mask_blades(masked, {});
  ASSERT_EQ(masked.notes.size(), 1u);
  const double without = error_of(whole), with = error_of(masked), astray = error_of(bare);
  RecordProperty("without_mm", std::to_string(without));
  RecordProperty("masked_mm", std::to_string(with));
  RecordProperty("bare_mm", std::to_string(astray));
  EXPECT_LT(without, 0.5);
  EXPECT_LT(with, 0.5);
  EXPECT_GT(astray, 2);
}

TEST(registration, either_descent_alone_and_gradient_ncc_find_a_near_pose) {
  for (const DescentMethod method : {DescentMethod::adam, DescentMethod::lbfgs})
    for (const RegisterMetric metric : {RegisterMetric::ncc, RegisterMetric::gradient_ncc}) {
      Case c;
      c.add(c.detector(0), {{0.06, -0.05, 0.04}, {8, 5, -7}}, 0);
      RegisterOptions options = quick();
      options.search_deg = options.search_mm = 0;
      options.coarse_method = options.fine_method = method;
      options.fine_metric = metric;
      Registration registration(c.device, c.volume, c.views, options);
      finish(registration);
      EXPECT_LT(c.error_of(registration), 0.5) << static_cast<int>(method) << name_of(metric);
    }
}

TEST(registration, the_same_input_gives_the_same_bits_and_starting_again_too) {
  Case c;
  c.add(c.detector(0), {{0.06, -0.05, 0.04}, {8, 5, -7}});
  Registration a(c.device, c.volume, c.views, quick()), b(c.device, c.volume, c.views, quick());
  finish(a);
  finish(b);
  EXPECT_EQ(a.camera_to_world(0), b.camera_to_world(0));
  const glm::dmat4 first = a.camera_to_world(0);
  a.start_again();
  EXPECT_FALSE(a.done());
  finish(a);
  EXPECT_EQ(a.camera_to_world(0), first);
}

TEST(registration, an_image_of_one_level_ends_with_a_polish_too) {
  Case c;
  c.add(c.detector(0), {{0.06, -0.05, 0.04}, {8, 5, -7}}, 0);
  RegisterOptions options = quick();
  options.search_deg = options.search_mm = 0;
  options.finest_pixels = options.coarsest_pixels;
  Registration registration(c.device, c.volume, c.views, options);
  ASSERT_EQ(registration.levels(), 1);
  bool polished = false;
  while (!registration.done()) {
    registration.step();
    polished |= registration.stage() == "polish";
  }
  EXPECT_TRUE(polished);
  EXPECT_EQ(registration.metric(), options.coarse_metric);
}

TEST(registration, the_best_point_is_of_one_stage_and_never_none) {
  Case c;
  c.add(c.detector(0), {{0.06, -0.05, 0.04}, {8, 5, -7}});
  Registration registration(c.device, c.volume, c.views, quick());
  while (!registration.done()) {
    registration.step();
    EXPECT_LT(registration.best().loss, 2);
    const bool finest = registration.best().level + 1 == registration.levels();
    EXPECT_EQ(registration.metric(), finest ? quick().fine_metric : quick().coarse_metric);
  }
}

TEST(registration, a_camera_that_sees_nothing_is_refused_with_a_sentence) {
  Case c;
  c.add(c.detector(0), {});
  c.views[0].geometry.camera_to_world =
      drr_pose(DrrOrientation::ap, {0, 0, 0}, {0, -2000, 0}, c.volume.centre_mm());
  RegisterOptions options = quick();
  options.search_mm = options.search_deg = 0;
  Registration registration(c.device, c.volume, c.views, options);
  try {
    finish(registration);
    ADD_FAILURE() << "it came to an end";
  } catch (const Failure& failure) {
    EXPECT_EQ(std::string(failure.what()),
              "no ray of X-ray 1 meets the CT from any pose near the first one: it lies beside or behind the "
              "camera; "
              "check camera_to_world or the translation of its geometry");
  }
}

}  // namespace fg
