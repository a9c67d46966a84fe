// The walk over the elements of a DICOM file before a library reads it.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/volume_readers.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  volumes::check_dicom(write("a.dcm", input));
}

}  // namespace fg
