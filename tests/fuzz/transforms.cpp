// transforms.json of nerfstudio and Blender.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  read_transforms(write("transforms.json", input));
}

}  // namespace fg
