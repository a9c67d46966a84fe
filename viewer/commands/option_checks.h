#pragma once
// Options that several commands have, checked before any work. Each throws Failure(usage).

#include <string>
#include <vector>

#include "framegauge/vulkan.h"

namespace fg {

void check_background(const std::vector<float>& rgb);       // three colours, 0..1
void check_heatmap_range(const std::vector<float>& range);  // worst and best: two different finite values
FgExecutor executor_named(const std::string& name);         // "auto", "in_queue", "interop", "shader"

}  // namespace fg
