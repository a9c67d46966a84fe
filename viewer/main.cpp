// framegauge: parses, dispatches, returns. Each subcommand is a file of viewer/commands.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "framegauge/framegauge.h"
#include "viewer/commands/commands.h"
#include "viewer/error.h"

namespace {

int complain(const std::string& sentence, fg::ExitCode code) {
  std::fprintf(stderr, "framegauge: %s\n", sentence.c_str());
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return complain(std::string(e.what()) + "; see 'framegauge --help'", fg::ExitCode::usage);
  } catch (const fg::Failure& e) {
    return complain(e.what(), e.code);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", fg::ExitCode::internal);
  } catch (const std::exception& e) {
    return complain(e.what(), fg::ExitCode::internal);
  }
  return exit_code;
}
