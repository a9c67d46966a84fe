// A session that registers its radiograph while it is drawn: the view follows, until it is there or a hand takes over.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <glm/geometric.hpp>
#include <memory>
#include <thread>
#include <utility>

#include "plugin/vk/commands.h"
#include "tests/viewer/app/session/session_on_device.h"
#include "viewer/error.h"

namespace fg {
namespace {

const std::filesystem::path kCt = std::filesystem::path(FRAMEGAUGE_ASSETS) / "ct";

// Where the X-ray of the sample phantom was taken from (phantom_xray.json, taken_with); the file's pose is another.
constexpr glm::dvec3 kTurn{2.5, -1.5, 1}, kPlace{5, 844, -7};

class live_registration : public test::SessionOnDevice {
 protected:
  void SetUp() override {
    test::SessionOnDevice::SetUp();
    if (!session_) return;
    DrrGeometry detector;
    detector.sdd_mm = 1020;
    detector.height = detector.width = 384;
    detector.delx_mm = detector.dely_mm = 1.2;
    session_->load_volume(kCt / "phantom.nrrd", std::nullopt);
    session_->drr().geometry = detector;
    session_->load_reference_image(kCt / "phantom_xray.png");
    session_->drr().geometry = detector;
    session_->take_notes();  // that nothing said how wide its pixels are
    options_.search_deg = options_.search_mm = 0;
    options_.finest_pixels = 96;
  }

  TickResult tick() {
    std::optional<TickResult> result;
    while (!result) {
      vk::run_and_wait(*device_, [&](VkCommandBuffer cmd) { session_->tick(cmd); });
      result = session_->poll();
    }
    return *result;
  }
  // Ticks until this is so; false after two minutes.
  bool tick_until(const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!so()) {
      if (std::chrono::steady_clock::now() > end) return false;
      tick();
    }
    return true;
  }
  bool done() { return session_->registration() == nullptr || session_->registration()->look().done; }

  RegisterOptions options_;
};

TEST_F(live_registration, the_radiograph_moves_to_its_X_ray_and_the_score_rises) {
  const double before = tick().scores.ssim;
  session_->start_registration(options_);
  ASSERT_TRUE(tick_until([&] { return done(); }));
  ASSERT_NE(session_->registration(), nullptr);
  const LiveRegistration::Look look = session_->registration()->look();
  EXPECT_EQ(look.failure, "");
  EXPECT_EQ(look.metric, "gradient-ncc");
  EXPECT_GT(look.score, 0.9);
  tick();
  const double after = tick().scores.ssim;
  EXPECT_GT(after, before + 0.01);
  const DrrView& view = session_->drr();
  EXPECT_LT(glm::length(view.rotation_deg - kTurn), 0.3) << "degrees";
  EXPECT_LT(glm::length((view.translation_mm - kPlace) * glm::dvec3(1, 0.2, 1)), 1.5)
      << "mm; along the view one image says little";
  EXPECT_EQ(view.base, DrrView::Base::ap) << "the sliders go on counting from where they did";
}

TEST_F(live_registration, a_pause_holds_it_a_hand_stops_it_and_undo_brings_the_old_pose_back) {
  const glm::dvec3 turn = session_->drr().rotation_deg, place = session_->drr().translation_mm;
  options_ = {};  // with a search, so that it does not end too soon
  options_.search_poses = 100'000;
  session_->start_registration(options_);
  ASSERT_TRUE(tick_until([&] { return session_->registration()->look().steps > 2; }));
  session_->registration()->pause(true);
  int steps = -1;  // the step that was under way ends, and no other follows
  ASSERT_TRUE(tick_until([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return std::exchange(steps, session_->registration()->look().steps) == steps;
  }));
  session_->registration()->pause(false);
  ASSERT_TRUE(tick_until([&] { return session_->registration()->look().steps > steps; }));
  EXPECT_TRUE(session_->take_notes().empty());

  session_->drr().rotation_deg.x += 3;
  const glm::dvec3 by_hand = session_->drr().rotation_deg;
  tick();
  EXPECT_EQ(session_->registration(), nullptr);
  EXPECT_EQ(session_->drr().rotation_deg, by_hand);
  const std::vector<std::string> notes = session_->take_notes();
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes.front(), "The radiograph was moved by hand; the registration has stopped.");

  ASSERT_TRUE(session_->can_undo_registration());
  session_->undo_registration();
  EXPECT_EQ(session_->drr().rotation_deg, turn);
  EXPECT_EQ(session_->drr().translation_mm, place);
  EXPECT_FALSE(session_->can_undo_registration());
}

TEST_F(live_registration, reset_begins_again) {
  options_ = {};
  options_.search_poses = 1'000'000;
  session_->start_registration(options_);
  const auto steps = [&] { return session_->registration()->look().steps; };
  ASSERT_TRUE(tick_until([&] { return steps() > 100; }));
  session_->registration()->start_again();
  EXPECT_TRUE(tick_until([&] { return steps() < 100; }));
  EXPECT_TRUE(tick_until([&] { return steps() > 0; }));
}

// Another picture, another CT or a scene: there is nothing to follow and nothing to undo.
TEST_F(live_registration, loading_something_else_ends_it) {
  const auto start = [&] {
    options_ = {};
    options_.search_poses = 100'000;
    session_->start_registration(options_);
    tick();
  };
  const auto expect_none = [&] {
    EXPECT_EQ(session_->registration(), nullptr);
    EXPECT_FALSE(session_->can_undo_registration());
  };
  start();
  session_->load_reference_image(kCt / "phantom_xray.png");
  expect_none();
  start();
  session_->load_volume(kCt / "phantom.nrrd");
  expect_none();
  start();
  session_->load_scene(std::filesystem::path(FRAMEGAUGE_ASSETS) / "scene" / "point_cloud.ply");
  expect_none();
}

TEST_F(live_registration, without_an_X_ray_or_a_CT_it_says_what_is_missing) {
  session_->clear_reference();
  const auto sentence = [&] {
    try {
      session_->start_registration(options_);
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
    return std::string("it started");
  };
  EXPECT_EQ(sentence(), "there is no X-ray to register to; drop one here");
  session_ = std::make_unique<Session>(*device_);
  EXPECT_EQ(sentence(), "there is no CT to register; load one");
}

}  // namespace
}  // namespace fg
