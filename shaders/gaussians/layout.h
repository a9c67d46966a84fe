#ifndef FG_SHADERS_GAUSSIANS_LAYOUT_H
#define FG_SHADERS_GAUSSIANS_LAYOUT_H
// What the passes of the splat renderer share with the C++ that records them. Compiled as GLSL and as C++.

#if defined(__cplusplus)
#include <cstdint>
namespace fg::gaussians {
using uint = std::uint32_t;
#define FG_CONST inline constexpr
#else
#define FG_CONST const
#endif

FG_CONST int kTile = 16;      // pixels a side
FG_CONST uint kGroup = 256u;  // threads a workgroup, all passes but blend
FG_CONST uint kCulled = ~0u;  // depth key of a splat that is not drawn: larger than any depth

// Scene to one view; push constants of project. 92 bytes.
struct View {
  float world_to_camera[12];  // rows of the 3x4 matrix, x right, y down, z forward
  float eye[3];               // camera centre, world
  float fx, fy, cx, cy;       // pixels
  int width, height;          // pixels
  uint first, count;          // this chunk's splats: [first, first + count) of the scene
};

// Push constants of the passes after the depth sort.
struct Grid {
  int tiles_x, tiles_y;
  int width, height;  // pixels
  uint pair_capacity;
};

// Push constants of blend.
struct Frame {
  float background[3];
  int tiles_x, tiles_y;
  int width, height;
};

// The control buffer, as indices of 32-bit words. The host writes the first two at the start of each frame.
FG_CONST uint kSplatCount = 0u;  // splats of the scene
FG_CONST uint kFrameNumber = 1u;
FG_CONST uint kVisible = 2u;      // splats that touch a tile
FG_CONST uint kPairsNeeded = 3u;  // (tile, splat) pairs of the frame, at most 2^32 - 1
FG_CONST uint kPairs = 4u;        // of these, those that fit
FG_CONST uint kCheck = 5u;        // control_check() of the words above: the host sees whether a copy is whole
FG_CONST uint kSortVisible = 8u;  // dispatch arguments (3 words): radix sort blocks of the visible splats
FG_CONST uint kEachVisible = 11u;  // one thread a visible splat
FG_CONST uint kSortPairs = 14u;    // radix sort blocks of the pairs
FG_CONST uint kControlWords = 20u;

#if defined(__cplusplus)
#define FG_INLINE inline
#else
#define FG_INLINE
#endif
FG_INLINE uint control_check(uint frame, uint visible, uint needed, uint pairs) {
  return (((frame * 2654435761u + visible) * 2654435761u + needed) * 2654435761u + pairs) ^ 0x5eedf00du;
}

#if defined(__cplusplus)
}  // namespace fg::gaussians
#endif
#endif
