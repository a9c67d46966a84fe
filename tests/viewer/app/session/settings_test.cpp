#include "viewer/app/session/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace fg {
namespace {

class settings : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("framegauge-settings-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file() const { return folder_ / "framegauge/settings.json"; }
  void write(const std::string& text) {
    std::filesystem::create_directories(file().parent_path());
    std::ofstream(file()) << text;
  }
  std::filesystem::path folder_;
};

TEST_F(settings, come_back_as_they_were_saved) {
  Settings s;
  s.window_width = 1280;
  s.window_height = 720;
  s.show_frustums = false;
  s.inspector = true;
  s.fly = true;
  s.fly_speed = 2.5;
  s.vertical_fov_deg = 33;
  s.free_resolution = 2;
  s.display = {.mode = ViewMode::heatmap_over,
               .split = 0.25f,
               .blink_hz = 4,
               .gain = 8,
               .difference_mapped = true,
               .opacity = 0.3f,
               .color_map = FG_COLOR_MAP_MAGMA,
               .worst = 0.5f,
               .best = 0.9f,
               .nearest = true};
  std::string complaint;
  ASSERT_TRUE(save_settings(file(), s, &complaint)) << complaint;
  const Settings r = load_settings(file(), &complaint);
  EXPECT_TRUE(complaint.empty()) << complaint;
  EXPECT_EQ(r.window_width, 1280);
  EXPECT_EQ(r.window_height, 720);
  EXPECT_FALSE(r.show_frustums);
  EXPECT_TRUE(r.inspector);
  EXPECT_TRUE(r.fly);
  EXPECT_DOUBLE_EQ(r.fly_speed, 2.5);
  EXPECT_DOUBLE_EQ(r.vertical_fov_deg, 33);
  EXPECT_EQ(r.free_resolution, 2);
  EXPECT_EQ(r.display.mode, ViewMode::heatmap_over);
  EXPECT_FLOAT_EQ(r.display.split, 0.25f);
  EXPECT_FLOAT_EQ(r.display.gain, 8);
  EXPECT_TRUE(r.display.difference_mapped);
  EXPECT_FLOAT_EQ(r.display.opacity, 0.3f);
  EXPECT_EQ(r.display.color_map, FG_COLOR_MAP_MAGMA);
  EXPECT_FLOAT_EQ(r.display.worst, 0.5f);
  EXPECT_TRUE(r.display.nearest);
}

TEST_F(settings, are_the_defaults_without_a_file_and_nobody_complains) {
  std::string complaint;
  EXPECT_EQ(load_settings(file(), &complaint).window_width, Settings{}.window_width);
  EXPECT_TRUE(complaint.empty());
}

TEST_F(settings, are_the_defaults_and_one_sentence_when_the_file_is_damaged) {
  for (const char* text : {"", "{\"window_width\": 12", "[1, 2]", "\xff\xfe garbage", "null"}) {
    write(text);
    std::string complaint;
    EXPECT_EQ(load_settings(file(), &complaint).window_width, Settings{}.window_width) << text;
    EXPECT_NE(complaint.find("settings.json"), std::string::npos) << text;
  }
}

TEST_F(settings, keep_what_is_right_beside_a_wrong_value) {
  write(R"({"window_width": "wide", "window_height": 777, "fly_speed": -3, "vertical_fov_deg": 1e300,
            "display": {"mode": "sideways", "gain": 1e9, "worst": 0.8, "best": 0.2, "opacity": 0.4}})");
  std::string complaint;
  const Settings s = load_settings(file(), &complaint);
  EXPECT_EQ(s.window_width, Settings{}.window_width);
  EXPECT_EQ(s.window_height, 777);
  EXPECT_DOUBLE_EQ(s.fly_speed, 1);
  EXPECT_DOUBLE_EQ(s.vertical_fov_deg, 50);
  EXPECT_EQ(s.display.mode, DisplaySettings{}.mode);
  EXPECT_FLOAT_EQ(s.display.gain, DisplaySettings{}.gain);
  EXPECT_FLOAT_EQ(s.display.worst, 0);  // a reversed range is no range
  EXPECT_FLOAT_EQ(s.display.best, 1);
  EXPECT_FLOAT_EQ(s.display.opacity, 0.4f);
}

TEST_F(settings, that_cannot_be_written_say_so) {
  std::filesystem::create_directories(folder_);
  std::ofstream(folder_ / "framegauge") << "a file where the folder should be";
  std::string complaint;
  EXPECT_FALSE(save_settings(file(), Settings{}, &complaint));
  EXPECT_NE(complaint.find("could not be written"), std::string::npos);
}

TEST_F(settings, live_in_the_xdg_configuration_folder) {
  ::setenv("XDG_CONFIG_HOME", "/somewhere/config", 1);
  EXPECT_EQ(default_settings_file(), "/somewhere/config/framegauge/settings.json");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);  // the specification says to ignore it
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(default_settings_file(), "/home/someone/.config/framegauge/settings.json");
}

}  // namespace
}  // namespace fg
