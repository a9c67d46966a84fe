#pragma once
// The vector half of FLIP on CPU: lines of a tile. Compiled for every instruction set, the best one is taken at run time.

#include "kernels/flip/flip_math.h"
#include "kernels/flip/flip_window.h"

namespace fg::cpu {

inline constexpr int kFlipTileColumns = 128, kFlipTileRows = 64;
inline constexpr int kFlipLine = kFlipTileColumns + 2 * kMaxFlipRadius;  // columns with their neighbours

// A line of three colours; what is in them changes from step to step.
struct FlipLine {
  float plane[3][kFlipLine];
};

using FlipFilteredRow = float[kRowPlanes][kFlipTileColumns];

// What the eye has of a pixel.
enum FlipSeenPlane { kSeenL, kSeenA, kSeenB, kSeenEdge, kSeenPoint, kSeenPlanes };
using FlipSeenRow = float[kSeenPlanes][kFlipTileColumns];

// In place, of the first `count` columns: sRGB codes 0..1, or light through a tone curve, to linear RGB; that to opponents.
void decode_flip_line(FlipLine& line, int count);
void tone_map_flip_line(const flip::ToneCurve& curve, float gain, FlipLine& line, int count);
void make_flip_opponents(FlipLine& line, int count);

// All columns of a tile, from opponents with `radius` neighbours on each side.
void filter_flip_row(const FlipLine& opponents, const FlipTaps& taps, FlipFilteredRow& row);

// Down the columns: rows[0 .. 2 radius], the middle one is the row that is seen.
void see_flip_row(const FlipFilteredRow* const* rows, const FlipTaps& taps, FlipSeenRow& seen);

// Of the first `count` columns.
void flip_errors(const FlipSeenRow& test, const FlipSeenRow& reference, int count, float* errors);

}  // namespace fg::cpu
