#pragma once
#include <memory>

#include "viewer/bench/bench_device.h"

namespace fg {

// Throws Failure(internal) when there is no such device.
std::unique_ptr<BenchDevice> make_cuda_bench_device(int index);

}  // namespace fg
