#pragma once
#include <memory>
#include <string>

#include "viewer/bench/bench_device.h"

namespace fg {

// word: as ComputeDevice takes it. Throws Failure(usage, internal) as that does.
std::unique_ptr<BenchDevice> make_cuda_bench_device(const std::string& word);

}  // namespace fg
