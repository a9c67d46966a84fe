#pragma once
// A CT or any other scalar volume in host memory, and its files.

#include <array>
#include <filesystem>
#include <glm/mat4x4.hpp>
#include <glm/vec3.hpp>
#include <string>
#include <vector>

namespace fg {

struct Volume {
  std::array<int, 3> extent = {0, 0, 0};  // voxels along i, j, k; i is fastest in memory
  std::vector<float> values;              // HU for a CT
  glm::dmat4 voxel_to_world{1.0};         // voxel indices (centres at integers) to RAS millimetres
  std::vector<std::string> notes;         // what a user should know, one sentence each

  // World position of the middle of the grid, RAS mm: what torchio calls the centre.
  glm::dvec3 centre_mm() const;
};

// NIfTI, MetaImage, NRRD, a DICOM file or a folder of one DICOM series, all turned to RAS (the last two
// through ITK, in a child process); or raw voxels described by a JSON header: {"file": "ct.raw", "extent":
// [nx, ny, nz], "type": "int16" | "uint8" | "uint16" | "float32" | ..., "spacing_mm": [..], "origin_mm_ras":
// [..], "direction": 9 numbers row-major, "big_endian": false, "slope": 1, "intercept": 0}; only file, extent
// and type are required; a file that is gzip inside is unpacked. The columns of direction are the axes i, j,
// k in RAS. 4D series are refused with a sentence. NaN and infinite voxels are counted in *nonfinite (if
// given) and become -1000 (air). Throws Failure(unreadable_input).
Volume load_volume(const std::filesystem::path& file, std::size_t* nonfinite = nullptr);

}  // namespace fg
