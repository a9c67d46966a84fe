// Raw volumes: the JSON header and the voxels.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/volume_readers.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const Parts parts = split(input);
  write("a.raw", parts.second);
  volumes::load_raw(write("a.json", parts.first));
}

}  // namespace fg
