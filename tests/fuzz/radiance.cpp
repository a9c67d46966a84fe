// Radiance HDR pictures.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/image_formats.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  radiance_size("a.hdr", input);
  decode_radiance("a.hdr", input);
}

}  // namespace fg
