#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <thread>

#include "framegauge/vulkan.h"
#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/app/panels/panels.h"
#include "viewer/app/session/screenshot.h"
#include "viewer/app/session/view_options.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/app/view/compositor.h"
#include "viewer/app/window/gui.h"
#include "viewer/app/window/window.h"
#include "viewer/error.h"
#include "viewer/render/gaussian_renderer.h"

namespace fg {
namespace {

constexpr OsWindow::Size kSmallest{320, 240};

std::vector<const char*> device_extensions() {
  std::vector<const char*> names = evaluator_extensions();
  names.push_back(VK_KHR_SWAPCHAIN_EXTENSION_NAME);
  return names;
}

std::filesystem::path settings_file(const ViewOptions& options) {
  return options.settings.empty() ? default_settings_file() : options.settings;
}

OsWindow::Size window_size(const ViewOptions& options, const Settings& settings) {
  return {
      std::max(options.window_width > 0 ? options.window_width : settings.window_width, kSmallest.width),
      std::max(options.window_height > 0 ? options.window_height : settings.window_height, kSmallest.height)};
}

// What makes one tick differ from the next: while paused, only a change is drawn.
struct SeenView {
  glm::dmat4 world_to_camera{0.0};
  DrrGeometry radiograph;
  DrrDisplay grey;
  glm::ivec2 size{0};
  std::string title, reference;
  FgColorMap color_map = FG_COLOR_MAP_VIRIDIS;
  HeatmapRange heatmap{0, 0};
  bool operator==(const SeenView&) const = default;
};

SeenView seen_view(const Ui& ui) {
  const Session& session = ui.session;
  SeenView view{.world_to_camera = session.world_to_camera(),
                .size = session.frame_size(),
                .title = session.title(),
                .reference = session.reference_name(),
                .color_map = ui.settings.display.color_map,
                .heatmap = heatmap_range(ui.settings.display)};
  if (session.content() == Session::Content::volume) {
    view.radiograph = session.drr().posed();
    view.grey = session.drr().display;
  }
  return view;
}

class Viewer {
 public:
  Viewer(const ViewOptions& options, const std::string& settings_complaint, const Settings& settings)
      : options_(options),
        window_(window_size(options, settings), "Framegauge"),
        device_({.wanted_device = options.device,
                 .validation = options.validation,
                 .instance_extensions = glfw_extensions(),
                 .device_extensions = device_extensions()}),
        surface_(device_, window_.make_surface(device_)),
        swapchain_(device_, surface_, options.vsync),
        compositor_(device_, Swapchain::kSlots),
        probe_(device_, Swapchain::kSlots),
        session_(device_,
                 {.executor = options.executor,
                  .drr_backend = options.drr_backend,
                  .frames_in_flight = Swapchain::kSlots + 1,
                  .downscale = options.downscale,
                  .background = {options.background[0], options.background[1], options.background[2]}}),
        scale_(options.ui_scale > 0 ? options.ui_scale : window_.content_scale()),
        ui_{.session = session_, .settings = settings, .scale = scale_} {
    const OsWindow::Size pixels = window_.framebuffer();
    swapchain_.resize(pixels.width, pixels.height);
    gui_ = std::make_unique<Gui>(device_, window_.handle(), swapchain_, scale_);
    ui_.large_font = gui_->large_font();
    ui_.navigator.mode = settings.fly ? Navigator::Mode::fly : Navigator::Mode::orbit;
    ui_.navigator.fly_speed = settings.fly_speed;
    ui_.executors = session_.executors();
    if (!settings_complaint.empty()) ui_.say(Severity::warning, settings_complaint);
    session_.load(options);
    ui_.scene_changed();
    retitle();
  }

  ~Viewer() { device_.DeviceWaitIdle(device_.handle); }

  int run() {
    std::uint64_t shown = 0;
    std::ofstream count;
    if (!options_.frame_count.empty()) count.open(options_.frame_count, std::ios::trunc);
    while (!glfwWindowShouldClose(window_.handle()) && !ui_.wants_close) {
      glfwPollEvents();
      if (window_.minimised() || !fit_swapchain()) {
        glfwWaitEventsTimeout(0.1);  // nothing to draw on: no work, no busy loop
        continue;
      }
      if (draw_frame()) {
        ++shown;
        if (count.is_open()) count << '.' << std::flush;
      }
      if (options_.max_frames && shown >= options_.max_frames) break;
    }
    device_.DeviceWaitIdle(device_.handle);
    return device_.validation_messages().empty() ? 0 : static_cast<int>(ExitCode::internal);
  }

  Settings settings() const {
    Settings kept = ui_.settings;
    const OsWindow::Size size = window_.size();
    if (!window_.minimised() && size.width >= kSmallest.width && size.height >= kSmallest.height) {
      kept.window_width = size.width;
      kept.window_height = size.height;
    }
    kept.fly = ui_.navigator.mode == Navigator::Mode::fly;
    kept.fly_speed = ui_.navigator.fly_speed;
    return kept;
  }

 private:
  static std::vector<const char*> glfw_extensions() {
    std::uint32_t count = 0;
    const char** names = glfwGetRequiredInstanceExtensions(&count);
    return {names, names + count};
  }

  bool fit_swapchain() {
    const OsWindow::Size pixels = window_.framebuffer();
    if (window_.resized || !swapchain_.usable()) {
      window_.resized = false;
      swapchain_.resize(pixels.width, pixels.height);
    }
    return swapchain_.usable() && pixels.width > 0 && pixels.height > 0;
  }

  void update_clock() {
    const double now = glfwGetTime();
    ui_.frame_seconds = now - ui_.now;
    ui_.now = now;
    ++frames_since_;
    if (now - rate_since_ < 0.5) return;
    ui_.frames_per_second = frames_since_ / (now - rate_since_);
    rate_since_ = now;
    frames_since_ = 0;
  }

  void build_panels() {
    const OsWindow::Size points = window_.size(), pixels = window_.framebuffer();
    ui_.pixels_per_point = points.width > 0 ? static_cast<double>(pixels.width) / points.width : 1;
    const Regions regions =
        arrange(points.width, points.height, scale_, ui_.settings, !session_.cameras().empty());
    gui_->begin_frame();
    ui_.keys = std::exchange(window_.keys, {});
    handle_keys(ui_);
    draw_toolbar(ui_, regions.toolbar);
    draw_camera_list(ui_, regions.cameras);
    draw_side(ui_, regions.side);
    draw_plots(ui_, regions.plots);
    draw_picture(ui_, regions.picture);  // last: keys and panels have settled the view
    draw_messages(ui_, regions.picture);
    draw_help(ui_);
    gui_->end_frame();
  }

  // The picture's image, as large as its part of the window. Waits for the GPU when the size changes.
  void fit_picture() {
    const auto pixels = [&](double points) {
      return static_cast<std::uint32_t>(std::max(1.0, std::floor(points * ui_.pixels_per_point)));
    };
    const VkExtent3D extent{pixels(ui_.viewport.width), pixels(ui_.viewport.height), 1};
    if (picture_ && picture_.width() == extent.width && picture_.height() == extent.height) return;
    device_.DeviceWaitIdle(device_.handle);
    picture_ = vk::Image(device_, {.extent = extent});
    picture_is_new_ = true;
  }

  void record_tick(VkCommandBuffer cmd) {
    for (const std::string& note : session_.take_notes()) ui_.say(Severity::warning, note);
    const SeenView view = seen_view(ui_);
    if (ui_.paused && view == seen_ && session_.images().width() > 0) return;
    seen_ = view;
    session_.set_heatmap(view.color_map, view.heatmap.first, view.heatmap.last);
    ui_.attempt([&] { tick_ = session_.tick(cmd); });
    // That of the newest tick whose commands have certainly finished; without a reference no result brings
    // it.
    if (tick_ > Swapchain::kSlots) ui_.render_ms = session_.images().render_ms(tick_ - Swapchain::kSlots);
  }

  void record_picture(const Swapchain::Frame& frame) {
    if (picture_is_new_) {
      vk::change_layout(device_, frame.cmd, picture_.get(), VK_IMAGE_LAYOUT_UNDEFINED,
                        VK_IMAGE_LAYOUT_GENERAL);
      picture_is_new_ = false;
    }
    if (session_.images().width() == 0) return;
    const glm::ivec2 image(session_.images().width(), session_.images().height());
    const glm::ivec2 output(static_cast<int>(picture_.width()), static_cast<int>(picture_.height()));
    // A tick that failed leaves images of another size than the layout was made for.
    if (image != ui_.image)
      ui_.layout = lay_out(ui_.settings.display, ui_.mode_now(), image, output, ui_.zoom);
    compositor_.record(frame.cmd, frame.slot, session_.images(),
                       compose_push(ui_.settings.display, ui_.layout, image, output), picture_);
    if (ui_.probed && ui_.probed->x < image.x && ui_.probed->y < image.y)
      probe_.record(frame.cmd, frame.slot, compositor_, session_.images(), *ui_.probed);
    view_of_probe_[frame.slot] = ui_.newest_view;
  }

  void record_window(const Swapchain::Frame& frame) {
    constexpr VkImageLayout kCopy = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
    const VkImageSubresourceRange range{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    vk::compute_barrier(device_, frame.cmd);
    vk::change_layout(device_, frame.cmd, frame.target, VK_IMAGE_LAYOUT_UNDEFINED, kCopy);
    const VkClearColorValue dark{.float32 = {0.075f, 0.08f, 0.09f, 1}};
    device_.CmdClearColorImage(frame.cmd, frame.target, kCopy, &dark, 1, &range);
    vk::compute_barrier(device_, frame.cmd);
    const VkExtent2D whole = swapchain_.extent();
    const auto x = static_cast<std::int32_t>(ui_.viewport.x * ui_.pixels_per_point);
    const auto y = static_cast<std::int32_t>(ui_.viewport.y * ui_.pixels_per_point);
    const std::int32_t width =
        std::min<std::int32_t>(picture_.width(), static_cast<std::int32_t>(whole.width) - x);
    const std::int32_t height =
        std::min<std::int32_t>(picture_.height(), static_cast<std::int32_t>(whole.height) - y);
    if (width > 0 && height > 0 && session_.images().width() > 0) {
      const VkImageSubresourceLayers layer{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
      const VkImageBlit blit{.srcSubresource = layer,
                             .srcOffsets = {{0, 0, 0}, {width, height, 1}},
                             .dstSubresource = layer,
                             .dstOffsets = {{x, y, 0}, {x + width, y + height, 1}}};
      device_.CmdBlitImage(frame.cmd, picture_.get(), VK_IMAGE_LAYOUT_GENERAL, frame.target, kCopy, 1, &blit,
                           VK_FILTER_NEAREST);
    }
    vk::change_layout(device_, frame.cmd, frame.target, kCopy, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL);
    const VkRenderPassBeginInfo begin{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                      .renderPass = swapchain_.render_pass(),
                                      .framebuffer = frame.framebuffer,
                                      .renderArea = {{0, 0}, whole}};
    device_.CmdBeginRenderPass(frame.cmd, &begin, VK_SUBPASS_CONTENTS_INLINE);
    gui_->draw(frame.cmd);
    device_.CmdEndRenderPass(frame.cmd);
  }

  bool draw_frame() {
    update_clock();
    build_panels();
    take_requests();
    fit_picture();
    const auto frame = swapchain_.begin();
    if (!frame) {
      window_.resized = true;
      return false;
    }
    // A reading of a view that has been left says nothing about this one.
    if (const auto reading = probe_.take(frame->slot);
        reading && view_of_probe_[frame->slot] == ui_.newest_view)
      ui_.reading = reading;
    record_tick(frame->cmd);
    record_picture(*frame);
    record_window(*frame);
    vk::Submission submission;
    session_.join(submission);
    if (!swapchain_.end(*frame, submission)) window_.resized = true;
    take_results();
    if (ui_.wants_screenshot) screenshot();
    return true;
  }

  void take_results() {
    while (const auto result = session_.poll()) {
      // The first frames of a view may lack splats, until the renderer has made room for them; if there is no
      // more room to make, a score of what there is beats none, and the panel says so.
      if (!session_.complete() && !session_.out_of_room() && ++withheld_ <= kMostTicksForRoom) continue;
      withheld_ = 0;
      const FgFrameResult& s = result->scores;
      ui_.newest = result;
      ui_.history.push({.tick = s.frame_number,
                        .ssim = static_cast<float>(s.ssim),
                        .psnr = static_cast<float>(s.psnr),
                        .mae = static_cast<float>(s.mae),
                        .new_view = ui_.newest_view != view_of_history_});
      view_of_history_ = ui_.newest_view;
    }
  }

  void screenshot() {
    ui_.wants_screenshot = false;
    ui_.attempt([&] {
      device_.DeviceWaitIdle(device_.handle);
      take_results();  // that of the frame just submitted
      const auto folder = next_screenshot_folder(
          options_.screenshots.empty() ? std::filesystem::current_path() : options_.screenshots);
      save_screenshot(folder, session_, compositor_, ui_.settings.display, ui_.mode_now(),
                      session_.has_reference() ? ui_.newest : std::nullopt);
      ui_.say(Severity::info, (session_.images().has_reference()
                                   ? "Saved frame, reference, heatmap, overlay and scores.json in "
                                   : "Saved frame, overlay and scores.json in ") +
                                  folder.string());
    });
  }

  void take_requests() {
    if (!ui_.copied_to_clipboard.empty()) {
      glfwSetClipboardString(window_.handle(), ui_.copied_to_clipboard.c_str());
      ui_.copied_to_clipboard.clear();
    }
    if (ui_.wants_executor) {
      const FgExecutor wanted = *ui_.wants_executor;
      ui_.wants_executor.reset();
      ui_.attempt([&] { session_.set_executor(wanted); });
    }
    const std::vector<std::string> dropped = std::exchange(window_.dropped, {});
    for (const std::string& path : dropped) load_dropped(path);
  }

  void load_dropped(const std::string& path) {
    const bool as_reference = window_.dropped_with_shift && path.ends_with(".ply");
    std::string what;
    const bool loaded = ui_.attempt([&] {
      if (as_reference) session_.load_reference_scene(path);
      what = as_reference ? "reference " + session_.reference_name() : session_.load_dropped(path);
    });
    if (!loaded) return;
    ui_.scene_changed();
    retitle();
    ui_.say(Severity::info, "Loaded " + what);
  }

  void retitle() {
    const std::string& title = session_.title();
    glfwSetWindowTitle(window_.handle(), (title.empty() ? "Framegauge" : title + " - Framegauge").c_str());
  }

  // In order of creation; destroyed from the last to the first.
  const ViewOptions& options_;
  OsWindow window_;
  vk::OwnDevice device_;
  Surface surface_;
  Swapchain swapchain_;
  Compositor compositor_;
  Probe probe_;
  Session session_;
  float scale_;
  Ui ui_;
  std::unique_ptr<Gui> gui_;
  vk::Image picture_;
  bool picture_is_new_ = true;
  SeenView seen_;
  std::uint64_t view_of_history_ = 0;
  std::array<std::uint64_t, Swapchain::kSlots> view_of_probe_{};
  double rate_since_ = 0;
  int frames_since_ = 0;
  int withheld_ = 0;        // results of incomplete frames in a row
  std::uint64_t tick_ = 0;  // the newest
};

}  // namespace

int run_window(const ViewOptions& options) {
  const GlfwLibrary glfw;
  glfw.instance_extensions();  // says why there are none
  const std::filesystem::path file = settings_file(options);
  std::string complaint;
  const Settings settings = load_settings(file, &complaint);
  int code = 0;
  Settings kept;
  {
    Viewer viewer(options, complaint, settings);
    code = viewer.run();
    kept = viewer.settings();
  }
  if (!save_settings(file, kept, &complaint)) std::fprintf(stderr, "framegauge: %s\n", complaint.c_str());
  return code;
}

}  // namespace fg
