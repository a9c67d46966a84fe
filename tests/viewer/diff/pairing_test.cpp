// Which files belong together.

#include "viewer/diff/inputs/pairing.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

Pairing match(const std::string& rule, std::vector<fs::path> tests, std::vector<fs::path> references) {
  return match_files("out", std::move(tests), "gold", std::move(references), parse_match(rule));
}

std::string listing(const Pairing& pairing) {
  std::string text;
  for (const FilePair& pair : pairing.pairs) text += pair.test.string() + "=" + pair.reference.string() + " ";
  for (const fs::path& file : pairing.unmatched_tests) text += "+" + file.string() + " ";
  for (const fs::path& file : pairing.unmatched_references) text += "-" + file.string() + " ";
  return text;
}

TEST(pairing, equal_names_meet_and_the_rest_is_named) {
  EXPECT_EQ(listing(match("name", {"a.png", "b.png", "new.png"}, {"a.png", "b.png", "old.png"})),
            "out/a.png=gold/a.png out/b.png=gold/b.png +out/new.png -gold/old.png ");
}

TEST(pairing, renders_in_png_meet_photographs_in_jpeg) {
  EXPECT_EQ(listing(match("name", {"cam/1.png", "cam/2.png"}, {"cam/1.JPG", "cam/2.jpg"})),
            "out/cam/1.png=gold/cam/1.JPG out/cam/2.png=gold/cam/2.jpg ");
}

TEST(pairing, an_equal_name_goes_before_an_equal_stem) {
  EXPECT_EQ(listing(match("name", {"a.jpg", "a.png"}, {"a.png"})), "out/a.png=gold/a.png +out/a.jpg ");
}

TEST(pairing, two_files_of_one_stem_are_not_guessed_at) {
  const std::string sentence = failure_of(
      [] {
        match("name", {"a.jpg", "a.webp"}, {"a.exr"});
      },
      ExitCode::usage);
  EXPECT_TRUE(contains(sentence, "'a.jpg' and 'a.webp'")) << sentence;
}

TEST(pairing, sorted_counts_numbers_by_value) {
  EXPECT_EQ(listing(match("sorted", {"f10.png", "f9.png"}, {"g1.png", "g2.png", "g3.png"})),
            "out/f9.png=gold/g1.png out/f10.png=gold/g2.png -gold/g3.png ");
}

TEST(pairing, a_regular_expression_matches_by_its_first_group) {
  EXPECT_EQ(listing(match("_([0-9]+)", {"render_07.png", "render_08.png", "notes.png"}, {"photo_07.jpg"})),
            "out/render_07.png=gold/photo_07.jpg +out/notes.png +out/render_08.png ");
}

TEST(pairing, a_regular_expression_without_groups_matches_by_all_that_it_finds) {
  EXPECT_EQ(listing(match(R"(\d+)", {"render_07.png"}, {"photo_07.jpg", "photo_7.jpg"})),
            "out/render_07.png=gold/photo_07.jpg -gold/photo_7.jpg ");
  EXPECT_EQ(listing(match("x(.)|render", {"render_07.png"}, {"xa.png"})), "+out/render_07.png -gold/xa.png ")
      << "a group that took no part is no key";
}

TEST(pairing, no_regular_expression_takes_long) {
  const std::string name = std::string(200, 'a') + "_1.png";
  EXPECT_EQ(listing(match("(a+)+$", {name}, {name})), "+out/" + name + " -gold/" + name + " ");
}

TEST(pairing, a_broken_regular_expression_is_wrong_usage) {
  EXPECT_TRUE(contains(failure_of([] { parse_match("(?=a)b"); }, ExitCode::usage), "(?="))
      << "RE2 looks at nothing ahead";
  const std::string sentence = failure_of([] { parse_match("frame_([0-9"); }, ExitCode::usage);
  EXPECT_TRUE(contains(sentence, "regular expression")) << sentence;
}

TEST(pairing, natural_order_is_an_order) {
  const std::vector<std::string> sorted = {"", "1", "01", "2", "10", "a", "a1", "a01b", "a2", "a10", "b"};
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j)
      EXPECT_TRUE(!(natural_less(sorted[i], sorted[j]) && natural_less(sorted[j], sorted[i])))
          << sorted[i] << " " << sorted[j];
  EXPECT_TRUE(natural_less("f9", "f10"));
  EXPECT_TRUE(natural_less("99999999999999999999998", "99999999999999999999999"));
  EXPECT_TRUE(natural_less("a1", "a2"));
  EXPECT_TRUE(natural_less("01", "1") != natural_less("1", "01"));
}

TEST(pairing, only_images_of_a_folder_are_listed) {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "a.JPG", "sub/c.exr", "notes.txt", ".hidden.png", ".git/d.png"})
    write_text(folder / name, "x");
  EXPECT_EQ(list_images(folder.path()), (std::vector<fs::path>{"a.JPG", "b.png", "sub/c.exr"}));
  write_text(folder / "empty/notes.txt", "x");
  EXPECT_TRUE(contains(failure_of([&] { list_images(folder / "empty"); }), "holds no image"));
  EXPECT_TRUE(contains(failure_of([&] { list_images(folder / "absent"); }), "cannot be read"));
}

}  // namespace
}  // namespace fg
