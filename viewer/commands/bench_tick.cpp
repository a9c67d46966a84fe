// framegauge bench tick: what scoring a frame live costs, with each executor that runs here.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "viewer/bench/tick_suite.h"
#include "viewer/commands/bench_output.h"
#include "viewer/commands/commands.h"
#include "viewer/commands/option_checks.h"
#include "viewer/error.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/progress.h"

namespace fg {
namespace {

struct TickLine {
  TickBenchOptions bench;
  std::string executor = "all", queue = "graphics";
  BenchOutput output;
  std::vector<std::string> sizes;
};

FgExecutor chosen_executor(const std::string& name) {
  if (name == "all") return FG_EXECUTOR_AUTO;
  if (name == "auto")
    throw Failure(ExitCode::usage, "--executor auto: expected all, in_queue, interop or shader");
  return executor_named(name);
}

vk::QueueKind queue_named(const std::string& name) {
  if (name == "graphics") return vk::QueueKind::graphics;
  if (name == "compute") return vk::QueueKind::compute;
  throw Failure(ExitCode::usage, "--queue '" + name + "': expected graphics or compute");
}

int run(TickLine line) {
  line.bench.executor = chosen_executor(line.executor);
  line.bench.queue = queue_named(line.queue);
  for (const std::string& size : line.sizes) line.bench.sizes.push_back(parse_frame_size(size));
  InterruptGuard interrupt;
  line.bench.interrupted = [&] { return interrupt.requested(); };
  std::unique_ptr<Progress> progress;
  line.bench.on_row = [&](const TickReport& so_far, std::size_t rows) {
    if (!progress)
      progress = std::make_unique<Progress>("measuring", rows);
    else
      progress->advance(fg_executor_name(so_far.rows.back().executor));
  };
  const TickReport report = bench_tick(line.bench);
  progress.reset();
  return finish_bench(report, line.output, interrupt);
}

}  // namespace

void add_bench_tick(CLI::App& bench, int& exit_code) {
  auto line = std::make_shared<TickLine>();
  CLI::App* c =
      bench.add_subcommand("tick", "The live tick with each executor, render excluded and included");
  c->add_option("--device", line->bench.device, "Vulkan device: part of its name, or its index");
  c->add_option("--executor", line->executor, "all that are available, or one: in_queue, interop or shader")
      ->capture_default_str();
  c->add_option(
       "--size", line->sizes,
       "Of frames, may be repeated: 720p, 1080p, 4k or WIDTHxHEIGHT; default: these three, on a CPU 640x360 "
       "and 720p")
      ->allow_extra_args(false);
  c->add_option(
       "--format", line->bench.format,
       "Of frames and reference: rgba8, srgb8, rgb10a2, rgba16f or rgba32f; all but rgba8 without the "
       "render")
      ->capture_default_str();
  c->add_option("--runs", line->bench.runs,
                "Frames one by one, and as many again pipelined; default 500, on a CPU 7")
      ->check(CLI::Range(1, 1'000'000));
  c->add_option("--splats", line->bench.splats, "Random splats to render; default 1000000, on a CPU 10000")
      ->check(CLI::Range(1, 50'000'000));
  c->add_option(
       "--queue", line->queue,
       "graphics, as renderers have it, or compute: a queue without graphics, where the device has one")
      ->capture_default_str();
  c->add_flag("--validation", line->bench.validation,
              "Run under the Vulkan validation layer; its messages are failures");
  line->output.add_to(*c);
  c->footer(
      "Three rows for each size and executor: the frame is there and the reference stays; every frame has a "
      "new "
      "reference\nas well; the frame is rendered first. A row tells the GPU's time for the render or the "
      "reference and "
      "for the score with\nmap and heatmap, the time from submit to the result on the host, which polls "
      "without a "
      "pause, and frames a second with\nthree in flight.\nExample: framegauge bench tick --size 1080p --json "
      "tick.json");
  c->callback([line, &exit_code] { exit_code = run(*line); });
}

}  // namespace fg
