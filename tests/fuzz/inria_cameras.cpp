// cameras.json as the 3DGS trainer writes it.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  read_inria_cameras(write("cameras.json", input));
}

}  // namespace fg
