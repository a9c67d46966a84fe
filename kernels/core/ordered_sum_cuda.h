#pragma once
// A sum in the order of the terms, with the bits of the plain loop, on CUDA. How: ordered_sum_math.h. Included
// by .cu files alone.
//
// The terms lie in device memory, padded with zeros to segments of 32, each at most kLargestTerm in magnitude.
// Whoever writes them also writes what a segment sums up to in units of 2^-9, as an integer, and adds it to
// the sum of its group of 512 segments (Deposit). Then
//   ordered_groups   one block a group: knows from the integers between which bounds the sum runs, and makes
//                    the group's steps: mostly a single one
//   ordered_walk     one block: takes the steps in order, and adds the terms of the segments that leave their
//                    binade one by one

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/core/cuda_reduce.h"
#include "kernels/core/ordered_sum_math.h"

namespace fg::cuda::ordered_sum {

using fg::ordered::Binade;
using fg::ordered::Rounder;
using fg::ordered::Step;

inline constexpr int kSegmentTerms = 32;
inline constexpr int kGroupSegments = 512;
inline constexpr int kThreads = kGroupSegments;
inline constexpr int kGroupTerms = kSegmentTerms * kGroupSegments;
inline constexpr double kLargestTerm = 66000;
inline constexpr int kStaged = 64;  // segments of a walk's round that are brought into shared memory at once

// What the walk does next: a step in a binade, or one segment term by term.
struct alignas(16) Item {
  std::int64_t from_even;
  std::int32_t odd_less_even;
  std::int32_t what;  // >= 0: the binade; < 0: segment -1 - what

  __device__ bool serial() const { return what < 0; }
  __device__ Step step() const { return {from_even, from_even + odd_less_even}; }
};

__device__ inline std::int32_t code_of(Binade binade) {
  return (binade.exponent + 1023) * 2 + (binade.negative ? 1 : 0);
}
__device__ inline Item item_of(Step step, std::int32_t binade) {
  return {step.from_even, static_cast<std::int32_t>(step.from_odd - step.from_even), binade};
}

// Memory of the sums of `planes` runs of `segments` segments each.
struct Work {
  double* terms;             // [planes, segments, 32]
  std::int32_t* rough;       // [planes, segments]
  Item* items;               // [planes, segments]
  std::int64_t* group_sums;  // [planes, groups], 0 before the terms are written
  std::int32_t* item_counts; // [planes, groups]
  std::int64_t segments;
  std::int64_t groups;

  static std::int64_t groups_of(std::int64_t segments) {
    return (segments + kGroupSegments - 1) / kGroupSegments;
  }
  static std::size_t bytes(std::int64_t planes, std::int64_t segments) {
    return static_cast<std::size_t>(planes) *
           (static_cast<std::size_t>(segments) * (kSegmentTerms * sizeof(double) + sizeof(Item) + 4) +
            static_cast<std::size_t>(groups_of(segments)) * (8 + 4));
  }
  // Largest alignment first.
  Work(void* memory, std::int64_t planes, std::int64_t segments_of_a_plane)
      : segments(segments_of_a_plane), groups(groups_of(segments_of_a_plane)) {
    items = static_cast<Item*>(memory);
    terms = reinterpret_cast<double*>(items + planes * segments);
    group_sums = reinterpret_cast<std::int64_t*>(terms + planes * segments * kSegmentTerms);
    rough = reinterpret_cast<std::int32_t*>(group_sums + planes * groups);
    item_counts = rough + planes * segments;
  }
};

// A warp writes one segment: each lane its term.
__device__ inline void deposit(const Work& work, std::int64_t plane, std::int64_t segment, double term) {
  const int lane = threadIdx.x % 32;
  const std::int64_t at = plane * work.segments + segment;
  work.terms[at * kSegmentTerms + lane] = term;
  // 512 term to the nearest integer: the low half of a double whose unit is 2^-9.
  const int sum = __reduce_add_sync(0xFFFFFFFFu, __double2loint(term + 0x1.8p43));
  if (lane != 0) return;
  work.rough[at] = sum;
  atomicAdd(reinterpret_cast<unsigned long long*>(work.group_sums + plane * work.groups +
                                                  segment / kGroupSegments),
            static_cast<unsigned long long>(static_cast<long long>(sum)));  // integers: any order will do
}

// How far the serial sum of `terms` terms may be from their rough sum: half of 2^-9 a term from the integers,
// and half a unit of a sum of at most terms * kLargestTerm at each addition. Doubled, both.
__device__ inline double rough_error(double terms) { return terms * 0x1p-9 + terms * terms * 0x1p-35; }

template <class T>
__device__ T warp_inclusive_sum(T value) {
  for (int step = 1; step < 32; step *= 2) {
    const T before = __shfl_up_sync(0xFFFFFFFFu, value, step);
    if (static_cast<int>(threadIdx.x % 32) >= step) value += before;
  }
  return value;
}

// The sum of the values of the threads before this one. Every thread of the block arrives.
template <class T>
__device__ T block_sum_before(T value, T* total) {
  __shared__ T of_warp[kThreads / 32];
  const int warp = threadIdx.x / 32;
  const T up_to = warp_inclusive_sum(value);
  __syncthreads();  // of_warp may still be read from the previous call
  if (threadIdx.x % 32 == 31) of_warp[warp] = up_to;
  __syncthreads();
  T before = up_to - value, all = 0;
  for (int i = 0; i < kThreads / 32; ++i) {
    if (i < warp) before += of_warp[i];
    all += of_warp[i];
  }
  *total = all;
  return before;
}

struct Merging {
  std::int64_t from_even[kThreads], from_odd[kThreads];  // 8 KB
  std::int32_t what[kThreads];
  bool head[kThreads];
};

// Joins neighbouring steps of one binade. Threads [0, count) have an item each; writes the joined items to
// `out` and returns how many there are.
__device__ inline int merge(Merging& shared, Item item, int count, Item* out) {
  const int thread = threadIdx.x;
  const bool mine = thread < count;
  __syncthreads();  // shared may still be read from the previous call
  shared.what[thread] = item.what;
  __syncthreads();
  const auto starts = [&](int at) {
    return at == 0 || shared.what[at] < 0 || shared.what[at] != shared.what[at - 1];
  };
  Step step = item.step();
  bool head = !mine || starts(thread);
  const bool tail = mine && (thread == count - 1 || starts(thread + 1));
  for (int back = 1; back < kThreads; back *= 2) {
    shared.from_even[thread] = step.from_even;
    shared.from_odd[thread] = step.from_odd;
    shared.head[thread] = head;
    __syncthreads();
    if (!head) {  // then there is someone before: the first thread is a head
      step = fg::ordered::then({shared.from_even[thread - back], shared.from_odd[thread - back]}, step);
      head = shared.head[thread - back];
    }
    __syncthreads();
  }
  int total = 0;
  const int slot = block_sum_before(tail ? 1 : 0, &total);
  if (tail) out[slot] = item.serial() ? item : item_of(step, item.what);
  return total;
}

// One block a group; planes along y. Three blocks share an SM.
static __global__ void __launch_bounds__(kThreads, 3) ordered_groups(Work work) {
  __shared__ Merging merging;  // 10.7 KB
  __shared__ std::int32_t first_binade;
  const int thread = threadIdx.x;
  const std::int64_t group = blockIdx.x, plane = blockIdx.y;
  const std::int64_t first = group * kGroupSegments;
  const int count = static_cast<int>(min(static_cast<long long>(kGroupSegments),
                                         static_cast<long long>(work.segments - first)));
  const double* const terms = work.terms + (plane * work.segments + first) * kSegmentTerms;
  Item* const items = work.items + plane * work.segments + first;
  std::int32_t* const item_count = work.item_counts + plane * work.groups + group;

  // Where the sum stands before this thread's segment.
  long long groups_before = 0, all = 0, in_group = 0;
  for (std::int64_t g = thread; g < group; g += kThreads) groups_before += work.group_sums[plane * work.groups + g];
  block_sum_before(groups_before, &all);
  const bool mine = thread < count;
  const long long own = mine ? work.rough[plane * work.segments + first + thread] : 0;
  const double about = static_cast<double>(all + block_sum_before(own, &in_group)) * 0x1p-9;
  const double error = rough_error(static_cast<double>((first + thread + 1) * kSegmentTerms));

  Binade binade;
  const bool safe = fg::ordered::stays(about, kSegmentTerms * kLargestTerm + error, &binade);
  if (thread == 0) first_binade = code_of(binade);
  __syncthreads();
  const bool uniform = __syncthreads_and(!mine || (safe && code_of(binade) == first_binade));
  if (uniform) {
    const Rounder rounder({first_binade / 2 - 1023, first_binade % 2 != 0});
    std::int64_t units = 0;
    bool tie = false;
#pragma unroll 8
    for (int i = thread; i < count * kSegmentTerms; i += kThreads) units += rounder.units(terms[i], &tie);
    if (!__syncthreads_or(tie)) {
      long long sum = 0;
      block_sum_before(static_cast<long long>(units), &sum);
      if (thread != 0) return;
      *item_count = 1;
      items[0] = item_of({sum, sum}, first_binade);
      return;
    }
  }

  // In order: each thread its segment.
  Item item{0, 0, -1 - static_cast<std::int32_t>(first + thread)};
  if (mine) {
    const double* const own_terms = terms + thread * kSegmentTerms;
    double reach = 0;
    for (int i = 0; i < kSegmentTerms; ++i) reach += fabs(own_terms[i]);
    if (fg::ordered::stays(about, reach * (1 + 1e-9) + error, &binade)) {
      const Rounder rounder(binade);
      Step step{0, 0};
      for (int i = 0; i < kSegmentTerms; ++i) step = fg::ordered::then(step, rounder.step(own_terms[i]));
      item = item_of(step, code_of(binade));
    }
  }
  const int merged = merge(merging, item, count, items);
  if (thread == 0) *item_count = merged;
}

struct Walk {
  Merging merging;                       // 10.7 KB
  Item items[kThreads];                  // 8 KB
  double staged[kStaged][kSegmentTerms]; // 16 KB
  std::int32_t before[kThreads];         // items of the groups before, in this round
};

// The sum of a plane, in the thread 0 of the block. `s` is 0 at first.
__device__ inline double walk(const Work& work, std::int64_t plane, Walk& shared) {
  const int thread = threadIdx.x;
  const double* const terms = work.terms + plane * work.segments * kSegmentTerms;
  const Item* const items = work.items + plane * work.segments;
  double s = 0;
  for (std::int64_t first_group = 0; first_group < work.groups; first_group += kThreads) {
    const std::int64_t group = first_group + thread;
    int total = 0;
    const int own = group < work.groups ? work.item_counts[plane * work.groups + group] : 0;
    const int before = block_sum_before(own, &total);
    shared.before[thread] = before;
    __syncthreads();
    for (int first = 0; first < total; first += kThreads) {
      const int count = min(kThreads, total - first), wanted = first + thread;
      Item item{0, 0, -1};
      if (thread < count) {
        int owner = 0;  // the last group whose items begin at or before the wanted one
        for (int step = kThreads / 2; step > 0; step /= 2)
          if (shared.before[owner + step] <= wanted) owner += step;
        item = items[(first_group + owner) * kGroupSegments + wanted - shared.before[owner]];
      }
      const int merged = merge(shared.merging, item, count, shared.items);
      __syncthreads();
      // The first serial segments, by all warps; what is beyond is read as it comes.
      int serial = 0;
      const bool is_serial = thread < merged && shared.items[thread].serial();
      const int rank = block_sum_before(is_serial ? 1 : 0, &serial);
      if (is_serial && rank < kStaged) {
        const double* const segment = terms + std::int64_t{-1 - shared.items[thread].what} * kSegmentTerms;
        for (int i = 0; i < kSegmentTerms; ++i) shared.staged[rank][i] = segment[i];
      }
      __syncthreads();
      if (thread == 0) {
        int seen = 0;
        for (int i = 0; i < merged; ++i) {
          const Item next = shared.items[i];
          if (!next.serial()) {
            s = fg::ordered::moved(s, next.step());
            continue;
          }
          const double* const segment = seen < kStaged
                                            ? shared.staged[seen]
                                            : terms + std::int64_t{-1 - next.what} * kSegmentTerms;
          ++seen;
#pragma unroll
          for (int k = 0; k < kSegmentTerms; ++k) s += segment[k];
        }
      }
      __syncthreads();
    }
  }
  return s;
}

}  // namespace fg::cuda::ordered_sum
