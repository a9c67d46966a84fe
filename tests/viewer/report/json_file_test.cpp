// Where results are written, and what is left as it was.

#include "viewer/report/json_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/viewer/io/test_files.h"
#include "viewer/error.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(written_text, of_many_parts_is_whole_and_alone_in_its_folder) {
  const TemporaryFolder folder;
  std::string expected;
  fg::write_text(folder / "a.txt", [&](const TextSink& sink) {
    for (int i = 0; i < 50000; ++i) {
      const std::string part = std::to_string(i) + "\n";
      expected += part;
      sink(part);
    }
  });
  EXPECT_EQ(content_of(folder / "a.txt"), expected);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / ""), {}), 1);
}

TEST(written_text, goes_where_a_link_leads_and_the_link_stays) {
  const TemporaryFolder folder;
  fg::write_text(folder / "real.txt", std::string("old"));
  fs::create_symlink("real.txt", folder / "link.txt");
  fg::write_text(folder / "link.txt", std::string("new"));
  EXPECT_TRUE(fs::is_symlink(folder / "link.txt"));
  EXPECT_EQ(content_of(folder / "real.txt"), "new");
}

TEST(written_text, goes_into_a_pipe_which_stays_one) {
  const TemporaryFolder folder;
  const fs::path pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::string read;
  std::thread reader([&] { read = content_of(pipe); });
  fg::write_text(pipe, std::string("through"));
  reader.join();
  EXPECT_EQ(read, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST(written_text, may_have_the_longest_name_that_there_is) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  fg::write_text(folder / name, std::string("whole"));
  EXPECT_EQ(content_of(folder / name), "whole");
}

TEST(written_text, that_has_no_place_is_a_failure_and_what_was_there_stays) {
  const TemporaryFolder folder;
  fg::write_text(folder / "a.txt", std::string("old"));
  EXPECT_THROW(fg::write_text(folder / "no/a.txt", std::string("new")), Failure);
  EXPECT_THROW(fg::write_text(folder / "a.txt",
                              [](const TextSink& sink) {
                                sink("half");
                                throw Failure(ExitCode::internal, "the rest did not come");
                              }),
               Failure);
  EXPECT_EQ(content_of(folder / "a.txt"), "old");
}

}  // namespace
}  // namespace fg::test
