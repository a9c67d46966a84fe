// MetaImage volumes.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/volume_readers.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  volumes::load_metaimage(write("a.mha", input));
}

}  // namespace fg
