#include "viewer/render/drr_geometry_json.h"

#include "viewer/io/matrix_rows.h"

namespace fg {

nlohmann::ordered_json drr_geometry_json(const DrrGeometry& g) {
  return {{"sdd_mm", g.sdd_mm},       {"height", g.height},
          {"width", g.width},         {"delx_mm", g.delx_mm},
          {"dely_mm", g.dely_mm},     {"x0_mm", g.x0_mm},
          {"y0_mm", g.y0_mm},         {"orthographic", g.orthographic},
          {"n_samples", g.n_samples}, {"camera_to_world", rows_of(g.camera_to_world)}};
}

}  // namespace fg
