// Geometry files of radiographs.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/commands/drr_geometry_file.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  load_drr_geometry(write("geometry.json", input), {0, 0, 0});
  load_drr_geometry(folder() / "geometry.json");
}

}  // namespace fg
