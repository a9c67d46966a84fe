#include "viewer/render/gaussian_renderer.h"

#include <algorithm>
#include <bit>
#include <glm/matrix.hpp>
#include <string>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "shaders/gaussians/layout.h"
#include "viewer/error.h"
#include "viewer/render/gaussian_passes.h"

namespace fg {
namespace {

using gaussians::kTile;

constexpr std::uint32_t kReadbackSlots = 8;  // frames whose counters are kept
constexpr std::uint32_t kDepthBits = 32, kDigitBits = 8;

gaussians::View shader_view(const Intrinsics& k, const glm::dmat4& world_to_camera,
                            const glm::dvec3& origin) {
  // From coordinates relative to the scene's origin.
  glm::dmat4 to_camera = world_to_camera;
  to_camera[3] = world_to_camera * glm::dvec4(origin, 1.0);
  const glm::dvec4 eye = glm::inverse(to_camera)[3];
  gaussians::View view{};
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column)
      view.world_to_camera[row * 4 + column] = static_cast<float>(to_camera[column][row]);
  for (int i = 0; i < 3; ++i) view.eye[i] = static_cast<float>(eye[i] / eye[3]);
  view.fx = static_cast<float>(k.fx);
  view.fy = static_cast<float>(k.fy);
  view.cx = static_cast<float>(k.cx);
  view.cy = static_cast<float>(k.cy);
  view.width = k.width;
  view.height = k.height;
  return view;
}

}  // namespace

struct GaussianRenderer::State {
  State(const vk::OwnDevice& owner, const SplatScene& splats, const GaussianOptions& given)
      : device(owner),
        options(given),
        scene(owner, splats),
        passes(owner, splats.sh_degree, given.variant.value_or(RadixSort::suited(owner)),
               given.rows_per_thread),
        sorter(owner, given.variant.value_or(RadixSort::suited(owner))),
        scratch(owner, passes, sorter, scene),
        readback(owner, kReadbackSlots * kSlotBytes, vk::Residence::readback) {
    std::fill_n(readback.mapped(), readback.size_bytes(), std::byte{0});
  }

  static constexpr VkDeviceSize kSlotBytes = 64;
  const vk::OwnDevice& device;
  const GaussianOptions options;
  const GaussianScene scene;
  const GaussianPasses passes;
  const RadixSort sorter;
  const GaussianScratch scratch;
  const vk::Buffer readback;  // control words of the newest frames

  Intrinsics intrinsics;
  glm::dmat4 world_to_camera{1.0};
  float background[3] = {0, 0, 0};

  std::unique_ptr<GaussianPairs> pairs;
  std::uint32_t most_pairs = 0;  // never ask for more: the limit of the device, or what its memory refused
  std::uint32_t frame = 0;       // number of the newest recorded frame

  // Things that the device may still use until a frame has finished.
  struct RetiredPairs {
    std::unique_ptr<GaussianPairs> pairs;
    std::uint32_t last_frame;
  };
  std::vector<RetiredPairs> retired;
  struct Target {
    vk::BindingSet set;
    std::uint32_t last_frame;
  };
  std::vector<Target> targets;

  Counters counters() const;
  // What that frame used may be changed or destroyed: the GPU is past it, and it is so many frames ago that
  // the host has seen its fence: until then Vulkan counts it as in use. Nobody keeps more than kReadbackSlots
  // frames in flight.
  bool is_free(std::uint32_t last_frame, const Counters& done) const {
    return last_frame <= done.frame && last_frame + kReadbackSlots <= frame;
  }
  void make_room(std::uint32_t tiles);
  Target& free_target();
  void record(VkCommandBuffer cmd, const vk::Image& target);
  void record_depth_sort(VkCommandBuffer cmd, const gaussians::Grid& grid) const;
  int record_pair_sort(VkCommandBuffer cmd, std::uint32_t tiles) const;
  void record_readback(VkCommandBuffer cmd) const;

  void barrier(VkCommandBuffer cmd) const { vk::compute_barrier(device, cmd); }
  void mark(VkCommandBuffer cmd, const char* pass) const {
    if (options.on_pass) options.on_pass(cmd, pass);
  }
};

// The device writes slots while the host reads them: a slot counts when its words are those of one frame.
GaussianRenderer::Counters GaussianRenderer::State::counters() const {
  Counters newest;
  for (std::uint32_t slot = 0; slot < kReadbackSlots; ++slot) {
    const auto* words =
        reinterpret_cast<const volatile std::uint32_t*>(readback.mapped() + slot * kSlotBytes);
    const std::uint32_t number = words[gaussians::kFrameNumber], visible = words[gaussians::kVisible];
    const std::uint32_t needed = words[gaussians::kPairsNeeded], kept = words[gaussians::kPairs];
    if (words[gaussians::kCheck] != gaussians::control_check(number, visible, needed, kept)) continue;
    if (number > newest.frame)
      newest = {.visible = visible,
                .pairs = needed,
                .incomplete = needed > kept,
                .no_more_room = needed > kept && kept >= most_pairs,
                .frame = number};
  }
  return newest;
}

// Replaces the pair buffers where they are too small. The old ones stay until the frames that use them are
// finished.
void GaussianRenderer::State::make_room(std::uint32_t tiles) {
  const Counters done = counters();
  std::erase_if(retired, [&](const RetiredPairs& old) { return is_free(old.last_frame, done); });
  if (!most_pairs) {
    most_pairs = GaussianPairs::most_pairs(device);
    if (options.most_pairs) most_pairs = std::min(most_pairs, options.most_pairs);
  }
  std::uint32_t wanted_pairs, wanted_tiles = tiles;
  if (!pairs) {
    wanted_pairs =
        options.pair_capacity ? options.pair_capacity : GaussianPairs::first_guess(device, scene.size, tiles);
  } else {
    wanted_pairs = pairs->pair_capacity;
    wanted_tiles = std::max(tiles, pairs->tile_capacity);
    if (done.incomplete && done.pairs > wanted_pairs)
      wanted_pairs =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(done.pairs * std::uint64_t{5} / 4, most_pairs));
    if (wanted_pairs <= pairs->pair_capacity && wanted_tiles <= pairs->tile_capacity) return;
  }
  try {
    auto larger =
        std::make_unique<GaussianPairs>(device, sorter, scratch.control, wanted_pairs, wanted_tiles);
    bind_pairs(device, passes, scratch, *larger);
    if (pairs) retired.push_back({std::move(pairs), frame});
    pairs = std::move(larger);
  } catch (const vk::Error&) {
    // Incomplete frames are better than none; the counters say so.
    if (!pairs || wanted_tiles > pairs->tile_capacity) throw;
    most_pairs = pairs->pair_capacity;
  }
}

// A descriptor set that no unfinished frame uses.
GaussianRenderer::State::Target& GaussianRenderer::State::free_target() {
  const Counters done = counters();
  for (Target& target : targets)
    if (is_free(target.last_frame, done)) return target;
  return targets.emplace_back(Target{vk::BindingSet(device, passes.blend), 0});
}

// Nearest first, culled splats left out; ends in order[0].
void GaussianRenderer::State::record_depth_sort(VkCommandBuffer cmd, const gaussians::Grid& grid) const {
  constexpr std::uint32_t kPasses = kDepthBits / kDigitBits;
  static_assert(kPasses % 2 == 0, "the passes after the sort read order[0]");
  for (std::uint32_t i = 0; i < kPasses; ++i) {
    RadixSort::Pass pass{.source = static_cast<int>(i % 2), .first_bit = i * kDigitBits, .bits = kDigitBits};
    if (i == 0) {
      pass.count_word = gaussians::kSplatCount;
      pass.compact = true;
      pass.blocks = (scene.size + sort::kBlock - 1) / sort::kBlock;
    } else {
      pass.count_word = gaussians::kVisible;
      pass.arguments = scratch.control.get();
      pass.arguments_offset_bytes = gaussians::kSortVisible * 4;
    }
    sorter.record(cmd, scratch.sort, pass);
    barrier(cmd);
    if (i == 0) {
      passes.plan_visible.record(cmd, scratch.plan_visible, nullptr, 1);
      barrier(cmd);
    }
  }
  mark(cmd, "count pairs");
  passes.count_pairs.record_indirect(cmd, scratch.count_pairs, nullptr, scratch.control.get(),
                                     gaussians::kEachVisible * 4);
  barrier(cmd);
  passes.plan_pairs.record(cmd, scratch.plan_pairs, &grid, 1);
  barrier(cmd);
}

// By tile; within a tile the depth order stays, as the sort is stable. Returns the index of the buffer it
// ends in.
int GaussianRenderer::State::record_pair_sort(VkCommandBuffer cmd, std::uint32_t tiles) const {
  const auto bits =
      static_cast<std::uint32_t>(std::bit_width(tiles));  // tile number `tiles` occurs too: emit.comp
  const std::uint32_t count = (bits + kDigitBits - 1) / kDigitBits;
  const std::uint32_t digit_bits = (bits + count - 1) / count;
  for (std::uint32_t i = 0; i < count; ++i) {
    sorter.record(cmd, pairs->sort,
                  {.source = static_cast<int>(i % 2),
                   .first_bit = i * digit_bits,
                   .bits = digit_bits,
                   .count_word = gaussians::kPairs,
                   .arguments = scratch.control.get(),
                   .arguments_offset_bytes = gaussians::kSortPairs * 4});
    barrier(cmd);
  }
  return static_cast<int>(count % 2);
}

void GaussianRenderer::State::record_readback(VkCommandBuffer cmd) const {
  const VkBufferCopy copy{0, (frame % kReadbackSlots) * kSlotBytes, (gaussians::kCheck + 1) * 4};
  device.CmdCopyBuffer(cmd, scratch.control.get(), readback.get(), 1, &copy);
  const VkMemoryBarrier to_host{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
                                .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  device.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &to_host,
                            0, nullptr, 0, nullptr);
}

void GaussianRenderer::State::record(VkCommandBuffer cmd, const vk::Image& target) {
  if (static_cast<int>(target.width()) != intrinsics.width ||
      static_cast<int>(target.height()) != intrinsics.height)
    throw Failure(ExitCode::internal, "splats: the view is " + std::to_string(intrinsics.width) + "x" +
                                          std::to_string(intrinsics.height) + " pixels, the target " +
                                          std::to_string(target.width()) + "x" +
                                          std::to_string(target.height()));
  const int tiles_x = (intrinsics.width + kTile - 1) / kTile,
            tiles_y = (intrinsics.height + kTile - 1) / kTile;
  const auto tiles = static_cast<std::uint32_t>(tiles_x * tiles_y);
  make_room(tiles);
  ++frame;

  barrier(cmd);  // the previous frame's passes have finished with the scratch buffers
  mark(cmd, "project");
  const std::uint32_t words[] = {scene.size, frame};
  static_assert(gaussians::kSplatCount == 0 && gaussians::kFrameNumber == 1);
  device.CmdUpdateBuffer(cmd, scratch.control.get(), 0, sizeof(words), words);
  gaussians::View view = shader_view(intrinsics, world_to_camera, scene.origin);
  for (std::size_t i = 0; i < scene.chunks.size(); ++i) {
    view.first = scene.chunks[i].first;
    view.count = scene.chunks[i].count;
    passes.project.record(cmd, scratch.project[i], &view,
                          (view.count + gaussians::kGroup - 1) / gaussians::kGroup);
  }
  barrier(cmd);
  mark(cmd, "depth sort");
  const gaussians::Grid grid{tiles_x, tiles_y, intrinsics.width, intrinsics.height, pairs->pair_capacity};
  record_depth_sort(cmd, grid);
  mark(cmd, "emit");
  const std::uint32_t emit_size =
      passes.variant == RadixSort::Variant::lanes ? gaussians::kEachVisible : gaussians::kSortPairs;
  passes.emit.record_indirect(cmd, pairs->emit, &grid, scratch.control.get(), emit_size * 4);
  barrier(cmd);
  mark(cmd, "pair sort");
  const int sorted = record_pair_sort(cmd, tiles);
  mark(cmd, "tile ranges");
  passes.tile_ranges.record(cmd, pairs->tile_ranges[sorted], &grid, tiles / gaussians::kGroup + 1);
  barrier(cmd);
  mark(cmd, "blend");
  Target& bound = free_target();
  bound.last_frame = frame;
  const vk::Binding bindings[] = {vk::bind(pairs->starts), vk::bind(pairs->pairs[sorted]),
                                  vk::bind(scratch.ellipses), vk::bind(scratch.blues),
                                  vk::bind(target.view(), VK_IMAGE_LAYOUT_GENERAL)};
  bound.set.update(0, bindings);
  const gaussians::Frame push{
      {background[0], background[1], background[2]}, tiles_x, tiles_y, intrinsics.width, intrinsics.height};
  passes.blend.record(cmd, bound.set, &push, static_cast<std::uint32_t>(tiles_x),
                      static_cast<std::uint32_t>(tiles_y));
  barrier(cmd);  // the counters arrive when the frame is finished, and say so
  record_readback(cmd);
  mark(cmd, "end");
}

GaussianRenderer::GaussianRenderer(const vk::OwnDevice& device, const SplatScene& scene,
                                   const GaussianOptions& options)
    : state_(std::make_unique<State>(device, scene, options)) {}

GaussianRenderer::~GaussianRenderer() { state_->device.DeviceWaitIdle(state_->device.handle); }

void GaussianRenderer::set_view(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera) {
  state_->intrinsics = intrinsics;
  state_->world_to_camera = world_to_camera;
}

void GaussianRenderer::set_background(const float rgb[3]) { std::copy_n(rgb, 3, state_->background); }

void GaussianRenderer::record(VkCommandBuffer cmd, const vk::Image& target) { state_->record(cmd, target); }

GaussianRenderer::Counters GaussianRenderer::counters() const { return state_->counters(); }

}  // namespace fg
