#include "viewer/commands/option_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/error.h"

namespace fg {

void check_background(const std::vector<float>& rgb) {
  if (!std::all_of(rgb.begin(), rgb.end(), [](float c) { return c >= 0 && c <= 1; }))
    throw Failure(ExitCode::usage, fmt::format("--background: expected three colours of 0 to 1, got {} {} {}",
                                               rgb[0], rgb[1], rgb[2]));
}

void check_heatmap_range(const std::vector<float>& range) {
  if (!std::isfinite(range[0]) || !std::isfinite(range[1]) || range[0] == range[1])
    throw Failure(ExitCode::usage,
                  fmt::format("--range: expected two different values of the map, the worst and the best, "
                              "such as 0 1; got {} {}",
                              range[0], range[1]));
}

FgExecutor executor_named(const std::string& name) {
  for (const FgExecutor e : {FG_EXECUTOR_AUTO, FG_EXECUTOR_IN_QUEUE, FG_EXECUTOR_INTEROP, FG_EXECUTOR_SHADER})
    if (name == fg_executor_name(e)) return e;
  throw Failure(ExitCode::usage,
                "there is no executor '" + name + "'; choose auto, in_queue, interop or shader");
}

}  // namespace fg
