#pragma once
// Options that several commands have, checked before any work. Each throws Failure(usage).

#include <vector>

namespace fg {

void check_background(const std::vector<float>& rgb);       // three colours, 0..1
void check_heatmap_range(const std::vector<float>& range);  // worst and best: two different finite values

}  // namespace fg
