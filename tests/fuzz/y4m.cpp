// Raw video that describes itself.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/diff/inputs/raw_video.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const RawVideo video(write("a.y4m", input), std::nullopt);
  for (std::size_t i = 0; i < std::min<std::size_t>(video.frames(), 4); ++i) video.read(i);
}

}  // namespace fg
