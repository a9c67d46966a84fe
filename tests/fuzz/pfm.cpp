// PFM pictures.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/image_formats.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  pfm_size("a.pfm", input);
  decode_pfm("a.pfm", input);
}

}  // namespace fg
