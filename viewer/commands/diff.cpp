// framegauge diff A B: scores of a test image against a reference, on the CPU.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "viewer/commands/commands.h"
#include "viewer/commands/option_checks.h"
#include "viewer/commands/thresholds.h"
#include "viewer/error.h"
#include "viewer/io/image.h"
#include "viewer/report/image_scores.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

struct DiffOptions {
  std::string test, reference;
  std::vector<std::string> fail_under, fail_over;
  std::string json, heatmap, color_map = "viridis";
  std::vector<float> range = {0, 1};
  std::vector<float> background = {0, 0, 0};
  int window = 11;
  bool quiet = false;
};

// Every score by the name that thresholds and JSON use, in the order of the table.
std::vector<std::pair<std::string, double>> named(const ImageScores& s) {
  return {{"ssim", s.ssim.mean},
          {"ssim:min", s.ssim.min},
          {"ssim:p5", s.ssim.p5},
          {"ssim-valid", s.ssim_valid.mean},
          {"ssim-valid:min", s.ssim_valid.min},
          {"ssim-valid:p5", s.ssim_valid.p5},
          {"psnr", s.psnr},
          {"mse", s.mse},
          {"mae", s.mae},
          {"max", s.max_error}};
}

std::vector<Threshold> thresholds_of(const DiffOptions& options) {
  std::vector<std::string> known;
  for (const auto& [name, value] : named({})) known.push_back(name);
  std::vector<Threshold> thresholds;
  for (const std::string& text : options.fail_under) thresholds.push_back(parse_threshold(text, true, known));
  for (const std::string& text : options.fail_over) thresholds.push_back(parse_threshold(text, false, known));
  return thresholds;
}

Image8 load_opaque(const std::string& file, const std::vector<float>& background) {
  if (std::filesystem::is_directory(file))
    throw unreadable(file, "is a folder; 'framegauge diff' compares two image files");
  return composite_over(load_image(file), background.data());
}

nlohmann::ordered_json describe_settings(const DiffOptions& options) {
  const std::string gaussian = "Wang 2004, Gaussian window, sigma 1.5, K1 0.01, K2 0.03, mean over RGB; ";
  return {{"window", options.window},
          {"data_range", 1.0},
          {"values", "display-referred 8-bit codes / 255"},
          {"alpha", "composited over background"},
          {"background", options.background},
          {"ssim", gaussian + "zero padding"},
          {"ssim-valid", gaussian + "windows inside the image only"}};
}

int run(const DiffOptions& options) {
  const std::vector<Threshold> thresholds = thresholds_of(options);  // usage errors come before any work
  const FgColorMap color_map = color_map_named(options.color_map);
  check_background(options.background);
  check_heatmap_range(options.range);
  if (!options.heatmap.empty() && std::filesystem::path(options.heatmap).extension() != ".png")
    throw Failure(ExitCode::usage,
                  options.heatmap + ": the heatmap is a PNG; expected a name that ends in .png");
  const Image8 test = load_opaque(options.test, options.background);
  const Image8 reference = load_opaque(options.reference, options.background);
  const ImageScores scores = score_images(test, reference, {.window = options.window});
  const auto rows = named(scores);

  bool passed = true;
  const nlohmann::ordered_json checks =
      check_thresholds(thresholds, std::map<std::string, double>(rows.begin(), rows.end()), passed);
  if (!options.heatmap.empty())
    save_png(options.heatmap, draw_heatmap(scores.ssim_map, test.width, test.height, color_map,
                                           options.range[0], options.range[1]));
  if (!options.json.empty()) {
    nlohmann::ordered_json values;
    for (const auto& [name, value] : rows) values[name] = json_number(value);
    write_json(options.json, {{"schema", "framegauge-diff-1"},
                              {"test", options.test},
                              {"reference", options.reference},
                              {"width", test.width},
                              {"height", test.height},
                              {"scores", values},
                              {"settings", describe_settings(options)},
                              {"thresholds", checks},
                              {"passed", passed}});
  }
  if (options.json != "-")
    for (const auto& [name, value] : rows)
      std::printf(options.quiet ? "%s\t%.9g\n" : "%-15s %.9g\n", name.c_str(), value);
  for (const auto& check : checks)
    if (!check["passed"].get<bool>())
      std::fprintf(stderr, "framegauge: %s is %s, %s %g\n", check["score"].get<std::string>().c_str(),
                   check["value"].dump().c_str(),
                   check["rule"] == "fail under" ? "under the limit of" : "over the limit of",
                   check["limit"].get<double>());
  return static_cast<int>(passed ? ExitCode::pass : ExitCode::threshold_missed);
}

}  // namespace

void add_diff(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* c = app.add_subcommand("diff", "Score a test image against a reference image");
  c->add_option("test", options->test, "Image under test: PNG, JPEG, WebP or EXR")->required();
  c->add_option("reference", options->reference, "Reference image of the same size")->required();
  c->add_option("--fail-under", options->fail_under,
                "Exit 1 when a score is lower: ssim=0.98, ssim:p5=0.9, psnr=30");
  c->add_option("--fail-over", options->fail_over, "Exit 1 when a score is higher: mae=0.02, max=0.5");
  c->add_option("--json", options->json,
                "Write scores, settings and thresholds as JSON to a file, or - for standard output");
  c->add_option("--heatmap", options->heatmap, "Write the SSIM map as a coloured PNG");
  c->add_option("--colormap", options->color_map, "viridis, turbo, magma or grey")->capture_default_str();
  c->add_option("--range", options->range,
                "SSIM drawn in the last (hot) and in the first colour of the map: worst best")
      ->expected(2)
      ->capture_default_str();
  c->add_option("--background", options->background, "Colour under transparent pixels, 0..1")
      ->expected(3)
      ->capture_default_str();
  c->add_option("--window", options->window, "SSIM window")
      ->check(CLI::IsMember({7, 9, 11}))
      ->capture_default_str();
  c->add_flag("-q,--quiet", options->quiet, "Only name, tab and value of each score");
  c->footer(
      "Example: framegauge diff render.png photo.png --fail-under ssim=0.98 --heatmap where.png --json -");
  c->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace fg
