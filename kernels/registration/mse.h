#pragma once
// The mean square of x - y, weighted, with its gradient.
//   score = sum w (x - y)^2 / sum w

#include <cstddef>

#include "kernels/registration/similarity.h"

namespace fg {

struct Mse {
  SimilarImages images;
};

namespace cpu {
std::size_t mse_scratch_bytes(const Mse& op);
void mse(const Mse& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // as in ncc.h
std::size_t mse_scratch_bytes(const Mse& op);
void mse(const Mse& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
