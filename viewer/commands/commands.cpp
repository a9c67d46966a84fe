#include "viewer/commands/commands.h"

namespace fg {

void add_commands(CLI::App& app, int& exit_code) {
  add_view(app, exit_code);
  add_eval(app, exit_code);
  add_diff(app, exit_code);
  add_drr(app, exit_code);
  add_register(app, exit_code);
  add_bench(app, exit_code);
  add_doctor(app, exit_code);
  add_completion(app, exit_code);
  add_man(app, exit_code);
}

}  // namespace fg
