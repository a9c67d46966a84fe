// NumPy arrays.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/image.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  load_npy(write("a.npy", input));
}

}  // namespace fg
