#pragma once
// A sum in the order of the terms, with the bits of the plain loop, on all threads of the pool. How:
// ordered_sum_math.h; on CUDA: ordered_sum_cuda.h.

#include <cstdint>

namespace fg::cpu {

// start + terms[0] + terms[1] + ..., each addition rounded.
double ordered_sum(double start, const double* terms, std::int64_t count);

}  // namespace fg::cpu
