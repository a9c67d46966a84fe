// The fast reader of the common kinds of PNG; libspng reads the others.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/io/image.h"
#include "viewer/io/image_formats.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  if (image_format(input) != ImageFormat::png) return;
  peek_image_size(write("a.png", input));
  load_deep_image(folder() / "a.png");
}

}  // namespace fg
