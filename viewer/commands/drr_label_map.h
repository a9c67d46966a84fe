#pragma once
// A label map beside a CT: which voxel belongs to what.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "viewer/render/kernel_drr.h"

namespace fg {

struct LabelMapFiles {
  std::filesystem::path map, ct;  // the second for sentences alone
};

// By the loader of CTs; its axes may come in another order, or the other way round. wanted: the channels; none: one for each
// label that occurs, in rising order. Notes are sentences for a user. Throws Failure(unreadable_input) where the voxels are no
// labels, Failure(size_mismatch) where their grid is not the CT's, Failure(usage) where no label that is wanted occurs.
DrrLabelMap load_label_map(const LabelMapFiles& files, const Volume& ct,
                           const std::vector<std::int16_t>& wanted, std::vector<std::string>& notes);

}  // namespace fg
