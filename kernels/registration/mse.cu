#include "kernels/registration/mse.h"

#include <cuda_runtime.h>

#include "kernels/core/pieces.h"
#include "kernels/registration/similarity.cuh"

namespace fg::cuda {
namespace {

struct MseTotals {
  static constexpr int kTotals = 2, kLargest = 0;  // sum w (x - y)^2, sum w
  SimilarImages images;
  double *scores, *weights;  // [planes]

  __device__ DevicePair plane(std::int64_t index) const { return {images, index}; }
  __device__ void add(const DevicePair& pair, int row, int column, Totals<2>& totals) const {
    const double weight = pair.weight_at(row, column);
    if (!(weight > 0)) return;
    const double difference =
        static_cast<double>(pair.x.at(row, column)) - static_cast<double>(pair.y.at(row, column));
    totals.value[0] += weight * difference * difference;
    totals.value[1] += weight;
  }
  __device__ void finish(std::int64_t index, const Totals<2>& totals) const {
    scores[index] = totals.value[1] > 0 ? totals.value[0] / totals.value[1] : totals.value[0];
    weights[index] = totals.value[1];
  }
};

struct MseSlope {
  struct Plane {
    DevicePair pair;
    PlaneView<float> x_gradient, y_gradient;
    double scale;
  };
  SimilarImages images;
  const double *scores, *weights;

  __device__ Plane plane(std::int64_t index) const {
    return {{images, index},
            images.x_gradient.plane(index),
            images.y_gradient.plane(index),
            2 * slope_scale(images, index, scores[index], weights[index])};
  }
  __device__ void write(const Plane& p, int row, int column) const {
    const double weight = p.pair.weight_at(row, column);
    const double difference =
        static_cast<double>(p.pair.x.at(row, column)) - static_cast<double>(p.pair.y.at(row, column));
    const float slope = static_cast<float>(weight > 0 ? p.scale * weight * difference : p.scale - p.scale);
    if (p.x_gradient.data != nullptr) p.x_gradient.at(row, column) = slope;
    if (p.y_gradient.data != nullptr) p.y_gradient.at(row, column) = -slope;
  }
};

struct MseMemory {
  Totals<2>* parts;  // [planes at once, blocks]
  double *scores, *weights;
  std::int64_t at_once;
  std::size_t size_bytes;

  MseMemory(const Mse& op, void* data) : at_once(std::min(op.images.x.planes(), kPlanesAtOnce)) {
    Pieces pieces(data);
    parts = pieces.take<Totals<2>>(at_once * blocks_of_plane(op.images.x));
    scores = pieces.take<double>(op.images.x.planes());
    weights = pieces.take<double>(op.images.x.planes());
    size_bytes = pieces.used_bytes();
  }
};

}  // namespace

std::size_t mse_scratch_bytes(const Mse& op) { return MseMemory(op, nullptr).size_bytes; }

void mse(const Mse& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const MseMemory memory(op, scratch.data);
  const SimilarImages& images = op.images;
  for_planes(images.x.planes(), memory.at_once, [&](std::int64_t first, std::int64_t planes) {
    find_totals(MseTotals{images, memory.scores, memory.weights}, images.x, memory.parts, first, planes,
                cuda_stream);
    if (images.wants_gradient())
      for_pixels(MseSlope{images, memory.scores, memory.weights}, images.x, first, planes, cuda_stream);
  });
  launch_mean_scores(images, memory.scores, cuda_stream);
}

}  // namespace fg::cuda
