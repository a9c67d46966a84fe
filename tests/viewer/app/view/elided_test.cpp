#include "viewer/app/view/elided.h"

#include <gtest/gtest.h>

namespace fg {
namespace {

std::string in(std::size_t bytes, const std::string& text) {
  return elided(text, [&](const std::string& shown) { return shown.size() <= bytes; });
}

TEST(elided, a_name_keeps_its_end) {
  EXPECT_EQ(in(20, "20240212_003919"), "20240212_003919");
  EXPECT_EQ(in(15, "20240212_003919"), "20240212_003919");
  EXPECT_EQ(in(10, "20240212_003919"), "..._003919");
  EXPECT_EQ(in(3, "20240212_003919"), "...");
  EXPECT_EQ(in(0, "20240212_003919"), "...") << "nothing fits";
  EXPECT_EQ(in(0, ""), "");
}

TEST(elided, a_character_of_several_bytes_is_shown_whole_or_not_at_all) {
  EXPECT_EQ(in(6, "abc\xC3\xA9\xC3\xA9"), "...\xC3\xA9");
}

}  // namespace
}  // namespace fg
