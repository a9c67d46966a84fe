// The mean square error on CPU: a walk over rows for the sums, another one for the gradient.

#include <algorithm>

#include "kernels/core/pieces.h"
#include "kernels/core/sum.h"
#include "kernels/registration/mse.h"
#include "kernels/registration/similarity_cpu.h"

namespace fg::cpu {
namespace {

struct MseMemory {
  double *squares, *weights;  // [planes, bands]
  double *scores, *totals;    // [planes]: scores and sums of weights
  std::size_t size_bytes;

  MseMemory(const Mse& op, void* data) {
    Pieces pieces(data);
    const std::int64_t planes = op.images.x.planes(), bands = bands_of(op.images.x);
    squares = pieces.take<double>(planes * bands);
    weights = pieces.take<double>(planes * bands);
    scores = pieces.take<double>(planes);
    totals = pieces.take<double>(planes);
    size_bytes = pieces.used_bytes();
  }
};

double weight_of(const PairLine& line, int i) {
  return line.mask == nullptr ? 1.0 : seen_weight(line.mask[i]);
}
double difference_at(const PairLine& line, int i) {
  return static_cast<double>(line.x[i]) - static_cast<double>(line.y[i]);
}

void add_squares(const PairLine& line, int count, RowSum& squares, RowSum& weights) {
  const auto add = [&](int lane, int i) {
    const double weight = weight_of(line, i), difference = difference_at(line, i);
    weights.lane[lane] += weight;
    squares.lane[lane] += weight > 0 ? weight * difference * difference : 0.0;  // unseen, it may be a NaN
  };
  int i = 0;
  for (; i + RowSum::kLanes <= count; i += RowSum::kLanes)
    for (int lane = 0; lane < RowSum::kLanes; ++lane) add(lane, i + lane);
  for (; i < count; ++i) add(i % RowSum::kLanes, i);
}

void measure(const Mse& op, const MseMemory& memory) {
  const std::int64_t bands = bands_of(op.images.x), planes = op.images.x.planes();
  parallel_for(planes * bands, [&](std::int64_t job) {
    const PairPlane pair(op.images, job / bands);
    float copy[3][kRun];
    float* const copies[] = {copy[0], copy[1], copy[2]};
    RowSum squares, weights;
    for_runs(op.images.x, job % bands, [&](int row, int column, int count) {
      add_squares(pair.line(row, column, count, copies), count, squares, weights);
    });
    memory.squares[job] = squares.total();
    memory.weights[job] = weights.total();
  });
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    const double squares = sum_in_order(memory.squares + plane * bands, bands);
    memory.totals[plane] = sum_in_order(memory.weights + plane * bands, bands);
    memory.scores[plane] = memory.totals[plane] > 0 ? squares / memory.totals[plane] : squares;
  }
}

void write_gradient(const PairLine& line, int count, double scale, float* to) {
  for (int i = 0; i < count; ++i) {
    const double weight = weight_of(line, i);
    to[i] = static_cast<float>(weight > 0 ? scale * weight * difference_at(line, i) : scale - scale);
  }
}

void spread(const Mse& op, const MseMemory& memory) {
  const std::int64_t bands = bands_of(op.images.x);
  parallel_for(op.images.x.planes() * bands, [&](std::int64_t job) {
    const std::int64_t plane = job / bands;
    const PairPlane pair(op.images, plane);
    const double scale = 2 * slope_scale(op.images, plane, memory.scores[plane], memory.totals[plane]);
    float copy[4][kRun];
    float* const copies[] = {copy[0], copy[1], copy[2]};
    for_runs(op.images.x, job % bands, [&](int row, int column, int count) {
      const PairLine line = pair.line(row, column, count, copies);
      const auto write = [&](const ImageView<float>& gradient, double signed_scale) {
        if (gradient.batch == 0) return;
        const PlaneView<float> to = gradient.plane(plane);
        write_gradient(line, count, signed_scale, row_target(to, row, column, copy[3]));
        put_row(to, row, column, count, copy[3]);
      };
      write(op.images.x_gradient, scale);
      write(op.images.y_gradient, -scale);
    });
  });
}

}  // namespace

std::size_t mse_scratch_bytes(const Mse& op) { return MseMemory(op, nullptr).size_bytes; }

void mse(const Mse& op, Scratch scratch) {
  const MseMemory memory(op, scratch.data);
  measure(op, memory);
  write_scores(op.images, memory.scores);
  if (op.images.wants_gradient()) spread(op, memory);
}

}  // namespace fg::cpu
