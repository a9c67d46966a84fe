#include "kernels/live/live_launch.h"

#include <string>

#include "kernels/core/error.h"
#include "kernels/live/live_strip.h"
#include "kernels/live/live_tile.h"

namespace fg::live {
namespace {

// Entries of live_entries.cu, in its order.
constexpr const char* kReference = "fg_live_reference";
constexpr const char* kTiles = "fg_live_tiles_texture8";
constexpr const char* kStrips[2][3] = {
    {"fg_live_strips_texture_rgba8_7", "fg_live_strips_texture_rgba8_9", "fg_live_strips_texture_rgba8_11"},
    {"fg_live_strips_texture_planar_7", "fg_live_strips_texture_planar_9",
     "fg_live_strips_texture_planar_11"}};

constexpr std::int64_t kMostBytes = std::int64_t{1} << 31;

bool is_texture(PixelFormat format) {
  return format == PixelFormat::texture8 || format == PixelFormat::texture;
}

void check_reach(const Pixels& pixels, PixelFormat format, std::int32_t height) {
  if (is_texture(format) || (pixels.row_bytes > 0 && pixels.row_bytes * (height + 2 * kThreads) < kMostBytes))
    return;
  throw Error(ErrorCode::unsupported,
              "a live frame or its reference has rows of " + std::to_string(pixels.row_bytes) +
                  " bytes and " + std::to_string(height) +
                  " of them; its live score reaches less than 2^31 bytes, score it as a tensor");
}

Launch launch_with(const char* entry, std::int32_t across, std::int32_t down, int threads) {
  return {entry,
          {static_cast<std::uint32_t>(across), static_cast<std::uint32_t>(down), 1},
          static_cast<std::uint32_t>(threads)};
}

Launch tiles_launch(std::int32_t width, std::int32_t height, std::int32_t multiprocessors) {
  return launch_with(kTiles, tile_blocks(width, height, multiprocessors), 1, kTileThreads);
}
Launch strips_launch(std::int32_t width, std::int32_t height, const char* entry) {
  const Strips strips = score_strips(width, height);
  return launch_with(entry, (strips.across * strips.down + kStripGroups - 1) / kStripGroups, 1,
                     kStripGroups * kThreads);
}

}  // namespace

Launch launch_of(const LiveSsim& op) {
  check_reach(op.frame, op.frame_format, op.height);
  check_reach(op.reference, op.reference_format, op.height);
  if (are_codes(op.frame_format, op.reference_format)) {
    const std::int64_t moments_bytes =
        std::int64_t{3} * op.height * op.moments_pitch * static_cast<std::int64_t>(sizeof(ReferenceMoments));
    if (moments_bytes >= 2 * kMostBytes)
      throw Error(ErrorCode::unsupported,
                  "the moments of a live reference of " + std::to_string(op.width) + "x" +
                      std::to_string(op.height) + " pixels take " + std::to_string(moments_bytes) +
                      " bytes; its live score reaches less than 2^32, score it as a tensor");
    return tiles_launch(op.width, op.height, op.multiprocessors);
  }
  return strips_launch(op.width, op.height,
                       kStrips[op.reference_format == PixelFormat::rgba8 ? 0 : 1][op.window.radius - 3]);
}

Launch launch_of(const LiveReference& op) {
  const Strips strips = reference_strips(op.width, op.height);
  return launch_with(kReference, strips.across, strips.down, kThreads);
}

std::size_t entry_names(const char* (&names)[kMostEntries]) {
  std::size_t count = 0;
  names[count++] = kReference;
  names[count++] = kTiles;
  for (const auto& of_reference : kStrips)
    for (const char* name : of_reference) names[count++] = name;
  return count;
}

std::size_t statistics_words(const Launch& launch) {
  return kFgMapBins + std::size_t{launch.grid[0]} * launch.grid[1] * kFgRecordWords;
}

std::size_t live_statistics_words(std::int32_t width, std::int32_t height, bool codes,
                                  std::int32_t multiprocessors) {
  return statistics_words(codes ? tiles_launch(width, height, multiprocessors)
                                : strips_launch(width, height, nullptr));
}

}  // namespace fg::live
