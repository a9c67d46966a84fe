#pragma once
// 3D Gaussian splats in host memory, activated: what a renderer multiplies, not what an optimiser stores.

#include <cstdint>
#include <filesystem>
#include <glm/gtc/quaternion.hpp>
#include <glm/vec3.hpp>
#include <string>
#include <vector>

namespace fg {

struct SplatScene {
  int sh_degree = 0;                 // 0..3
  std::vector<glm::vec3> positions;  // world
  std::vector<glm::vec3> scales;     // standard deviations along the local axes, world units (exp applied)
  std::vector<glm::quat> rotations;  // unit, local to world
  std::vector<float> opacities;      // 0..1 (sigmoid applied)
  std::vector<float> sh;    // [N][(degree+1)^2][3]: colour = max(0, 0.5 + sum of SH basis x coefficient)
  std::size_t skipped = 0;  // splats of the file left out because a value is NaN or Inf once activated
  std::vector<std::string> notes;  // what a user should know, one sentence each

  std::size_t size() const { return positions.size(); }
  int sh_coefficients() const { return (sh_degree + 1) * (sh_degree + 1); }

  struct Bounds {
    glm::vec3 centre;
    float radius;  // of the ball that holds 90 % of the splats
  };
  Bounds bounds() const;
};

// INRIA .ply, little- or big-endian binary or ASCII, properties by name in any order; or the INRIA trainer's
// output folder, of which the last iteration is taken. Infinite opacity logits and log scales of -Inf have a
// meaning (opaque, invisible, flat) and are kept. Throws Failure(unreadable_input).
SplatScene load_splats(const std::filesystem::path& file);
void save_splats(const std::filesystem::path& file, const SplatScene& scene);  // INRIA .ply

}  // namespace fg
