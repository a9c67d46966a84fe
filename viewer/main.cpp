// framegauge: parses, dispatches, returns. Each subcommand is a file of viewer/commands.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "framegauge/framegauge.h"
#include "viewer/commands/commands.h"
#include "viewer/error.h"
#include "viewer/io/quotable.h"
#include "viewer/report/near_names.h"

namespace {

// " COMMAND" of the command that was given, or "".
std::string command_given(const CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  return given.empty() ? "" : " " + given.front()->get_name();
}

// "" or why the first word is no command. CLI11 would only say that a subcommand is required.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return {};
  return std::string("there is no command '") + argv[1] + "'; choose from " + fg::listed(names, names.size());
}

int complain(const std::string& sentence, fg::ExitCode code) {
  std::fprintf(stderr, "framegauge: %s\n", fg::on_one_line(sentence).c_str());
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Scores every frame of a renderer against the ground truth, and shows where they differ."};
  app.set_version_flag("--version", std::string("framegauge ") + fg_version());
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 pass, 1 a threshold was missed, 2 usage, 3 sizes or shapes differ, 4 an input cannot be "
      "read,\n"
      "5 device or internal error. 'framegauge COMMAND --help' has an example of each command.");
  int exit_code = 0;
  fg::add_commands(app, exit_code);
  if (const std::string problem = unknown_command(app, argc, argv); !problem.empty())
    return complain(problem, fg::ExitCode::usage);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return complain(std::string(e.what()) + "; see 'framegauge" + command_given(app) + " --help'",
                    fg::ExitCode::usage);
  } catch (const fg::Failure& e) {
    return complain(e.what(), e.code);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", fg::ExitCode::internal);
  } catch (const std::exception& e) {
    return complain(e.what(), fg::ExitCode::internal);
  }
  return exit_code;
}
