#pragma once
// The pool: calls body(job) for each job in [0, jobs), in any order, on any number of threads.
//
// A score stays the same for every thread count because jobs are cut by the size of the image alone, each job
// writes its own partial sum, and sum_in_order() adds the partials (ssim2d_cpu_test: "the thread count does
// not change a bit").

#include <oneapi/tbb/parallel_for.h>

#include <cstdint>

namespace fg {

template <class Body>
void parallel_for(std::int64_t jobs, const Body& body) {
  if (jobs == 1) return body(std::int64_t{0});  // a thumbnail does not wake the pool
  tbb::parallel_for(std::int64_t{0}, jobs, body);
}

}  // namespace fg
