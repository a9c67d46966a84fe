// Splats in PLY, binary and ASCII.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/scene/splats.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  load_splats(write("a.ply", input));
}

}  // namespace fg
