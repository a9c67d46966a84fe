#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/scene/splats.h"

namespace fg {

namespace {

// exp(-40) added to 1 is 1 in float, so these logits bring back opacities of exactly 1 and (to 1e-17) 0.
constexpr double kLogitLimit = 40.0;
constexpr double kSmallestScale = 1e-37;  // still a normal float after exp

float logit(float opacity) {
  const double p = std::clamp(static_cast<double>(opacity), 0.0, 1.0);
  return static_cast<float>(std::clamp(std::log(p) - std::log1p(-p), -kLogitLimit, kLogitLimit));
}

std::string header_of(const SplatScene& scene) {
  std::string text = fmt::format("ply\nformat binary_little_endian 1.0\nelement vertex {}\n", scene.size());
  const auto property = [&text](const std::string& name) { text += "property float " + name + "\n"; };
  for (const char* name : {"x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"}) property(name);
  for (int k = 0; k < 3 * (scene.sh_coefficients() - 1); ++k) property(fmt::format("f_rest_{}", k));
  for (const char* name : {"opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"})
    property(name);
  return text + "end_header\n";
}

}  // namespace

void save_splats(const std::filesystem::path& file, const SplatScene& scene) {
  const auto coefficients = static_cast<std::size_t>(scene.sh_coefficients());
  const std::size_t n = scene.size();
  if (scene.scales.size() != n || scene.rotations.size() != n || scene.opacities.size() != n ||
      scene.sh.size() != n * coefficients * 3)
    throw Failure(ExitCode::internal,
                  file.string() + ": positions, scales, rotations, opacities and sh differ in length");
  OutputFile output(file);
  output.write(header_of(scene));
  std::vector<float> block;  // little-endian, as the machines we build for are
  constexpr std::size_t kBlockValues = 1 << 18;
  const auto flush = [&] {
    output.write(
        std::span(reinterpret_cast<const std::uint8_t*>(block.data()), block.size() * sizeof(float)));
    block.clear();
  };
  for (std::size_t i = 0; i < n; ++i) {
    const glm::vec3 p = scene.positions[i], s = scene.scales[i];
    const glm::quat q = scene.rotations[i];
    const float* sh = &scene.sh[i * coefficients * 3];
    block.insert(block.end(), {p.x, p.y, p.z, 0.0f, 0.0f, 0.0f, sh[0], sh[1], sh[2]});
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t k = 1; k < coefficients; ++k) block.push_back(sh[k * 3 + c]);
    block.push_back(logit(scene.opacities[i]));
    for (int axis = 0; axis < 3; ++axis)
      block.push_back(static_cast<float>(std::log(std::max(static_cast<double>(s[axis]), kSmallestScale))));
    block.insert(block.end(), {q.w, q.x, q.y, q.z});
    if (block.size() >= kBlockValues) flush();
  }
  flush();
  output.commit();
}

}  // namespace fg
