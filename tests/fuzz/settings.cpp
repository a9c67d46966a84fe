// What the window remembers.

#include "viewer/app/session/settings.h"
#include "tests/fuzz/fuzz_file.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  std::string complaint;
  const Settings settings = load_settings(write("settings.json", input), &complaint);
  save_settings(folder() / "saved.json", settings, &complaint);
}

}  // namespace fg
