#pragma once
// Matrices as the C interface and files have them, rows first, and as glm has them, columns first.

#include <array>
#include <glm/mat4x4.hpp>

namespace fg {

inline void write_rows(const glm::dmat4& matrix, double* rows) {  // [16]
  for (int i = 0; i < 16; ++i) rows[i] = matrix[i % 4][i / 4];
}

inline glm::dmat4 matrix_of_rows(const double* rows) {  // [16]
  glm::dmat4 matrix;
  for (int i = 0; i < 16; ++i) matrix[i % 4][i / 4] = rows[i];
  return matrix;
}

// For JSON, and for tables of rows.
inline std::array<std::array<double, 4>, 4> rows_of(const glm::dmat4& matrix) {
  std::array<std::array<double, 4>, 4> rows;
  write_rows(matrix, rows[0].data());
  return rows;
}

}  // namespace fg
