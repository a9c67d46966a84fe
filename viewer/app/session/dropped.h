#pragma once
// What a dropped file or folder is, from its name and first content; nothing is loaded.

#include <filesystem>

namespace fg {

enum class DroppedKind { splats, cameras, photos, image, volume, unknown };
DroppedKind kind_of(const std::filesystem::path& file);

}  // namespace fg
