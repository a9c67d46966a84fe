#include "viewer/commands/eval_views.h"

#include <future>

#include "viewer/report/progress.h"

namespace fg {
namespace {

bool is_of_the_view(const Failure& failure) {
  return failure.code == ExitCode::unreadable_input || failure.code == ExitCode::size_mismatch ||
         dynamic_cast<const NoRoom*>(&failure);
}

}  // namespace

EvaluatedViews evaluate_views(const std::vector<const Camera*>& cameras, const ViewWork& work,
                              const InterruptGuard& interrupt) {
  EvaluatedViews views;
  Progress progress("scoring", cameras.size());
  const auto load = [&](const Camera* camera) {
    return std::async(std::launch::async, [&work, camera] { return work.load(*camera); });
  };
  std::future<GroundTruth> next;
  if (!cameras.empty()) next = load(cameras[0]);
  for (std::size_t i = 0; i < cameras.size() && !interrupt.requested(); ++i) {
    std::future<GroundTruth> current = std::move(next);
    if (i + 1 < cameras.size()) next = load(cameras[i + 1]);
    try {
      const GroundTruth truth = current.get();
      for (const std::string& note : truth.notes) views.notes.insert(note);
      views.scores.push_back(work.score(*cameras[i], truth));
    } catch (const Failure& failure) {
      if (!is_of_the_view(failure)) {
        views.problem = std::current_exception();
        return views;
      }
      views.failures[cameras[i]->name] = failure.what();
      views.without_room += dynamic_cast<const NoRoom*>(&failure) ? 1 : 0;
    } catch (const std::exception&) {  // such as a lost device
      views.problem = std::current_exception();
      return views;
    }
    progress.advance(cameras[i]->name);
  }
  return views;
}

}  // namespace fg
