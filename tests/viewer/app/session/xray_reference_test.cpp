// An X-ray keeps its depth for the registration, whatever it is shown as.

#include "viewer/app/session/xray_reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"
#ifdef FRAMEGAUGE_HAS_ITK
#include "tests/viewer/register/sample_radiograph.h"
#endif

namespace fg {
namespace {

class xray_reference : public testing::Test {
 protected:
  std::filesystem::path png16(const std::vector<std::uint16_t>& codes) const {
    write_png(folder / "x.png", static_cast<int>(codes.size()) / 2, 2, {0, 16, false}, codes);
    return folder / "x.png";
  }
  std::filesystem::path npy(std::vector<float> values) const {
    save_npy(folder / "x.npy", {static_cast<int>(values.size()) / 2, 2, 1, std::move(values)});
    return folder / "x.npy";
  }
  static std::vector<int> greys(const XrayReference& xray, bool bone_is_dark = false) {
    const Image8 picture = picture_of(xray, bone_is_dark);
    std::vector<int> codes;
    for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
      EXPECT_EQ(picture.rgba[i], picture.rgba[i + 1]);
      EXPECT_EQ(picture.rgba[i], picture.rgba[i + 2]);
      EXPECT_EQ(picture.rgba[i + 3], 255);
      codes.push_back(picture.rgba[i]);
    }
    return codes;
  }
  static std::vector<float> registered(const XrayReference& xray, bool bone_is_dark = false) {
    return xray_to_register(xray, {}, bone_is_dark).integrals;
  }

  const TemporaryFolder folder;
};

}  // namespace

TEST_F(xray_reference, codes_of_16_bits_are_registered_with_all_of_them_and_shown_with_8) {
  const XrayReference xray = load_xray_reference(png16({0, 1, 2, 257 * 100 + 3, 257 * 200, 65535}));
  const std::vector<float> values = registered(xray);
  const float expected[] = {0, 1, 2, 25703, 51400, 65535};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_FLOAT_EQ(values[i], expected[i] / 65535) << i;
  EXPECT_EQ(greys(xray), (std::vector{0, 0, 0, 100, 200, 255}));
}

TEST_F(xray_reference, a_picture_of_8_bits_is_shown_as_it_is_however_dark) {
  write_png(folder / "x.png", 3, 2, {0, 8, false}, {0, 1, 7, 30, 40, 50});
  EXPECT_EQ(greys(load_xray_reference(folder / "x.png")), (std::vector{0, 1, 7, 30, 40, 50}));
}

TEST_F(xray_reference, the_12_bits_of_a_detector_in_a_16_bit_file_fill_the_range_that_is_shown) {
  std::vector<std::uint16_t> codes(1000, 0);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<std::uint16_t>(4 * i);
  const XrayReference xray = load_xray_reference(png16(codes));
  const std::vector<int> shown = greys(xray);
  EXPECT_EQ(shown.front(), 0);
  EXPECT_NEAR(shown[500], 128, 1);
  EXPECT_EQ(shown.back(), 255);
  EXPECT_FLOAT_EQ(registered(xray)[1], 4.0f / 65535);
}

TEST_F(xray_reference, line_integrals_are_shown_from_nothing_on_and_what_is_no_number_is_masked) {
  const XrayReference xray =
      load_xray_reference(npy({1, 2, 3, 4, std::numeric_limits<float>::quiet_NaN(), 4}));
  EXPECT_EQ(greys(xray), (std::vector{64, 128, 191, 255, 0, 255}));
  EXPECT_EQ(xray.loaded.xray.mask, (std::vector<float>{1, 1, 1, 1, 0, 1}));
  EXPECT_EQ(greys(load_xray_reference(npy({-2, 0, 2, 2}))), (std::vector{0, 128, 255, 255}));
  EXPECT_EQ(greys(load_xray_reference(npy({600, 700, 800, 800}))), (std::vector{0, 128, 255, 255}));
  EXPECT_EQ(greys(load_xray_reference(npy({5, 5, 5, 5}))), (std::vector{0, 0, 0, 0}));
}

TEST_F(xray_reference,
       a_picture_that_does_not_say_where_bone_is_follows_the_display_in_the_registration_alone) {
  const XrayReference xray = load_xray_reference(png16({0, 10000, 20000, 30000, 40000, 65535}));
  EXPECT_EQ(greys(xray, true), greys(xray, false));
  const std::vector<float> bright = registered(xray), dark = registered(xray, true);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_FLOAT_EQ(dark[i], 1 - bright[i]);
}

#ifdef FRAMEGAUGE_HAS_ITK
TEST_F(xray_reference,
       dicom_says_where_bone_is_so_the_picture_follows_the_display_and_the_registration_does_not) {
  test::Radiograph radiograph;
  radiograph.photometric = "MONOCHROME1";  // bone is low
  radiograph.pixels = {0, 0, 1000, 2000, 3000, 4000};
  write_text(folder / "x.dcm", radiograph.bytes());
  const XrayReference xray = load_xray_reference(folder / "x.dcm");
  EXPECT_EQ(greys(xray, false), (std::vector{255, 255, 191, 128, 64, 0}));
  EXPECT_EQ(greys(xray, true), (std::vector{0, 0, 64, 128, 191, 255}));
  EXPECT_EQ(registered(xray, true), registered(xray, false));
  EXPECT_EQ(registered(xray, false), (std::vector<float>{4000, 4000, 3000, 2000, 1000, 0}));
}
#endif

}  // namespace fg
