#include "plugin/evaluator/executors/shader/bands.h"

#include <gtest/gtest.h>

namespace fg {
namespace {

TEST(bands, cover_every_row_once_with_windows_that_reach_half_a_filter_beyond) {
  for (const std::uint32_t height : {1u, 2u, 10u, 11u, 61u, 1080u, 4097u})
    for (const std::uint32_t half : {3u, 5u})
      for (const std::uint32_t most : {0u, 1u, 11u, 12u, 64u, 5000u}) {
        SCOPED_TRACE(std::to_string(height) + " rows, half " + std::to_string(half) + ", " +
                     std::to_string(most));
        std::uint32_t next = 0;
        for (const Band& band : make_bands(height, half, most)) {
          ASSERT_EQ(band.begin, next);
          ASSERT_GT(band.end, band.begin);
          ASSERT_EQ(band.window_begin, band.begin > half ? band.begin - half : 0);
          ASSERT_EQ(band.window_end, std::min(band.end + half, height));
          if (most >= 2 * half + 1) {
            ASSERT_LE(band.window_end - band.window_begin, most);
          }
          next = band.end;
        }
        ASSERT_EQ(next, height);
      }
}

}  // namespace
}  // namespace fg
