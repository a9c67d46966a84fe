#pragma once
// The views of `framegauge eval`, one after the other: which are scored, which are skipped and why, and what ends the run.

#include <cstddef>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "viewer/app/tick/tick.h"
#include "viewer/error.h"
#include "viewer/report/interrupt.h"
#include "viewer/scene/camera.h"
#include "viewer/scene/dataset.h"

namespace fg {

struct ViewScore {
  const Camera* camera = nullptr;
  TickResult tick;
  double wall_ms = 0;
};

// The device has no room for this view; it may have for others.
class NoRoom : public Failure {
 public:
  explicit NoRoom(const std::string& sentence) : Failure(ExitCode::internal, sentence) {}
};

struct EvaluatedViews {
  std::vector<ViewScore> scores;
  nlohmann::ordered_json failures = nlohmann::ordered_json::object();  // by view: one sentence
  std::size_t without_room = 0;                                        // of the failures
  std::set<std::string> notes;                                         // about photos; many say the same
  std::exception_ptr problem;  // what ended the run before its time; what was finished is here all the same
};

struct ViewWork {
  std::function<GroundTruth(const Camera&)>
      load;  // in another thread: of the next view while this one renders
  std::function<ViewScore(const Camera&, const GroundTruth&)> score;
};

// A photo that cannot be read and a view without room are failures of that view alone. Any other failure ends the run.
EvaluatedViews evaluate_views(const std::vector<const Camera*>& cameras, const ViewWork& work,
                              const InterruptGuard& interrupt);

}  // namespace fg
