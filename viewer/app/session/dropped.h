#pragma once
// What a dropped file or folder is, from its name and first content; nothing is loaded.

#include <filesystem>

namespace fg {

enum class DroppedKind { splats, cameras, photos, image, volume, unknown };
DroppedKind kind_of(const std::filesystem::path& file);

// DICOM, TIFF and .npy: as a picture they can only be an X-ray.
bool is_xray_alone(const std::filesystem::path& file);

}  // namespace fg
