// framegauge eval SCENE: every ground-truth camera rendered and scored, with the protocol of the 3DGS papers.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "plugin/vk/error.h"
#include "plugin/vk/own_device.h"
#include "viewer/app/tick/blocking_queue.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/app/tick/tick.h"
#include "viewer/commands/commands.h"
#include "viewer/commands/eval_views.h"
#include "viewer/commands/option_checks.h"
#include "viewer/error.h"
#include "viewer/io/quotable.h"
#include "viewer/render/gaussian_renderer.h"
#include "viewer/report/heatmap.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/json_file.h"
#include "viewer/report/thresholds.h"
#include "viewer/scene/dataset.h"
#include "viewer/scene/splats.h"

namespace fg {
namespace {

struct EvalOptions {
  std::string scene, cameras, images, output, split = "all", method = "framegauge", device;
  std::string color_map = "viridis";
  int downscale = 1;
  std::vector<float> background = {0, 0, 0};
  std::vector<std::string> fail_under, fail_over;
  bool heatmaps = false, renders = false, validation = false, quiet = false;
};

struct Means {
  std::size_t views = 0;
  double ssim = 0, psnr = 0, mae = 0;
};

const char* name_of(Split split) { return split == Split::test ? "test" : "train"; }

Means means_of(const std::vector<ViewScore>& scores, const std::string& split) {
  Means m;
  for (const ViewScore& s : scores)
    if (split == "all" || split == name_of(s.camera->split)) {
      ++m.views;
      m.ssim += s.tick.scores.ssim;
      m.psnr += s.tick.scores.psnr;
      m.mae += s.tick.scores.mae;
    }
  const double n = static_cast<double>(m.views);
  return {m.views, m.ssim / n, m.psnr / n, m.mae / n};
}

std::vector<const Camera*> cameras_to_score(const Dataset& dataset, const std::string& split) {
  std::vector<const Camera*> chosen;
  for (const Camera& camera : dataset.cameras)
    if (!camera.photo.empty() && (split == "all" || split == name_of(camera.split)))
      chosen.push_back(&camera);
  return chosen;
}

// "cam1/0001.jpg" -> "cam1_0001.png"
std::string file_name_of(const Camera& camera) {
  std::string name = std::filesystem::path(camera.name).replace_extension().generic_string();
  std::replace(name.begin(), name.end(), '/', '_');
  return name + ".png";
}

void print_table(const std::vector<ViewScore>& scores, bool quiet) {
  if (!quiet)
    std::printf("%-32s %-5s %9s %9s %9s %10s\n", "view", "split", "SSIM", "PSNR", "MAE", "render ms");
  for (const ViewScore& s : scores)
    std::printf(quiet ? "%s\t%s\t%.6f\t%.4f\t%.6f\n" : "%-32s %-5s %9.6f %9.4f %9.6f %10.2f\n",
                on_one_line(s.camera->name).c_str(), name_of(s.camera->split), s.tick.scores.ssim,
                s.tick.scores.psnr, s.tick.scores.mae, s.tick.render_ms);
  if (quiet) return;
  for (const char* split : {"train", "test", "all"}) {
    const Means m = means_of(scores, split);
    if (m.views)
      std::printf("mean of %3zu %-21s %-5s %9.6f %9.4f %9.6f\n", m.views, "views", split, m.ssim, m.psnr,
                  m.mae);
  }
}

void write_results(const EvalOptions& options, const std::vector<ViewScore>& scores, const Dataset& dataset,
                   const nlohmann::ordered_json& failures) {
  nlohmann::ordered_json ssim, psnr, mae, views;
  for (const ViewScore& s : scores) {
    const std::string& name = s.camera->name;
    ssim[name] = json_number(s.tick.scores.ssim);
    psnr[name] = json_number(s.tick.scores.psnr);
    mae[name] = json_number(s.tick.scores.mae);
    views[name] = {{"split", name_of(s.camera->split)},
                   {"width", s.tick.scores.width},
                   {"height", s.tick.scores.height},
                   {"ssim_min", json_number(s.tick.scores.ssim_min)},
                   {"ssim_p5", json_number(s.tick.scores.ssim_p5)},
                   {"render_ms", s.tick.render_ms},
                   {"metric_ms", s.tick.metric_ms},
                   {"wall_ms", s.wall_ms}};
  }
  const std::filesystem::path folder = options.output;
  write_json(folder / "per_view.json", {{options.method, {{"SSIM", ssim}, {"PSNR", psnr}, {"MAE", mae}}}});

  const Means all = means_of(scores, "all");
  nlohmann::ordered_json splits;
  for (const char* split : {"train", "test"})
    if (const Means m = means_of(scores, split); m.views)
      splits[split] = {{"views", m.views},
                       {"SSIM", json_number(m.ssim)},
                       {"PSNR", json_number(m.psnr)},
                       {"MAE", json_number(m.mae)}};
  write_json(
      folder / "results.json",
      {{options.method,
        {{"SSIM", json_number(all.ssim)}, {"PSNR", json_number(all.psnr)}, {"MAE", json_number(all.mae)}}}});
  write_json(
      folder / "details.json",
      {{"schema", "framegauge-eval-1"},
       {"scene", options.scene},
       {"split", options.split},
       {"splits", splits},
       {"protocol",
        {{"ssim", "Wang 2004, 11x11 Gaussian, sigma 1.5, zero padding, mean over RGB, K1 0.01, K2 0.03"},
         {"values", "render rounded to 8 bit, photo 8 bit, both / 255"},
         {"downscale", options.downscale},
         {"resize", "box filter"},
         {"background", options.background},
         {"test_views", "every eighth by sorted name, unless the cameras file says"}}},
       {"missing_photos", dataset.missing},
       {"failed_views", failures},
       {"views", views}});
}

class Evaluation {
 public:
  Evaluation(const EvalOptions& options, const SplatScene& scene)
      : options_(options),
        device_({.wanted_device = options.device,
                 .validation = options.validation,
                 .device_extensions = evaluator_extensions()}),
        tick_(device_),
        queue_(device_),
        renderer_(device_, scene) {
    renderer_.set_background(options.background.data());
    tick_.set_heatmap(color_map_named(options.color_map), 1.0f, 0.0f);  // errors are hot
  }

  ViewScore score(const Camera& camera, const GroundTruth& truth) {
    const double wall_ms = render(camera, truth);
    const std::optional<TickResult> result = tick_.poll();
    if (!result) throw Failure(ExitCode::internal, camera.name + ": the tick gave no score");
    save_pictures(camera, truth);
    return {.camera = &camera, .tick = *result, .wall_ms = wall_ms};
  }

  std::size_t validation_messages() const { return device_.validation_messages().size(); }

 private:
  double render(const Camera& camera, const GroundTruth& truth) {
    try {
      make_room(truth.image.width, truth.image.height);
      tick_.set_reference(truth.image);
      renderer_.set_view(truth.intrinsics, camera.world_to_camera);
      return render_whole_view();
    } catch (const NoRoom& failure) {
      throw NoRoom(camera.name + ": " + failure.what());
    } catch (const vk::Error& error) {
      if (error.result != VK_ERROR_OUT_OF_DEVICE_MEMORY && error.result != VK_ERROR_OUT_OF_HOST_MEMORY) throw;
      throw NoRoom(camera.name + ": " + error.what() + "; use --downscale");
    }
  }

  void make_room(int width, int height) {
    try {
      tick_.resize(width, height);
    } catch (const Failure& failure) {  // larger than the device's images
      throw NoRoom(failure.what());
    }
  }

  // The first ticks of a scene may find the renderer's buffers too small; it then asks for another.
  double render_whole_view() {
    for (int i = 0; i < kMostTicksForRoom; ++i) {
      const double wall_ms = queue_.run([&](VkCommandBuffer cmd) { tick_.record(cmd, renderer_); });
      const GaussianRenderer::Counters counters = renderer_.counters();
      if (!counters.incomplete) return wall_ms;
      tick_.poll();  // the score of an incomplete frame counts for nothing
      if (counters.no_more_room) break;
    }
    throw NoRoom("the view needs more memory for its splats than the device has; use --downscale");
  }

  void save_pictures(const Camera& camera, const GroundTruth& truth) {
    const std::filesystem::path folder = options_.output;
    const std::string name = file_name_of(camera);
    const int width = tick_.width(), height = tick_.height();
    if (options_.heatmaps)
      save_png(folder / "heatmaps" / name,
               download_rgba(device_, tick_.evaluator_images().heatmap, width, height));
    if (options_.renders) {
      save_png(folder / "renders" / name, download_rgba(device_, tick_.frame().get(), width, height));
      save_png(folder / "gt" / name, truth.image);
    }
  }

  const EvalOptions& options_;
  vk::OwnDevice device_;
  Tick tick_;
  BlockingQueue queue_;
  GaussianRenderer renderer_;
};

void tell(const std::string& sentence) {
  std::fprintf(stderr, "framegauge: %s\n", on_one_line(sentence).c_str());
}

void say_what_was_noted(const EvaluatedViews& views) {
  for (const std::string& note : views.notes) tell(note);
  for (const auto& [name, sentence] : views.failures.items())
    tell("view skipped: " + sentence.get<std::string>());
}

// Whether all means are within their limits; says which are not.
bool keeps_limits(const std::vector<Threshold>& thresholds, const Means& all) {
  bool passed = true;
  for (const auto& check :
       check_thresholds(thresholds, {{"ssim", all.ssim}, {"psnr", all.psnr}, {"mae", all.mae}}, passed))
    if (!check["passed"].get<bool>())
      std::fprintf(stderr, "framegauge: mean %s is %s, the limit is %g\n",
                   check["score"].get<std::string>().c_str(), check["value"].dump().c_str(),
                   check["limit"].get<double>());
  return passed;
}

// What was scored is written and printed; then the exit code, or what ended the run is thrown.
int finish(const EvalOptions& options, const Dataset& dataset, const std::vector<Threshold>& thresholds,
           std::size_t planned, const EvaluatedViews& views, const InterruptGuard& interrupt) {
  say_what_was_noted(views);
  if (views.scores.empty()) {
    if (views.problem) std::rethrow_exception(views.problem);
    if (interrupt.requested()) {
      tell("interrupted before a view was scored");
      return interrupt.exit_code();
    }
    throw Failure(views.without_room ? ExitCode::internal : ExitCode::unreadable_input,
                  options.cameras + ": no view could be scored");
  }
  print_table(views.scores, options.quiet);
  write_results(options, views.scores, dataset, views.failures);
  if (const std::size_t skipped = dataset.missing.size() + views.failures.size())
    std::fprintf(stderr, "framegauge: %zu views scored, %zu skipped\n", views.scores.size(), skipped);
  if (views.problem) {
    std::fprintf(stderr, "framegauge: ended after %zu of %zu views; %s holds what was finished\n",
                 views.scores.size(), planned, options.output.c_str());
    std::rethrow_exception(views.problem);
  }
  if (interrupt.requested()) {
    std::fprintf(stderr, "framegauge: interrupted after %zu of %zu views; %s holds what was finished\n",
                 views.scores.size(), planned, options.output.c_str());
    return interrupt.exit_code();
  }
  const bool passed = keeps_limits(thresholds, means_of(views.scores, "all"));
  if (views.without_room) return static_cast<int>(ExitCode::internal);
  return static_cast<int>(passed ? ExitCode::pass : ExitCode::threshold_missed);
}

int run(const EvalOptions& options) {
  check_background(options.background);
  std::vector<Threshold> thresholds;
  for (const std::string& t : options.fail_under)
    thresholds.push_back(parse_threshold(t, true, {"ssim", "psnr", "mae"}));
  for (const std::string& t : options.fail_over)
    thresholds.push_back(parse_threshold(t, false, {"ssim", "psnr", "mae"}));

  const SplatScene scene = load_splats(options.scene);
  const Dataset dataset = load_dataset(options.cameras, options.images);
  const std::vector<const Camera*> cameras = cameras_to_score(dataset, options.split);
  for (const std::string& note : scene.notes)
    std::fprintf(stderr, "framegauge: %s: %s\n", options.scene.c_str(), note.c_str());
  for (const std::string& note : dataset.notes) std::fprintf(stderr, "framegauge: %s\n", note.c_str());
  for (const std::string& name : dataset.missing)
    std::fprintf(stderr, "framegauge: %s: photo missing, view skipped\n", on_one_line(name).c_str());
  if (cameras.empty())
    throw unreadable(options.cameras,
                     "no view of split '" + options.split + "' has a photo; nothing to score");

  make_folder(options.output);
  if (options.heatmaps) make_folder(std::filesystem::path(options.output) / "heatmaps");
  if (options.renders)
    for (const char* folder : {"renders", "gt"}) make_folder(std::filesystem::path(options.output) / folder);

  Evaluation evaluation(options, scene);
  const InterruptGuard interrupt;
  const ViewWork work{.load =
                          [&](const Camera& camera) {
                            return load_ground_truth(camera, options.downscale, options.background.data());
                          },
                      .score = [&](const Camera& camera,
                                   const GroundTruth& truth) { return evaluation.score(camera, truth); }};
  const EvaluatedViews views = evaluate_views(cameras, work, interrupt);
  const int exit_code = finish(options, dataset, thresholds, cameras.size(), views, interrupt);
  if (evaluation.validation_messages())
    throw Failure(ExitCode::internal, "the Vulkan validation layer reported " +
                                          std::to_string(evaluation.validation_messages()) + " messages");
  return exit_code;
}

}  // namespace

void add_eval(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* c = app.add_subcommand("eval", "Render every ground-truth camera of a splat scene and score it");
  c->add_option("scene", options->scene, "Splat scene, INRIA .ply")->required();
  c->add_option("--cameras", options->cameras,
                "COLMAP model folder (binary or text), transforms.json or its folder, or INRIA cameras.json")
      ->required();
  c->add_option("--images", options->images, "Folder of photos; default: where the cameras file says");
  c->add_option("--output", options->output, "Folder for per_view.json, results.json and details.json")
      ->required();
  c->add_option("--split", options->split, "all, train or test (every eighth view by name)")
      ->check(CLI::IsMember({"all", "train", "test"}))
      ->capture_default_str();
  c->add_option("--downscale", options->downscale, "Divide the size of photos and renders by this")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--background", options->background, "Colour behind splats and transparent photos, 0..1")
      ->expected(3)
      ->capture_default_str();
  c->add_flag("--heatmaps", options->heatmaps, "Write a heatmap PNG for each view");
  c->add_flag("--renders", options->renders, "Write each render and its ground truth as PNG (renders/, gt/)");
  c->add_option("--colormap", options->color_map, "viridis, turbo, magma or grey")
      ->check(CLI::IsMember(color_map_names()))
      ->capture_default_str();
  c->add_option("--method", options->method, "Name of the method in the JSON files")->capture_default_str();
  c->add_option("--fail-under", options->fail_under, "Exit 1 when a mean is lower: ssim=0.85, psnr=27");
  c->add_option("--fail-over", options->fail_over, "Exit 1 when a mean is higher: mae=0.05");
  c->add_option("--device", options->device, "Vulkan device: part of its name, or its index");
  c->add_flag("--validation", options->validation,
              "Run under the Vulkan validation layer; its messages are failures");
  c->add_flag("-q,--quiet", options->quiet, "Only the scores, tab separated");
  c->footer(
      "Example: framegauge eval point_cloud.ply --cameras sparse/0 --images images --output scores --split "
      "test\n"
      "A view whose photo is missing or cannot be read is skipped, named and counted. So is one that the "
      "device has no room "
      "for, and the exit code is then 5; what was scored is written.");
  c->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace fg
