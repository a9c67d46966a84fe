#pragma once
// `framegauge diff`, without its command line.

#include <optional>
#include <string>
#include <vector>

#include "viewer/diff/inputs/source.h"
#include "viewer/diff/results/gates.h"
#include "viewer/diff/results/outcome.h"
#include "viewer/diff/results/pictures.h"

namespace fg {

struct DiffOptions {
  SourceOptions source;
  std::string metrics;  // "" for the default ones
  int window = 11;
  FlipViewing flip;
  Metric heatmap_of = Metric::ssim;  // whose map is drawn
  std::optional<std::string> mask;
  std::vector<Rectangle> ignored;
  std::optional<double> data_range;  // none: 1 of scene-linear values, max - min of each reference of volumes
  GateOptions gates;
  MissingRule missing = MissingRule::fail;
  std::optional<std::string> baseline;
  bool update_baseline = false;
  std::vector<std::string> tolerances;
  PictureOptions pictures;
  std::optional<std::string> heatmap;                   // of two files
  std::optional<std::string> json, csv, junit, report;  // a file, or - for standard output
  std::optional<std::string> gaussian_splatting;        // folder of results.json and per_view.json
  std::size_t report_pictures = 8;                      // pairs with their pictures in the report
  std::string method;                                   // the name in them; "" for the test's own
  unsigned workers = 0;                                 // 0: as many as cores
  std::string device = "auto";                          // as ComputeDevice takes it
  bool resume = false, quiet = false;
};

// One line on standard error.
void say(const std::string& sentence);

// Returns the exit code. Throws Failure.
int run_diff(const DiffOptions& options);

}  // namespace fg
