#pragma once
// Which files are volumes by their names, and which files one volume is read from.

#include <filesystem>
#include <vector>

namespace fg {

// NIfTI, MetaImage and NRRD. Not .hdr, which is a Radiance picture here, and not DICOM: dicom::is_dicom.
bool is_volume_name(const std::filesystem::path& file);

// The files with the voxels that an NRRD header names; none where they follow the header.
std::vector<std::filesystem::path> nrrd_voxel_files(const std::filesystem::path& header);

// The file, and those with the voxels that a header (.mhd, .nhdr) names; of a folder all files in it, by name. Files
// that cannot be read name none.
std::vector<std::filesystem::path> files_of_volume(const std::filesystem::path& file_or_folder);

}  // namespace fg
