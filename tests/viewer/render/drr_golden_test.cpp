// The six geometries that nanodrr 0.1.6 rendered of a real CT (shared data; skipped where that folder is
// absent).

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/viewer/render/drr_scene.h"

namespace fg {
namespace {

using namespace fg::test;
const std::filesystem::path kData = FRAMEGAUGE_SHARED_DATA;

struct Golden {
  nlohmann::json cases;
  Volume ct;
};

std::optional<Golden> load_golden() {
  std::ifstream stream(kData / "drr_golden/totalseg.json");
  if (!stream) return {};
  return Golden{nlohmann::json::parse(stream).at("cases"),
                load_volume(kData / "ct/totalseg_example_ct.nii.gz")};
}

DrrGeometry geometry_of(const nlohmann::json& c) {
  DrrGeometry geometry{.sdd_mm = 1020,
                       .height = c.at("height"),
                       .width = c.at("width"),
                       .delx_mm = c.at("delx_mm"),
                       .dely_mm = c.at("dely_mm"),
                       .x0_mm = c.at("x0_mm"),
                       .y0_mm = c.at("y0_mm"),
                       .orthographic = c.at("orthographic"),
                       .n_samples = 500};
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t column = 0; column < 4; ++column)
      geometry.camera_to_world[static_cast<int>(column)][static_cast<int>(row)] =
          c["camera_to_world"][row][column];
  return geometry;
}

// The float32 values behind the header of a .npy file.
std::vector<double> read_npy_tail(const std::filesystem::path& file, std::size_t count) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (bytes.size() < count * 4) return {};
  std::vector<float> values(count);
  std::memcpy(values.data(), bytes.data() + bytes.size() - count * 4, count * 4);
  return {values.begin(), values.end()};
}

}  // namespace

class drr_golden : public DeviceTest {};

TEST_F(drr_golden, six_geometries_of_a_real_ct_agree_with_nanodrr) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  ASSERT_EQ(golden->cases.size(), 6u);
  DrrRenderer renderer(device(), golden->ct);
  for (const auto& [name, c] : golden->cases.items()) {
    const DrrGeometry geometry = geometry_of(c);
    const auto pixels = static_cast<std::size_t>(geometry.width) * static_cast<std::size_t>(geometry.height);
    const std::vector<double> expected =
        read_npy_tail(kData / "drr_golden" / std::string(c.at("npy")), pixels);
    const double error = relative_error(render_integrals(device(), renderer, geometry), expected);
    // Both sum in float; nanodrr's float coordinates start at the source. Worst measured 6.7e-6 (ap_rot).
    EXPECT_LT(error, 2e-5) << name;
    RecordProperty(name, std::to_string(error));
  }
}

TEST(drr_pose, is_that_of_make_rt_inv) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  for (const auto& [name, c] : golden->cases.items()) {
    const auto rotation = c.at("rotation_deg_zxy_intrinsic").get<std::vector<double>>();
    const auto translation = c.at("translation_mm").get<std::vector<double>>();
    const glm::dmat4 pose =
        drr_pose(c.at("orientation") == "AP" ? DrrOrientation::ap : DrrOrientation::pa,
                 {rotation[0], rotation[1], rotation[2]}, {translation[0], translation[1], translation[2]},
                 golden->ct.centre_mm());
    const glm::dmat4 expected = geometry_of(c).camera_to_world;
    for (int column = 0; column < 4; ++column)
      for (int row = 0; row < 4; ++row)  // written as float32: a thousand millimetres round to 6e-5
        EXPECT_NEAR(pose[column][row], expected[column][row], column == 3 ? 1e-4 : 1e-7) << name;
  }
}

}  // namespace fg
