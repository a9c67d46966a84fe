#pragma once
#include "framegauge/drr.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/render/drr_renderer.h"

namespace fg {

// The defaults of the C interface for a detector, and a volume of attenuation in 1/mm; without tensors.
inline FgDrr drr_op(const DrrGeometry& geometry, const glm::dmat4& voxel_to_world) {
  FgDrr op;
  fg_drr_defaults(&op);
  write_rows(voxel_to_world, op.voxel_to_world);
  op.numbers = FG_DRR_ATTENUATION;
  op.beam = geometry.orthographic ? FG_DRR_PARALLEL : FG_DRR_CONE;
  op.sdd_mm = geometry.sdd_mm;
  op.delx_mm = geometry.delx_mm;
  op.dely_mm = geometry.dely_mm;
  op.x0_mm = geometry.x0_mm;
  op.y0_mm = geometry.y0_mm;
  return op;
}

}  // namespace fg
