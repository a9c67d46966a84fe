// framegauge bench SUITE: how fast this machine measures and renders, in figures that a reader can judge.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "viewer/bench/bench_device.h"
#include "viewer/bench/bench_row.h"
#include "viewer/bench/ssim_cases.h"
#include "viewer/commands/bench_output.h"
#include "viewer/commands/commands.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/progress.h"

namespace fg {
namespace {

struct BenchOptions {
  std::string device = "auto";
  BenchOutput output;
  std::vector<std::string> sizes;
  int runs = 0;  // 0: as many as suit the device
};

// To add a suite of ops: a file of cases in viewer/bench, and a line in kSuites.
struct BenchSuite {
  const char* name;
  const char* description;
  std::vector<BenchCase> (*cases)(const BenchDevice& device, const std::vector<BenchShape>& sizes);
  const char* sizes;
  const char* example;
};

constexpr BenchSuite kSuites[] = {
    {"ssim", "SSIM of images and volumes, its gradient and its variants", ssim_cases,
     "Size, may be repeated: 1080x1920 (H x W), 1x3x1080x1920 (N x C x H x W), 256x256x256 (a volume), "
     "1x1x256x256x256; default: sizes that suit the device",
     "framegauge bench ssim --device cuda --size 2160x3840 --csv ssim.csv"},
};

BenchRow measure(const BenchCase& wanted, BenchDevice& device, int runs) {
  BenchRow row{wanted.op, wanted.variant, wanted.shape, wanted.dtype, device.id(), {}, ""};
  try {
    row.measured = wanted.measure(device, runs > 0 ? runs : device.default_runs());
  } catch (const NotMeasured& problem) {
    row.reason = problem.reason;
  }
  return row;
}

int run(const BenchSuite& suite, const BenchOptions& options) {
  std::vector<BenchShape> sizes;
  for (const std::string& text : options.sizes) sizes.push_back(parse_bench_shape(text));
  const auto devices = bench_devices(options.device);
  std::vector<std::vector<BenchCase>> cases;
  std::size_t total = devices.size();  // the copy rate of each
  for (const auto& device : devices) total += cases.emplace_back(suite.cases(*device, sizes)).size();

  BenchReport report{.suite = suite.name, .devices = {}, .rows = {}};
  InterruptGuard interrupt;
  {
    Progress progress("measuring", total);
    for (std::size_t i = 0; i < devices.size() && !interrupt.requested(); ++i) {
      BenchDevice& device = *devices[i];
      report.devices.push_back({device.id(), device.name(), device.driver(), device.copy_gb_per_s()});
      progress.advance(device.id() + " copy");
      for (const BenchCase& wanted : cases[i]) {
        if (interrupt.requested()) break;
        report.rows.push_back(measure(wanted, device, options.runs));
        progress.advance(device.id() + " " + wanted.op + " " + wanted.variant);
      }
    }
  }
  return finish_bench(report, options.output, interrupt);
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  CLI::App* bench = app.add_subcommand("bench", "Measure how fast this machine measures and renders");
  bench->require_subcommand(1);
  bench->footer("Examples:\n  framegauge bench ssim\n  framegauge bench tick\n  framegauge bench drr");
  for (const BenchSuite& suite : kSuites) {
    auto options = std::make_shared<BenchOptions>();
    CLI::App* c = bench->add_subcommand(suite.name, suite.description);
    c->add_option("--device", options->device,
                  "auto (the CPU, and CUDA device 0 where there is one), cpu, cuda or cuda:N")
        ->capture_default_str();
    c->add_option("--size", options->sizes, suite.sizes)->allow_extra_args(false);
    c->add_option("--runs", options->runs, "Runs of each op; default 100 on CUDA, 11 on a CPU")
        ->check(CLI::Range(1, 1'000'000));
    options->output.add_to(*c);
    c->footer(
        std::string(
            "A row tells the median time of a call, the bytes that it must move at least (inputs read once, "
            "outputs written\nonce) in GB/s, and their share of what a large copy moved in the same run. "
            "Inputs are noise; "
            "on CUDA the L2 cache is\nflushed between runs.\nExample: ") +
        suite.example);
    c->callback([&suite, options, &exit_code] { exit_code = run(suite, *options); });
  }
  add_bench_tick(*bench, exit_code);
  add_bench_drr(*bench, exit_code);
}

}  // namespace fg
