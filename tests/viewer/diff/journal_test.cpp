// What is finished is on disk, whatever happens next.

#include "viewer/diff/results/journal.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

PairResult result(const std::string& name, double score, const std::string& stamp = "1") {
  return {.identity = {.name = name, .stamp = stamp}, .width = 3, .height = 2, .scores = {score}};
}

TEST(journal, keeps_scores_to_the_last_bit) {
  const TemporaryFolder folder;
  {
    Journal journal(folder / "j", "settings", Journal::Start::anew);
    journal.add(result("a", 0.1 + 0.2));
    journal.add(result("b", std::numeric_limits<double>::infinity()));
    journal.add({.status = PairResult::Status::unreadable,
                 .identity = {.name = "c", .stamp = "1"},
                 .problem = "cut"});
  }
  const Journal journal(folder / "j", "settings", Journal::Start::resume);
  EXPECT_EQ(journal.finished_before(), 3u);
  EXPECT_EQ(journal.find({.name = "a", .stamp = "1"})->scores[0], 0.1 + 0.2);
  EXPECT_EQ(journal.find({.name = "b", .stamp = "1"})->scores[0], std::numeric_limits<double>::infinity());
  EXPECT_EQ(journal.find({.name = "c", .stamp = "1"})->problem, "cut");
  EXPECT_EQ(journal.find({.name = "d", .stamp = "1"}), nullptr);
}

TEST(journal, keeps_all_of_a_result_but_its_place_and_files) {
  const TemporaryFolder folder;
  const PairResult added{.status = PairResult::Status::size_mismatch,
                         .identity = {.name = "a", .stamp = "1"},
                         .width = 3,
                         .height = 2,
                         .depth = 5,
                         .data_range = 4095.5,
                         .scores = {0.25, -1},
                         .undefined = {1},
                         .problem = "one sentence",
                         .not_finite = 7,
                         .notes = {"a note", "another"}};
  Journal(folder / "j", "settings", Journal::Start::anew).add(added);
  const Journal journal(folder / "j", "settings", Journal::Start::resume);
  const PairResult* const found = journal.find(added.identity);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->status, added.status);
  EXPECT_EQ(found->width, added.width);
  EXPECT_EQ(found->height, added.height);
  EXPECT_EQ(found->depth, added.depth);
  EXPECT_EQ(found->data_range, added.data_range);
  EXPECT_EQ(found->scores, added.scores);
  EXPECT_EQ(found->undefined, added.undefined);
  EXPECT_EQ(found->problem, added.problem);
  EXPECT_EQ(found->not_finite, added.not_finite);
  EXPECT_EQ(found->notes, added.notes);
}

TEST(journal, a_file_that_changed_is_scored_again) {
  const TemporaryFolder folder;
  Journal(folder / "j", "settings", Journal::Start::anew).add(result("a", 1));
  const Journal journal(folder / "j", "settings", Journal::Start::resume);
  EXPECT_EQ(journal.find({.name = "a", .stamp = "2"}), nullptr);
}

TEST(journal, a_line_cut_short_by_a_crash_is_left_out) {
  const TemporaryFolder folder;
  {
    Journal journal(folder / "j", "settings", Journal::Start::anew);
    journal.add(result("a", 1));
    journal.add(result("b", 1));
  }
  const std::size_t whole = read_bytes(folder / "j").size();
  for (std::size_t cut = 1; cut < 20; ++cut) {
    std::filesystem::resize_file(folder / "j", whole - cut);
    const Journal journal(folder / "j", "settings", Journal::Start::resume);
    EXPECT_EQ(journal.finished_before(), 1u) << cut;
    Journal(folder / "j", "settings", Journal::Start::resume).add(result("b", 1));
  }
  EXPECT_EQ(Journal(folder / "j", "settings", Journal::Start::resume).finished_before(), 2u);
}

TEST(journal, numbers_that_are_none_are_damage) {
  const TemporaryFolder folder;
  const auto finished_with = [&](const std::string& status, const std::string& width) {
    write_text(folder / "j",
               "settings\n{\"name\": \"a\", \"stamp\": \"1\", \"status\": " + status +
                   ", \"width\": " + width +
                   ", \"height\": 2, \"depth\": 1, \"data_range\": 0, \"scores\": [], \"undefined\": [], "
                   "\"not_finite\": 0, \"notes\": [], \"problem\": \"\"}\n");
    return Journal(folder / "j", "settings", Journal::Start::resume).finished_before();
  };
  EXPECT_EQ(finished_with("2", "3"), 1u);
  EXPECT_EQ(finished_with("555555555555555555555555555555002", "3"), 0u);  // no int has room for it
  EXPECT_EQ(finished_with("2", "1e300"), 0u);
  EXPECT_EQ(finished_with("2", "\"3\""), 0u);
}

TEST(journal, of_other_options_is_refused_and_left_alone) {
  const TemporaryFolder folder;
  Journal(folder / "j", "settings", Journal::Start::anew).add(result("a", 1));
  EXPECT_TRUE(
      contains(failure_of([&] { Journal(folder / "j", "others", Journal::Start::resume); }, ExitCode::usage),
               "other options"));
  EXPECT_EQ(Journal(folder / "j", "settings", Journal::Start::resume).finished_before(), 1u);
}

TEST(journal, without_a_file_resume_starts_anew) {
  const TemporaryFolder folder;
  EXPECT_EQ(Journal(folder / "j", "settings", Journal::Start::resume).finished_before(), 0u);
  EXPECT_TRUE(contains(
      failure_of([&] { Journal(folder / "no/j", "settings", Journal::Start::anew); }, ExitCode::internal),
      "could not be written"));
}

}  // namespace
}  // namespace fg
