#include "viewer/diff/results/result.h"

#include <algorithm>
#include <limits>

namespace fg {

std::string status_name(PairResult::Status status) {
  switch (status) {
    case PairResult::Status::scored:
      return "scored";
    case PairResult::Status::size_mismatch:
      return "size-mismatch";
    case PairResult::Status::incomplete:
      return "incomplete";
    case PairResult::Status::unreadable:
      break;
  }
  return "unreadable";
}

bool PairResult::has_score(std::size_t column) const {
  return has_scores() && std::find(undefined.begin(), undefined.end(), column) == undefined.end();
}

std::size_t Results::count(PairResult::Status status) const {
  return static_cast<std::size_t>(std::count_if(
      pairs.begin(), pairs.end(), [&](const PairResult& pair) { return pair.status == status; }));
}

std::size_t Results::count_with_score(std::size_t column) const {
  return static_cast<std::size_t>(std::count_if(
      pairs.begin(), pairs.end(), [&](const PairResult& pair) { return pair.has_score(column); }));
}

std::vector<VideoSummary> summaries_of_videos(const Results& results) {
  std::vector<VideoSummary> videos;
  std::vector<std::vector<double>> scores;  // by column, of the last one
  const auto close = [&] {
    for (std::size_t c = 0; c < scores.size() && !videos.empty(); ++c)
      videos.back().statistics.push_back(statistics_of(results.columns[c], scores[c]));
    scores.assign(results.columns.size(), {});
  };
  for (const PairResult& pair : results.pairs) {  // those of one video follow each other
    if (pair.identity.video.empty()) continue;
    if (videos.empty() || videos.back().name != pair.identity.video) {
      close();
      videos.push_back({.name = pair.identity.video,
                        .test = pair.identity.test,
                        .reference = pair.identity.reference,
                        .statistics = {}});
    }
    if (pair.status != PairResult::Status::scored) {
      ++videos.back().failed;
      continue;
    }
    if (videos.back().scored++ == 0) {
      videos.back().width = pair.width;
      videos.back().height = pair.height;
    }
    for (std::size_t c = 0; c < scores.size(); ++c) scores[c].push_back(pair.scores[c]);
  }
  close();
  return videos;
}

std::vector<double> column_scores(const Results& results, std::size_t column) {
  std::vector<double> scores;
  for (const PairResult& pair : results.pairs)
    if (pair.has_score(column)) scores.push_back(pair.scores[column]);
  return scores;
}

std::vector<std::size_t> worst_first(const Results& results) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < results.pairs.size(); ++i)
    if (results.pairs[i].has_score(0)) order.push_back(i);
  const bool higher = results.columns.front().higher_is_better;
  const auto badness = [&](std::size_t i) {  // NaN is worst of all
    const double score = results.pairs[i].scores.front();
    return std::isnan(score) ? std::numeric_limits<double>::infinity() : higher ? -score : score;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return badness(a) > badness(b); });
  return order;
}

}  // namespace fg
