// COLMAP models, binary: cameras.bin and images.bin.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const Parts parts = split(input);
  write("cameras.bin", parts.first);
  write("images.bin", parts.second);
  read_colmap(folder());
}

}  // namespace fg
