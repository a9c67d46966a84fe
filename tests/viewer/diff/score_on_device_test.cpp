// Every metric of framegauge diff on a CUDA device against the processor. What brings the pictures there and the scores back
// is also tried where there is none.

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/test_files.h"
#include "tests/viewer/io/volume_files.h"
#include "viewer/diff/diff.h"
#include "viewer/diff/run_pairs.h"

namespace fg::test {
namespace {

std::string why_not() {
  std::uint32_t count = 0;
  if (fg_cuda_devices(nullptr, &count) == FG_STATUS_OK && count > 0) return "";
  return std::string("no CUDA device: ") + fg_last_error();
}

enum class Where {
  copies,  // on the processor, by the way of a CUDA device: the same bits
  cuda
};

// The tests of the ops themselves hold SSIM, NCC and errors on CUDA to 2e-6 of the processor, relative where they have
// no bounds; here the smallest value and the percentile of a map count too, whose pixels may differ by 1e-5.
double tolerance_of(const Column& column, double score, Where where) {
  if (has_same_bits_everywhere(column.metric)) return 0;
  if (where == Where::copies) return column.metric == Metric::ssim_valid ? 1e-6 : 0;  // not from strips
  if (column.name.find(":map-") != std::string::npos) return 1e-5;
  if (column.metric == Metric::psnr) return 2e-5;  // dB: 5e-6 of the squared error
  if (column.metric == Metric::flip || column.metric == Metric::flip_hdr) return 1e-5;
  return 3e-6 * std::max(1.0, std::abs(score));
}

void expect_alike(const std::vector<double>& device, const std::vector<double>& cpu, const ScorePlan& plan,
                  Where where) {
  const std::vector<Column> columns = columns_of(plan);
  ASSERT_EQ(device.size(), columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    SCOPED_TRACE(columns[c].name);
    if (std::isfinite(cpu[c]))
      EXPECT_NEAR(device[c], cpu[c], tolerance_of(columns[c], cpu[c], where));
    else  // NaN where no window fits, +inf for identical pictures
      EXPECT_TRUE(std::isnan(cpu[c]) ? std::isnan(device[c]) : device[c] == cpu[c]) << device[c];
  }
}

void expect_alike(const std::vector<float>& device, const std::vector<float>& cpu, float tolerance) {
  ASSERT_EQ(device.size(), cpu.size());
  float worst = 0;
  for (std::size_t i = 0; i < cpu.size(); ++i) worst = std::max(worst, std::abs(device[i] - cpu[i]));
  EXPECT_LE(worst, tolerance);
}

class scored_on_device : public testing::TestWithParam<Where> {
 protected:
  void SetUp() override {
    if (const std::string reason = why_not(); GetParam() == Where::cuda && !reason.empty())
      GTEST_SKIP() << reason;
    device_.device = make();
  }
  static OpDevice make() {
    return GetParam() == Where::cuda ? OpDevice(ComputeDevice("cuda"))
                                     : OpDevice(ComputeDevice("cpu"), OpDevice::Copies::always);
  }
  void compare(const FramePair& pair, const ScorePlan& plan, const Mask* mask = nullptr) {
    for (const KeepMap keep : {KeepMap::no, KeepMap::yes}) {
      ScoreWorkspace fresh{.device = make(), .map = {}};
      const PairScores cpu = score_once(pair, mask, plan, keep),
                       device = score_pair(pair, mask, plan, keep, device_),
                       again = score_pair(pair, mask, plan, keep, fresh);
      expect_alike(device.values, cpu.values, plan, GetParam());
      expect_alike(device.map, cpu.map,
                   GetParam() == Where::copies       ? 0
                   : plan.map_metric == Metric::flip ? 1e-4f
                                                     : 1e-5f);
      // What the memory held before does not matter.
      for (std::size_t i = 0; i < device.values.size(); ++i)
        EXPECT_TRUE(device.values[i] == again.values[i] ||
                    (std::isnan(device.values[i]) && std::isnan(again.values[i])));
      EXPECT_EQ(device.map, again.map);
    }
  }

  ScoreWorkspace device_;
};

INSTANTIATE_TEST_SUITE_P(, scored_on_device, testing::Values(Where::copies, Where::cuda),
                         [](const auto& of) { return of.param == Where::cuda ? "cuda" : "copies"; });

// 213x181 holds the five scales of both MS-SSIMs; 9x40 no window at all.
TEST_P(scored_on_device, every_metric_of_8_bit_pictures) {
  const std::vector<Metric> all = parse_metrics("all", false);
  for (const int window : {7, 11})
    for (const auto& [width, height] : {std::pair(213, 181), std::pair(53, 37), std::pair(9, 40)})
      for (const bool statistics : {false, true}) {
        SCOPED_TRACE(testing::Message() << width << "x" << height << " window " << window);
        compare(noisy_pair(width, height, 25),
                {.metrics = all, .window = window, .map_statistics = statistics});
      }
  compare(noisy_pair(213, 181, 25), {.metrics = all, .map_metric = Metric::flip});
  compare(noisy_pair(213, 181, 0), {.metrics = all});
}

// Each metric alone: none leans on what another one brought to the device.
TEST_P(scored_on_device, each_metric_alone) {
  for (const Metric metric : parse_metrics("all", false)) {
    SCOPED_TRACE(metric_name(metric));
    compare(noisy_pair(213, 181, 25), {.metrics = {metric}});
  }
}

// As score_test.cpp has it of the processor.
TEST_P(scored_on_device, ssims_have_the_same_bits_with_and_without_a_map_and_beside_each_other) {
  const FramePair pair = noisy_pair(213, 181, 25);
  const auto score = [&](const std::vector<Metric>& metrics, std::size_t column, KeepMap keep) {
    return score_pair(pair, nullptr, {.metrics = metrics}, keep, device_).values.at(column);
  };
  const double ssim = score({Metric::ssim}, 0, KeepMap::no),
               valid = score({Metric::ssim_valid}, 0, KeepMap::no);
  const std::vector<Metric> both = {Metric::ssim, Metric::ssim_valid};
  for (const KeepMap keep : {KeepMap::no, KeepMap::yes}) {
    EXPECT_EQ(score(both, 0, keep), ssim);
    EXPECT_EQ(score(both, 1, keep), valid);
  }
  const ScorePlan statistics{.metrics = {Metric::ssim_valid}, .map_statistics = true};
  EXPECT_EQ(score_pair(pair, nullptr, statistics, KeepMap::no, device_).values.at(0), valid);
}

TEST_P(scored_on_device, pictures_of_floats_and_light) {
  FramePair pair = noisy_pair(213, 181, 25);
  for (std::shared_ptr<const Frame>* frame : {&pair.test, &pair.reference}) {
    Frame floats = as_floats(**frame);
    floats.light = floats.rgb;
    for (float& value : floats.light) value *= 4;
    *frame = std::make_shared<const Frame>(std::move(floats));
  }
  std::vector<Metric> all = parse_metrics("all", false);
  compare(pair, {.metrics = all});
  all.push_back(Metric::flip_hdr);
  compare(pair, {.metrics = all});
}

TEST_P(scored_on_device, a_mask) {
  Mask mask{213, 181, std::vector<float>(213 * 181, 1.0f), 0};
  for (int v = 40; v < 90; ++v) std::fill_n(mask.weights.begin() + v * 213 + 30, 77, 0.0f);
  mask.visible = 213 * 181 - 50 * 77;
  std::vector<Metric> all;
  for (const Metric metric : all_metrics())
    if (can_be_masked(metric) && !is_of_volumes(metric)) all.push_back(metric);
  const ScorePlan plan{.metrics = all, .masked = true, .map_statistics = true};
  compare(noisy_pair(213, 181, 25), plan, &mask);
  const FramePair planes_pair{std::make_shared<const Frame>(planes(213, 181, 10, 20)),
                              std::make_shared<const Frame>(planes(213, 181, 10, 0))};
  compare(planes_pair,
          {.metrics = all, .masked = true, .map_statistics = true, .chroma = true, .luma_only = true}, &mask);
}

// Whole runs of a source, several workers on the one device.
void compare_runs(const PairSource& source, const ScorePlan& plan) {
  const auto run = [&](const ComputeDevice& device, unsigned workers) {
    std::vector<std::vector<double>> scores(source.count());
    RunOptions options;
    options.workers = workers;
    options.device = device;
    options.finished = [&](PairResult result) {
      EXPECT_EQ(result.problem, "");
      scores[result.index] = std::move(result.scores);
    };
    const InterruptGuard interrupt;
    run_pairs(source, Masks({}, {}, {}), plan, options, interrupt);
    return scores;
  };
  const ComputeDevice cuda("cuda");
  const auto cpu = run(ComputeDevice("cpu"), 2), one = run(cuda, 1), many = run(cuda, 8);
  EXPECT_EQ(one, many) << "the same bits, however many workers share the device";
  for (std::size_t i = 0; i < cpu.size(); ++i) {
    SCOPED_TRACE(source.identity(i).name);
    expect_alike(one[i], cpu[i], plan, Where::cuda);
  }
}

TEST(diff_on_cuda, frames_of_y4m_are_those_of_the_processor) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  const TemporaryFolder folder;
  for (const int bits : {8, 10}) {
    std::vector<int> noises;
    for (int frame = 0; frame < 12; ++frame) noises.push_back(3 * frame + 1);
    const auto test = folder / "test.y4m", reference = folder / "reference.y4m";
    write_text(test, y4m_of(noises, bits, 212, 180));
    write_text(reference, y4m_of(std::vector<int>(12, 0), bits, 212, 180));
    const auto source = open_source({.inputs = {test.string(), reference.string()}});
    compare_runs(*source, {.metrics = parse_metrics("all", false), .chroma = true, .luma_only = true});
  }
}

TEST_P(scored_on_device, volumes) {
  const TemporaryFolder folder;
  const auto volume = [&](const char* name, int seed) {
    Nifti nifti;
    nifti.dim = {3, 37, 29, 23};
    std::vector<std::int16_t> voxels;
    for (int i = 0; i < 37 * 29 * 23; ++i)
      voxels.push_back(static_cast<std::int16_t>(i % 701 + (i * seed) % 97));
    nifti.voxels = bytes_of_all(voxels);
    return write_bytes(folder / name, nifti.bytes()).string();
  };
  const auto source = open_source({.inputs = {volume("test.nii", 31), volume("reference.nii", 7)}});
  ScorePlan plan{.metrics = parse_volume_metrics(""), .volumes = true};
  plan.map_metric = Metric::ssim3d;
  compare(source->load(0), plan);
  if (GetParam() == Where::cuda) compare_runs(*source, plan);
}

TEST(diff_on_cuda, a_run_names_the_device_and_holds_to_the_baseline_of_the_processor) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  const TemporaryFolder folder;
  for (const char* side : {"out", "gold"}) {
    std::filesystem::create_directory(folder / side);
    for (int i = 0; i < 6; ++i)
      save_png(folder / side / (std::to_string(i) + ".png"), waves(180, 170, *side == 'o' ? 3 * i + 1 : 0));
  }
  DiffOptions options;
  options.source.inputs = {(folder / "out").string(), (folder / "gold").string()};
  options.metrics = "all";
  options.baseline = (folder / "baseline.json").string();
  options.update_baseline = true;
  options.json = (folder / "cpu.json").string();
  options.device = "cpu";
  ASSERT_EQ(run_diff(options), 0);
  options.update_baseline = false;
  options.json = (folder / "cuda.json").string();
  options.report = (folder / "report.html").string();
  options.device = "auto";
  EXPECT_EQ(run_diff(options), 0);
  std::ifstream in(folder / "cuda.json");
  const auto report = nlohmann::json::parse(in);
  EXPECT_EQ(report["settings"]["device"], "cuda:0");
  EXPECT_EQ(report["settings"]["device_name"], ComputeDevice("cuda").name());
}

}  // namespace
}  // namespace fg::test
