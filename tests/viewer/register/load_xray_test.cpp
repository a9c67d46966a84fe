// Radiographs from files become line integrals, bone large.

#include "viewer/register/load_xray.h"

#include <gtest/gtest.h>

#include <tiffio.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/viewer/io/dicom_bytes.h"
#include "tests/viewer/io/sample_images.h"
#include "tests/viewer/io/test_files.h"
#include "tests/viewer/register/expect_failure.h"
#include "tests/viewer/register/sample_radiograph.h"
#include "viewer/io/image_tiff.h"

namespace fg {
namespace {

using test::expect_failure;
using test::Radiograph;
using test::dicom::element;

template <class T>
std::filesystem::path write_tiff(const std::filesystem::path& file, int width, int height,
                                 const std::vector<T>& values, int photometric = PHOTOMETRIC_MINISBLACK,
                                 bool tiled = false, int samples = 1, int orientation = ORIENTATION_TOPLEFT,
                                 const char* mode = "w") {
  TIFF* tiff = TIFFOpen(file.c_str(), mode);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * sizeof(T)));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
               std::is_floating_point_v<T> ? SAMPLEFORMAT_IEEEFP
               : std::is_signed_v<T>       ? SAMPLEFORMAT_INT
                                           : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, orientation);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
  const auto row_values = static_cast<std::size_t>(width * samples);
  if (tiled) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    for (int top = 0; top < height; top += 16)
      for (int left = 0; left < width; left += 16) {
        std::vector<T> tile(256);
        for (int y = top; y < std::min(height, top + 16); ++y)
          for (int x = left; x < std::min(width, left + 16); ++x)
            tile[static_cast<std::size_t>((y - top) * 16 + x - left)] =
                values[static_cast<std::size_t>(y * width + x)];
        TIFFWriteTile(tiff, tile.data(), static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(top), 0,
                      0);
      }
  } else {
    for (int y = 0; y < height; ++y) {
      std::vector<T> row(
          values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * row_values),
          values.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y + 1) * row_values));
      TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(y), 0);
    }
  }
  TIFFClose(tiff);
  return file;
}

class load_xray_files : public testing::Test {
 protected:
  const TemporaryFolder folder;
};

}  // namespace

TEST_F(load_xray_files, of_a_tiff_of_several_pictures_the_first_is_taken_and_that_is_said) {
  std::vector<std::uint8_t> first(32 * 24), second(32 * 24, 200);
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = static_cast<std::uint8_t>(i % 97);
  const auto file = write_tiff(folder / "pages.tif", 32, 24, first);
  const LoadedXray alone = load_xray(file, {});
  write_tiff(file, 32, 24, second, PHOTOMETRIC_MINISBLACK, false, 1, ORIENTATION_TOPLEFT, "a");
  const LoadedXray both = load_xray(file, {});
  EXPECT_EQ(both.xray.integrals, alone.xray.integrals);
  ASSERT_EQ(both.xray.notes.size(), alone.xray.notes.size() + 1);
  EXPECT_EQ(both.xray.notes[0], "it holds 2 pictures; the first one is taken");
}

TEST_F(load_xray_files, tiff_of_8_16_and_32_bits_in_strips_and_tiles_keeps_its_values) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint16_t> words;
  std::vector<std::int16_t> signed_words;
  std::vector<std::uint32_t> long_words;
  std::vector<float> floats;
  for (int i = 0; i < 37 * 21; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(i * 7));
    words.push_back(static_cast<std::uint16_t>(i * 83));
    signed_words.push_back(static_cast<std::int16_t>(i * 83 - 30000));
    long_words.push_back(static_cast<std::uint32_t>(i) << 20);  // a float has them exactly
    floats.push_back(0.25f * static_cast<float>(i) - 3);
  }
  for (const bool tiled : {false, true}) {
    const ImageF a = load_tiff(write_tiff(folder / "a.tif", 37, 21, bytes, PHOTOMETRIC_MINISBLACK, tiled));
    EXPECT_EQ(a.values, std::vector<float>(bytes.begin(), bytes.end()));
    EXPECT_EQ(a.width, 37);
    EXPECT_EQ(load_tiff(write_tiff(folder / "b.tif", 37, 21, words, PHOTOMETRIC_MINISBLACK, tiled)).values,
              std::vector<float>(words.begin(), words.end()));
    EXPECT_EQ(load_tiff(write_tiff(folder / "c.tif", 37, 21, floats, PHOTOMETRIC_MINISBLACK, tiled)).values,
              floats);
    EXPECT_EQ(
        load_tiff(write_tiff(folder / "f.tif", 37, 21, signed_words, PHOTOMETRIC_MINISBLACK, tiled)).values,
        std::vector<float>(signed_words.begin(), signed_words.end()));
    EXPECT_EQ(
        load_tiff(write_tiff(folder / "g.tif", 37, 21, long_words, PHOTOMETRIC_MINISBLACK, tiled)).values,
        std::vector<float>(long_words.begin(), long_words.end()));
  }
  const ImageF film = load_tiff(write_tiff(folder / "d.tif", 37, 21, words, PHOTOMETRIC_MINISWHITE));
  EXPECT_EQ(film.values[5], 65535.0f - words[5]);
  const ImageF rgb = load_tiff(
      write_tiff<std::uint8_t>(folder / "e.tif", 2, 1, {3, 6, 9, 10, 20, 60}, PHOTOMETRIC_RGB, false, 3));
  EXPECT_EQ(rgb.values, (std::vector<float>{6, 30}));
}

TEST_F(load_xray_files, where_0_is_white_larger_becomes_brighter_whatever_the_numbers) {
  const auto film = [&]<class T>(std::vector<T> values) {
    return load_tiff(write_tiff(folder / "a.tif", 3, 1, values, PHOTOMETRIC_MINISWHITE)).values;
  };
  EXPECT_EQ(film(std::vector<std::uint8_t>{0, 5, 255}), (std::vector<float>{255, 250, 0}));
  EXPECT_EQ(film(std::vector<std::int16_t>{0, 5, 32767}), (std::vector<float>{32767, 32762, 0}));
  EXPECT_EQ(film(std::vector<float>{0, 0.5f, 2}), (std::vector<float>{2, 1.5f, 0}));
}

TEST_F(load_xray_files, a_tiff_stands_as_its_orientation_says) {
  const std::vector<std::uint8_t> stored = {1, 2, 3, 4, 5, 6};  // 3 wide, 2 high
  const std::pair<int, std::vector<float>> cases[] = {
      {ORIENTATION_TOPLEFT, {1, 2, 3, 4, 5, 6}},  {ORIENTATION_TOPRIGHT, {3, 2, 1, 6, 5, 4}},
      {ORIENTATION_BOTRIGHT, {6, 5, 4, 3, 2, 1}}, {ORIENTATION_BOTLEFT, {4, 5, 6, 1, 2, 3}},
      {ORIENTATION_LEFTTOP, {1, 4, 2, 5, 3, 6}},  {ORIENTATION_RIGHTTOP, {4, 1, 5, 2, 6, 3}},
      {ORIENTATION_RIGHTBOT, {6, 3, 5, 2, 4, 1}}, {ORIENTATION_LEFTBOT, {3, 6, 2, 5, 1, 4}}};
  for (const auto& [orientation, looked_at] : cases) {
    const ImageF image =
        load_tiff(write_tiff(folder / "a.tif", 3, 2, stored, PHOTOMETRIC_MINISBLACK, false, 1, orientation));
    EXPECT_EQ(image.width, orientation < ORIENTATION_LEFTTOP ? 3 : 2) << orientation;
    EXPECT_EQ(image.values, looked_at) << orientation;
  }
}

TEST_F(load_xray_files, a_damaged_tiff_is_one_sentence) {
  const auto file = write_tiff(folder / "a.tif", 64, 64, std::vector<std::uint16_t>(4096, 7));
  const ByteVector whole = read_bytes(file);
  int failed = 0;
  const auto expect_a_sentence_or_a_picture = [&] {
    try {
      load_tiff(file);
    } catch (const Failure& problem) {
      ++failed;
      const std::string sentence = problem.what();
      EXPECT_EQ(problem.code, ExitCode::unreadable_input);
      EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
      EXPECT_TRUE(contains(sentence, file.string() + ": ")) << sentence;
    }
  };
  for (std::size_t size = 4; size < whole.size(); size += 1 + whole.size() / 40) {
    write_bytes(file, std::span(whole.data(), size));
    expect_a_sentence_or_a_picture();
  }
  EXPECT_GT(failed, 20);
  failed = 0;
  for (std::size_t at = 0; at < whole.size(); at += 3) {  // any byte may be any other
    ByteVector damaged = whole;
    damaged[at] ^= 0x5a;
    write_bytes(file, damaged);
    expect_a_sentence_or_a_picture();
  }
  EXPECT_GT(failed, 0);
}

TEST_F(load_xray_files, a_jpeg_that_exif_would_turn_is_taken_as_it_is_stored_and_that_is_said) {
  write_jpeg(folder / "a.jpg", gradient(20, 10));
  EXPECT_TRUE(load_xray(folder / "a.jpg", {}).xray.notes.empty());
  ByteVector bytes = read_bytes(folder / "a.jpg");
  const ByteVector exif = exif_segment(8, true);
  bytes.insert(bytes.begin() + 2, exif.begin(), exif.end());
  write_bytes(folder / "b.jpg", bytes);
  const Xray xray = load_xray(folder / "b.jpg", {}).xray;
  EXPECT_EQ(xray.width, 20);
  ASSERT_EQ(xray.notes.size(), 1u);
  EXPECT_NE(xray.notes[0].find("orientation 8"), std::string::npos);
}

TEST_F(load_xray_files, intensities_become_line_integrals_and_dark_bone_is_turned_round) {
  const auto file = write_tiff<float>(folder / "a.tif", 3, 1, {1000, 100, 0});
  const LoadedXray counted = load_xray(file, {.values = XrayValues::intensity});
  EXPECT_NEAR(counted.xray.integrals[0], 0, 1e-6);
  EXPECT_NEAR(counted.xray.integrals[1], std::log(10), 1e-5);
  EXPECT_NEAR(counted.xray.integrals[2], std::log(1e4), 1e-5);  // less counts as 1e-4 of the beam
  const LoadedXray known = load_xray(file, {.values = XrayValues::intensity, .i0 = 2000});
  EXPECT_NEAR(known.xray.integrals[1], std::log(20), 1e-5);
  EXPECT_EQ(load_xray(file, {}).xray.integrals, (std::vector<float>{1000, 100, 0}));
  EXPECT_EQ(load_xray(file, {.bone = XrayBone::low}).xray.integrals, (std::vector<float>{0, 900, 1000}));
  expect_failure([&] { load_xray(file, {.values = XrayValues::intensity, .bone = XrayBone::high}); },
                 ExitCode::unreadable_input, "--bone dark");
  expect_failure([&] { load_xray(file, {.i0 = 2000}); }, ExitCode::usage, "give --values intensity");
}

TEST_F(load_xray_files, nan_pixels_are_masked_and_told) {
  const auto file = write_tiff<float>(folder / "a.tif", 3, 1, {1, NAN, INFINITY});
  const LoadedXray loaded = load_xray(file, {});
  EXPECT_EQ(loaded.xray.mask, (std::vector<float>{1, 0, 0}));
  ASSERT_EQ(loaded.xray.notes.size(), 1u);
  EXPECT_NE(loaded.xray.notes[0].find("2 pixels"), std::string::npos);
  write_tiff<float>(folder / "a.tif", 3, 1, {NAN, NAN, INFINITY});
  expect_failure([&] { load_xray(file, {}); }, ExitCode::unreadable_input, "every pixel is NaN or infinite");
}

TEST_F(load_xray_files, what_is_no_radiograph_is_one_sentence) {
  const auto nothing = write_tiff<float>(folder / "nan.tif", 2, 1, {NAN, INFINITY});
  expect_failure([&] { load_xray(nothing, {}); }, ExitCode::unreadable_input,
                 "every pixel is NaN or infinite");
  save_npy(folder / "stack.npy",
           ImageF{.width = 20, .height = 1, .channels = 17, .values = std::vector<float>(340, 1.0f)});
  expect_failure([&] { load_xray(folder / "stack.npy", {}); }, ExitCode::unreadable_input,
                 "its shape is 1 x 20 x 17; one radiograph is expected: rows x columns");
}

TEST_F(load_xray_files, a_mask_of_another_size_is_refused) {
  write_tiff<std::uint8_t>(folder / "m.tif", 3, 2, {0, 1, 255, 0, 0, 9});
  EXPECT_EQ(load_mask(folder / "m.tif", 3, 2), (std::vector<float>{0, 1, 1, 0, 0, 1}));
  expect_failure([&] { load_mask(folder / "m.tif", 2, 3); }, ExitCode::size_mismatch, "3 x 2");
}

#ifdef FRAMEGAUGE_HAS_ITK
TEST_F(load_xray_files, dicom_tags_give_the_camera) {
  Radiograph radiograph;
  radiograph.extra = element(0x18, 0x1110, "DS", "1195.5") + element(0x18, 0x1111, "DS", "780") +
                     element(0x18, 0x1164, "DS", "0.15\\0.2") + element(0x18, 0x5101, "CS", "PA");
  write_text(folder / "x.dcm", radiograph.bytes());
  const LoadedXray loaded = load_xray(folder / "x.dcm", {});
  EXPECT_EQ(loaded.xray.width, 3);
  EXPECT_EQ(loaded.xray.height, 2);
  EXPECT_EQ(loaded.xray.integrals, (std::vector<float>{1000, 800, 600, 400, 200, 100}));
  EXPECT_EQ(loaded.tags.sdd_mm, 1195.5);
  EXPECT_EQ(loaded.tags.source_to_isocentre_mm, 780);
  EXPECT_EQ(loaded.tags.dely_mm, 0.15);
  EXPECT_EQ(loaded.tags.delx_mm, 0.2);
  EXPECT_EQ(loaded.tags.orientation, DrrOrientation::pa);
}

TEST_F(load_xray_files, a_dicom_image_that_hangs_otherwise_than_its_view_is_said) {
  Radiograph radiograph;
  radiograph.extra = element(0x18, 0x5101, "CS", "PA");
  for (const std::string orientation : {"L\\F", "LA\\FH", "", "R\\F", "L\\H"}) {
    radiograph.orientation = orientation;
    write_text(folder / "x.dcm", radiograph.bytes());
    const std::vector<std::string> notes = load_xray(folder / "x.dcm", {}).xray.notes;
    const bool is_said = std::any_of(notes.begin(), notes.end(), [&](const std::string& note) {
      return note.find("its PatientOrientation is " + orientation + ", not L\\F") == 0;
    });
    EXPECT_EQ(is_said, orientation == "R\\F" || orientation == "L\\H") << orientation;
  }
}

TEST_F(load_xray_files, dicom_tags_of_a_c_arm_give_its_angles) {
  Radiograph radiograph;
  radiograph.extra = element(0x18, 0x1510, "DS", "-30") + element(0x18, 0x1511, "DS", "12.5");
  write_text(folder / "x.dcm", radiograph.bytes());
  const LoadedXray loaded = load_xray(folder / "x.dcm", {});
  ASSERT_TRUE(loaded.tags.rotation_deg_zxy);
  EXPECT_EQ(*loaded.tags.rotation_deg_zxy, glm::dvec3(-30, 12.5, 0));
  // 30 degrees RAO: the detector is in front and to the patient's right, which is +x.
  const glm::dmat4 pose =
      drr_pose(*loaded.tags.orientation, *loaded.tags.rotation_deg_zxy, {0, -700, 0}, {0, 0, 0});
  EXPECT_GT(pose[2].x, 0.4);
  EXPECT_GT(pose[2].y, 0.8);
  EXPECT_GT(pose[2].z, 0.2);  // and towards the head
}

TEST_F(load_xray_files, dicom_tags_say_which_values_are_bone) {
  const auto integrals = [&](const Radiograph& radiograph) {
    write_text(folder / "x.dcm", radiograph.bytes());
    return load_xray(folder / "x.dcm", {}).xray.integrals;
  };
  EXPECT_EQ(integrals({.photometric = "MONOCHROME1"}), (std::vector<float>{0, 200, 400, 600, 800, 900}));
  EXPECT_EQ(integrals({.photometric = "MONOCHROME1", .relationship = "LOG", .sign = -1})[0], 1000);
  EXPECT_NEAR(integrals({.relationship = "LIN", .sign = 1})[5], std::log(10), 1e-5);
}
#endif

}  // namespace fg
