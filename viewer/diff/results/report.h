#pragma once
// One HTML file with everything in it: it opens from the file system, without a network.

#include "viewer/diff/results/outcome.h"
#include "viewer/diff/results/pictures.h"
#include "viewer/diff/scores/mask.h"

namespace fg {

struct ReportOptions {
  std::size_t pictures = 12;  // pairs shown with their pictures: unreadable and failing ones aside, the worst
  HeatmapStyle style;
  ComputeDevice device = ComputeDevice("cpu");
};

// Reads the worst pairs once more for their pictures.
void put_html_report(const Outcome& outcome, const PairSource& source, const Masks& masks,
                     const ReportOptions& options, const TextSink& sink);

}  // namespace fg
