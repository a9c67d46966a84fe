#pragma once
// TIFF, as scanners of films and detectors write it: one grey value a pixel.

#include <filesystem>

#include "viewer/io/image.h"

namespace fg {

bool is_tiff(const std::filesystem::path& file);  // by its first bytes

// The first picture of the file: 8-, 16- or 32-bit whole numbers or 32-bit floats as they are, strips or tiles; colours
// are averaged, alpha is left out. Where 0 stands for white, values are turned round so that larger is brighter: taken off
// the highest code, of floats off the largest value of the picture. The picture stands as its orientation says. Throws
// Failure(unreadable_input).
ImageF load_tiff(const std::filesystem::path& file);
int pictures_in_tiff(const std::filesystem::path& file);  // throws as load_tiff()

}  // namespace fg
