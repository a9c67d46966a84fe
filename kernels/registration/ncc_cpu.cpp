// NCC on CPU. A scale of the whole image is two walks over rows: moments, then the gradient. A scale of patches is two walks
// over tiles: the sums over patches make scores and the terms of the gradient, and the sums of these over the patches that
// hold a pixel make its gradient.

#include "kernels/registration/ncc.h"

#include <algorithm>
#include <cstdint>

#include "kernels/core/pieces.h"
#include "kernels/registration/ncc_rows.h"
#include "kernels/registration/similarity_cpu.h"

namespace fg::cpu {
namespace {

constexpr int kTileRows = 32, kTileColumns = 128;
constexpr std::int64_t kSlots = 16;  // jobs that walk over tiles, each with working memory
constexpr std::int64_t kPixelsAtOnce = std::int64_t{1} << 22;  // whose terms are kept between the walks

// How many of the kNccTermMaps maps are kept.
int kept_maps(const SimilarImages& images) {
  return 1 + (images.wants_x() ? 2 : 0) + (images.wants_y() ? 2 : 0);
}

struct Tiles {
  int rows, columns;
  std::int64_t down, across;

  // Of a plane of this extent, walked with patches: no tile is smaller than what it sees beyond its borders.
  Tiles(int height, int width, const NccPatches& patches)
      : rows(std::min(height, std::max(kTileRows, patches.height))),
        columns(std::min(width, std::max(kTileColumns, patches.width))),
        down((height + rows - 1) / rows),
        across((width + columns - 1) / columns) {}
  std::int64_t count() const { return down * across; }
};

struct Tile {
  int row, column, rows, columns;
};
Tile tile_at(const Tiles& tiles, std::int64_t index, int height, int width) {
  Tile tile;
  tile.row = static_cast<int>(index / tiles.across) * tiles.rows;
  tile.column = static_cast<int>(index % tiles.across) * tiles.columns;
  tile.rows = std::min(tiles.rows, height - tile.row);
  tile.columns = std::min(tiles.columns, width - tile.column);
  return tile;
}

// The working memory of a walk over tiles.
struct Slot {
  float* copies[4];  // of rows
  double *line[kNccPlanes], *line_buffers[2];
  double *rows[kNccPlanes], *row_buffers[2];  // sums along rows
  double *sums[kNccPlanes], *scores;

  Slot(Pieces& pieces, const Tiles& tiles, const NccPatches& patches) {
    const std::int64_t columns = tiles.columns, line_length = columns + patches.width - 1;
    const std::int64_t rows_length = (tiles.rows + patches.height - 1) * columns;
    for (float*& copy : copies) copy = pieces.take<float>(line_length);
    for (double*& p : line) p = pieces.take<double>(line_length);
    for (double*& p : line_buffers) p = pieces.take<double>(line_length);
    for (double*& p : rows) p = pieces.take<double>(rows_length);
    for (double*& p : row_buffers) p = pieces.take<double>(rows_length);
    for (double*& p : sums) p = pieces.take<double>(tiles.rows * columns);
    scores = pieces.take<double>(columns);
  }
};

// One scale: its patches and tiles, and where its numbers lie in the scratch.
struct ScaleMemory {
  NccPatches patches;
  Tiles patch_tiles, pixel_tiles;  // over the patches, by their first pixels, and over the image
  std::int64_t planes_at_once;
  NccSums* bands = nullptr;     // [planes, bands] of the whole image
  double* tile_sums = nullptr;  // [planes at once, tiles, 2]
  double* maps = nullptr;       // [planes at once, wanted terms, patches]
  char* slots = nullptr;
  std::size_t slot_bytes = 0, size_bytes = 0;

  ScaleMemory(const Ncc& op, const NccScale& scale, void* data)
      : patches(ncc_patches(op.images.x.height, op.images.x.width, scale.patch)),
        patch_tiles(patches.down, patches.across, patches),
        pixel_tiles(op.images.x.height, op.images.x.width, patches) {
    const ImageView<const float>& x = op.images.x;
    planes_at_once =
        std::clamp<std::int64_t>(kPixelsAtOnce / (std::int64_t{x.height} * x.width), 1, x.planes());
    Pieces pieces(data);
    if (patches.whole()) {
      bands = pieces.take<NccSums>(x.planes() * bands_of(x));
    } else {
      tile_sums = pieces.take<double>(planes_at_once * patch_tiles.count() * 2);
      if (op.images.wants_gradient())
        maps = pieces.take<double>(planes_at_once * kept_maps(op.images) * patches.count());
      Pieces slot(nullptr);
      Slot(slot, larger(patch_tiles, pixel_tiles), patches);
      slot_bytes = slot.used_bytes();
      slots = pieces.take<char>(kSlots * static_cast<std::int64_t>(slot_bytes));
    }
    size_bytes = pieces.used_bytes();
  }
  Slot slot(std::int64_t index) const {
    Pieces pieces(slots + index * static_cast<std::int64_t>(slot_bytes));
    return Slot(pieces, larger(patch_tiles, pixel_tiles), patches);
  }
  // A term of a plane, null where no gradient needs it.
  double* map(const SimilarImages& images, std::int64_t plane, int term) const {
    const bool of_y = term > 2;
    if (maps == nullptr || (term > 0 && !(of_y ? images.wants_y() : images.wants_x()))) return nullptr;
    const int place = of_y && !images.wants_x() ? term - 2 : term;
    return maps + ((plane % planes_at_once) * kept_maps(images) + place) * patches.count();
  }

 private:
  static Tiles larger(Tiles a, const Tiles& b) {
    a.rows = std::max(a.rows, b.rows);
    a.columns = std::max(a.columns, b.columns);
    return a;
  }
};

struct NccMemory {
  NccResult* results;  // [planes], of the scale that is worked on
  double* scores;      // [planes]
  void* scale;
  std::size_t size_bytes;

  NccMemory(const Ncc& op, void* data) {
    Pieces pieces(data);
    results = pieces.take<NccResult>(op.images.x.planes());
    scores = pieces.take<double>(op.images.x.planes());
    std::size_t largest = 0;
    for (int s = 0; s < op.scales; ++s)
      largest = std::max(largest, ScaleMemory(op, op.scale[static_cast<std::size_t>(s)], nullptr).size_bytes);
    scale = pieces.take<char>(static_cast<std::int64_t>(largest));
    size_bytes = pieces.used_bytes();
  }
};

// A plane of the pair with its centres.
struct CentredPlane {
  PairPlane planes;
  double x_centre, y_centre;

  CentredPlane(const Ncc& op, std::int64_t plane)
      : planes(op.images, plane),
        x_centre(centre_of(planes.x, planes.mask)),
        y_centre(centre_of(planes.y, planes.mask)) {}
  NccLine line(int row, int column, int count, float* const* copies) const {
    const PairLine line = planes.line(row, column, count, copies);
    return {line.x, line.y, line.mask, x_centre, y_centre};
  }
};

double scale_of(const Ncc& op, double scale_weight, std::int64_t plane, const NccResult& result) {
  return scale_weight * slope_scale(op.images, plane, result.score, result.weight);
}

// body(slope, gradient plane) for each gradient that is wanted; the terms of slope are left to body.
template <class Body>
void for_gradients(const Ncc& op, const CentredPlane& pair, std::int64_t plane, double scale, bool adds,
                   const Body& body) {
  NccSlope slope{};
  slope.scale = scale;
  slope.adds = adds;
  if (op.images.wants_x()) {
    slope.own_centre = pair.x_centre;
    slope.other_centre = pair.y_centre;
    body(slope, op.images.x_gradient.plane(plane), false);
  }
  if (op.images.wants_y()) {
    slope.own_centre = pair.y_centre;
    slope.other_centre = pair.x_centre;
    body(slope, op.images.y_gradient.plane(plane), true);
  }
}

// Part of a row of a gradient, once the terms of the slope are there.
void write_row(const NccLine& line, NccSlope slope, bool of_y, const PlaneView<float>& gradient, int row,
               int column, int count, int term_step, float* apart) {
  slope.own = of_y ? line.y : line.x;
  slope.other = of_y ? line.x : line.y;
  slope.mask = line.mask;
  if (slope.adds) take_row(gradient, row, column, count, apart);
  write_ncc_gradient(slope, count, term_step, row_target(gradient, row, column, apart));
  put_row(gradient, row, column, count, apart);
}

// ---- the whole image ----

void measure_whole(const Ncc& op, const ScaleMemory& memory, NccResult* results) {
  const ImageView<const float>& x = op.images.x;
  const std::int64_t bands = bands_of(x);
  parallel_for(x.planes() * bands, [&](std::int64_t job) {
    const CentredPlane pair(op, job / bands);
    float copy[3][kRun];
    float* const copies[] = {copy[0], copy[1], copy[2]};
    NccLanes lanes;
    for_runs(x, job % bands, [&](int row, int column, int count) {
      add_ncc_moments(pair.line(row, column, count, copies), count, lanes);
    });
    memory.bands[job] = lanes.total();
  });
  for (std::int64_t plane = 0; plane < x.planes(); ++plane) {
    NccSums sums;
    for (std::int64_t band = 0; band < bands; ++band) {
      const NccSums& part = memory.bands[plane * bands + band];
      sums.weight += part.weight;
      sums.x += part.x;
      sums.y += part.y;
      sums.xx += part.xx;
      sums.yy += part.yy;
      sums.xy += part.xy;
    }
    const NccTerms terms = ncc_terms(sums, op.eps);
    results[plane] = {terms, sums.weight, terms.score};
  }
}

void spread_whole(const Ncc& op, double scale_weight, bool adds, const NccResult* results) {
  const ImageView<const float>& x = op.images.x;
  const std::int64_t bands = bands_of(x);
  parallel_for(x.planes() * bands, [&](std::int64_t job) {
    const std::int64_t plane = job / bands;
    const CentredPlane pair(op, plane);
    const NccTerms& terms = results[plane].terms;
    float copy[4][kRun];
    float* const copies[] = {copy[0], copy[1], copy[2]};
    for_runs(x, job % bands, [&](int row, int column, int count) {
      const NccLine line = pair.line(row, column, count, copies);
      for_gradients(op, pair, plane, scale_of(op, scale_weight, plane, results[plane]), adds,
                    [&](NccSlope slope, const PlaneView<float>& gradient, bool of_y) {
                      slope.both = &terms.both;
                      slope.of = of_y ? &terms.of_y : &terms.of_x;
                      slope.at = of_y ? &terms.at_y : &terms.at_x;
                      write_row(line, slope, of_y, gradient, row, column, count, 0, copy[3]);
                    });
    });
  });
}

// ---- patches ----

// walk(slot, job) for each job, by kSlots walkers.
template <class Walk>
void walk_tiles(const ScaleMemory& memory, std::int64_t jobs, const Walk& walk) {
  parallel_for(std::min(kSlots, jobs), [&](std::int64_t index) {
    const Slot slot = memory.slot(index);
    for (std::int64_t job = index; job < jobs; job += kSlots) walk(slot, job);
  });
}

// Scores, weights and terms of the patches that begin in a tile.
void measure_tile(const Ncc& op, const ScaleMemory& memory, const Slot& slot, std::int64_t plane,
                  const Tile& tile, double* tile_sums) {
  const CentredPlane pair(op, plane);
  const NccPatches& patches = memory.patches;
  const int first = pair.planes.mask.data == nullptr ? 1 : 0;  // plane 0 is the weights
  const int seen_rows = tile.rows + patches.height - 1, seen_columns = tile.columns + patches.width - 1;
  for (int r = 0; r < seen_rows; ++r) {
    split_ncc_moments(pair.line(tile.row + r, tile.column, seen_columns, slot.copies), seen_columns,
                      slot.line);
    for (int p = first; p < kNccPlanes; ++p)
      window_sums(slot.line[p], tile.columns, patches.width, 1, slot.line_buffers,
                  slot.rows[p] + std::int64_t{r} * tile.columns);
  }
  for (int p = first; p < kNccPlanes; ++p)
    window_sums(slot.rows[p], std::int64_t{tile.rows} * tile.columns, patches.height, tile.columns,
                slot.row_buffers, slot.sums[p]);
  const double weight = static_cast<double>(patches.height) * patches.width;
  tile_sums[0] = tile_sums[1] = 0;
  for (int r = 0; r < tile.rows; ++r) {
    const double* sums[kNccPlanes];
    double* maps[kNccTermMaps];
    for (int p = 0; p < kNccPlanes; ++p) sums[p] = slot.sums[p] + std::int64_t{r} * tile.columns;
    if (first == 1) sums[0] = nullptr;
    for (int term = 0; term < kNccTermMaps; ++term) {
      double* const map = memory.map(op.images, plane, term);
      maps[term] = map == nullptr ? slot.line_buffers[term % 2]  // where nobody looks
                                  : map + std::int64_t{tile.row + r} * patches.across + tile.column;
    }
    add_ncc_scores(sums, weight, op.eps, tile.columns, memory.maps == nullptr ? nullptr : maps, slot.scores,
                   tile_sums);
  }
}

// The sum of a term over the patches that hold each pixel of a tile.
void spread_term(const ScaleMemory& memory, const Slot& slot, const double* map, const Tile& tile,
                 double* to) {
  const NccPatches& patches = memory.patches;
  const int seen_rows = tile.rows + patches.height - 1, seen_columns = tile.columns + patches.width - 1;
  const int first_row = tile.row - patches.height + 1, first_column = tile.column - patches.width + 1;
  const int from = std::max(first_column, 0), end = std::min(first_column + seen_columns, patches.across);
  for (int r = 0; r < seen_rows; ++r) {
    double* const line = slot.line[0];
    double* const sums = slot.rows[0] + std::int64_t{r} * tile.columns;
    const int row = first_row + r;
    if (row < 0 || row >= patches.down) {
      std::fill(sums, sums + tile.columns, 0.0);
      continue;
    }
    const double* terms = map + std::int64_t{row} * patches.across;
    std::fill(line, line + (from - first_column), 0.0);
    std::copy(terms + from, terms + end, line + (from - first_column));
    std::fill(line + (end - first_column), line + seen_columns, 0.0);
    window_sums(line, tile.columns, patches.width, 1, slot.line_buffers, sums);
  }
  window_sums(slot.rows[0], std::int64_t{tile.rows} * tile.columns, patches.height, tile.columns,
              slot.row_buffers, to);
}

void spread_tile(const Ncc& op, const ScaleMemory& memory, const Slot& slot, std::int64_t plane,
                 const Tile& tile, double scale, bool adds) {
  const CentredPlane pair(op, plane);
  for (int term = 0; term < kNccTermMaps; ++term)
    if (const double* const map = memory.map(op.images, plane, term); map != nullptr)
      spread_term(memory, slot, map, tile, slot.sums[term]);
  for (int r = 0; r < tile.rows; ++r) {
    const std::int64_t at = std::int64_t{r} * tile.columns;
    const NccLine line = pair.line(tile.row + r, tile.column, tile.columns, slot.copies);
    for_gradients(
        op, pair, plane, scale, adds, [&](NccSlope slope, const PlaneView<float>& gradient, bool of_y) {
          slope.both = slot.sums[0] + at;
          slope.of = slot.sums[of_y ? 3 : 1] + at;
          slope.at = slot.sums[of_y ? 4 : 2] + at;
          write_row(line, slope, of_y, gradient, tile.row + r, tile.column, tile.columns, 1, slot.copies[3]);
        });
  }
}

void measure_patches(const Ncc& op, const ScaleMemory& memory, double scale_weight, bool adds,
                     NccResult* results) {
  const ImageView<const float>& x = op.images.x;
  const NccPatches& patches = memory.patches;
  for (std::int64_t begin = 0; begin < x.planes(); begin += memory.planes_at_once) {
    const std::int64_t planes = std::min(memory.planes_at_once, x.planes() - begin);
    const std::int64_t patch_tiles = memory.patch_tiles.count(), pixel_tiles = memory.pixel_tiles.count();
    walk_tiles(memory, planes * patch_tiles, [&](const Slot& slot, std::int64_t job) {
      measure_tile(op, memory, slot, begin + job / patch_tiles,
                   tile_at(memory.patch_tiles, job % patch_tiles, patches.down, patches.across),
                   memory.tile_sums + 2 * job);
    });
    for (std::int64_t plane = 0; plane < planes; ++plane) {
      double weight = 0, score = 0;
      for (std::int64_t job = plane * patch_tiles; job < (plane + 1) * patch_tiles; ++job) {
        weight += memory.tile_sums[2 * job];
        score += memory.tile_sums[2 * job + 1];
      }
      results[begin + plane] = {{}, weight, weight > 0 ? score / weight : score};
    }
    if (!op.images.wants_gradient()) continue;
    walk_tiles(memory, planes * pixel_tiles, [&](const Slot& slot, std::int64_t job) {
      const std::int64_t plane = begin + job / pixel_tiles;
      spread_tile(op, memory, slot, plane, tile_at(memory.pixel_tiles, job % pixel_tiles, x.height, x.width),
                  scale_of(op, scale_weight, plane, results[plane]), adds);
    });
  }
}

}  // namespace

std::size_t ncc_scratch_bytes(const Ncc& op) { return NccMemory(op, nullptr).size_bytes; }

void ncc(const Ncc& op, Scratch scratch) {
  const NccMemory memory(op, scratch.data);
  const std::int64_t planes = op.images.x.planes();
  std::fill(memory.scores, memory.scores + planes, 0.0);
  for (int s = 0; s < op.scales; ++s) {
    const NccScale& scale = op.scale[static_cast<std::size_t>(s)];
    const ScaleMemory of_scale(op, scale, memory.scale);
    if (of_scale.patches.whole()) {
      measure_whole(op, of_scale, memory.results);
      if (op.images.wants_gradient()) spread_whole(op, scale.weight, s > 0, memory.results);
    } else {
      measure_patches(op, of_scale, scale.weight, s > 0, memory.results);
    }
    for (std::int64_t plane = 0; plane < planes; ++plane)
      memory.scores[plane] += scale.weight * memory.results[plane].score;
  }
  write_scores(op.images, memory.scores);
}

}  // namespace fg::cpu
