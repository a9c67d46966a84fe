// Which views framegauge eval scores, which it skips, and what ends it.

#include "viewer/commands/eval_views.h"

#include <gtest/gtest.h>

#include <csignal>

namespace fg::test {
namespace {

// Four cameras by name, and a device that fails as `score` says.
struct Views {
  std::vector<Camera> cameras{4};
  std::vector<std::string> asked;  // views that score() was called for

  Views() {
    for (std::size_t i = 0; i < cameras.size(); ++i)
      cameras[i].name = std::string(1, static_cast<char>('a' + i));
  }
  EvaluatedViews evaluate(const std::function<void(const Camera&)>& score,
                          const std::function<void(const Camera&)>& load = {}) {
    std::vector<const Camera*> all;
    for (const Camera& camera : cameras) all.push_back(&camera);
    const InterruptGuard interrupt;
    return evaluate_views(all,
                          {.load =
                               [&](const Camera& camera) {
                                 if (load) load(camera);
                                 GroundTruth truth;
                                 truth.notes.push_back("of all photos");
                                 return truth;
                               },
                           .score =
                               [&](const Camera& camera, const GroundTruth&) {
                                 asked.push_back(camera.name);
                                 score(camera);
                                 return ViewScore{.camera = &camera};
                               }},
                          interrupt);
  }
};

std::string names_of(const EvaluatedViews& views) {
  std::string names;
  for (const ViewScore& score : views.scores) names += score.camera->name;
  return names;
}

TEST(eval_views, a_view_without_room_is_named_and_the_others_are_scored) {
  Views run;
  const EvaluatedViews views = run.evaluate([](const Camera& camera) {
    if (camera.name == "b") throw NoRoom("b: no room");
  });
  EXPECT_EQ(names_of(views), "acd");
  EXPECT_EQ(views.without_room, 1u);
  EXPECT_EQ(views.failures, nlohmann::ordered_json({{"b", "b: no room"}}));
  EXPECT_EQ(views.notes, std::set<std::string>{"of all photos"});
  EXPECT_FALSE(views.problem);
}

TEST(eval_views, a_photo_that_cannot_be_read_is_a_failure_of_its_view_but_not_of_the_device) {
  Views run;
  const EvaluatedViews views = run.evaluate([](const Camera&) {},
                                            [](const Camera& camera) {
                                              if (camera.name == "a") throw unreadable("a.png", "is damaged");
                                            });
  EXPECT_EQ(names_of(views), "bcd");
  EXPECT_EQ(views.without_room, 0u);
  EXPECT_EQ(views.failures.size(), 1u);
  EXPECT_FALSE(views.problem);
}

TEST(eval_views, any_other_failure_ends_the_run_and_keeps_what_was_finished) {
  for (const bool of_the_device : {false, true}) {
    Views run;
    const EvaluatedViews views = run.evaluate([&](const Camera& camera) {
      if (camera.name != "c") return;
      if (of_the_device) throw std::runtime_error("the device was lost");
      throw Failure(ExitCode::internal, "the disk is full");
    });
    EXPECT_EQ(names_of(views), "ab");
    EXPECT_EQ(run.asked, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(views.failures.empty());
    ASSERT_TRUE(views.problem);
    EXPECT_THROW(std::rethrow_exception(views.problem), std::runtime_error);
  }
}

TEST(eval_views, after_an_interrupt_no_further_view_begins) {
  Views run;
  const EvaluatedViews views = run.evaluate([](const Camera& camera) {
    if (camera.name == "b") std::raise(SIGINT);
  });
  EXPECT_EQ(names_of(views), "ab");
  EXPECT_FALSE(views.problem);
}

}  // namespace
}  // namespace fg::test
