#pragma once
// Volumes as inputs: files of NIfTI, NRRD, MetaImage and DICOM, folders of one DICOM series, and folders of such files.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "viewer/diff/inputs/source.h"

namespace fg {

// By the names of the files, of a folder by those in it; a folder of DICOM files by the mark in one of them.
bool is_volume(const std::filesystem::path& input);
bool are_volumes(const std::vector<std::string>& inputs);  // one of them at least

// Throws Failure with the exit code that the command returns.
std::unique_ptr<PairSource> open_volumes(const SourceOptions& options);

}  // namespace fg
