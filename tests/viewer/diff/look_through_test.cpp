// What is told while videos are looked through.

#include "viewer/diff/inputs/look_through.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/diff/inputs/source.h"

namespace fg::test {
namespace {

struct Told {
  std::vector<double> shares;
  std::vector<std::string> files;  // each once
  LookedThroughFiles listener() {
    return [this](double share, const std::string& file) {
      shares.push_back(share);
      if (files.empty() || files.back() != file) files.push_back(file);
    };
  }
};

TEST(look_through, files_count_by_their_bytes) {
  const TemporaryFolder folder;
  std::vector<std::string> files;
  for (const auto& [name, bytes] : {std::pair{"a", 10}, {"b", 50}, {"c", 40}}) {
    write_text(folder / name, std::string(static_cast<std::size_t>(bytes), 'x'));
    files.push_back((folder / name).string());
  }
  Told told;
  LookThrough look(files, told.listener());
  look.next()(0.5);
  look.next_few(2)(0.5, "b and c");
  ASSERT_EQ(told.shares.size(), 2u);
  EXPECT_DOUBLE_EQ(told.shares[0], 0.05);
  EXPECT_DOUBLE_EQ(told.shares[1], 0.1 + 0.5 * 0.9);
  EXPECT_EQ(told.files, (std::vector<std::string>{files[0], "b and c"}));
}

TEST(look_through, files_that_are_not_there_or_nobody_who_listens_do_no_harm) {
  Told told;
  LookThrough look({"/nowhere/a.y4m"}, told.listener());
  look.next()(1);
  EXPECT_EQ(told.shares, std::vector<double>{1});
  EXPECT_FALSE(LookThrough({"/nowhere/a.y4m"}, {}).next());
}

TEST(look_through, folders_of_videos_are_told_of_from_their_start_to_their_end) {
  const TemporaryFolder folder;
  for (const char* side : {"out", "gold"}) {
    write_text(folder / side / "a.y4m", y4m_of({1, 2, 3}));
    write_text(folder / side / "b.y4m", y4m_of({4}));
  }
  Told told;
  SourceOptions options;
  options.inputs = {(folder / "out").string(), (folder / "gold").string()};
  options.looked_through = told.listener();
  const auto source = open_source(options);
  EXPECT_EQ(told.files,
            (std::vector<std::string>{(folder / "out/a.y4m").string(), (folder / "gold/a.y4m").string(),
                                      (folder / "out/b.y4m").string(), (folder / "gold/b.y4m").string()}));
  ASSERT_EQ(told.shares.size(), 8u);
  EXPECT_TRUE(std::is_sorted(told.shares.begin(), told.shares.end()));
  EXPECT_DOUBLE_EQ(told.shares.back(), 1);
  source->load(0);  // which opens the files again
  EXPECT_EQ(told.shares.size(), 8u);
}

}  // namespace
}  // namespace fg::test
