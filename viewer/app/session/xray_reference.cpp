#include "viewer/app/session/xray_reference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "viewer/percentile.h"

namespace fg {
namespace {

void stretch(XrayReference& reference) {
  const Xray& xray = reference.loaded.xray;
  std::vector<float> seen;
  for (std::size_t i = 0; i < xray.integrals.size(); ++i)
    if (xray.seen(i) > 0) seen.push_back(xray.integrals[i]);
  if (seen.empty()) return;
  const float lowest = *std::min_element(seen.begin(), seen.end());
  reference.white = percentile(std::move(seen), 0.998);
  reference.black = lowest < 0 || lowest > reference.white / 2 ? lowest : 0.0f;
}

}  // namespace

XrayReference load_xray_reference(const std::filesystem::path& file) {
  XrayReference reference{.loaded = load_xray(file, {})};
  if (reference.loaded.display_white > 0)
    reference.white = reference.loaded.display_white;
  else
    stretch(reference);
  return reference;
}

Image8 picture_of(const XrayReference& reference, bool bone_is_dark) {
  const Xray& xray = reference.loaded.xray;
  const bool turned = bone_is_dark && reference.loaded.bone_is_known;
  const float range = reference.white - reference.black;
  const float scale = range > 0 ? 255.0f / range : 0.0f;
  Image8 picture{xray.width, xray.height, {}};
  picture.rgba.reserve(4 * xray.integrals.size());
  for (const float value : xray.integrals) {
    const float code = std::clamp(scale * (value - reference.black), 0.0f, 255.0f);
    const auto grey = static_cast<std::uint8_t>(std::lround(turned ? 255.0f - code : code));
    picture.rgba.insert(picture.rgba.end(), {grey, grey, grey, 255});
  }
  return picture;
}

Xray xray_to_register(const XrayReference& reference, const DrrGeometry& geometry, bool bone_is_dark) {
  Xray xray = reference.loaded.xray;
  xray.geometry = geometry;
  if (bone_is_dark && !reference.loaded.bone_is_known) turn_round(xray);
  mask_blades(xray, reference.loaded.tags);
  return xray;
}

}  // namespace fg
