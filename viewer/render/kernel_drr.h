#pragma once
// Radiographs by the CPU and CUDA kernels, which do more than the Vulkan renderer: fg_drr() of a volume.

#include <cstdint>
#include <vector>

#include "framegauge/drr.h"
#include "viewer/device/compute_device.h"
#include "viewer/render/drr_renderer.h"

namespace fg {

// What a ray does on its way; defaults: what the Vulkan renderer does.
struct DrrWalk {
  FgDrrMethod method = FG_DRR_TRILINEAR;
  FgDrrReduction reduction = FG_DRR_SUM;
  FgDrrSamples sampling = FG_DRR_SAMPLES_ON_SEGMENT;
  int samples = 500;   // of the first two kinds of sampling
  double step_mm = 1;  // of the third
};

inline constexpr int kLargestDrrLabel = INT16_MAX;

// The label of each voxel, and of which labels there is a radiograph.
struct DrrLabelMap {
  std::vector<std::int16_t> voxels;    // 0 or more, in the volume's order
  std::vector<std::int16_t> channels;  // 0 or more, each once
};

// [C, H, W], a channel for each of labels.channels; without labels [H, W]. The geometry's n_samples has no say. Throws
// Failure(usage) where numbers make no sense, Failure(unreadable_input) where the volume makes none.
std::vector<float> kernel_drr(const ComputeDevice& device, const Volume& volume,
                              const Attenuation& attenuation, const DrrGeometry& geometry,
                              const DrrWalk& walk, const DrrLabelMap* labels = nullptr);

}  // namespace fg
