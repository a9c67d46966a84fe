// COLMAP models as text: cameras.txt and images.txt.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const Parts parts = split(input);
  write("cameras.txt", parts.first);
  write("images.txt", parts.second);
  read_colmap(folder());
}

}  // namespace fg
