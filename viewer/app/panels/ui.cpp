#include "viewer/app/panels/ui.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "plugin/vk/error.h"
#include "viewer/error.h"

namespace fg {

void Ui::say(Severity severity, const std::string& text) {
  // Said again, it counts as new and does not stand twice. A terminal keeps what the window shows for seconds.
  if (std::erase_if(messages, [&](const Message& m) { return m.text == text; }) == 0)
    std::fprintf(stderr, "framegauge: %s\n", text.c_str());
  messages.push_back({severity, text, now});
  if (messages.size() > 50) messages.pop_front();
}

bool Ui::attempt(const std::function<void()>& action) {
  try {
    action();
    return true;
  } catch (const Failure& failure) {
    say(Severity::error, failure.what());
  } catch (const vk::Error& error) {
    if (error.result == VK_ERROR_DEVICE_LOST) throw;  // nothing works after that
    say(Severity::error, error.what());
  } catch (const std::bad_alloc&) {
    say(Severity::error, "there is not enough memory for that");
  } catch (const std::filesystem::filesystem_error& error) {
    say(Severity::error, error.what());
  }
  return false;
}

void Ui::choose_mode(ViewMode mode) {
  settings.display.mode = mode;
  mode_since = now;
}

ViewMode Ui::mode_now() const {
  return shown_mode(settings.display, has_reference(), reference_held, now - mode_since);
}

void Ui::snap(std::size_t camera) {
  if (!attempt([&] { session.snap(camera); })) return;
  last_snapped = camera;
  scroll_to_snapped = true;
  ++newest_view;
  newest.reset();
  reading.reset();
  navigator.take(session.world_to_camera(), glm::dvec3(session.bounds().centre));
}

void Ui::step(int by) {
  const auto count = static_cast<long>(session.cameras().size());
  if (count == 0) return;
  const long from = session.snapped() ? static_cast<long>(*session.snapped())
                    : last_snapped    ? static_cast<long>(*last_snapped) - (by > 0 ? 1 : -1)
                                      : (by > 0 ? -1 : count);
  snap(static_cast<std::size_t>(((from + by) % count + count) % count));
}

void Ui::leave_snapped() {
  if (!session.snapped()) return;
  settings.vertical_fov_deg = std::clamp(vertical_fov_deg(session.intrinsics()), 5.0, 120.0);
  navigator.take(session.world_to_camera(), glm::dvec3(session.bounds().centre));
  zoom = {};
  ++newest_view;
  newest.reset();
  reading.reset();
  go_free();
}

void Ui::go_free() {
  const double share = pixels_per_point / settings.free_resolution;
  const int width = std::max(1, static_cast<int>(viewport.width * share));
  const int height = std::max(1, static_cast<int>(viewport.height * share));
  session.set_free_view(free_intrinsics(width, height, settings.vertical_fov_deg),
                        navigator.world_to_camera());
}

void Ui::frame_scene() {
  leave_snapped();
  const SplatScene::Bounds bounds = session.bounds();
  const double aspect = viewport.height > 0 ? viewport.width / viewport.height : 1.5;
  navigator.frame(glm::dvec3(bounds.centre), bounds.radius, settings.vertical_fov_deg, aspect);
  zoom = {};
  ++newest_view;
}

void Ui::scene_changed() {
  const std::vector<Camera>& cameras = session.cameras();
  const SplatScene::Bounds bounds = session.bounds();
  frustums.clear();
  projected.clear();
  hovered.reset();
  last_snapped = session.snapped();
  const double depth = frustum_depth(cameras, bounds.radius);
  for (const Camera& camera : cameras) frustums.push_back(frustum_of(camera, depth));
  navigator.set_world(mean_up(cameras), bounds.radius);
  newest.reset();
  reading.reset();
  history.clear();
  zoom = {};
  if (session.snapped())
    navigator.take(session.world_to_camera(), glm::dvec3(bounds.centre));
  else if (session.content() == Session::Content::splats)
    frame_scene();
}

}  // namespace fg
