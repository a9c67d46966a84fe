#pragma once
// What stands behind load_volume: one function a family of files. Their results still hold NaN and infinite
// voxels.

#include <cstdint>
#include <filesystem>
#include <string>

#include "viewer/io/volume.h"

namespace fg::volumes {

Volume load_raw(const std::filesystem::path& json_header);  // volume_raw.cpp
bool is_nifti(const std::filesystem::path& file);           // by suffix or content; volume_nifti.cpp
Volume load_nifti(const std::filesystem::path& file);
bool is_metaimage(const std::filesystem::path& file);  // by suffix; volume_metaimage.cpp
Volume load_metaimage(const std::filesystem::path& file);
Volume load_with_itk(
    const std::filesystem::path& file_or_folder);  // volume_itk.cpp, or a sentence without ITK

// Walks over the elements of a DICOM file; throws Failure(unreadable_input) with the byte where it is damaged
// or truncated. image is false for files without pixels, and for those that are no DICOM.
struct DicomCheck {
  bool image = false;
};
DicomCheck check_dicom(const std::filesystem::path& file);  // volume_dicom_check.cpp

// Before anything is allocated: are so many voxels of so many bytes possible at all? bytes_in_file is what
// the voxel file holds; a deflated one may grow by 1032:1, the format's limit. Throws
// Failure(unreadable_input) with a sentence. Returns the number of voxels.
struct Claim {
  std::array<std::uint64_t, 3> extent;  // voxels
  std::uint64_t voxel_bytes;            // in the file, at least
  std::uint64_t bytes_in_file;
  bool compressed;
};
std::uint64_t checked_voxel_count(const std::filesystem::path& file, const Claim& claim);

}  // namespace fg::volumes
