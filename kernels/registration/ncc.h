#pragma once
// Normalised cross-correlation of x and y, of the whole image, of its patches, or a weighted sum of several sizes of them,
// with its gradient.
//
//   ncc = cov(x, y) / sqrt((var(x) + eps) (var(y) + eps))      moments of a patch divided by its number of pixels
//   score = sum_s weight_s  mean over the patches of size s of ncc
// The conventions are nanodrr's: z-scores with the population's variance + eps, the mean of their products, patches that
// lie inside, one beside the other by one pixel. With a mask, moments are weighted, and patches by what they show:
//   score_s = sum_k W_k ncc_k / sum_k W_k      W_k: the sum of the weights in patch k
// Departures, on purpose: sides shorter than a patch are taken whole, and patches whose variance is no more than 1e-12 of
// their mean square about the plane's centre (similarity.h), the rounding of float32, count as constant.

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/registration/similarity.h"

namespace fg {

inline constexpr int kMaxNccScales = 8;

struct NccScale {
  std::int32_t patch = 0;  // pixels a side; 0: the whole image
  double weight = 1;
};

struct Ncc {
  SimilarImages images;
  int scales = 1;
  std::array<NccScale, kMaxNccScales> scale{};
  double eps = 1e-7;
};

namespace cpu {
std::size_t ncc_scratch_bytes(const Ncc& op);
void ncc(const Ncc& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // device pointers, no allocation, no wait
std::size_t ncc_scratch_bytes(const Ncc& op);
void ncc(const Ncc& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
