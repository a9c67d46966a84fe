// framegauge diff TEST... REFERENCE: the command line of viewer/diff.

#include "viewer/diff/diff.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "viewer/commands/commands.h"
#include "viewer/commands/option_checks.h"
#include "viewer/diff/inputs/volume_pairs.h"
#include "viewer/diff/self_test.h"
#include "viewer/diff/watch.h"
#include "viewer/error.h"
#include "viewer/report/heatmap.h"

namespace fg {
namespace {

// As the command line has it.
struct DiffLine {
  DiffOptions options;
  std::string match = "name", missing = "fail", size, format, frames, crop, tonemap = "srgb",
              heatmap_of = "ssim", flip_tone_mapper = "aces";
  std::string pictures_of = "all";
  std::vector<std::string> ignored;
  std::string color_map;     // "": of the metric
  std::vector<float> range;  // none: of the metric
  std::vector<double> viewing, exposures;
  std::vector<float> background = {0, 0, 0};
  bool self_test = false, watch = false;
};

void read_video_options(DiffLine& line) {
  SourceOptions& source = line.options.source;
  if (line.size.empty() != line.format.empty())
    throw Failure(ExitCode::usage, "--size and --format go together: --size 1920x1080 --format yuv420p");
  if (!line.size.empty())
    source.layout = RawVideoLayout{parse_size(line.size, "--size"), parse_pixel_format(line.format)};
  if (!line.frames.empty()) parse_frames(line.frames, source.frames);
}

void read_flip_options(DiffLine& line) {
  FlipViewing& flip = line.options.flip;
  if (!line.viewing.empty()) {
    for (const double value : line.viewing)
      if (!(value > 0)) throw Failure(ExitCode::usage, "--viewing: expected three numbers above 0");
    flip.pixels_per_degree = pixels_per_degree_of(line.viewing[0], line.viewing[1], line.viewing[2]);
  }
  if (!(flip.pixels_per_degree >= 1 && flip.pixels_per_degree <= 470))
    throw Failure(ExitCode::usage,
                  fmt::format("{:g} pixels per degree: expected 1 to 470; see --ppd and --viewing",
                              flip.pixels_per_degree));
  const std::vector<std::string> mappers = flip_tone_mapper_names();
  flip.tone_mapper = static_cast<FgFlipToneMapper>(
      std::find(mappers.begin(), mappers.end(), line.flip_tone_mapper) - mappers.begin());
  if (line.exposures.empty()) return;
  flip.start = line.exposures[0];
  flip.stop = line.exposures[1];
  const double count = line.exposures[2];
  if (!(flip.start >= -100 && flip.start <= flip.stop && flip.stop <= 100 && count >= 1 && count <= 1024 &&
        count == std::floor(count)))
    throw Failure(
        ExitCode::usage,
        "--exposures: expected START STOP COUNT, stops between -100 and 100 with START <= STOP and a whole "
        "number of 1 to 1024");
  flip.exposures = static_cast<int>(count);
}

// Errors are drawn from black to bright, as the authors of FLIP do; similarities from good to hot.
void read_heatmap_options(DiffLine& line) {
  DiffOptions& options = line.options;
  options.heatmap_of = parse_metrics(line.heatmap_of, false).front();
  const bool of_errors = !higher_is_better(options.heatmap_of);
  if (line.color_map.empty()) line.color_map = of_errors ? "magma" : "viridis";
  if (line.range.empty()) line.range = of_errors ? std::vector<float>{1, 0} : std::vector<float>{0, 1};
  check_heatmap_range(line.range);
  options.pictures.style = {color_map_named(line.color_map), line.range[0], line.range[1]};
}

// Throws Failure(usage) before any work.
const DiffOptions& checked(DiffLine& line) {
  DiffOptions& options = line.options;
  if (options.source.inputs.size() < 2)
    throw Failure(
        ExitCode::usage,
        fmt::format("diff: expected TEST... REFERENCE, such as framegauge diff render.png photo.png, "
                    "got {}; see 'framegauge diff --help'",
                    options.source.inputs.empty() ? "nothing" : options.source.inputs[0] + " alone"));
  for (std::optional<std::string>* file : {&options.json, &options.csv, &options.junit, &options.report})
    if (*file == "/dev/stdout")
      *file = "-";  // it may be a file, which is not to be replaced under the shell's hands
  check_background(line.background);
  options.source.match = parse_match(line.match);
  options.missing = line.missing == "fail"   ? MissingRule::fail
                    : line.missing == "warn" ? MissingRule::warn
                                             : MissingRule::ignore;
  std::copy(line.background.begin(), line.background.end(), options.source.images.background.begin());
  options.source.images.scene_linear = line.tonemap == "none";
  if (options.data_range && line.tonemap != "none" && !are_volumes(options.source.inputs))
    throw Failure(ExitCode::usage,
                  "--data-range is of scene-linear values and of volumes; add --tonemap none");
  if (options.data_range && !(*options.data_range > 0))
    throw Failure(ExitCode::usage, "--data-range: expected a number above 0");
  if (const auto& outside = options.source.outside; outside && !std::isfinite(static_cast<float>(*outside)))
    throw Failure(ExitCode::usage, "--outside: expected a number that is finite in single precision");
  if (!line.crop.empty()) options.source.images.crop = parse_rectangle(line.crop, "--crop");
  for (const std::string& text : line.ignored) options.ignored.push_back(parse_rectangle(text, "--ignore"));
  read_video_options(line);
  read_flip_options(line);
  read_heatmap_options(line);
  options.pictures.only_failing = line.pictures_of == "failing";
  if (options.heatmap && std::filesystem::path(*options.heatmap).extension() != ".png")
    throw Failure(ExitCode::usage,
                  *options.heatmap + ": the heatmap is a PNG; expected a name that ends in .png");
  if (line.pictures_of == "failing" && !options.pictures.heatmaps && !options.pictures.strips)
    throw Failure(ExitCode::usage, "--pictures-of is of --heatmaps and --strips; add one of them");
  return options;
}

// May be given again, with one value each time: with several, an input after them would be taken for one.
CLI::Option* add_repeated(CLI::App* c, const char* name, std::vector<std::string>& values, const char* help) {
  return c->add_option(name, values, help)->allow_extra_args(false);
}

void add_input_options(CLI::App* c, DiffLine& line) {
  SourceOptions& source = line.options.source;
  c->add_option("inputs", source.inputs,
                "TEST... REFERENCE: image files (PNG, JPEG, WebP, OpenEXR, PFM, HDR), volumes (NIfTI, NRRD, "
                "MetaImage, DICOM), videos (what FFmpeg decodes, .yuv, .y4m, animated WebP), or folders of "
                "one of these. Several "
                "tests are held against the one reference, "
                "which comes last")
      ->expected(1, -1);  // one alone gets a sentence of its own
  const char* group = "What is compared";
  c->add_option("--match", line.match,
                "How files of two folders are paired: name (then name without ending), sorted, or a regular "
                "expression (of RE2) whose first group must agree, 'frame_([0-9]+)'")
      ->capture_default_str()
      ->group(group);
  c->add_option("--missing", line.missing,
                "Files or frames without a counterpart: fail (exit 4), warn or ignore")
      ->check(CLI::IsMember({"fail", "warn", "ignore"}))
      ->capture_default_str()
      ->group(group);
  c->add_option("--size", line.size, "Of .yuv frames: 1920x1080")->group(group);
  c->add_option("--format", line.format,
                "Of .yuv frames, as FFmpeg names it: yuv420p, yuv422p10le, gray, ...")
      ->group(group);
  c->add_option("--frames", line.frames,
                "Of videos: FIRST:END, numbers of the reference from 0, END not included")
      ->group(group);
  c->add_flag(
       "--resample", source.resample,
       "Of volumes whose grids differ: the test trilinear at the reference's voxels, in world coordinates")
      ->group(group);
  c->add_option("--outside", source.outside,
                "With --resample: what lies beyond the test's grid; by default its smallest value")
      ->needs(c->get_option("--resample"))
      ->group(group);
  c->add_option("--every", source.frames.every, "Of videos: every Nth frame")
      ->check(CLI::Range(1, 1 << 30))
      ->group(group);
  c->add_option("--offset", source.frames.offset,
                "Of videos: reference frame i is compared with test frame i + N")
      ->group(group);
  c->add_flag("--as-rgb", source.as_rgb,
              "Of videos: compare R, G, B, through the matrix and range that each file names, instead of the "
              "planes as they are stored")
      ->group(group);
}

void add_metric_options(CLI::App* c, DiffLine& line) {
  const char* group = "How it is scored";
  DiffOptions& options = line.options;
  c->add_option(
       "--metrics", options.metrics,
       "Of ssim, ssim-valid, ms-ssim, psnr, mse, mae, max, vmaf-ssim, vmaf-float-ssim, "
       "vmaf-ms-ssim, ncc, flip, flip-hdr, "
       "or all, which is all but flip-hdr; of volumes ssim3d, psnr, mse, mae, max, ncc, by default all; "
       "by default ssim,ssim-valid,psnr,mse,mae,max")
      ->group(group);
  c->add_option("--window", options.window, "Window of ssim, ssim-valid, ms-ssim and ssim3d")
      ->check(CLI::IsMember({7, 9, 11}))
      ->capture_default_str()
      ->group(group);
  c->add_option("--mask", options.mask, "Image whose light pixels (128 and up) count; dark ones do not")
      ->group(group);
  add_repeated(c, "--ignore", line.ignored, "Rectangle X,Y,W,H that does not count; may be given again")
      ->group(group);
  c->add_option("--crop", line.crop, "Score the rectangle X,Y,W,H alone, as if the files ended there")
      ->group(group);
  c->add_option("--background", line.background, "Colour under transparent pixels, 0..1")
      ->expected(3)
      ->capture_default_str()
      ->group(group);
  c->add_option(
       "--tonemap", line.tonemap,
       "OpenEXR, PFM and HDR through the srgb curve, clamped to 0..1, or none: the values as they are")
      ->check(CLI::IsMember({"srgb", "none"}))
      ->capture_default_str()
      ->group(group);
  c->add_option(
       "--data-range", options.data_range,
       "With --tonemap none: the value that counts as white. Of volumes: what errors are divided by and SSIM "
       "takes for the "
       "range; by default max - min of the reference")
      ->group(group);
}

void add_flip_options(CLI::App* c, DiffLine& line) {
  const char* group = "FLIP";
  CLI::Option* ppd = c->add_option("--ppd", line.options.flip.pixels_per_degree,
                                   "Pixels in a degree of the viewer's visual angle")
                         ->capture_default_str()
                         ->group(group);
  c->add_option(
       "--viewing", line.viewing,
       "The same as DISTANCE WIDTH PIXELS: metres to the display, its width in metres and in pixels; by "
       "default 0.7 0.7 3840")
      ->expected(3)
      ->excludes(ppd)
      ->group(group);
  c->add_option("--flip-tonemap", line.flip_tone_mapper, "Tone mapper of flip-hdr: aces, reinhard or hable")
      ->check(CLI::IsMember(flip_tone_mapper_names()))
      ->capture_default_str()
      ->group(group);
  c->add_option("--exposures", line.exposures,
                "Exposures of flip-hdr as START STOP COUNT, in stops; by default found from each reference")
      ->expected(3)
      ->group(group);
}

void add_gate_options(CLI::App* c, DiffLine& line) {
  const char* group = "When it fails";
  GateOptions& gates = line.options.gates;
  add_repeated(
      c, "--fail-under", gates.fail_under,
      "Exit 1 when a score is lower: ssim=0.98. Of several pairs the mean counts; others with ssim:p5=0.95, "
      ":min, :max, :worst, psnr:pooled=35")
      ->group(group);
  add_repeated(c, "--fail-over", gates.fail_over, "Exit 1 when a score is higher: mae=0.02, max=0.5")
      ->group(group);
  c->add_option(
       "--fail-percent", gates.fail_percent,
       "Hold every pair to the limits, not the mean, and exit 1 when more than this percentage misses one; "
       "0: none may")
      ->check(CLI::Range(0.0, 100.0))
      ->group(group);
  add_repeated(c, "--warn-under", gates.warn_under, "As --fail-under, but only says so")->group(group);
  add_repeated(c, "--warn-over", gates.warn_over, "As --fail-over, but only says so")->group(group);
  c->add_option("--baseline", line.options.baseline,
                "Exit 1 when a pair scores worse than in this file of earlier "
                "results")
      ->group(group);
  c->add_flag("--update-baseline", line.options.update_baseline,
              "Write this run's scores to the baseline instead")
      ->needs(c->get_option("--baseline"))
      ->group(group);
  add_repeated(
      c, "--tolerance", line.options.tolerances,
      "How much worse than the baseline is still as good: ssim=0.001; by default 1e-5, of PSNR 0.001")
      ->needs(c->get_option("--baseline"))
      ->group(group);
}

void add_output_options(CLI::App* c, DiffLine& line) {
  const char* group = "What is written";
  DiffOptions& options = line.options;
  c->add_option("--json", options.json,
                "Scores, settings and limits as JSON to a file, or - for standard output")
      ->group(group);
  c->add_option("--csv", options.csv,
                "One line a pair, and of several videos the means of each, to a file or -")
      ->group(group);
  c->add_option("--junit", options.junit, "Test results as CI systems read them, to a file or -")
      ->group(group);
  c->add_option(
       "--report", options.report,
       "One HTML file, or - for standard output, with plots, and the pictures of the worst pairs with "
       "slider, blink and heatmap; needs no network")
      ->group(group);
  c->add_option("--report-pictures", options.report_pictures,
                "How many pairs the report shows with their pictures")
      ->needs(c->get_option("--report"))
      ->check(CLI::Range(0, 1000))
      ->capture_default_str()
      ->group(group);
  c->add_option("--heatmap", options.heatmap,
                "Of two files: the map of --heatmap-of as a coloured PNG; of volumes that of ssim3d")
      ->group(group);
  c->add_option("--heatmaps", options.pictures.heatmaps, "Folder for the map of each pair")->group(group);
  c->add_option("--heatmap-of", line.heatmap_of, "Whose map is drawn: ssim, flip or flip-hdr")
      ->check(CLI::IsMember({"ssim", "flip", "flip-hdr"}))
      ->capture_default_str()
      ->group(group);
  c->add_option("--strips", options.pictures.strips, "Folder for test, reference and heatmap side by side")
      ->group(group);
  c->add_option("--pictures-of", line.pictures_of, "Heatmaps and strips of all pairs, or of failing ones")
      ->check(CLI::IsMember({"all", "failing"}))
      ->capture_default_str()
      ->group(group);
  c->add_option("--colormap", line.color_map,
                "viridis, turbo, magma or grey; by default viridis, of flip magma")
      ->check(CLI::IsMember(color_map_names()))
      ->group(group);
  c->add_option("--range", line.range,
                "What is drawn in the last (hot) and in the first colour of the map: worst best; by default "
                "0 1, of flip "
                "1 0")
      ->expected(2)
      ->group(group);
  c->add_option("--inria", options.gaussian_splatting,
                "Folder for results.json and per_view.json as the 3DGS authors' metrics.py writes them")
      ->group(group);
  c->add_option("--method", options.method, "Name of the method in them; by default the test's own")
      ->needs(c->get_option("--inria"))
      ->group(group);
  c->add_flag("-q,--quiet", options.quiet, "Only names and values, tab separated")->group(group);
}

}  // namespace

void add_diff(CLI::App& app, int& exit_code) {
  auto line = std::make_shared<DiffLine>();
  CLI::App* c = app.add_subcommand("diff", "Score images, folders or videos against a reference");
  add_input_options(c, *line);
  add_metric_options(c, *line);
  add_flip_options(c, *line);
  add_gate_options(c, *line);
  add_output_options(c, *line);
  c->add_option("-j,--workers", line->options.workers, "Pairs in work at once; by default as many as cores")
      ->check(CLI::Range(1, 1024));
  c->add_option(
       "--device", line->options.device,
       "What scores: cpu, cuda or cuda:N (every metric has both), or auto, which is CUDA device 0 where "
       "there is "
       "one, else the processor. Files are decoded on the processor. The two agree within rounding; results "
       "name the one that was taken")
      ->capture_default_str();
  c->add_flag(
      "--resume", line->options.resume,
      "Go on where a run with the same options was stopped (it left FILE.journal beside its result file)");
  c->add_flag("--watch", line->watch, "Score again whenever an input changes, until Ctrl-C");
  c->add_flag(
       "--self-test", line->self_test,
       "Score images made by formula, and print the scores beside those of scikit-image, pytorch-msssim, "
       "libvmaf, flip-evaluator and a NumPy script; exit 5 when one disagrees")
      ->excludes(c->get_option("inputs"));
  c->footer(
      "Examples:\n"
      "  framegauge diff render.png photo.png --fail-under ssim=0.98 --heatmap where.png --json -\n"
      "  framegauge diff out/ golden/ --fail-under ssim=0.98 --fail-percent 0 --junit diff.xml \\\n"
      "      --strips failed --pictures-of failing             # every pair must pass; pictures of those "
      "that do not\n"
      "  framegauge diff out/ golden/ --baseline scores.json --update-baseline      # then without "
      "--update-baseline\n"
      "  framegauge diff renders/ photos/ --inria scores --method ours              # results.json, "
      "per_view.json\n"
      "  framegauge diff coded.mp4 source.y4m --metrics vmaf-ssim,psnr --csv frames.csv\n"
      "  framegauge diff encodes/ sources/ --fail-under ssim=0.95 --fail-percent 1  # videos of the same "
      "names, "
      "frame by frame\n"
      "  framegauge diff late.mkv source.mkv --offset 2 --frames 0:500 --every 10   # frame i against i + 2\n"
      "  framegauge diff coded.yuv source.yuv --size 1920x1080 --format yuv420p --report report.html\n"
      "  framegauge diff render.exr truth.exr --tonemap none --data-range 4\n"
      "  framegauge diff render.exr truth.exr --metrics flip,flip-hdr --fail-over flip=0.05 --heatmap-of "
      "flip \\\n"
      "      --heatmap where.png\n"
      "  framegauge diff warped.nii.gz fixed.nii.gz --resample --metrics ssim3d,ncc --fail-under ssim3d=0.9\n"
      "  framegauge diff render.png photo.png --watch -q                            # again at each save\n"
      "  framegauge diff --self-test                                                # beside other "
      "programs");
  c->callback([c, line, &exit_code] {
    if (line->self_test) {
      for (const CLI::Option* option : c->get_options())
        if (option->count() > 0 && option->get_name() != "--self-test")
          throw Failure(ExitCode::usage,
                        fmt::format("--self-test takes no other option; got {}", option->get_name()));
      exit_code = run_self_test();
      return;
    }
    const DiffOptions& options = checked(*line);
    exit_code = line->watch ? run_diff_watching(options) : run_diff(options);
  });
}

}  // namespace fg
