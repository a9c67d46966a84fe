#pragma once
// What the panels share: the session they show, what the user has set, and what was measured last.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "viewer/app/panels/key_press.h"
#include "viewer/app/session/session.h"
#include "viewer/app/session/settings.h"
#include "viewer/app/view/display.h"
#include "viewer/app/view/frustum.h"
#include "viewer/app/view/history.h"
#include "viewer/app/view/navigation.h"
#include "viewer/app/view/probe.h"

struct ImFont;

namespace fg {

enum class Severity { info, warning, error };
struct Message {
  Severity severity;
  std::string text;
  double since;  // seconds
};

struct Ui {
  Session& session;
  Settings settings;
  Navigator navigator;
  float scale = 1;  // of everything, from the display's DPI
  ImFont* large_font = nullptr;
  double now = 0;            // seconds since the window opened
  double frame_seconds = 0;  // since the last frame

  // The picture.
  Zoom zoom;
  double mode_since = 0;  // when the view mode was chosen: blinking starts there
  bool reference_held = false;
  bool paused = false;
  Rect viewport;                     // of the picture, window coordinates
  double pixels_per_point = 1;       // framebuffer pixels per window coordinate
  Layout layout;                     // of the newest picture, framebuffer pixels from the viewport's corner
  glm::ivec2 image{0};               // size of the frame, pixels
  std::optional<glm::ivec2> probed;  // image pixel under the cursor
  std::optional<ProbeReading> reading;
  bool dragging_divider = false;
  bool moved_by_drag = false;  // the press became a drag, so its release is no click

  // Cameras.
  std::vector<Frustum> frustums;               // of the session's cameras, world
  std::vector<ProjectedFrustum> projected;     // this frame
  std::optional<std::size_t> hovered;          // camera under the cursor in the picture
  std::optional<std::size_t> hovered_in_list;  // set anew each frame
  std::optional<std::size_t> last_snapped;
  bool scroll_to_snapped = false;

  bool registration_searches = true;  // around the pose first; otherwise it descends from there

  // Measured.
  std::optional<TickResult> newest;
  std::uint64_t newest_view = 0;  // counts changes of the camera: history lines break there
  History history;
  double render_ms = 0;  // GPU time of the renderer, some frames ago; 0: unknown
  double frames_per_second = 0;
  std::vector<FgExecutorSupport> executors;

  std::vector<KeyPress> keys;  // pressed since the last frame

  // Asked for by keys and panels, done by the window between frames.
  bool wants_screenshot = false, wants_close = false, shows_help = false;
  std::vector<std::filesystem::path> dropped;
  std::string copied_to_clipboard;
  std::optional<FgExecutor> wants_executor;

  std::deque<Message> messages;

  void say(Severity severity, const std::string& text);
  // Runs something that a user asked for; a failure becomes a message. True when it worked.
  bool attempt(const std::function<void()>& action);

  void choose_mode(ViewMode mode);
  void snap(std::size_t camera);
  void step(int by);     // to the next or previous ground-truth camera
  void leave_snapped();  // the navigator takes the view over, as it is
  void go_free();        // gives the navigator's view to the session
  void frame_scene();
  void scene_changed();  // after loading: frustums, up, radius, a sensible view
  bool has_reference() const { return session.has_reference(); }
  ViewMode mode_now() const;  // what is on the screen this frame
};

}  // namespace fg
