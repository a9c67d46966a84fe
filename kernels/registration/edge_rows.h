#pragma once
// The vector half of edges on CPU. Compiled for every instruction set, the best one is taken at run time.

namespace fg::cpu {

// to[i] = sum over k < count of weight[k] rows[k][i].
void weigh_rows(const float* const* rows, const float* weight, int count, int columns, float* to);

}  // namespace fg::cpu
