#pragma once
// A sum in the order of the terms, with the bits of the plain loop, on CUDA. How: ordered_sum_math.h. Included
// by .cu files alone.
//
// The terms lie in device memory, padded with zeros to segments of 32, each at most kLargestTerm in magnitude.
// Whoever writes them also writes what a segment sums up to in units of 2^-9, as an integer (Segments). Then
//   ordered_rough    adds those integers for each group of 512 segments
//   ordered_groups   one block a group: knows from the integers between which bounds the sum runs, and makes
//                    the group's steps: mostly a single one
//   ordered_walk     one block: takes the steps in order, and adds the terms of the segments that leave their
//                    binade one by one

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/core/ordered_sum_math.h"

namespace fg::cuda::ordered_sum {

using fg::ordered::Binade;
using fg::ordered::Rounder;
using fg::ordered::Step;

inline constexpr int kSegmentTerms = 32;
inline constexpr int kGroupSegments = 512;
inline constexpr int kThreads = kGroupSegments;
inline constexpr int kWalkThreads = 1024;
inline constexpr int kRoughThreads = 256;
inline constexpr unsigned kGroupsInFront = 40;
inline constexpr int kGroupTerms = kSegmentTerms * kGroupSegments;
inline constexpr double kLargestTerm = 66000;
inline constexpr int kStaged = 16;  // serial segments that the walk brings into shared memory at once

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
  double* terms;              // [planes, segments, 32]
  std::int32_t* rough;        // [planes, segments]
  Item* items;                // [planes, segments]
  std::int64_t* group_sums;   // [planes, groups]
  std::int32_t* item_counts;  // [planes, groups]
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

// 512 term to the nearest integer: the low half of a double whose unit is 2^-9.
__device__ inline int rough_of(double term) { return __double2loint(term + 0x1.8p43); }

// Where a warp writes its segments: from `first` on, each `apart` segments after the one before.
class Segments {
 public:
  __device__ Segments(const Work& work, std::int64_t plane, std::int64_t first, std::int64_t apart)
      : terms_(work.terms + (plane * work.segments + first) * kSegmentTerms + threadIdx.x % 32),
        rough_(work.rough + plane * work.segments + first),
        apart_(apart) {}

  // Each lane its term of the next segment.
  __device__ void deposit(double term) {
    *terms_ = term;
    const int sum = __reduce_add_sync(0xFFFFFFFFu, rough_of(term));
    if (threadIdx.x % 32 == 0) *rough_ = sum;
    terms_ += apart_ * kSegmentTerms;
    rough_ += apart_;
  }

 private:
  double* terms_;
  std::int32_t* rough_;
  std::int64_t apart_;
};

// One warp a group; planes along y. Sums that every segment added to itself would meet in a few lines of L2.
static __global__ void __launch_bounds__(kRoughThreads) ordered_rough(Work work) {
  wait_for_previous_kernel();
  const std::int64_t group = std::int64_t{blockIdx.x} * (kRoughThreads / 32) + threadIdx.x / 32;
  const std::int64_t plane = blockIdx.y, first = group * kGroupSegments;
  if (group >= work.groups) return;  // the same for the whole warp
  const std::int32_t* const rough = work.rough + plane * work.segments + first;
  long long sum = 0;
#pragma unroll
  for (int i = threadIdx.x % 32; i < kGroupSegments; i += 32)
    if (first + i < work.segments) sum += rough[i];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xFFFFFFFFu, sum, step);
  if (threadIdx.x % 32 == 0) work.group_sums[plane * work.groups + group] = sum;
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
template <int kBlock, class T>
__device__ T block_sum_before(T value, T* total) {
  constexpr int kWarps = kBlock / 32;
  __shared__ T of_warp[kWarps];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const T up_to = warp_inclusive_sum(value);
  __syncthreads();  // of_warp may still be read from the previous call
  if (lane == 31) of_warp[warp] = up_to;
  __syncthreads();
  const T own = lane < kWarps ? of_warp[lane] : T{0};
  const T warps_up_to = warp_inclusive_sum(own);
  *total = __shfl_sync(0xFFFFFFFFu, warps_up_to, kWarps - 1);
  return __shfl_sync(0xFFFFFFFFu, warps_up_to - own, warp) + up_to - value;
}

// A step of a run of items, and whether the run's first item is in it.
struct RunStep {
  Step step;
  bool whole;
};

// Each lane's step becomes that of the lanes up to it, as far as they are of its run.
__device__ inline RunStep warp_run_steps(RunStep run) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int apart = 1; apart < 32; apart *= 2) {
    const std::int64_t from_even = __shfl_up_sync(0xFFFFFFFFu, run.step.from_even, apart);
    // From an odd place a step moves by at most 1 more or less than from an even one.
    const int rest = static_cast<int>(run.step.from_odd - run.step.from_even) * 2 + (run.whole ? 1 : 0);
    const int rest_before = __shfl_up_sync(0xFFFFFFFFu, rest, apart);
    if (lane < apart || run.whole) continue;
    run.step = fg::ordered::then({from_even, from_even + (rest_before >> 1)}, run.step);
    run.whole = (rest_before & 1) != 0;
  }
  return run;
}

template <int kBlock>
struct Merging {
  std::int32_t what[kBlock];
  RunStep of_warp[kBlock / 32];  // up to its last thread
};

// Joins neighbouring steps of one binade. Threads [0, count) have an item each; writes the joined items to
// `out` and returns how many there are.
template <int kBlock>
__device__ int merge(Merging<kBlock>& shared, Item item, int count, Item* out) {
  constexpr int kWarps = kBlock / 32;
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32;
  const bool mine = thread < count;
  __syncthreads();  // shared may still be read from the previous call
  shared.what[thread] = item.what;
  __syncthreads();
  const auto starts = [&](int at) {
    return at == 0 || shared.what[at] < 0 || shared.what[at] != shared.what[at - 1];
  };
  const bool tail = mine && (thread == count - 1 || starts(thread + 1));
  RunStep run = warp_run_steps({item.step(), !mine || starts(thread)});
  if (lane == 31) shared.of_warp[warp] = run;
  __syncthreads();
  if (warp == 0) {
    const RunStep warps = warp_run_steps(lane < kWarps ? shared.of_warp[lane] : RunStep{{0, 0}, true});
    if (lane < kWarps) shared.of_warp[lane] = warps;
  }
  __syncthreads();
  if (!run.whole)  // then there is a warp before: the first thread starts a run
    run.step = fg::ordered::then(shared.of_warp[warp - 1].step, run.step);
  int total = 0;
  const int slot = block_sum_before<kBlock>(tail ? 1 : 0, &total);
  if (tail) out[slot] = item.serial() ? item : item_of(run.step, item.what);
  return total;
}

// The item of one segment, by a warp: each lane its term. The sum stands at `about` before it.
__device__ inline Item segment_item(double term, double about, double error, std::int32_t segment) {
  const int prefix = warp_inclusive_sum(rough_of(term));
  const double lowest = min(__reduce_min_sync(0xFFFFFFFFu, prefix), 0) * 0x1p-9;
  const double highest = max(__reduce_max_sync(0xFFFFFFFFu, prefix), 0) * 0x1p-9;
  Binade binade;
  const bool stays = fg::ordered::stays_between(about + lowest - error, about + highest + error, &binade);
  if (!stays) binade = {0, false};  // any: no branch here, so that the work on several segments interleaves
  Step step = Rounder(binade).step(term);
  for (int apart = 1; apart < 32; apart *= 2)  // lane 0 ends up with all of them, in order
    step = fg::ordered::then(step, {__shfl_down_sync(0xFFFFFFFFu, step.from_even, apart),
                                    __shfl_down_sync(0xFFFFFFFFu, step.from_odd, apart)});
  step.from_even = __shfl_sync(0xFFFFFFFFu, step.from_even, 0);
  step.from_odd = __shfl_sync(0xFFFFFFFFu, step.from_odd, 0);
  Item item = item_of(step, code_of(binade));
  if (!stays) item.what = -1 - segment;
  return item;
}

// One block a group; planes along y. Two blocks share an SM.
static __global__ void __launch_bounds__(kThreads, 2) ordered_groups(Work work) {
  __shared__ Merging<kThreads> merging;  // 2.4 KB
  __shared__ std::int32_t first_binade;
  wait_for_previous_kernel();
  const int thread = threadIdx.x;
  // The groups at the front take longest, and begin; the others run from the last that was written, which L2
  // still has, to the first.
  const std::int64_t plane = blockIdx.y;
  const std::int64_t group =
      blockIdx.x < kGroupsInFront ? blockIdx.x : kGroupsInFront + gridDim.x - 1 - blockIdx.x;
  const std::int64_t first = group * kGroupSegments;
  const int count = static_cast<int>(
      min(static_cast<long long>(kGroupSegments), static_cast<long long>(work.segments - first)));
  const double* const terms = work.terms + (plane * work.segments + first) * kSegmentTerms;
  Item* const items = work.items + plane * work.segments + first;
  std::int32_t* const item_count = work.item_counts + plane * work.groups + group;

  // On their way while the block finds out where it stands.
  constexpr int kAhead = 16;
  double ahead[kAhead];
#pragma unroll
  for (int i = 0; i < kAhead; ++i)
    ahead[i] = thread + i * kThreads < count * kSegmentTerms ? terms[thread + i * kThreads] : 0.0;

  // Where the sum stands before this thread's segment.
  long long groups_before = 0, before = 0, in_group = 0;
  for (std::int64_t g = thread; g < group; g += kThreads)
    groups_before += work.group_sums[plane * work.groups + g];
  block_sum_before<kThreads>(groups_before, &before);
  const bool mine = thread < count;
  const long long own = mine ? work.rough[plane * work.segments + first + thread] : 0;
  const double about = static_cast<double>(before + block_sum_before<kThreads>(own, &in_group)) * 0x1p-9;
  const double error = rough_error(static_cast<double>((first + thread + 1) * kSegmentTerms));

  Binade binade;
  const bool safe = fg::ordered::stays(about, kSegmentTerms * kLargestTerm + error, &binade);
  if (thread == 0) first_binade = safe ? code_of(binade) : -1;
  __syncthreads();
  if (__syncthreads_and(!mine || (safe && code_of(binade) == first_binade))) {
    const Rounder rounder({first_binade / 2 - 1023, first_binade % 2 != 0});
    std::int64_t units = 0;
    bool tie = false;
#pragma unroll
    for (int i = 0; i < kAhead; ++i) units += rounder.units(ahead[i], &tie);
#pragma unroll 8
    for (int i = thread + kAhead * kThreads; i < count * kSegmentTerms; i += kThreads)
      units += rounder.units(terms[i], &tie);
    if (!__syncthreads_or(tie)) {
      long long sum = 0;
      block_sum_before<kThreads>(static_cast<long long>(units), &sum);
      if (thread != 0) return;
      *item_count = 1;
      items[0] = item_of({sum, sum}, first_binade);
      return;
    }
  }

  // In order. Each warp makes the items of its 32 segments; each lane keeps one.
  constexpr int kAtOnce = 4;  // so that neither loads nor shuffles wait for each other
  Item item{0, 0, -1};
  const int lane = thread % 32, first_of_warp = thread - lane;
  for (int i = 0; i < 32 && first_of_warp + i < count; i += kAtOnce) {
    double term[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      const int segment = first_of_warp + i + k;
      term[k] = segment < count ? terms[segment * kSegmentTerms + lane] : 0.0;
    }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      const Item made = segment_item(term[k], __shfl_sync(0xFFFFFFFFu, about, i + k),
                                     __shfl_sync(0xFFFFFFFFu, error, i + k),
                                     static_cast<std::int32_t>(first + first_of_warp + i + k));
      if (lane == i + k) item = made;
    }
  }
  const int merged = merge(merging, item, count, items);
  if (thread == 0) *item_count = merged;
}

struct Walk {
  Merging<kWalkThreads> merging;           // 4.9 KB
  Item items[kWalkThreads];                // 16 KB
  double staged[kStaged * kSegmentTerms];  // 4 KB
  std::int32_t staged_segments[kStaged];
  std::int32_t done;                  // items taken
  std::int32_t before[kWalkThreads];  // items of the groups before, in this round
};

// The sum of a plane, in thread 0 of a block of kWalkThreads.
__device__ inline double walk(const Work& work, std::int64_t plane, Walk& shared) {
  const int thread = threadIdx.x;
  const double* const terms = work.terms + plane * work.segments * kSegmentTerms;
  const Item* const items = work.items + plane * work.segments;
  double s = 0;
  for (std::int64_t first_group = 0; first_group < work.groups; first_group += kWalkThreads) {
    const std::int64_t group = first_group + thread;
    int total = 0;
    const int own = group < work.groups ? work.item_counts[plane * work.groups + group] : 0;
    shared.before[thread] = block_sum_before<kWalkThreads>(own, &total);
    __syncthreads();
    for (int first = 0; first < total; first += kWalkThreads) {
      const int count = min(kWalkThreads, total - first), wanted = first + thread;
      Item item{0, 0, -1};
      if (thread < count) {
        int owner = 0;  // the last group whose items begin at or before the wanted one
        for (int step = kWalkThreads / 2; step > 0; step /= 2)
          if (shared.before[owner + step] <= wanted) owner += step;
        item = items[(first_group + owner) * kGroupSegments + wanted - shared.before[owner]];
      }
      const int merged = merge(shared.merging, item, count, shared.items);
      if (thread == 0) shared.done = 0;
      __syncthreads();
      const bool serial = thread < merged && shared.items[thread].serial();
      int serials = 0;
      const int rank = block_sum_before<kWalkThreads>(serial ? 1 : 0, &serials);
      for (int staged = 0; staged == 0 || staged < serials; staged += kStaged) {
        // The next serial segments, a warp each.
        if (serial && rank >= staged && rank < staged + kStaged)
          shared.staged_segments[rank - staged] = -1 - shared.items[thread].what;
        __syncthreads();
        if (thread < min(kStaged, serials - staged) * kSegmentTerms)
          shared.staged[thread] =
              terms[std::int64_t{shared.staged_segments[thread / kSegmentTerms]} * kSegmentTerms +
                    thread % kSegmentTerms];
        __syncthreads();
        if (thread == 0) {
          int used = 0, i = shared.done;
          for (; i < merged; ++i) {
            const Item next = shared.items[i];
            if (!next.serial()) {
              s = fg::ordered::moved(s, next.step());
              continue;
            }
            if (used == kStaged) break;
            const double* const segment = shared.staged + used++ * kSegmentTerms;
#pragma unroll
            for (int k = 0; k < kSegmentTerms; ++k) s += segment[k];
          }
          shared.done = i;
        }
        __syncthreads();
      }
    }
  }
  return s;
}

}  // namespace fg::cuda::ordered_sum
