#pragma once
// The compute passes of the splat renderer, and the buffers whose size follows the scene.

#include <cstdint>
#include <vector>

#include "plugin/vk/buffer.h"
#include "plugin/vk/compute_pass.h"
#include "viewer/render/gaussian_pairs.h"
#include "viewer/render/gaussian_scene.h"
#include "viewer/render/radix_sort.h"

namespace fg {

struct GaussianPasses {
  // rows_per_thread: pixels a thread of blend takes; 0: what suits the variant.
  GaussianPasses(const vk::OwnDevice& device, int sh_degree, RadixSort::Variant variant,
                 std::uint32_t rows_per_thread);

  RadixSort::Variant variant;
  vk::ComputePass project, plan_visible, count_pairs, plan_pairs, emit, tile_ranges, blend;
};

// Written and read by the device within a frame; frames follow each other with barriers.
struct GaussianScratch {
  GaussianScratch(const vk::OwnDevice& device, const GaussianPasses& passes, const RadixSort& sorter,
                  const GaussianScene& scene);

  vk::Buffer control;                               // shaders/gaussians/layout.h
  std::array<vk::Buffer, 2> order;                  // uvec2: depth key, splat
  vk::Buffer part_counts, digit_totals;             // of the depth sort
  vk::Buffer ellipses, blues, shapes, tile_counts;  // by splat
  vk::Buffer pair_starts;                           // by visible splat
  vk::Buffer group_pairs;                           // by group of 256 visible splats

  std::vector<vk::BindingSet> project;  // by chunk
  RadixSort::Bound sort;
  vk::BindingSet plan_visible, count_pairs, plan_pairs;
};

// The descriptors in pairs that refer to scratch.
void bind_pairs(const vk::OwnDevice& device, const GaussianPasses& passes, const GaussianScratch& scratch,
                GaussianPairs& pairs);

}  // namespace fg
