// framegauge bench drr: how fast radiographs and their gradients are made here.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "viewer/bench/drr_suite.h"
#include "viewer/commands/bench_output.h"
#include "viewer/commands/commands.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/progress.h"

namespace fg {
namespace {

struct DrrLine {
  DrrBenchOptions bench;
  BenchOutput output;
};

int run(DrrLine line) {
  InterruptGuard interrupt;
  line.bench.interrupted = [&] { return interrupt.requested(); };
  std::unique_ptr<Progress> progress;
  line.bench.on_start = [&](std::size_t rows) { progress = std::make_unique<Progress>("measuring", rows); };
  line.bench.on_row = [&](const std::string& row) { progress->advance(row); };
  const DrrReport report = bench_drr(line.bench);
  progress.reset();
  return finish_bench(report, line.output, interrupt);
}

}  // namespace

void add_bench_drr(CLI::App& bench, int& exit_code) {
  auto line = std::make_shared<DrrLine>();
  CLI::App* c = bench.add_subcommand("drr", "Radiographs of a volume, and their gradients by pose");
  c->add_option("--device", line->bench.device,
                "auto (the CPU, and CUDA device 0 where there is one), cpu, cuda or cuda:N")
      ->capture_default_str();
  c->add_flag("--quick", line->bench.quick,
              "A volume and detectors of a quarter as many voxels and pixels a side");
  c->add_option("--runs", line->bench.runs, "Runs of each row; default 100 on CUDA, 3 on a CPU")
      ->check(CLI::Range(1, 1'000'000));
  line->output.add_to(*c);
  c->footer(
      "The volume is that of a chest CT in size, 512x512x133 voxels, made by formula; the detector has 400 "
      "mm a "
      "side, 1020 mm\nfrom the source, and 200x200, 512x512 or 1024x1024 pixels; one pose, and a batch of "
      "eight. "
      "Trilinear rays take 500\nsamples from source to detector, Siddon's rays cross the voxels. A row tells "
      "the "
      "median time of a call, or of the call\nand its gradient, rays a second, and samples inside the "
      "volume, or "
      "voxels, a second. On CUDA the L2 cache is flushed\nbetween runs.\nExample: framegauge bench drr "
      "--device cuda "
      "--json drr.json");
  c->callback([line, &exit_code] { exit_code = run(*line); });
}

}  // namespace fg
