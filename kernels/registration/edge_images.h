#pragma once
// The images of edges that gradient NCC works on, a few images of the batch at a time, and the NCCs of these.

#include <algorithm>
#include <cstdint>

#include "kernels/core/pieces.h"
#include "kernels/registration/gradient_ncc.h"

namespace fg {

enum EdgeDirection { kAlongRows = 0, kAlongColumns = 1, kEdgeDirections = 2 };

// Images [first, first + count) of a batch.
template <class T>
ImageView<T> part_of(ImageView<T> view, std::int64_t first, std::int64_t count) {
  if (view.data != nullptr) view.data += first * view.batch_stride;
  view.batch = std::min(view.batch, count);
  return view;
}

struct EdgeImages {
  std::int64_t images;  // at a time
  ImageView<float> x[kEdgeDirections], y[kEdgeDirections];
  ImageView<float> x_gradient[kEdgeDirections], y_gradient[kEdgeDirections];  // by the edges, where wanted
  ImageView<float> mask;
  double* scores[kEdgeDirections];

  EdgeImages(const GradientNcc& op, Pieces& pieces, std::int64_t pixels_at_once) {
    const SimilarImages& given = op.ncc.images;
    images = std::clamp<std::int64_t>(pixels_at_once / (given.x.channels * given.x.height * given.x.width), 1,
                                      given.x.batch);
    for (int d = 0; d < kEdgeDirections; ++d) {
      x[d] = take(op, pieces);
      y[d] = take(op, pieces);
      if (given.wants_x()) x_gradient[d] = take(op, pieces);
      if (given.wants_y()) y_gradient[d] = take(op, pieces);
      scores[d] = pieces.take<double>(images);
    }
    mask = take(op, pieces);
  }
  ImageView<float> take(const GradientNcc& op, Pieces& pieces) const {
    const ImageView<const float>& given = op.ncc.images.x;
    return pieces.take_images(images, given.channels, given.height, given.width);
  }
  // How many of the images from `first` on are worked on.
  std::int64_t count(const GradientNcc& op, std::int64_t first) const {
    return std::min(images, op.ncc.images.x.batch - first);
  }
  // The NCC of their edges of one direction.
  Ncc ncc(const GradientNcc& op, int d, std::int64_t first) const {
    const std::int64_t some = count(op, first);
    Ncc edges = op.ncc;
    SimilarImages& pair = edges.images;
    pair.x = part_of(read_only(x[d]), 0, some);
    pair.y = part_of(read_only(y[d]), 0, some);
    if (pair.mask.data != nullptr) pair.mask = part_of(read_only(mask), 0, some);
    pair.scores = {scores[d], 1};
    if (pair.score_weight.data != nullptr) pair.score_weight.data += first * pair.score_weight.stride;
    pair.x_gradient = part_of(x_gradient[d], 0, some);
    pair.y_gradient = part_of(y_gradient[d], 0, some);
    for (NccScale& scale : edges.scale) scale.weight *= 0.5;  // the mean of the two
    return edges;
  }
};

}  // namespace fg
