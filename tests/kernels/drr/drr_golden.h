#pragma once
// What nanodrr 0.1.6 rendered of a real CT, and the geometries (shared data; tests skip where that folder is absent).

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/kernels/drr/drr_case.h"
#include "viewer/io/volume.h"

namespace fg::test {

inline const std::filesystem::path kData = FRAMEGAUGE_SHARED_DATA;

struct Golden {
  nlohmann::json json;
  Volume ct, labels;
};

inline std::optional<Golden> load_golden() {
  std::ifstream stream(kData / "drr_golden/totalseg.json");
  if (!stream) return {};
  return Golden{nlohmann::json::parse(stream), load_volume(kData / "ct/totalseg_example_ct.nii.gz"),
                load_volume(kData / "ct/totalseg_example_seg_fast_force_split.nii.gz")};
}

inline DrrCase<float> case_of(const Golden& golden, const std::string& name) {
  const nlohmann::json& j = golden.json.at("cases").at(name);
  DrrCase<float> c(1, 1, 1);
  c.nx = golden.ct.extent[0];
  c.ny = golden.ct.extent[1];
  c.nz = golden.ct.extent[2];
  c.volume = golden.ct.values;
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t k = 0; k < 4; ++k) {
      c.voxel_to_world[r][k] = golden.ct.voxel_to_world[static_cast<int>(k)][static_cast<int>(r)];
      c.poses[0][r][k] = j.at("camera_to_world")[r][k];
    }
  c.set_image(j.at("height"), j.at("width"));
  c.rays.intrinsics = {1020, j.at("delx_mm"), j.at("dely_mm"), j.at("x0_mm"), j.at("y0_mm")};
  c.rays.beam = j.at("orthographic").get<bool>() ? DrrBeam::parallel : DrrBeam::cone;
  c.sampling = {FG_DRR_SEGMENT, 500, 0};
  return c;
}

// The float32 values behind the header of a .npy file.
inline std::vector<double> read_npy_tail(const std::string& name, std::size_t count) {
  std::ifstream stream(kData / "drr_golden" / name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (bytes.size() < count * 4) return {};
  std::vector<float> values(count);
  std::memcpy(values.data(), bytes.data() + bytes.size() - count * 4, count * 4);
  return {values.begin(), values.end()};
}

}  // namespace fg::test
