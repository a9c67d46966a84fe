#include "viewer/app/session/screenshot.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "plugin/vk/commands.h"
#include "viewer/app/session/camera_json.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

Image8 download_image(const vk::OwnDevice& device, VkImage image, int width, int height) {
  const VkExtent3D extent{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), 1};
  const std::vector<std::byte> bytes = vk::download(device, image, extent, 4, VK_IMAGE_LAYOUT_GENERAL);
  Image8 host{.width = width, .height = height, .rgba = std::vector<std::uint8_t>(bytes.size())};
  std::memcpy(host.rgba.data(), bytes.data(), bytes.size());
  return host;
}

nlohmann::ordered_json scores_json(const Session& session, const DisplaySettings& display, ViewMode mode,
                                   const std::optional<TickResult>& result) {
  nlohmann::ordered_json out;
  out["scene"] = session.title();
  out["reference"] = session.reference_name();
  out["view_mode"] = name_of(mode);
  out["camera"] = nlohmann::ordered_json::parse(camera_json(session));
  out["heatmap"] = {{"color_map", name_of(display.color_map)},
                    {"worst", display.worst},
                    {"best", display.best},
                    {"errors_bright", display.errors_bright}};
  add_radiograph(out, session);
  if (session.out_of_room()) out["incomplete"] = true;  // the farthest splats lack
  if (!result) return out;
  add_scores(out, *result);
  return out;
}

}  // namespace

std::filesystem::path next_screenshot_folder(const std::filesystem::path& in) {
  for (int number = 1; number < 100000; ++number) {
    char name[32];
    std::snprintf(name, sizeof(name), "framegauge-%03d", number);
    std::filesystem::path folder = in / name;
    std::error_code error;
    std::filesystem::create_directories(in, error);
    if (std::filesystem::create_directory(folder, error)) return folder;
    if (error)
      throw Failure(ExitCode::internal, folder.string() + ": the folder cannot be made (" + error.message() +
                                            "); choose another with --screenshots");
  }
  throw Failure(ExitCode::internal, in.string() + ": holds 99999 screenshots already");
}

void save_screenshot(const std::filesystem::path& folder, const Session& session, Compositor& compositor,
                     const DisplaySettings& display, ViewMode mode, const std::optional<TickResult>& result) {
  const vk::OwnDevice& device = session.device();
  const Tick& tick = session.images();
  const int width = tick.width(), height = tick.height();
  device.DeviceWaitIdle(device.handle);
  save_png(folder / "frame.png", download_image(device, tick.frame().get(), width, height));
  if (tick.has_reference()) {
    save_png(folder / "reference.png", download_image(device, tick.reference().get(), width, height));
    // The heatmap through the compositor: the evaluator's own image need not be copyable.
    save_png(folder / "heatmap.png", compositor.picture(tick, display, ViewMode::heatmap));
  }
  save_png(folder / "overlay.png", compositor.picture(tick, display, mode));
  write_json(folder / "scores.json", scores_json(session, display, mode, result));
}

}  // namespace fg
