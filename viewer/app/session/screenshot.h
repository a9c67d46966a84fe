#pragma once
// What the newest tick shows and scores, as files: frame.png, reference.png, heatmap.png, overlay.png,
// scores.json.

#include <filesystem>
#include <optional>

#include "viewer/app/session/session.h"
#include "viewer/app/view/compositor.h"

namespace fg {

// A new folder framegauge-<number> in a folder.
std::filesystem::path next_screenshot_folder(const std::filesystem::path& in);

// Waits for the GPU. result is that of the newest tick; without one only frame and overlay are written.
void save_screenshot(const std::filesystem::path& folder, const Session& session, Compositor& compositor,
                     const DisplaySettings& display, ViewMode mode, const std::optional<TickResult>& result);

}  // namespace fg
