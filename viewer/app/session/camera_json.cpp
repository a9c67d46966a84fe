#include "viewer/app/session/camera_json.h"

#include <glm/matrix.hpp>
#include <nlohmann/json.hpp>

#include "viewer/io/matrix_rows.h"
#include "viewer/render/drr_geometry_json.h"

namespace fg {

std::string camera_json(const Session& session) {
  if (session.content() == Session::Content::volume) return drr_geometry_json(session.drr().posed()).dump(2);
  nlohmann::ordered_json out;
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

void add_radiograph(nlohmann::ordered_json& object, const Session& session) {
  if (session.content() != Session::Content::volume) return;
  object["drr_renderer"] = session.drr_renderer();
  const DrrDisplay& display = session.drr().display;
  object["window"] = display.window;
  object["level"] = display.level;
  object["inverted"] = display.inverted;
}

}  // namespace fg
