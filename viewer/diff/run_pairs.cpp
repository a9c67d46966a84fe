#include "viewer/diff/run_pairs.h"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "viewer/error.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

void append(std::vector<std::string>& all, const std::vector<std::string>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

class Run {
 public:
  Run(const PairSource& source, const Masks& masks, const ScorePlan& plan, const RunOptions& options,
      const InterruptGuard& interrupt)
      : source_(source),
        masks_(masks),
        plan_(plan),
        columns_(columns_of(plan)),
        options_(options),
        interrupt_(interrupt) {}

  void work() noexcept {
    try {
      ScoreWorkspace workspace{.device = OpDevice(options_.device.another()), .map = {}};
      for (std::size_t i = next_++; i < source_.count() && !stop_ && !interrupt_.requested(); i = next_++) {
        if (options_.done.contains(i)) continue;
        PairResult result = score(i, workspace);
        const std::lock_guard lock(mutex_);
        options_.finished(std::move(result));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!problem_) problem_ = std::current_exception();
      stop_ = true;
    }
  }

  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  PairResult score(std::size_t index, ScoreWorkspace& workspace) const {
    PairResult result{.index = index, .identity = source_.identity(index)};
    try {
      const FramePair pair = source_.load(index);
      result.width = pair.test->width;
      result.height = pair.test->height;
      result.depth = pair.test->depth;
      for (const Frame* frame : {pair.test.get(), pair.reference.get()}) append(result.notes, frame->notes);
      append(result.notes, notes_on(pair));
      result.not_finite = pair.test->not_finite + pair.reference->not_finite;
      const std::shared_ptr<const Mask> mask = masks_.of_size(pair.test->width, pair.test->height);
      PairScores scores = score_pair(pair, mask.get(), plan_, options_.keep_maps, workspace);
      result.scores = scores.values;
      if (!scores.undefined.empty()) {
        result.status = PairResult::Status::incomplete;
        result.undefined = scores.undefined;
        result.problem = result.identity.test + ": " + scores.why_undefined;
      }
      note_too_few_pixels(result);
      result.data_range = scores.data_range;
      if (options_.scored) options_.scored(result, pair, scores);
    } catch (const OutOfMemory& failure) {
      result.status = PairResult::Status::unreadable;
      result.problem = result.identity.test + ": " + failure.what() +
                       (workspace.device.copies() ? "; take fewer --workers, or --device cpu" : "");
    } catch (const Failure& failure) {
      if (!is_of_the_pair(failure.code)) throw;
      result.status = failure.code == ExitCode::unreadable_input ? PairResult::Status::unreadable
                                                                 : PairResult::Status::size_mismatch;
      result.problem = failure.what();
      if (failure.code == ExitCode::usage) result.problem = result.identity.test + ": " + result.problem;
      result.scores.clear();
      result.undefined.clear();
    } catch (const std::bad_alloc&) {
      result.status = PairResult::Status::unreadable;
      result.problem = result.identity.test + ": there is not enough memory for it and its reference";
    }
    return result;
  }

  // Of several pictures an option may suit all but one, such as --ignore that leaves nothing of a small one. Frames of a
  // video are alike.
  bool is_of_the_pair(ExitCode code) const {
    return code == ExitCode::unreadable_input || code == ExitCode::size_mismatch ||
           (code == ExitCode::usage && source_.count() > 1 && !source_.video);
  }

  // A NaN that no sample explains: no window fits into the picture.
  void note_too_few_pixels(PairResult& result) const {
    std::vector<std::string> names;
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (std::isnan(result.scores[c]) && has_windows(columns_[c].metric) &&
          columns_[c].name == metric_name(columns_[c].metric))
        names.push_back(columns_[c].name);
    if (!names.empty() && result.not_finite == 0)
      result.notes.push_back(fmt::format("{}x{} pixels are too few for the windows of {}, which is nan",
                                         result.width, result.height, listed(names, names.size())));
  }

  const PairSource& source_;
  const Masks& masks_;
  const ScorePlan& plan_;
  const std::vector<Column> columns_;
  const RunOptions& options_;
  const InterruptGuard& interrupt_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::exception_ptr problem_;
};

}  // namespace

void run_pairs(const PairSource& source, const Masks& masks, const ScorePlan& plan, const RunOptions& options,
               const InterruptGuard& interrupt) {
  Run run(source, masks, plan, options, interrupt);
  const std::size_t left = source.count() - options.done.size();
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min<std::size_t>(options.workers, left); ++i)
    others.emplace_back([&run] { run.work(); });
  run.work();
  for (std::thread& other : others) other.join();
  run.rethrow();
}

}  // namespace fg
