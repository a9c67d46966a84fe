#pragma once
#include <memory>

#include "viewer/bench/bench_device.h"

namespace fg {

std::unique_ptr<BenchDevice> make_cpu_bench_device();

}  // namespace fg
