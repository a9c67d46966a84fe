// What tags say of shutters and collimators hides those pixels.

#include "viewer/register/dicom_shutter.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/viewer/io/dicom_bytes.h"
#include "tests/viewer/io/test_files.h"
#include "tests/viewer/register/sample_radiograph.h"
#include "viewer/register/load_xray.h"

namespace fg {
namespace {

using test::dicom::element;

constexpr int kWidth = 30, kHeight = 20;

class dicom_shutter : public testing::Test {
 protected:
  LoadedXray loaded_with(const std::string& elements) const {
    test::Radiograph radiograph;
    radiograph.width = kWidth;
    radiograph.height = kHeight;
    radiograph.pixels.clear();
    for (int i = 0; i < kWidth * kHeight; ++i)
      radiograph.pixels.push_back(static_cast<std::uint16_t>(i * 37 % 1000));
    radiograph.extra = elements;
    write_text(folder / "a.dcm", radiograph.bytes());
    return load_xray(folder / "a.dcm", {});
  }
  // open(column, row), from 1; none: no mask at all.
  void expect_open(const std::string& elements, bool (*open)(int, int)) const {
    LoadedXray loaded = loaded_with(elements);
    mask_by_openings(loaded.xray, loaded.tags.openings, 1);
    if (open == nullptr) {
      EXPECT_TRUE(loaded.xray.mask.empty());
      return;
    }
    ASSERT_EQ(loaded.xray.mask.size(), static_cast<std::size_t>(kWidth * kHeight));
    for (int y = 1; y <= kHeight; ++y)
      for (int x = 1; x <= kWidth; ++x)
        ASSERT_EQ(loaded.xray.mask[static_cast<std::size_t>((y - 1) * kWidth + x - 1)], open(x, y) ? 1 : 0)
            << x << " " << y;
    EXPECT_NE(loaded.xray.notes.back().find("by its tags "), std::string::npos);
  }

  const TemporaryFolder folder;
};

std::string shape(const std::string& name, std::uint16_t module = 0x1600) {
  return element(0x18, module, "CS", name);
}
std::string sides(const char* left, const char* right, const char* upper, const char* lower,
                  std::uint16_t module = 0x1600) {
  std::string all;
  std::uint16_t tag = module;
  for (const char* side : {left, right, upper, lower}) all += element(0x18, tag += 2, "IS", side);
  return all;
}
std::string circle(const char* centre, const char* radius, std::uint16_t module = 0x1600) {
  return element(0x18, static_cast<std::uint16_t>(module + 0x10), "IS", centre) +
         element(0x18, static_cast<std::uint16_t>(module + 0x12), "IS", radius);
}

}  // namespace

#ifdef FRAMEGAUGE_HAS_ITK

TEST_F(dicom_shutter, a_circle_hides_what_lies_outside_of_it) {
  expect_open(shape("CIRCULAR") + circle("8\\12", "7"),
              [](int x, int y) { return std::hypot(x - 12, y - 8) < 7; });
  expect_open(shape("CIRCULAR", 0x1700) + circle("8\\12", "7", 0x1700),
              [](int x, int y) { return std::hypot(x - 12, y - 8) < 7; });
}

TEST_F(dicom_shutter, a_rectangle_and_a_polygon_hide_what_lies_outside_of_them) {
  expect_open(shape("RECTANGULAR") + sides("4", "25", "3", "18"),
              [](int x, int y) { return x > 4 && x < 25 && y > 3 && y < 18; });
  expect_open(shape("RECTANGULAR") + sides("1", "30", "1", "12"), [](int, int y) { return y < 12; });
  expect_open(shape("POLYGONAL") + element(0x18, 0x1620, "IS", "0\\0\\0\\16\\40\\16\\40\\0"),
              [](int x, int) { return x < 16; });
}

TEST_F(dicom_shutter, of_several_openings_only_what_lies_in_all_is_seen) {
  expect_open(shape("RECTANGULAR\\CIRCULAR") + sides("1", "30", "6", "20") + circle("8\\12", "7"),
              [](int x, int y) { return y > 6 && std::hypot(x - 12, y - 8) < 7; });
  expect_open(shape("CIRCULAR") + circle("8\\12", "7") + shape("RECTANGULAR", 0x1700) +
                  sides("10", "30", "1", "20", 0x1700),
              [](int x, int y) { return x > 10 && std::hypot(x - 12, y - 8) < 7; });
}

TEST_F(dicom_shutter, an_opening_as_wide_as_the_image_or_without_numbers_hides_nothing) {
  expect_open("", nullptr);
  expect_open(shape("RECTANGULAR") + sides("1", "30", "1", "20"), nullptr);
  expect_open(shape("CIRCULAR"), nullptr);
  expect_open(shape("CIRCULAR") + circle("8", "7"), nullptr);
  expect_open(shape("CIRCULAR") + circle("8\\12", "0"), nullptr);
  expect_open(shape("RECTANGULAR") + sides("25", "4", "3", "18"), nullptr);
  expect_open(shape("ROUND") + circle("8\\12", "7"), nullptr);
}

TEST_F(dicom_shutter, tags_that_leave_nothing_are_not_used_and_that_is_said) {
  LoadedXray loaded = loaded_with(shape("CIRCULAR") + circle("800\\1200", "7"));
  mask_by_openings(loaded.xray, loaded.tags.openings, 1);
  EXPECT_TRUE(loaded.xray.mask.empty());
  ASSERT_EQ(loaded.xray.notes.size(), 1u);
  EXPECT_NE(loaded.xray.notes[0].find("are not used"), std::string::npos);
}

TEST_F(dicom_shutter, a_radius_is_counted_in_columns_where_pixels_are_not_square) {
  LoadedXray loaded =
      loaded_with(element(0x18, 0x1164, "DS", "0.4\\0.2 ") + shape("CIRCULAR") + circle("10\\15", "8"));
  mask_blades(loaded.xray, loaded.tags);
  ASSERT_FALSE(loaded.xray.mask.empty());
  EXPECT_EQ(loaded.xray.mask[9 * kWidth + 14 + 7], 1);
  EXPECT_EQ(loaded.xray.mask[9 * kWidth + 14 + 8], 0);
  EXPECT_EQ(loaded.xray.mask[(9 + 3) * kWidth + 14], 1);  // 3 rows are 6 columns
  EXPECT_EQ(loaded.xray.mask[(9 + 4) * kWidth + 14], 0);
}

#endif

}  // namespace fg
