#include "viewer/app/session/camera_json.h"

#include <glm/matrix.hpp>
#include <nlohmann/json.hpp>

namespace fg {
namespace {

nlohmann::ordered_json rows_of(const glm::dmat4& matrix) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (int row = 0; row < 4; ++row)
    rows.push_back({matrix[0][row], matrix[1][row], matrix[2][row], matrix[3][row]});
  return rows;
}

}  // namespace

std::string camera_json(const Session& session) {
  nlohmann::ordered_json out;
  if (session.content() == Session::Content::volume) {
    const DrrGeometry g = session.drr().posed();
    out = {{"sdd_mm", g.sdd_mm},       {"height", g.height},
           {"width", g.width},         {"delx_mm", g.delx_mm},
           {"dely_mm", g.dely_mm},     {"x0_mm", g.x0_mm},
           {"y0_mm", g.y0_mm},         {"orthographic", g.orthographic},
           {"n_samples", g.n_samples}, {"camera_to_world", rows_of(g.camera_to_world)}};
    return out.dump(2);
  }
  const Intrinsics& k = session.intrinsics();
  if (session.snapped()) out["name"] = session.cameras()[*session.snapped()].name;
  out["width"] = k.width;
  out["height"] = k.height;
  out["fx"] = k.fx;
  out["fy"] = k.fy;
  out["cx"] = k.cx;
  out["cy"] = k.cy;
  out["camera_to_world"] = rows_of(glm::inverse(session.world_to_camera()));
  return out.dump(2);
}

}  // namespace fg
