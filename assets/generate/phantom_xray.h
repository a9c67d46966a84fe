#pragma once
// A radiograph of the phantom as a film would show it: double precision ray sums, photon noise, a little
// blur.

#include <cstdint>
#include <vector>

#include "assets/generate/phantom_volume.h"

namespace phantom {

struct XrayGeometry {
  double sdd_mm = 1020;    // source to detector
  double source_mm = 850;  // source to isocentre, which is the volume's middle
  int size = 384;          // pixels a side
  double pitch_mm = 1.2;
  double rotation_deg_zxy[3] = {};  // intrinsic, about the isocentre
  double shift_mm[3] = {};          // added to the translation (0, source_mm, 0), in the rotated frame
};

// Columns 0..2: camera axes, column 3: the source; to RAS millimetres, row-major. An AP view.
std::vector<double> camera_to_world(const XrayGeometry& geometry);

// Line integrals of the attenuation, rows from the top.
std::vector<double> line_integrals(const std::vector<std::int16_t>& hu, const XrayGeometry& geometry);

// What a detector makes of them: photons counted with noise, spread over neighbours, logarithm taken.
std::vector<double> as_detected(const std::vector<double>& integrals, int size);

}  // namespace phantom
