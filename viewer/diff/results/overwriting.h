#pragma once
// No result is written over what is compared, nor over another one.

#include <filesystem>
#include <vector>

#include "viewer/diff/inputs/source.h"

namespace fg {

// Throws Failure(usage) where two of the files or folders are one.
void check_apart(const std::vector<std::filesystem::path>& results);

// Throws Failure(usage) where one of the files is an input, by this name or another.
void check_not_inputs(const std::vector<std::filesystem::path>& files, const PairSource& source);

}  // namespace fg
