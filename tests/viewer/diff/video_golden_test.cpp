// Real frames of raw video against the numbers of libvmaf's C source, the whole way from the file.

#include <gtest/gtest.h>

#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/diff/inputs/source.h"
#include "viewer/diff/scores/score.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;
const fs::path kYuv = fs::path(FRAMEGAUGE_SHARED_DATA) / "yuv";
#define SKIP_WITHOUT_YUV() \
  if (!fs::is_directory(kYuv)) GTEST_SKIP() << kYuv << " is not there: it has the real frames of this test"

struct Golden {
  double integer, single, multi;  // vmaf-ssim, vmaf-float-ssim, vmaf-ms-ssim
};

SourceOptions pair_of(const fs::path& test, const fs::path& reference, int width, int height,
                      const char* format) {
  SourceOptions options;
  options.inputs = {test.string(), reference.string()};
  options.layout = RawVideoLayout{{width, height}, parse_pixel_format(format)};
  return options;
}

// Means over the frames.
Golden score(const SourceOptions& options, std::size_t frames) {
  const auto source = open_source(options);
  EXPECT_EQ(source->count(), frames);
  const ScorePlan plan{.metrics = {Metric::vmaf_ssim, Metric::vmaf_float_ssim, Metric::vmaf_ms_ssim},
                       .chroma = source->chroma,
                       .luma_only = true};
  Golden sum{};
  for (std::size_t i = 0; i < source->count(); ++i) {
    const PairScores scores = score_once(source->load(i), nullptr, plan, KeepMap::no);
    sum.integer += scores.values[0] / static_cast<double>(frames);
    sum.single += scores.values[1] / static_cast<double>(frames);
    sum.multi += scores.values[2] / static_cast<double>(frames);
  }
  return sum;
}

// The float metrics' figures have nine digits, and the reference's low pass is a table rounded to six.
void expect_golden(const Golden& got, const Golden& expected, double tolerance = 1e-6) {
  EXPECT_NEAR(got.integer, expected.integer, 1e-12);
  EXPECT_NEAR(got.single, expected.single, tolerance);
  EXPECT_NEAR(got.multi, expected.multi, tolerance);
}

TEST(video_golden, ten_bits) {
  SKIP_WITHOUT_YUV();
  expect_golden(score(pair_of(kYuv / "src01_hrc01_576x324.yuv420p10le.yuv",
                              kYuv / "src01_hrc00_576x324.yuv420p10le.yuv", 576, 324, "yuv420p10le"),
                      3),
                {0.896637559049, 0.897863269, 0.974749110});
}

TEST(video_golden, eight_bits) {
  SKIP_WITHOUT_YUV();
  const TemporaryFolder folder;
  for (const char* name : {"src01_hrc00", "src01_hrc01"}) {
    const ByteVector words = read_bytes(kYuv / (std::string(name) + "_576x324.yuv420p10le.yuv"));
    ByteVector codes;
    for (std::size_t i = 0; i < words.size(); i += 2)
      codes.push_back(static_cast<std::uint8_t>((words[i] | words[i + 1] << 8) >> 2));
    write_bytes(folder / (std::string(name) + ".yuv"), codes);
  }
  // 8-bit frames lack two bits of those that the float figures are of.
  expect_golden(
      score(pair_of(folder / "src01_hrc01.yuv", folder / "src01_hrc00.yuv", 576, 324, "yuv420p"), 3),
      {0.896400528046, 0.897863269, 0.974749110}, 1e-5);
}

TEST(video_golden, pairs_of_one_frame) {
  SKIP_WITHOUT_YUV();
  expect_golden(
      score(pair_of(kYuv / "archer_dis_frm20.yuv", kYuv / "archer_ref_frm20.yuv", 1920, 1080, "yuv420p"), 1),
      {0.99688282184566079, 0.999581039, 0.999138887});
  expect_golden(score(pair_of(kYuv / "hall_plr10_3693_frm_0_frm_0.yuv", kYuv / "hall_cif_frm_0_frm_0.yuv",
                              352, 288, "yuv420p"),
                      1),
                {0.94465933496973387, 0.944715679, 0.986516023});
}

}  // namespace
}  // namespace fg::test
