#pragma once
// The buffers whose size follows the number of (tile, splat) pairs and of tiles, with their descriptors.
// Replaced as a whole when a frame needs more.

#include <array>
#include <cstdint>

#include "plugin/vk/buffer.h"
#include "plugin/vk/compute_pass.h"
#include "viewer/render/radix_sort.h"

namespace fg {

struct GaussianPairs {
  GaussianPairs(const vk::OwnDevice& device, const RadixSort& sorter, const vk::Buffer& control,
                std::uint32_t pair_capacity, std::uint32_t tile_capacity);

  // Most pairs that the device can bind and sort in one dispatch.
  static std::uint32_t most_pairs(const vk::OwnDevice& device);
  // Generous, as a first frame that lacks splats is worth more than 16 bytes a pair: small scenes have few,
  // large splats (18 thousand of dsc make 290 to 600 thousand pairs at 1000x658), large ones many of a few
  // tiles each.
  static std::uint32_t first_guess(const vk::OwnDevice& device, std::uint32_t splats, std::uint32_t tiles);

  std::uint32_t pair_capacity, tile_capacity;
  std::array<vk::Buffer, 2> pairs;  // uvec2: tile, splat
  vk::Buffer part_counts, digit_totals;
  vk::Buffer starts;  // first pair of each tile, and the end of the last
  RadixSort::Bound sort;
  vk::BindingSet emit;                        // bound by the renderer
  std::array<vk::BindingSet, 2> tile_ranges;  // by the index of the sorted pairs; bound by the renderer
};

}  // namespace fg
