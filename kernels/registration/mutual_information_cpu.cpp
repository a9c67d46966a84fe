// Mutual information on CPU: ranges, then histograms, each job its own, added in order, then the gradient by a table of
// logarithms.

#include <algorithm>
#include <limits>

#include "kernels/core/pieces.h"
#include "kernels/registration/mutual_information_math.h"
#include "kernels/registration/similarity_cpu.h"

namespace fg::cpu {
namespace {

constexpr std::int64_t kHistogramsAtOnce = 16;  // of a plane
constexpr std::int64_t kBytesAtOnce = std::int64_t{1}
                                      << 27;  // of histograms; what holds those of a plane at least

// What a job saw of its rows.
struct Seen {
  ValueRange x{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  ValueRange y = x;
  double weight = 0;
  double poison = 0;  // a NaN where a sample or weight is not finite

  void add(double x_sample, double y_sample, double sample_weight) {
    x.low = std::min(x.low, x_sample);
    x.high = std::max(x.high, x_sample);
    y.low = std::min(y.low, y_sample);
    y.high = std::max(y.high, y_sample);
    weight += sample_weight;
    poison += (x_sample - x_sample) + (y_sample - y_sample) + (sample_weight - sample_weight);
  }
  void add(const Seen& other) {
    x = {std::min(x.low, other.x.low), std::max(x.high, other.x.high)};
    y = {std::min(y.low, other.y.low), std::max(y.high, other.y.high)};
    weight += other.weight;
    poison += other.poison;
  }
};

struct PlaneBins {
  BinScale x, y;
  double weight, score;
};

struct InformationMemory {
  std::int64_t parts;  // jobs of a plane, each with a histogram
  std::int64_t cells;
  Seen* seen;            // [planes, parts]
  PlaneBins* planes;     // [planes]
  double* scores;        // [planes]
  std::int64_t at_once;  // planes
  double* histograms;  // [planes at once, parts, cells]; the first of a plane becomes its table of logarithms
  double* sums;        // [planes at once, 2, bins]
  std::size_t size_bytes;

  InformationMemory(const MutualInformation& op, void* data)
      : parts(std::min(bands_of(op.images.x), kHistogramsAtOnce)), cells(std::int64_t{op.bins} * op.bins) {
    const std::int64_t count = op.images.x.planes();
    Pieces pieces(data);
    seen = pieces.take<Seen>(count * parts);
    planes = pieces.take<PlaneBins>(count);
    scores = pieces.take<double>(count);
    at_once =
        std::clamp<std::int64_t>(kBytesAtOnce / (parts * cells * static_cast<std::int64_t>(sizeof(double))),
                                 1, std::max<std::int64_t>(1, count));
    histograms = pieces.take<double>(at_once * parts * cells);
    sums = pieces.take<double>(at_once * 2 * op.bins);
    size_bytes = pieces.used_bytes();
  }
  double* histograms_of(std::int64_t plane) const { return histograms + plane % at_once * parts * cells; }
};

// body(line, row, column, count) for the runs of a part of a plane: every parts-th band.
template <class Body>
void for_lines(const MutualInformation& op, const InformationMemory& memory, std::int64_t job,
               const Body& body) {
  const PairPlane pair(op.images, job / memory.parts);
  float copy[3][kRun];
  float* const copies[] = {copy[0], copy[1], copy[2]};
  for (std::int64_t band = job % memory.parts; band < bands_of(op.images.x); band += memory.parts)
    for_runs(op.images.x, band, [&](int row, int column, int count) {
      body(pair.line(row, column, count, copies), row, column, count);
    });
}

// body(i, x, y, weight) for the samples of a line that are seen.
template <class Body>
void for_seen(const PairLine& line, int count, const Body& body) {
  for (int i = 0; i < count; ++i) {
    const double weight = line.mask == nullptr ? 1.0 : static_cast<double>(line.mask[i]);
    if (weight > 0) body(i, static_cast<double>(line.x[i]), static_cast<double>(line.y[i]), weight);
  }
}

void find_ranges(const MutualInformation& op, const InformationMemory& memory) {
  const std::int64_t planes = op.images.x.planes();
  parallel_for(planes * memory.parts, [&](std::int64_t job) {
    Seen seen;
    for_lines(op, memory, job, [&](const PairLine& line, int, int, int count) {
      for_seen(line, count, [&](int, double x, double y, double weight) { seen.add(x, y, weight); });
    });
    memory.seen[job] = seen;
  });
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    Seen seen;
    for (std::int64_t part = 0; part < memory.parts; ++part)
      seen.add(memory.seen[plane * memory.parts + part]);
    memory.planes[plane] = {bin_scale(op.x_range.given() ? op.x_range : seen.x, op.bins),
                            bin_scale(op.y_range.given() ? op.y_range : seen.y, op.bins), seen.weight,
                            seen.poison};
  }
}

// Of the planes from `first` on, of which there are `planes`; so are those that follow.
void count(const MutualInformation& op, const InformationMemory& memory, std::int64_t first,
           std::int64_t planes) {
  parallel_for(planes * memory.parts, [&](std::int64_t index) {
    const std::int64_t job = first * memory.parts + index;
    double* const histogram = memory.histograms_of(job / memory.parts) + job % memory.parts * memory.cells;
    std::fill(histogram, histogram + memory.cells, 0.0);
    const PlaneBins bins = memory.planes[job / memory.parts];
    if (bins.score != bins.score) return;  // a NaN has no bin
    for_lines(op, memory, job, [&](const PairLine& line, int, int, int samples) {
      for_seen(line, samples, [&](int, double x, double y, double weight) {
        const ParzenWindow of_x = parzen_window(bins.x, x), of_y = parzen_window(bins.y, y);
        double* const corner = histogram + of_x.first * op.bins + of_y.first;
        for (int a = 0; a < 4; ++a)
          for (int b = 0; b < 4; ++b) corner[a * op.bins + b] += weight * of_x.weight[a] * of_y.weight[b];
      });
    });
  });
}

// The score of a plane; its first histogram becomes the table.
double measure_plane(const MutualInformation& op, const InformationMemory& memory, std::int64_t plane) {
  const PlaneBins& bins = memory.planes[plane];
  double* const table = memory.histograms_of(plane);
  double* const x_sums = memory.sums + plane % memory.at_once * 2 * op.bins;
  double* const y_sums = x_sums + op.bins;
  std::fill(x_sums, x_sums + std::ptrdiff_t{2} * op.bins, 0.0);
  for (std::int64_t part = 1; part < memory.parts; ++part)
    for (std::int64_t cell = 0; cell < memory.cells; ++cell) table[cell] += table[part * memory.cells + cell];
  for (int a = 0; a < op.bins; ++a)
    for (int b = 0; b < op.bins; ++b) {
      x_sums[a] += table[a * op.bins + b];
      y_sums[b] += table[a * op.bins + b];
    }
  double score = bins.score;  // 0, or a NaN
  for (int a = 0; a < op.bins; ++a)
    for (int b = 0; b < op.bins; ++b) {
      const BinTerm term = bin_term(table[a * op.bins + b], x_sums[a], y_sums[b], bins.weight);
      score += term.information;
      table[a * op.bins + b] = term.logarithm;
    }
  return score;
}

void spread(const MutualInformation& op, const InformationMemory& memory, std::int64_t first,
            std::int64_t planes) {
  parallel_for(planes * memory.parts, [&](std::int64_t index) {
    const std::int64_t job = first * memory.parts + index, plane = job / memory.parts;
    const PlaneBins bins = memory.planes[plane];
    const double* const table = memory.histograms_of(plane);
    const double scale = slope_scale(op.images, plane, bins.score, bins.weight);
    float apart[2][kRun];
    for_lines(op, memory, job, [&](const PairLine& line, int row, int column, int samples) {
      const PlaneView<float> to_x = op.images.x_gradient.plane(plane),
                             to_y = op.images.y_gradient.plane(plane);
      float* const slopes[] = {op.images.wants_x() ? row_target(to_x, row, column, apart[0]) : apart[0],
                               op.images.wants_y() ? row_target(to_y, row, column, apart[1]) : apart[1]};
      for (float* const slope : slopes)
        std::fill(slope, slope + samples, static_cast<float>(scale - scale));  // 0, or a NaN
      if (scale == scale)
        for_seen(line, samples, [&](int i, double x, double y, double weight) {
          const ParzenWindow of_x = parzen_window(bins.x, x), of_y = parzen_window(bins.y, y);
          const double* const corner = table + of_x.first * op.bins + of_y.first;
          double by_x = 0, by_y = 0;
          for (int a = 0; a < 4; ++a) {
            const double* const cell = corner + a * op.bins;
            double along = 0, across = 0;
            for (int b = 0; b < 4; ++b) {
              along += of_y.weight[b] * cell[b];
              across += of_y.slope[b] * cell[b];
            }
            by_x += of_x.slope[a] * along;
            by_y += of_x.weight[a] * across;
          }
          slopes[0][i] = static_cast<float>(scale * weight * by_x);
          slopes[1][i] = static_cast<float>(scale * weight * by_y);
        });
      if (op.images.wants_x()) put_row(to_x, row, column, samples, slopes[0]);
      if (op.images.wants_y()) put_row(to_y, row, column, samples, slopes[1]);
    });
  });
}

}  // namespace

std::size_t mutual_information_scratch_bytes(const MutualInformation& op) {
  return InformationMemory(op, nullptr).size_bytes;
}

void mutual_information(const MutualInformation& op, Scratch scratch) {
  const InformationMemory memory(op, scratch.data);
  find_ranges(op, memory);
  const std::int64_t all = op.images.x.planes();
  for (std::int64_t first = 0; first < all; first += memory.at_once) {
    const std::int64_t planes = std::min(memory.at_once, all - first);
    count(op, memory, first, planes);
    parallel_for(planes, [&](std::int64_t index) {
      const std::int64_t plane = first + index;
      memory.scores[plane] = memory.planes[plane].score = measure_plane(op, memory, plane);
    });
    if (op.images.wants_gradient()) spread(op, memory, first, planes);
  }
  write_scores(op.images, memory.scores);
}

}  // namespace fg::cpu
