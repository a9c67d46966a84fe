// libvmaf's float SSIMs on CPU, plane by plane: the planes as floats, each level's blocks on all threads, then
// the next level.

#include <algorithm>
#include <cstdint>

#include "kernels/core/parallel_for.h"
#include "kernels/ssim/vmaf_ssim.h"
#include "kernels/ssim/vmaf_ssim_rows.h"

namespace fg::cpu {
namespace {

using namespace vmaf_rows;
using vmaf::kWindow;
using vmaf::LevelSums;

constexpr int kBlockRows = 64;  // with 10 rows of halo

struct Blocks {
  std::int64_t across, down;

  template <class T>
  Blocks(const VmafSsim<T>& op, int level)
      : across((op.result_width(level) + kColumns - 1) / kColumns),
        down((op.result_height(level) + kBlockRows - 1) / kBlockRows) {}
  std::int64_t count() const { return across * down; }
};

// What scratch holds: the two planes of the level and of the next, a double for each column of each row of the
// next, sums of blocks. The largest level is the first.
template <class T>
struct Work {
  std::int64_t pixels[2], next_rows;
  LevelSums* sums;
  double* lines;
  float* planes[2][2];  // [level % 2][x, y]
  std::size_t bytes;

  Work(const VmafSsim<T>& op, void* memory) {
    for (int i = 0; i < 2; ++i) pixels[i] = i < op.levels ? std::int64_t{op.height(i)} * op.width(i) : 0;
    next_rows = op.levels > 1 ? op.height(1) : 0;
    char* at = static_cast<char*>(memory);
    const auto take = [&](std::int64_t count, std::size_t size) {
      char* const begin = at;
      at += static_cast<std::size_t>(count) * size;
      return begin;
    };
    sums = reinterpret_cast<LevelSums*>(take(Blocks(op, 0).count(), sizeof(LevelSums)));
    lines = reinterpret_cast<double*>(take(next_rows * op.width(0), sizeof(double)));
    for (int i = 0; i < 2; ++i)
      for (int image = 0; image < 2; ++image)
        planes[i][image] = reinterpret_cast<float*>(take(pixels[i], sizeof(float)));
    bytes = static_cast<std::size_t>(at - static_cast<char*>(memory));
  }
};

template <class T>
void load_row(const PlaneView<const T>& plane, float unit, int scale, int row, int width, float* out) {
  if (scale == 1) {
    const T* const from = plane.row(row);
    for (int i = 0; i < width; ++i) out[i] = static_cast<float>(from[i * plane.column_stride]) * unit;
    return;
  }
  for (int i = 0; i < width; ++i) {
    std::int64_t sum = 0;
    for (int v = 0; v < scale; ++v)
      for (int u = 0; u < scale; ++u)
        sum += plane.at(vmaf::mirrored(row * scale + v - scale / 2, plane.height),
                        vmaf::mirrored(i * scale + u - scale / 2, plane.width));
    out[i] = static_cast<float>(static_cast<double>(sum) * static_cast<double>(unit) / (scale * scale));
  }
}

LevelSums block_sums(const float* x, const float* y, std::int64_t width, int first_row, int rows,
                     int first_column, int columns) {
  RowMoments ring[kWindow];
  LevelSums sums{};
  for (int step = 0; step < rows + kWindow - 1; ++step) {
    const std::int64_t at = (first_row + step) * width + first_column;
    filter_row(x + at, y + at, columns, ring[step % kWindow]);
    if (step < kWindow - 1) continue;
    const RowMoments* window[kWindow];
    for (int k = 0; k < kWindow; ++k) window[k] = &ring[(step + 1 + k) % kWindow];
    const LevelSums row = combine_rows(window, columns);
    sums.ssim += row.ssim;
    sums.l += row.l;
    sums.c += row.c;
    sums.s += row.s;
  }
  return sums;
}

template <class T>
LevelSums level_sums(const VmafSsim<T>& op, const Work<T>& work, int level) {
  const Blocks blocks(op, level);
  const int height = op.result_height(level), width = op.result_width(level);
  parallel_for(blocks.count(), [&](std::int64_t block) {
    const int row = static_cast<int>(block / blocks.across) * kBlockRows;
    const int column = static_cast<int>(block % blocks.across) * kColumns;
    work.sums[block] =
        block_sums(work.planes[level % 2][0], work.planes[level % 2][1], op.width(level), row,
                   std::min(kBlockRows, height - row), column, std::min(kColumns, width - column));
  });
  LevelSums sums{};
  for (std::int64_t block = 0; block < blocks.count(); ++block) {
    sums.ssim += work.sums[block].ssim;
    sums.l += work.sums[block].l;
    sums.c += work.sums[block].c;
    sums.s += work.sums[block].s;
  }
  return sums;
}

// Level + 1 from level.
template <class T>
void make_next_level(const VmafSsim<T>& op, const Work<T>& work, int level) {
  constexpr int kRadius = vmaf::kLowPassRadius;
  const std::int64_t height = op.height(level), width = op.width(level), next_width = op.width(level + 1);
  parallel_for(op.height(level + 1), [&](std::int64_t row) {
    for (int image = 0; image < 2; ++image) {
      const float* const from = work.planes[level % 2][image];
      const float* rows[2 * kRadius + 1];
      for (int k = -kRadius; k <= kRadius; ++k)
        rows[k + kRadius] = from + width * vmaf::mirrored(static_cast<std::int32_t>(2 * row + k),
                                                          static_cast<std::int32_t>(height));
      low_pass_row(rows, static_cast<int>(width), work.lines + row * width,
                   work.planes[(level + 1) % 2][image] + row * next_width);
    }
  });
}

template <class T>
double score_plane(const VmafSsim<T>& op, std::int64_t plane, const Work<T>& work) {
  const PlaneView<const T> x = op.x.plane(plane), y = op.y.plane(plane);
  const float unit = vmaf::code_unit(op.bits);
  const int width = op.width(0);
  parallel_for(op.height(0), [&](std::int64_t row) {
    load_row(x, unit, op.scale, static_cast<int>(row), width, work.planes[0][0] + row * width);
    load_row(y, unit, op.scale, static_cast<int>(row), width, work.planes[0][1] + row * width);
  });
  LevelSums sums[vmaf::kLevels];
  double pixels[vmaf::kLevels], lcs[3 * vmaf::kLevels];
  for (int level = 0; level < op.levels; ++level) {
    if (level > 0) make_next_level(op, work, level - 1);
    sums[level] = level_sums(op, work, level);
    pixels[level] = static_cast<double>(op.result_height(level)) * op.result_width(level);
  }
  const double score = vmaf::score(sums, pixels, op.levels, lcs);
  if (op.lcs.data != nullptr)
    for (int i = 0; i < 3 * op.levels; ++i) op.lcs.at(plane, i) = lcs[i];
  return score;
}

}  // namespace

template <class T>
std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<T>& op) {
  return Work<T>(op, nullptr).bytes;
}

template <class T>
void vmaf_ssim(const VmafSsim<T>& op, Scratch scratch) {
  const Work<T> work(op, scratch.data);
  double total = 0;
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    const double score = score_plane(op, plane, work);
    if (op.scores.data != nullptr) op.scores.at(plane, 0) = score;
    total += score;
  }
  if (op.mean != nullptr) *op.mean = total / static_cast<double>(op.x.planes());
}

template std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<std::uint8_t>&);
template std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<std::uint16_t>&);
template void vmaf_ssim(const VmafSsim<std::uint8_t>&, Scratch);
template void vmaf_ssim(const VmafSsim<std::uint16_t>&, Scratch);

}  // namespace fg::cpu
