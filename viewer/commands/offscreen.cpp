#include "viewer/commands/offscreen.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numbers>

#include "viewer/app/session/camera_json.h"
#include "viewer/app/session/session.h"
#include "viewer/app/tick/blocking_queue.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/app/view/compositor.h"
#include "viewer/app/view/display.h"
#include "viewer/app/view/navigation.h"
#include "viewer/error.h"
#include "viewer/io/quotable.h"
#include "viewer/render/gaussian_renderer.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

constexpr int kFreeWidth = 960,
              kFreeHeight = 540;  // pixels, where neither a photo nor an option gives a size
constexpr double kFreeFov = 50;   // degrees, vertical

// Chooses the view of tick i.
class Route {
 public:
  Route(Session& session, const ViewOptions& options)
      : session_(session),
        width_(options.window_width ? options.window_width : kFreeWidth),
        height_(options.window_height ? options.window_height : kFreeHeight),
        stay_(!options.camera.empty()) {
    if (session.content() != Session::Content::splats || !session.cameras().empty()) return;
    navigator_.set_world(mean_up({}), session.bounds().radius);
    navigator_.frame(session.bounds().centre, session.bounds().radius, kFreeFov,
                     double(kFreeWidth) / kFreeHeight);
  }

  void go(int tick, int ticks) {
    if (session_.content() != Session::Content::splats) return;
    if (const std::size_t cameras = session_.cameras().size()) {
      if (!stay_) session_.snap(static_cast<std::size_t>(tick) % cameras);
      return;
    }
    if (tick > 0) navigator_.drag({turn_per_tick(ticks), 0}, height_);
    session_.set_free_view(free_intrinsics(width_, height_, kFreeFov), navigator_.world_to_camera());
  }

 private:
  static double turn_per_tick(int ticks) {
    return 2.0 * kFreeHeight / ticks;
  }  // a drag of two viewports is a turn
  Session& session_;
  Navigator navigator_;
  int width_, height_;  // of free views, pixels
  bool stay_;
};

// The window says what to drop on it; here it is an option that is missing.
std::string no_score_because(const Session& session) {
  if (session.content() == Session::Content::volume)
    return "no radiograph to compare with was named (--xray)";
  if (session.snapped()) return session.no_reference_because();
  return "nothing to compare with was named (--cameras, --reference-scene or --reference-image)";
}

// Of a tick, on the host's clock. CUDA begins to render a radiograph while the tick is recorded.
struct WallTimes {
  double from_submit_ms = 0, from_record_ms = 0;
};

nlohmann::ordered_json describe(const Session& session, std::uint64_t number,
                                const std::optional<TickResult>& result, const WallTimes& wall) {
  nlohmann::ordered_json line{{"tick", number},
                              {"width", session.images().width()},
                              {"height", session.images().height()},
                              {"reference", session.reference_name()},
                              {"executor", fg_executor_name(session.executor())},
                              {"wall_ms", wall.from_submit_ms},
                              {"wall_with_recording_ms", wall.from_record_ms}};
  add_radiograph(line, session);
  if (const auto camera = session.snapped()) line["camera"] = session.cameras()[*camera].name;
  if (!session.complete()) line["incomplete"] = true;  // the farthest splats lack
  if (!result) {
    line["no_score_because"] = no_score_because(session);
    return line;
  }
  add_scores(line, *result);
  return line;
}

void print(const Session& session, std::uint64_t number, const std::optional<TickResult>& result,
           double wall_ms) {
  const auto camera = session.snapped();
  const std::string view = on_one_line(camera ? session.cameras()[*camera].name : session.title());
  if (result)
    std::printf(
        "tick %3llu  %-24s SSIM %.6f  PSNR %7.3f dB  MAE %.5f  render %7.2f ms  metric %6.2f ms  wall %7.2f "
        "ms\n",
        static_cast<unsigned long long>(number), view.c_str(), result->scores.ssim, result->scores.psnr,
        result->scores.mae, result->render_ms, result->metric_ms, wall_ms);
  else
    std::printf("tick %3llu  %-24s no score: %s  wall %7.2f ms\n", static_cast<unsigned long long>(number),
                view.c_str(), no_score_because(session).c_str(), wall_ms);
  std::fflush(stdout);
}

void print_drr_renderer(const Session& session) {
  if (session.content() == Session::Content::volume)
    std::printf("radiographs by %s\n", session.drr_renderer().c_str());
}

void save_pictures(const Session& session, const OffscreenOptions& offscreen) {
  // Those of an earlier run are none of this one's.
  std::error_code ignored;
  for (const char* name : {"reference.png", "heatmap.png", "overlay.png"})
    std::filesystem::remove(offscreen.output / name, ignored);
  const Tick& images = session.images();
  const vk::OwnDevice& device = session.device();
  const auto save = [&](const char* name, VkImage image) {
    save_png(offscreen.output / name, download_rgba(device, image, images.width(), images.height()));
  };
  save("frame.png", images.frame().get());
  if (!session.has_reference()) return;
  save("reference.png", images.reference().get());
  save("heatmap.png", images.evaluator_images().heatmap);
  DisplaySettings display;
  display.color_map = offscreen.color_map;
  display.worst = offscreen.worst;
  display.best = offscreen.best;
  Compositor compositor(device, 1);
  save_png(offscreen.output / "overlay.png", compositor.picture(images, display, ViewMode::heatmap_over));
}

}  // namespace

int run_offscreen(const ViewOptions& options, const OffscreenOptions& offscreen) {
  make_folder(offscreen.output);
  const vk::OwnDevice device({.wanted_device = options.device,
                              .validation = options.validation,
                              .device_extensions = evaluator_extensions()});
  Session session(device,
                  {.executor = options.executor,
                   .drr_backend = options.drr_backend,
                   .downscale = options.downscale,
                   .background = {options.background[0], options.background[1], options.background[2]}});
  session.load(options);
  session.set_heatmap(offscreen.color_map, offscreen.best, offscreen.worst);  // errors are hot
  if (session.content() == Session::Content::nothing)
    throw Failure(ExitCode::usage, "nothing to render: name a scene (.ply) or a volume (--ct)");
  for (const std::string& note : session.take_notes()) std::fprintf(stderr, "framegauge: %s\n", note.c_str());

  print_drr_renderer(session);

  const std::filesystem::path log_file = offscreen.output / "metrics.jsonl";
  std::ofstream log(log_file, std::ios::trunc);  // a line a tick, flushed: Ctrl-C leaves every finished tick
  BlockingQueue queue(device);
  Route route(session, options);
  InterruptGuard interrupt;
  int incomplete = 0;
  for (int i = 0; i < offscreen.frames && !interrupt.requested(); ++i) {
    route.go(i, offscreen.frames);
    std::uint64_t number = 0;
    WallTimes wall;
    for (int attempt = 0;
         attempt == 0 || (!session.complete() && !session.out_of_room() && attempt < kMostTicksForRoom);
         ++attempt) {
      const auto start = std::chrono::steady_clock::now();
      wall.from_submit_ms = queue.run([&](VkCommandBuffer cmd) { number = session.tick(cmd); },
                                      [&](vk::Submission& submission) { session.join(submission); });
      const std::chrono::duration<double, std::milli> whole = std::chrono::steady_clock::now() - start;
      wall.from_record_ms = whole.count();
    }
    incomplete += !session.complete();
    const std::optional<TickResult> result = session.poll();
    print(session, number, result, wall.from_submit_ms);
    log << describe(session, number, result, wall).dump() << std::endl;
    if (!log)
      throw Failure(ExitCode::internal, log_file.string() + ": could not be written; is the disk full?");
  }
  save_pictures(session, offscreen);
  if (incomplete > 0)
    std::fprintf(
        stderr,
        "framegauge: the device has no room for all splats of %d of the ticks; they lack the farthest "
        "and say \"incomplete\" in metrics.jsonl; give --downscale or a smaller --size\n",
        incomplete);
  for (const std::string& note : session.take_notes()) std::fprintf(stderr, "framegauge: %s\n", note.c_str());
  std::printf("%s holds frame.png, metrics.jsonl%s\n", offscreen.output.c_str(),
              session.has_reference() ? ", reference.png, heatmap.png and overlay.png" : "");
  if (!device.validation_messages().empty())
    throw Failure(ExitCode::internal, "the Vulkan validation layer reported " +
                                          std::to_string(device.validation_messages().size()) + " messages");
  return interrupt.requested() ? interrupt.exit_code() : static_cast<int>(ExitCode::pass);
}

}  // namespace fg
