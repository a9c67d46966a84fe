#pragma once
#include <gtest/gtest.h>

#include "kernels/ssim/live_strip.h"

namespace fg::test {

// The blocks of a frame that is cut into Strips or Tiles meet, and none is empty or too large for its histogram.
template <class Cut>
void expect_covered_once(const Cut& cut, std::int32_t width, std::int32_t height) {
  std::int32_t row = 0;
  for (std::int32_t down = 0; down < cut.down; ++down) {
    std::int32_t column = 0;
    for (std::int32_t across = 0; across < cut.across; ++across) {
      const live::Place place = cut.place(across, down, width, height);
      EXPECT_EQ(place.row, row);
      EXPECT_EQ(place.column, column);
      EXPECT_GT(place.rows, 0);
      EXPECT_GT(place.columns, 0);
      EXPECT_LT(place.rows * place.columns, 65536);  // the histogram's 16 bits
      column += place.columns;
    }
    EXPECT_EQ(column, width);
    row += cut.place(0, down, width, height).rows;
  }
  EXPECT_EQ(row, height);
}

}  // namespace fg::test
