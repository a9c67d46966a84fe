#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/viewer/io/sample_exr.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/io/image.h"

namespace fg {
namespace {

// IEC 61966-2-1 in double.
int srgb(double linear) {
  if (!(linear > 0)) return 0;
  if (linear >= 1) return 255;
  const double encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return static_cast<int>(std::lround(255 * encoded));
}

std::vector<float> ramp(std::size_t count, float step, float first = 0.0f) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = first + step * static_cast<float>(i);
  return values;
}

TEST(exr, linear_values_go_through_the_srgb_curve) {
  const TemporaryFolder folder;
  constexpr int kWidth = 40, kHeight = 300;  // more rows than are read at once
  const std::size_t n = kWidth * kHeight;
  const Channels channels = {
      {"R", ramp(n, 1.0f / 11000)}, {"G", ramp(n, -1.0f / 12000, 1.0f)}, {"B", ramp(n, 1e-6f)}};
  for (const bool tiled : {false, true})
    for (const Imf::Compression compression :
         {Imf::NO_COMPRESSION, Imf::ZIP_COMPRESSION, Imf::PIZ_COMPRESSION, Imf::RLE_COMPRESSION}) {
      write_exr(folder / "a.exr", {window(kWidth, kHeight), window(kWidth, kHeight), compression, tiled},
                channels, Imf::FLOAT);
      const Image8 image = load_image(folder / "a.exr");
      ASSERT_EQ(image.width, kWidth);
      ASSERT_EQ(image.height, kHeight);
      int worst = 0;
      for (std::size_t i = 0; i < n; ++i) {
        worst = std::max(worst, std::abs(image.rgba[i * 4] - srgb(channels.at("R")[i])));
        worst = std::max(worst, std::abs(image.rgba[i * 4 + 1] - srgb(channels.at("G")[i])));
        worst = std::max(worst, std::abs(image.rgba[i * 4 + 2] - srgb(channels.at("B")[i])));
        ASSERT_EQ(image.rgba[i * 4 + 3], 255);
      }
      EXPECT_EQ(worst, 0);
    }
}

TEST(exr, half_grey_images_and_values_out_of_range_are_read) {
  const TemporaryFolder folder;
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Channels channels = {{"Y", {0.0f, 0.5f, 1.0f, 7.0f, -1.0f, inf, nan, 0.25f}}};
  write_exr(folder / "a.exr", {window(8, 1), window(8, 1)}, channels, Imf::HALF);
  const Image8 image = load_image(folder / "a.exr");
  const int expected[] = {0, 188, 255, 255, 0, 255, 0, 137};
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(image.rgba[i * 4 + c], expected[i]) << i;
}

TEST(exr, colour_stored_times_alpha_becomes_straight) {
  const TemporaryFolder folder;
  const Channels channels = {
      {"R", {0.25f, 0.0f}}, {"G", {0.125f, 0.0f}}, {"B", {0.0f, 0.0f}}, {"A", {0.5f, 0.0f}}};
  write_exr(folder / "a.exr", {window(2, 1), window(2, 1)}, channels, Imf::FLOAT);
  const Image8 image = load_image(folder / "a.exr");
  EXPECT_EQ(image.rgba,
            (std::vector<std::uint8_t>{static_cast<std::uint8_t>(srgb(0.5)),
                                       static_cast<std::uint8_t>(srgb(0.25)), 0, 128, 0, 0, 0, 0}));
}

TEST(exr, the_image_is_the_display_window) {
  const TemporaryFolder folder;
  const Imath::Box2i data{{2, 1},
                          {5, 9}};  // reaches beyond the display below, and leaves a margin left and above
  write_exr(folder / "a.exr", {window(6, 4), data},
            {{"R", ramp(36, 1.0f / 36)}, {"G", ramp(36, 0)}, {"B", ramp(36, 0)}}, Imf::FLOAT);
  const Image8 image = load_image(folder / "a.exr");
  ASSERT_EQ(image.width, 6);
  ASSERT_EQ(image.height, 4);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) {
      const std::uint8_t* pixel = &image.rgba[static_cast<std::size_t>(y * 6 + x) * 4];
      const bool covered = x >= 2 && y >= 1;
      EXPECT_EQ(pixel[3], covered ? 255 : 0);
      EXPECT_EQ(pixel[0], covered ? srgb(((y - 1) * 4 + x - 2) / 36.0) : 0);
    }
}

TEST(exr, other_channels_are_refused_by_name) {
  const TemporaryFolder folder;
  write_exr(folder / "a.exr", {window(2, 1), window(2, 1)}, {{"depth.Z", {1, 2}}}, Imf::FLOAT);
  EXPECT_TRUE(contains(failure_of([&] { load_image(folder / "a.exr"); }), "depth.Z; expected R, G, B or Y"));
}

TEST(exr, saved_floats_come_back_as_codes) {
  const TemporaryFolder folder;
  for (const int channels : {1, 3, 4}) {
    ImageF image{5, 3, channels, std::vector<float>(static_cast<std::size_t>(15 * channels), 0.5f)};
    save_exr(folder / "a.exr", image);
    const Image8 loaded = load_image(folder / "a.exr");
    EXPECT_EQ(loaded.width, 5);
    EXPECT_EQ(loaded.rgba[0], srgb(channels == 4 ? 1.0 : 0.5));  // 0.5 at alpha 0.5 is 1
  }
  EXPECT_TRUE(contains(failure_of(
                           [&] {
                             save_exr(folder / "b.exr", {2, 2, 3, {}});
                           },
                           ExitCode::internal),
                       "b.exr"));
}

TEST(npy, arrays_come_back_bit_for_bit) {
  const TemporaryFolder folder;
  for (const int channels : {1, 3}) {
    ImageF image{7, 5, channels, ramp(static_cast<std::size_t>(35 * channels), 0.1f, -1.0f)};
    image.values[3] = std::numeric_limits<float>::infinity();
    save_npy(folder / "a.npy", image);
    const ImageF loaded = load_npy(folder / "a.npy");
    EXPECT_EQ(loaded.width, 7);
    EXPECT_EQ(loaded.height, 5);
    EXPECT_EQ(loaded.channels, channels);
    EXPECT_EQ(loaded.values, image.values);
  }
}

TEST(npy, the_header_is_version_1_and_the_data_aligned_to_64_bytes) {
  const TemporaryFolder folder;
  save_npy(folder / "a.npy", {7, 5, 1, std::vector<float>(35, 1.5f)});
  const ByteVector bytes = read_bytes(folder / "a.npy");
  ASSERT_EQ(bytes.size() % 64, 35u * 4u % 64u);
  const std::string text(bytes.begin(), bytes.end() - 140);
  EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(text.substr(10, 59), "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 7), }");
  EXPECT_EQ(text.back(), '\n');
}

void write_npy(const std::filesystem::path& file, const std::string& dictionary, const ByteVector& data,
               int version = 1) {
  std::string text("\x93NUMPY", 6);
  text += static_cast<char>(version);
  text += '\0';
  text += static_cast<char>(dictionary.size());
  text += '\0';
  if (version > 1) text += std::string(2, '\0');
  text += dictionary;
  ByteVector bytes(text.begin(), text.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  write_bytes(file, bytes);
}

TEST(npy, big_endian_doubles_and_version_2_are_read) {
  const TemporaryFolder folder;
  const ByteVector data = {0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0};  // 1.5 and -2
  write_npy(folder / "a.npy", "{'descr': '>f8', 'fortran_order': False, 'shape': (2, 1), }\n", data, 2);
  const ImageF image = load_npy(folder / "a.npy");
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.values, (std::vector<float>{1.5f, -2.0f}));
}

TEST(npy, whole_numbers_are_read_as_they_are) {
  const TemporaryFolder folder;
  const auto values = [&](const char* type, const ByteVector& data) {
    write_npy(folder / "a.npy",
              std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (1, 2), }\n", data);
    return load_npy(folder / "a.npy").values;
  };
  EXPECT_EQ(values("|u1", {7, 255}), (std::vector<float>{7, 255}));
  EXPECT_EQ(values("|i1", {7, 255}), (std::vector<float>{7, -1}));
  EXPECT_EQ(values("<u2", {1, 0x0f, 0xff, 0xff}), (std::vector<float>{3841, 65535}));
  EXPECT_EQ(values(">u2", {0x0f, 1, 0, 9}), (std::vector<float>{3841, 9}));
  EXPECT_EQ(values("<i2", {0x18, 0xfc, 5, 0}), (std::vector<float>{-1000, 5}));
  EXPECT_EQ(values("<i4", {0xff, 0xff, 0xff, 0xff, 4, 0, 1, 0}), (std::vector<float>{-1, 65540}));
  EXPECT_EQ(values(">u4", {0, 1, 0, 4, 0, 0, 0, 3}), (std::vector<float>{65540, 3}));
}

TEST(npy, what_cannot_be_read_is_said) {
  const TemporaryFolder folder;
  const auto sentence = [&](const char* dictionary, std::size_t bytes) {
    write_npy(folder / "a.npy", dictionary, ByteVector(bytes));
    return failure_of([&] { load_npy(folder / "a.npy"); });
  };
  EXPECT_TRUE(contains(sentence("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 2), }", 32),
                       "expected float32, float64 or whole numbers"));
  EXPECT_TRUE(contains(sentence("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", 16),
                       "ascontiguousarray"));
  EXPECT_TRUE(contains(sentence("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", 16),
                       "2 or 3 dimensions"));
  EXPECT_TRUE(contains(sentence("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", 12),
                       "expected 4 values of 4 bytes, the file ends after 3"));
  EXPECT_TRUE(contains(
      sentence("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999999), }", 16), "a.npy"));
  EXPECT_TRUE(contains(sentence("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4), }", 0), "a.npy"));
}

}  // namespace
}  // namespace fg
