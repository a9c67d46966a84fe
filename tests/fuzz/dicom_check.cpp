// The walk over the elements of a DICOM file before a library reads it, and on to its end for the tags.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/error.h"
#include "viewer/io/dicom_elements.h"
#include "viewer/io/volume_readers.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const auto file = write("a.dcm", input);
  dicom::Walker walker(file);
  try {
    while (const auto element = walker.next()) {
      walker.text(*element);
      walker.number(*element);
    }
  } catch (const Failure&) {
    // check_dicom() may stop before the place of the damage.
  }
  volumes::check_dicom(file);
}

}  // namespace fg
