// The markers of a JPEG up to its frame header, and the EXIF orientation; libjpeg-turbo reads the rest.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/image_formats.h"

namespace fg {

void fuzz::run(Input input) {
  jpeg_size("a.jpg", input);
  jpeg_orientation("a.jpg", input);
}

}  // namespace fg
