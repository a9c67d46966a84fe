#include "viewer/render/gaussian_passes.h"

#include <algorithm>

#include "shaders/gaussians/blend.comp.h"
#include "shaders/gaussians/count_pairs.comp.h"
#include "shaders/gaussians/emit.comp.h"
#include "shaders/gaussians/emit_lanes.comp.h"
#include "shaders/gaussians/layout.h"
#include "shaders/gaussians/plan_pairs.comp.h"
#include "shaders/gaussians/plan_visible.comp.h"
#include "shaders/gaussians/project.comp.h"
#include "shaders/gaussians/tile_ranges.comp.h"

namespace fg {
namespace {

using vk::bind;
using vk::kStorageBuffer;

std::vector<VkDescriptorType> buffers(std::size_t count) {
  return std::vector<VkDescriptorType>(count, kStorageBuffer);
}

std::span<const std::uint32_t> emit_shader(RadixSort::Variant variant) {
  if (variant == RadixSort::Variant::lanes) return shaders::gaussians_emit_lanes;
  return shaders::gaussians_emit;
}

// On a CPU a thread takes a whole column of the tile, to share the cost of fetching a splat among its pixels.
std::vector<std::uint32_t> blend_constants(RadixSort::Variant variant, std::uint32_t rows) {
  if (rows == 0) rows = variant == RadixSort::Variant::lanes ? 16 : 4;
  return {rows, gaussians::kTile / rows};
}

vk::Buffer scratch_buffer(const vk::OwnDevice& device, std::uint64_t count, std::uint64_t element_bytes) {
  return {device, std::max<std::uint64_t>(count, 1) * element_bytes, vk::Residence::device};
}

}  // namespace

GaussianPasses::GaussianPasses(const vk::OwnDevice& device, int sh_degree, RadixSort::Variant used_variant,
                               std::uint32_t rows)
    : variant(used_variant),
      project(device, {.spirv = shaders::gaussians_project,
                       .bindings = buffers(9),
                       .push_bytes = sizeof(gaussians::View),
                       .constants = {static_cast<std::uint32_t>(sh_degree)}}),
      plan_visible(device,
                   {.spirv = shaders::gaussians_plan_visible, .bindings = buffers(2), .constants = {}}),
      count_pairs(device, {.spirv = shaders::gaussians_count_pairs, .bindings = buffers(5), .constants = {}}),
      plan_pairs(device, {.spirv = shaders::gaussians_plan_pairs,
                          .bindings = buffers(2),
                          .push_bytes = sizeof(gaussians::Grid),
                          .constants = {}}),
      emit(device, {.spirv = emit_shader(variant),
                    .bindings = buffers(8),
                    .push_bytes = sizeof(gaussians::Grid),
                    .constants = {}}),
      tile_ranges(device, {.spirv = shaders::gaussians_tile_ranges,
                           .bindings = buffers(3),
                           .push_bytes = sizeof(gaussians::Grid),
                           .constants = {}}),
      blend(device,
            {.spirv = shaders::gaussians_blend,
             .bindings = {kStorageBuffer, kStorageBuffer, kStorageBuffer, kStorageBuffer, vk::kStorageImage},
             .push_bytes = sizeof(gaussians::Frame),
             .constants = blend_constants(variant, rows)}) {}

GaussianScratch::GaussianScratch(const vk::OwnDevice& device, const GaussianPasses& passes,
                                 const RadixSort& sorter, const GaussianScene& scene)
    : control(device, gaussians::kControlWords * 4, vk::Residence::device),
      order{scratch_buffer(device, scene.size, 8), scratch_buffer(device, scene.size, 8)},
      part_counts(device, sorter.part_counts_bytes(scene.size), vk::Residence::device),
      digit_totals(device, RadixSort::digit_totals_bytes(), vk::Residence::device),
      ellipses(scratch_buffer(device, scene.size, 32)),
      blues(scratch_buffer(device, scene.size, 4)),
      shapes(scratch_buffer(device, scene.size, 16)),
      tile_counts(scratch_buffer(device, scene.size, 4)),
      pair_starts(scratch_buffer(device, scene.size, 4)),
      group_pairs(scratch_buffer(device, (scene.size + gaussians::kGroup - 1) / gaussians::kGroup, 4)),
      sort(sorter.bind({.elements = {&order[0], &order[1]},
                        .part_counts = &part_counts,
                        .digit_totals = &digit_totals,
                        .control = &control})),
      plan_visible(device, passes.plan_visible, {bind(control), bind(digit_totals)}),
      count_pairs(device, passes.count_pairs,
                  {bind(control), bind(order[0]), bind(tile_counts), bind(pair_starts), bind(group_pairs)}),
      plan_pairs(device, passes.plan_pairs, {bind(control), bind(group_pairs)}) {
  for (const GaussianScene::Chunk& chunk : scene.chunks)
    project.emplace_back(
        device, passes.project,
        std::initializer_list<vk::Binding>{bind(chunk.positions), bind(chunk.rotations), bind(chunk.scales),
                                           bind(chunk.harmonics), bind(order[0]), bind(ellipses), bind(blues),
                                           bind(shapes), bind(tile_counts)});
}

void bind_pairs(const vk::OwnDevice& device, const GaussianPasses& passes, const GaussianScratch& scratch,
                GaussianPairs& pairs) {
  pairs.emit = vk::BindingSet(
      device, passes.emit,
      {bind(scratch.control), bind(scratch.order[0]), bind(scratch.tile_counts), bind(scratch.pair_starts),
       bind(scratch.group_pairs), bind(scratch.ellipses), bind(scratch.shapes), bind(pairs.pairs[0])});
  for (int i = 0; i < 2; ++i)
    pairs.tile_ranges[i] = vk::BindingSet(device, passes.tile_ranges,
                                          {bind(scratch.control), bind(pairs.pairs[i]), bind(pairs.starts)});
}

}  // namespace fg
