#include "viewer/diff/diff.h"

#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <cstdio>
#include <set>
#include <thread>

#include "viewer/diff/results/journal.h"
#include "viewer/diff/results/overwriting.h"
#include "viewer/diff/results/report.h"
#include "viewer/diff/run_pairs.h"
#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/quotable.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/json_file.h"
#include "viewer/report/near_names.h"
#include "viewer/report/progress.h"

namespace fg {
namespace {

using nlohmann::ordered_json;

void plan_for_volumes(const DiffOptions& options, ScorePlan& plan) {
  if (options.mask || !options.ignored.empty() || options.gaussian_splatting)
    throw Failure(ExitCode::usage, "--mask, --ignore and --inria are of pictures, not of volumes");
  if (options.heatmap_of != Metric::ssim)
    throw Failure(ExitCode::usage, "--heatmap-of is of pictures; of volumes the map of ssim3d is drawn");
  for (const Metric metric : metrics_of_gates(options.gates, false))
    parse_volume_metrics(metric_name(metric));
  plan.metrics = parse_volume_metrics(options.metrics);
  plan.map_metric = Metric::ssim3d;
  plan.map_statistics = false;
}

ScorePlan plan_of(const DiffOptions& options, const PairSource& source, bool masked) {
  ScorePlan plan{.metrics = parse_metrics(options.metrics, masked),
                 .window = options.window,
                 .data_range = options.data_range,
                 .masked = masked,
                 .map_statistics = source.two_files || gates_need_map_statistics(options.gates),
                 .chroma = source.chroma,
                 .luma_only = source.luma_only,
                 .volumes = source.volumes,
                 .map_metric = options.heatmap_of,
                 .flip = options.flip};
  if (source.volumes) plan_for_volumes(options, plan);
  for (const Metric metric : metrics_of_gates(options.gates, masked)) plan.metrics.push_back(metric);
  if (!source.volumes &&
      std::find(plan.metrics.begin(), plan.metrics.end(), Metric::ssim3d) != plan.metrics.end())
    throw Failure(ExitCode::usage, "ssim3d is of volumes; take ssim for pictures");
  if (options.pictures.heatmaps || options.pictures.strips || options.heatmap)
    plan.metrics.push_back(plan.map_metric);
  if (options.gaussian_splatting)
    for (const Metric metric : {Metric::ssim, Metric::psnr})
      plan.metrics.push_back(metric);  // its tables have both
  if (source.video && plan.has(Metric::flip_hdr))
    throw Failure(ExitCode::usage,
                  "flip-hdr is of the linear light of OpenEXR, PFM and HDR; take flip for videos");
  std::sort(plan.metrics.begin(), plan.metrics.end());
  plan.metrics.erase(std::unique(plan.metrics.begin(), plan.metrics.end()), plan.metrics.end());
  return plan;
}

ordered_json describe(const Rectangle& r) { return {r.x, r.y, r.width, r.height}; }

ordered_json describe_settings(const DiffOptions& options, const PairSource& source) {
  const ImageRules& images = options.source.images;
  ordered_json d = {{"window", options.window}, {"data_range", options.data_range.value_or(1)}};
  if (source.volumes) {
    d["values"] = "voxels / data_range; NaN and infinite ones count as -1000";
    if (!options.data_range) d["data_range"] = "max - min of each reference";
    d["grid"] = "size, spacing, direction and origin as the reference's, within a hundredth of a voxel";
    if (options.source.resample) {
      d["resampled"] = "where the grids differ, the test trilinear at the reference's voxels";
      if (options.source.outside)
        d["outside"] = *options.source.outside;
      else
        d["outside"] = "the test's smallest value";
    }
  } else if (source.video) {
    d["values"] =
        options.source.as_rgb
            ? "R, G, B through the matrix and range of each video, BT.601 (from 720 lines on BT.709) and "
              "limited range where it does not say; clamped to 0..1, not rounded"
            : "codes / (2^bits - 1), as they are stored";
    d["videos"] = source.descriptions;
    const FrameRange& frames = options.source.frames;
    d["frames"] = {{"first", frames.first}, {"every", frames.every}, {"offset", frames.offset}};
    if (frames.end) d["frames"]["end"] = *frames.end;
    if (const auto& layout = options.source.layout) {
      d["size"] = {layout->size.width, layout->size.height};
      d["format"] = pixel_format_name(layout->format);
    }
  } else {
    d["values"] = "display-referred: 8-bit codes / 255, 16-bit codes / 65535";
    d["scene_linear"] = images.scene_linear
                            ? "OpenEXR, PFM, HDR: values as they are, 0 to data_range, not clamped"
                            : "OpenEXR, PFM, HDR: through the sRGB curve, clamped to 0..1, not rounded";
    d["grey"] = "as R = G = B";
    d["alpha"] = "composited over background";
    d["background"] = images.background;
  }
  if (images.crop) d["crop"] = describe(*images.crop);
  if (options.mask) d["mask"] = *options.mask;
  for (const Rectangle& r : options.ignored) d["ignore"].push_back(describe(r));
  return d;
}

// Light is kept beside the display-referred values where something is made of it.
ImageRules image_rules(const DiffOptions& options, bool masked) {
  std::vector<Metric> metrics = parse_metrics(options.metrics, masked);
  for (const Metric metric : metrics_of_gates(options.gates, masked)) metrics.push_back(metric);
  metrics.push_back(options.heatmap_of);
  ImageRules rules = options.source.images;
  rules.keep_light = std::find(metrics.begin(), metrics.end(), Metric::flip_hdr) != metrics.end();
  return rules;
}

// Results go to at most one place on standard output; without one the table goes there.
bool prints_table(const DiffOptions& options) {
  int places = 0;
  for (const auto* file : {&options.json, &options.csv, &options.junit, &options.report})
    places += *file == "-" ? 1 : 0;
  if (places > 1)
    throw Failure(ExitCode::usage,
                  "only one of --json, --csv, --junit and --report can go to standard output");
  return places == 0;
}

std::optional<std::filesystem::path> journal_file(const DiffOptions& options) {
  for (const auto* file : {&options.json, &options.csv, &options.junit, &options.report})
    if (*file && **file != "-" && !is_device_or_pipe(**file))
      return std::filesystem::path(**file + ".journal");
  if (options.resume)
    throw Failure(ExitCode::usage,
                  "--resume goes on from the journal beside a result file; give the same --json, "
                  "--csv, --junit or --report FILE as before");
  return std::nullopt;
}

void check_options(const DiffOptions& options, const PairSource& source, const std::vector<Gate>& gates) {
  if (options.heatmap && !source.two_files)
    throw Failure(ExitCode::usage, "--heatmap FILE is for two image files; use --heatmaps FOLDER");
  if (options.gates.fail_percent && gates.empty())
    throw Failure(ExitCode::usage, "--fail-percent needs a limit such as --fail-under ssim=0.98");
  if (options.source.resample && !source.volumes)
    throw Failure(ExitCode::usage, "--resample is of volumes; scale pictures first");
  if (options.pictures.only_failing && gates.empty())
    throw Failure(ExitCode::usage, "--pictures-of failing needs a limit such as --fail-under ssim=0.98");
}

// Each named by one option.
std::vector<std::filesystem::path> result_files(const DiffOptions& options) {
  std::vector<std::filesystem::path> files;
  for (const auto* file : {&options.json, &options.csv, &options.junit, &options.report, &options.heatmap})
    if (*file && **file != "-") files.emplace_back(**file);
  return files;
}

void check_results_are_apart(const DiffOptions& options) {
  std::vector<std::filesystem::path> results = result_files(options);
  if (options.baseline) results.emplace_back(*options.baseline);
  for (const auto* folder : {&options.pictures.heatmaps, &options.pictures.strips})
    if (*folder) results.push_back(**folder);  // their pictures have the same names
  check_apart(results);
}

std::vector<std::filesystem::path> files_to_write(const DiffOptions& options, const PairSource& source) {
  std::vector<std::filesystem::path> files = picture_files(options.pictures, source);
  for (std::filesystem::path& file : result_files(options)) files.push_back(std::move(file));
  if (options.update_baseline) files.emplace_back(*options.baseline);
  return files;
}

// Usage errors come before any file is looked at. Which columns there are is not known yet: all that there can be.
void check_words(const DiffOptions& options, bool masked) {
  if (masked && !can_be_masked(options.heatmap_of))
    throw Failure(ExitCode::usage,
                  "--heatmap-of: flip has no definition under a mask; leave --mask and --ignore out, or "
                  "draw ssim");
  parse_metrics(options.metrics, masked);
  metrics_of_gates(options.gates, masked);
  parse_gates(options.gates, columns_of({.metrics = all_metrics(), .map_statistics = true, .chroma = true}),
              false);
}

// A picture of 1080p has 8 MB. The C library would give such memory back to the system after each use and fetch it again
// page by page, a seventh of the time of a run over PNG files.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

class DiffRun {
 public:
  explicit DiffRun(const DiffOptions& options)
      : options_(options),
        masks_(options.mask ? std::optional<std::filesystem::path>(*options.mask) : std::nullopt,
               options.ignored, options.source.images.crop) {
    prints_table_ = prints_table(options);
    const std::optional<std::filesystem::path> journal = journal_file(options);
    check_words(options, masks_.any());
    check_results_are_apart(options);
    device_ = ComputeDevice(options.device);
    SourceOptions inputs = options.source;
    inputs.workers = workers();
    inputs.images = image_rules(options, masks_.any());
    {
      ShareProgress progress("looking through");
      inputs.looked_through = [&](double share, const std::string& file) { progress.show(share, file); };
      source_ = open_source(inputs);
    }
    plan_ = plan_of(options, *source_, masks_.any());
    columns_ = columns_of(plan_);
    gates_ = parse_gates(options.gates, columns_, source_->two_files);
    check_options(options, *source_, gates_);
    check_not_inputs(files_to_write(options, *source_), *source_);
    tolerances_ = parse_tolerances(options.tolerances, columns_);
    settings_ = describe_settings(options, *source_);
    if (options.baseline && !options.update_baseline) {
      baseline_ = load_baseline(*options.baseline);
      check_metrics(*baseline_, describe_metrics(plan_));
    }
    if (journal && !source_->two_files)
      journal_.emplace(*journal, journal_settings(),
                       options.resume ? Journal::Start::resume : Journal::Start::anew);
    for (const std::string& doubt : doubts(gates_, columns_)) say(doubt);
    for (const std::string& note : source_->notes) say(note);
    say_what_is_unmatched();
  }

  int run() {
    const InterruptGuard interrupt;
    std::exception_ptr problem = score(interrupt);
    Outcome outcome = judged(problem || interrupt.requested());
    if (source_->two_files && !outcome.results.pairs.empty())
      throw_if_not_scored(outcome.results.pairs.front());
    if (const std::exception_ptr unwritten = write(outcome); !problem) problem = unwritten;
    say_verdict(outcome);
    if (problem) std::rethrow_exception(problem);
    if (outcome.interrupted) {
      say(fmt::format("interrupted after {} of {} pairs{}", outcome.results.pairs.size(), source_->count(),
                      journal_ ? "; --resume goes on from there" : ""));
      return interrupt.exit_code();
    }
    if (journal_) journal_->remove();
    return static_cast<int>(outcome.exit_code());
  }

 private:
  unsigned workers() const {
    return options_.workers ? options_.workers : std::max(1u, std::thread::hardware_concurrency());
  }

  // All that a pair's scores and pictures depend on, besides its own files.
  std::string journal_settings() const {
    ordered_json json = {{"journal", "framegauge-diff-journal-4"},
                         {"inputs", options_.source.inputs},
                         {"metrics", describe_metrics(plan_)},
                         {"settings", settings_}};
    for (const Column& column : columns_) json["columns"].push_back(column.name);
    for (const auto* folder : {&options_.pictures.heatmaps, &options_.pictures.strips})
      json["pictures"].push_back(*folder ? (*folder)->string() : "");
    if (options_.pictures.only_failing) json["limits"] = options_.gates.all();
    // Devices agree within rounding: one result file is of one kind of them. Its number does not matter.
    if (!std::all_of(plan_.metrics.begin(), plan_.metrics.end(), has_same_bits_everywhere))
      json["device"] = device_.name();
    return json.dump();
  }

  void say_what_is_unmatched() const {
    if (options_.missing == MissingRule::ignore || source_->unmatched.empty()) return;
    say(fmt::format("{} without a counterpart: {}", source_->unmatched_count, listed(source_->unmatched, 5)));
  }

  // Returns what ended the run before its time, such as a full disk: what was finished is still written.
  std::exception_ptr score(const InterruptGuard& interrupt) {
    std::exception_ptr problem;
    pairs_.reserve(source_->count());
    RunOptions run;
    run.workers = workers();
    run.device = device_;
    for (std::size_t i = 0; i < source_->count() && journal_ && journal_->finished_before(); ++i) {
      const PairIdentity identity = source_->identity(i);
      const PairResult* before = journal_->find(identity);
      if (before && before->scores.size() == (before->has_scores() ? columns_.size() : 0)) {
        pairs_.push_back(*before);
        pairs_.back().identity = identity;
        pairs_.back().index = i;
        run.done.insert(i);
      }
    }
    if (!run.done.empty())
      say(fmt::format("{} of {} pairs were finished before", run.done.size(), source_->count()));
    const Pictures pictures(options_.pictures, *source_, plan_.data_range.value_or(1),
                            [&](const PairResult& pair) { return misses_a_limit(gates_, pair); });
    run.keep_maps = pictures.wanted() || options_.heatmap ? KeepMap::yes : KeepMap::no;
    run.scored = [&](const PairResult& result, const FramePair& pair, const PairScores& scores) {
      if (source_->two_files && result.status == PairResult::Status::incomplete) return;  // it is refused
      pictures.write(result, pair, scores);
      if (!options_.heatmap) return;  // of two files, whose scores do not depend on it
      try {
        save_png(*options_.heatmap, heatmap_of(scores, result.width, result.height, options_.pictures.style));
      } catch (const Failure&) {
        problem = std::current_exception();
      }
    };
    std::optional<Progress> progress;
    if (source_->count() > 1) progress.emplace("scoring", source_->count() - run.done.size());
    run.finished = [&](PairResult result) {
      pairs_.push_back(std::move(result));
      if (progress) progress->advance(pairs_.back().identity.name);
      if (journal_) journal_->add(pairs_.back());
      std::string().swap(pairs_.back().identity.stamp);  // of no use any more; a video has many frames
    };
    try {
      run_pairs(*source_, masks_, plan_, run, interrupt);
    } catch (const Failure& failure) {
      if (failure.code != ExitCode::internal) throw;
      problem = std::current_exception();
    }
    std::sort(pairs_.begin(), pairs_.end(),
              [](const PairResult& a, const PairResult& b) { return a.index < b.index; });
    return problem;
  }

  static void throw_if_not_scored(const PairResult& pair) {
    if (pair.status == PairResult::Status::scored) return;
    throw Failure(pair.status == PairResult::Status::unreadable   ? ExitCode::unreadable_input
                  : pair.status == PairResult::Status::incomplete ? ExitCode::usage
                                                                  : ExitCode::size_mismatch,
                  pair.problem);
  }

  Outcome judged(bool interrupted) {
    Outcome outcome;
    outcome.results = {
        .columns = columns_, .pairs = std::move(pairs_), .planned = source_->count(), .statistics = {}};
    for (std::size_t c = 0; c < columns_.size(); ++c)
      outcome.results.statistics.push_back(statistics_of(columns_[c], column_scores(outcome.results, c)));
    outcome.plan = plan_;
    outcome.tests = options_.source.inputs;
    outcome.tests.pop_back();
    outcome.reference = options_.source.inputs.back();
    outcome.two_files = source_->two_files;
    outcome.unmatched = source_->unmatched;
    outcome.unmatched_count = source_->unmatched_count;
    outcome.missing = options_.missing;
    outcome.fail_percent = options_.gates.fail_percent;
    outcome.verdict = judge(gates_, options_.gates.fail_percent, outcome.results);
    if (baseline_) outcome.comparison = compare(outcome.results, *baseline_, tolerances_);
    outcome.settings = settings_;
    outcome.settings["device"] = device_.word();
    if (device_.dlpack().device_type != kDLCPU) outcome.settings["device_name"] = device_.name();
    outcome.interrupted = interrupted && outcome.results.pairs.size() < source_->count();
    outcome.notes = source_->notes;
    std::set<std::string> said;  // a reference has its own in every pair
    for (const PairResult& pair : outcome.results.pairs)
      for (const std::string& note : pair.notes)
        if (said.insert(note).second) outcome.notes.push_back(note);
    return outcome;
  }

  std::string method() const {
    if (!options_.method.empty()) return options_.method;
    const std::filesystem::path test = options_.source.inputs.front();
    return (test.has_filename() ? test.filename() : test.parent_path().filename()).string();
  }

  // Each by itself, so that a full disk under one of them does not cost the others. Returns the first problem.
  std::exception_ptr write(const Outcome& outcome) const {
    std::exception_ptr problem;
    const auto attempt = [&](auto&& task) {
      try {
        task();
      } catch (const Failure& failure) {
        if (problem)
          say(failure.what());
        else
          problem = std::current_exception();
      }
    };
    const auto report = [&](const Outcome&, const TextSink& sink) {
      put_html_report(
          outcome, *source_, masks_,
          {.pictures = options_.report_pictures, .style = options_.pictures.style, .device = device_}, sink);
    };
    const auto texts = [&](bool to_standard_output) {
      const auto text = [&](const std::optional<std::string>& file, auto&& put) {
        if (file && (*file == "-") == to_standard_output)
          attempt([&] { write_text(*file, [&](const TextSink& sink) { put(outcome, sink); }); });
      };
      text(options_.json, put_json);
      text(options_.csv, put_csv);
      text(options_.junit, put_junit);
      text(options_.report, report);
    };
    texts(false);
    if (options_.gaussian_splatting)
      attempt([&] { write_gaussian_splatting_tables(*options_.gaussian_splatting, method(), outcome); });
    if (options_.update_baseline && !outcome.interrupted)
      attempt([&] { save_baseline(*options_.baseline, outcome.results, describe_metrics(plan_)); });
    texts(true);  // last: whoever reads it may stop, which ends us
    if (prints_table_)
      attempt([&] {
        write_text("-", table(outcome, options_.quiet ? TableStyle::tab_separated : TableStyle::aligned));
      });
    return problem;
  }

  // Of a long video not all: they would hide what else is said.
  static void say_some(const std::vector<std::string>& sentences) {
    constexpr std::size_t kMost = 20;
    for (std::size_t i = 0; i < std::min(kMost, sentences.size()); ++i) say(sentences[i]);
    if (sentences.size() > kMost)
      say(fmt::format("... and {} more; --csv and --json have them all", sentences.size() - kMost));
  }

  void say_verdict(const Outcome& outcome) const {
    const Results& results = outcome.results;
    for (std::size_t i = source_->notes.size(); i < outcome.notes.size(); ++i) say(outcome.notes[i]);
    std::vector<std::string> problems, not_finite;
    for (const PairResult& pair : results.pairs) {
      const std::string& name = pair.identity.name;
      if (pair.status != PairResult::Status::scored) problems.push_back(name + ": " + pair.problem);
      if (pair.not_finite && !plan_.volumes)  // theirs are among the notes
        not_finite.push_back(fmt::format("{}: {} samples are NaN or infinite", name, pair.not_finite));
    }
    if (!prints_table_ || options_.quiet) say_some(problems);  // the table has them
    say_some(not_finite);
    for (const GateOutcome& gate : outcome.verdict.outcomes)
      if (!gate.passed)
        say((gate.gate.warns_only ? "warning: " : "") + sentence(gate, results, outcome.fail_percent));
    if (!outcome.comparison) return;
    for (const Regression& r : outcome.comparison->regressions)
      say(fmt::format("{}: {} is {:.9g}, the baseline has {:.9g}", results.pairs[r.pair].identity.name,
                      r.column, r.now, r.before));
    const auto& [regressions, fresh, lost] = *outcome.comparison;
    if (!fresh.empty()) say(fmt::format("not in the baseline: {}", listed(fresh, 5)));
    if (!lost.empty()) say(fmt::format("only in the baseline: {}", listed(lost, 5)));
  }

  const DiffOptions& options_;
  ComputeDevice device_{"cpu"};
  Masks masks_;
  bool prints_table_ = true;
  std::unique_ptr<PairSource> source_;
  ScorePlan plan_;
  std::vector<Column> columns_;
  std::vector<Gate> gates_;
  std::map<std::string, double> tolerances_;
  ordered_json settings_;
  std::optional<Baseline> baseline_;
  std::optional<Journal> journal_;
  std::vector<PairResult> pairs_;
};

}  // namespace

void say(const std::string& sentence) {
  std::fprintf(stderr, "framegauge: %s\n", on_one_line(sentence).c_str());  // it may hold any file's name
}

int run_diff(const DiffOptions& options) {
  keep_freed_memory();
  return DiffRun(options).run();
}

}  // namespace fg
