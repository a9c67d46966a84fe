#pragma once
#include <glm/mat4x4.hpp>

namespace fg {

// 4 x 4, rows first, as the C interface reads matrices.
inline void write_rows(const glm::dmat4& matrix, double* rows) {
  for (int i = 0; i < 16; ++i) rows[i] = matrix[i % 4][i / 4];
}

}  // namespace fg
