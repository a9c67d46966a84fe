#pragma once
// The options of framegauge drr that say what a ray does on its way, and where that is worked out.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "viewer/render/kernel_drr.h"

namespace fg {

struct DrrRayOptions {
  std::string method = "trilinear", label_map, labels;
  std::optional<int> samples, samples_inside;
  std::optional<double> step_mm;
  bool mip = false;
};

void add_drr_ray_options(CLI::App& command, DrrRayOptions& options);

// All throw Failure(usage) for what makes no sense.

DrrWalk walk_of(const DrrRayOptions& options);

// Of "75,77" those labels in this order; of "all" and "" none.
std::vector<std::int16_t> labels_named(const std::string& text);

// The renderer, and the device as vk::OwnDevice or ComputeDevice takes it.
struct DrrPlace {
  bool vulkan = true;
  bool or_kernels = false;  // where there is no Vulkan device
  std::string device;
};
struct DrrPlaceOptions {
  std::string renderer = "auto", device;
  bool validation = false;
};
DrrPlace place_of(const DrrPlaceOptions& place, const DrrRayOptions& rays);

}  // namespace fg
