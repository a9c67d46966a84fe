#pragma once
// Luma planes of planar 4:2:0 files, for the goldens that were made of real video.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "tests/kernels/test_images.h"

namespace fg::test {

inline std::filesystem::path yuv_file(const std::string& name) {
  return std::filesystem::path(FRAMEGAUGE_SHARED_DATA) / "yuv" / name;
}

// Little-endian words for uint16_t.
template <class T>
TestImage<T> read_luma(const std::string& name, int width, int height, int frame = 0) {
  TestImage<T> plane({1, 1, height, width});
  std::ifstream file(yuv_file(name), std::ios::binary);
  const std::streamoff pixels = std::streamoff{width} * height;
  file.seekg(frame * (pixels + pixels / 2) * static_cast<std::streamoff>(sizeof(T)));
  file.read(reinterpret_cast<char*>(plane.memory.data()), pixels * static_cast<std::streamoff>(sizeof(T)));
  EXPECT_TRUE(file.good()) << "reading " << name;
  return plane;
}

// The same plane in codes of another depth: `shift` more bits, or fewer when it is negative.
template <class To, class From>
TestImage<To> shifted(const TestImage<From>& plane, int shift) {
  TestImage<To> to(plane.shape);
  for (std::size_t i = 0; i < plane.memory.size(); ++i)
    to.memory[i] = static_cast<To>(shift < 0 ? plane.memory[i] >> -shift : plane.memory[i] << shift);
  return to;
}

inline std::pair<TestImage<std::uint16_t>, TestImage<std::uint16_t>> src01(int frame) {
  return {read_luma<std::uint16_t>("src01_hrc01_576x324.yuv420p10le.yuv", 576, 324, frame),
          read_luma<std::uint16_t>("src01_hrc00_576x324.yuv420p10le.yuv", 576, 324, frame)};
}
inline std::pair<TestImage<std::uint8_t>, TestImage<std::uint8_t>> archer() {
  return {read_luma<std::uint8_t>("archer_dis_frm20.yuv", 1920, 1080),
          read_luma<std::uint8_t>("archer_ref_frm20.yuv", 1920, 1080)};
}
inline std::pair<TestImage<std::uint8_t>, TestImage<std::uint8_t>> hall() {
  return {read_luma<std::uint8_t>("hall_plr10_3693_frm_0_frm_0.yuv", 352, 288),
          read_luma<std::uint8_t>("hall_cif_frm_0_frm_0.yuv", 352, 288)};
}

// SKIP_WITHOUT_YUV(); at the start of a test.
#define SKIP_WITHOUT_YUV()                                    \
  if (!std::filesystem::is_directory(fg::test::yuv_file(""))) \
  GTEST_SKIP() << fg::test::yuv_file("") << " is not there: it has the real frames of this test"

}  // namespace fg::test
