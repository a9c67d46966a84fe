#pragma once
// The live kernel for frames and references of 8 bits: what live_tile.h computes, walked along strips of 16 rows.
//
// What bounds it, 1080p on an H200, 48 us from linear memory, 54 from a texture (5 of them are the measurement): nothing alone.
// It issues on 48 % of the cycles, tensor cores are busy 27 %, DRAM 20 %; a warp waits 1.8 cycles an instruction at barriers,
// 1.6 for fixed latencies, and 16 warps are all that registers allow. The block that copies the statistics to the host takes 3
// of the us, which a copy after the kernel would exceed. Without gain: moments loaded earlier or by cp.async (+0.6 to +6),
// taps in registers (+5), results in the pixels' place (+2 to +3), a fence by one thread of a block (0), a barrier instead of the
// arrival of the warp that has read (+1).

#include <cstddef>
#include <cstdint>

#include "kernels/live/live_block.cuh"
#include "kernels/live/live_tile.h"
#include "kernels/live/live_tile_filters.cuh"
#include "kernels/live/live_tile_results.cuh"
#include "kernels/live/live_tile_stage.cuh"
#include "kernels/live/live_tile_walk.cuh"

namespace fg::live {

// 128 of a walk's pixels, 4 rows of 32: a lane's.
struct Samples {
  std::uint32_t x[4], y[4];
};
template <PixelFormat kFrame>
__device__ Samples sample_place(const LiveSsim& op, int lane, const Place& place) {
  Samples samples;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const std::int32_t row = place.row + (2 * i + 1) * place.rows / 8;
    const std::int32_t column = place.column + (2 * lane + 1) * place.columns / 64;
    samples.x[i] = pixel_at<kFrame>(op.frame, row, column);
    samples.y[i] = pixel_at<PixelFormat::rgba8>(op.reference, row, column);
  }
  return samples;
}
// d0 of a channel, whole: the middle of the range of d, so that no e, whose square is subtracted from a sum of squares, is
// larger than it must be.
__device__ inline float centre_of(const Samples& samples, std::uint32_t x_place, std::uint32_t y_place) {
  int least = 255, most = -255;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int d = static_cast<int>(samples.x[i] >> 8 * x_place & 0xFFu) -
                  static_cast<int>(samples.y[i] >> 8 * y_place & 0xFFu);
    least = min(least, d);
    most = max(most, d);
  }
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    least = min(least, __shfl_xor_sync(0xFFFFFFFFu, least, step));
    most = max(most, __shfl_xor_sync(0xFFFFFFFFu, most, step));
  }
  return rintf(static_cast<float>(least + most) * 0.5f);
}

// Of a block: 47 KB. A graphics queue gives all blocks of a multiprocessor 48 KB, 1 KB of which is a block's own.
struct GroupShared {
  Stage stage[2];  // in turns
  HeldResults held;
};
struct TileShared {
  union {
    GroupShared group[kGroups];
    WarpTotals<kTileThreads> totals;  // after the walk
  };
  TapTables taps;
  Histogram histogram;
};
static_assert(sizeof(TileShared) <= 47 * 1024);

// The barriers of a group's four warps.
class GroupBarriers {
 public:
  __device__ explicit GroupBarriers(int group) : turn_(1 + 2 * group), read_(2 + 2 * group) {}
  // A step is staged, the results of the step before are held.
  __device__ void turn() const { sync(turn_); }
  // What is held has been read, and may be written over: said by the warp that read it, which goes on.
  __device__ void say_read() const {
#ifdef FG_FOR_RACECHECK  // it does not see what this orders
    sync(read_);
#else
    asm volatile("bar.arrive %0, %1;" ::"r"(read_), "n"(kGroupThreads) : "memory");
#endif
  }
  __device__ void await_read() const { sync(read_); }

 private:
  static __device__ void sync(int barrier) {
    asm volatile("bar.sync %0, %1;" ::"r"(barrier), "n"(kGroupThreads) : "memory");
  }
  int turn_, read_;
};

struct TileTotals {
  float lacking = 0, smallest = INFINITY;
  std::uint32_t squares = 0, absolute = 0;
  HalfPair largest = 0;
};

// A channel's warp, along a walk. turn: of the group's barriers, how many came before.
template <PixelFormat kFrame>
__device__ void score_channel(const LiveSsim& op, const Place& place, float d0, int channel, int lane,
                              const GroupBarriers& barriers, const TapTables& taps, std::int32_t turn,
                              GroupShared& shared, TileTotals& totals) {
  const std::uint32_t x_place = op.frame.channel[channel], y_place = op.reference.channel[channel];
  Step now{place.row, place.column - kHalo, true, false};
  const HalfPair d0_scaled = make_pair(d0 * kOperandScale, d0 * kOperandScale);
  const float two_c1 = 2.0f * live_constants(true).c1;
  Sums16 waiting[3] = {};  // of errors, squares, products
  StageReader reader(shared.stage[turn & 1], shared.stage[~turn & 1], lane);
  // Of the first of the lane's results of the next step that has any, and from there to the lane's other row.
  const ReferenceMoments* moments_from =
      op.moments + (std::int64_t{channel} * op.height + place.row + result_row(lane, 0)) * op.moments_pitch +
      place.column + result_column(lane, 0);
  const std::int64_t moments_apart = std::int64_t{8} * op.moments_pitch;
  const bool all_rows = now.all_rows(op, 0) && now.all_rows(op, 1);
  const std::int32_t steps = Walks::steps(place);
#pragma unroll 1
  for (std::int32_t step = 0; step < steps; ++step) {
    if (all_rows && step > 0 &&
        lane % 4 == 0) {  // before the barrier, past which the compiler would not move it
      asm volatile("prefetch.global.L2 [%0];" ::"l"(moments_from) : "memory");
      asm volatile("prefetch.global.L2 [%0];" ::"l"(moments_from + moments_apart) : "memory");
    }
    barriers.turn();
    const bool all = all_rows && step > 0 && now.all_columns(op);
    MatrixD errors[2] = {}, squared[2] = {}, products[2] = {};
    HalfPair x[2][kLaneRows / 2], y[2][kLaneRows / 2];
    reader.read<offsetof(Stage, x)>(x_place, x);
    reader.read<offsetof(Stage, y)>(y_place, y);
    reader.turn();
    // The strip's own pixels: rows 2 to 5 of a lane; of the first step the right half, of the last one the left half.
    if ((step > 0 || lane >= 16) && (step + 1 < steps || lane < 16)) {
#pragma unroll
      for (int odd = 0; odd < 2; ++odd)
#pragma unroll
        for (int i = 1; i < 3; ++i) {
          const std::uint32_t d = __vabsdiffu4(x[odd][i], y[odd][i]);
          totals.absolute = __dp4a(d, 0x01010101u, totals.absolute);
          totals.squares = __dp4a(d, d, totals.squares);
          totals.largest = __vmaxu2(totals.largest, d);
        }
    }
#pragma unroll
    for (int odd = 0; odd < 2; ++odd)
      filter_down(operands_of(x[odd], y[odd], d0_scaled), taps, lane, errors[odd], squared[odd],
                  products[odd]);
    AcrossTaps left[2], right[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const uint4 l = taps.across[i][lane], r = taps.across[2 + i][lane];
      left[i] = {{{l.x, l.y}}, {{l.z, l.w}}};
      right[i] = {{{r.x, r.y}}, {{r.z, r.w}}};
    }
    const Sums16 of_errors = filter_across(errors[0], errors[1], left, right, waiting[0]);
    const Sums16 of_squares = filter_across(squared[0], squared[1], left, right, waiting[1]);
    const Sums16 of_products = filter_across(products[0], products[1], left, right, waiting[2]);
    barriers.await_read();
    HeldResults& held = shared.held;
    const auto score_half = [&](int half, const ReferenceMoments* moments, auto counted) {
      FourFloats lacking;
      score_results<4>(of_errors, of_squares, of_products, 4 * half, d0, moments, two_c1, lacking.value);
      held.lacking[half][channel][lane] = lacking;
#pragma unroll
      for (int i = 0; i < 4; ++i)
        if (!counted(i)) lacking.value[i] = 0;
      totals.lacking += (lacking.value[0] + lacking.value[1]) + (lacking.value[2] + lacking.value[3]);
    };
    if (all) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        ReferenceMoments moments[4];
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const float4 two =
              __ldg(reinterpret_cast<const float4*>(moments_from + half * moments_apart + 2 * i));
          moments[2 * i] = {two.x, two.y};
          moments[2 * i + 1] = {two.z, two.w};
        }
        score_half(half, moments, [](int) { return true; });
      }
    } else if (step > 0) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        if (!now.any_row(op, half)) continue;
        const Results at = now.results(lane, half);
        ReferenceMoments moments[4];
        load_moments(op, at, moments_from + half * moments_apart, moments);
        score_half(half, moments, [&](int i) { return counts(op, at, i); });
      }
    }
    if (step > 0) moments_from += kStep;
    now.column += kStep;
  }
}

// The warp that brings pixels and finishes results.
template <PixelFormat kFrame>
class Server {
 public:
  __device__ Server(const Walks& walks, int lane) : steps_(walks), lane_(lane) {}

  // Brings the first step's pixels, to be called before serve().
  __device__ void begin(const LiveSsim& op, GroupShared& shared) {
    now_ = steps_.next(op);
    if (!now_.exists) return;
    Carrier<kFrame> frame;
    frame.read(op.frame, span(op, now_), lane_);
    bring(op, frame, now_, shared.stage[0]);
  }

  __device__ void serve(const LiveSsim& op, const GroupBarriers& barriers, GroupShared& shared,
                        Histogram& histogram, TileTotals& totals) {
    const std::uint32_t pairs = pairs_of(histogram);
    Step done{0, 0, false, false};
#pragma unroll 1
    for (std::int32_t turn = 0; now_.exists || done.exists; ++turn) {
      const Step ahead = steps_.next(op);
      Carrier<kFrame> frame;
      frame.read(op.frame, span(op, ahead), lane_);  // of a step too many: nothing that holds
      wait_for_copies();
      barriers.turn();
      if (ahead.exists) bring(op, frame, ahead, shared.stage[(turn + 1) & 1]);
      float lacking[kLaneResults];
#pragma unroll
      for (int i = 0; i < kLaneResults; ++i) {
        const auto of_channel = [&](int c) { return shared.held.lacking[i / 4][c][lane_].value[i % 4]; };
        lacking[i] = (of_channel(0) + of_channel(1)) + of_channel(2);
      }
      if (now_.exists) barriers.say_read();
      if (done.completes) finish(op, done, lacking, pairs, totals);
      done = now_;
      now_ = ahead;
    }
  }

 private:
  static __device__ Span span(const LiveSsim& op, const Step& step) {
    return {step.row - kMaxWindowRadius, step.column, op.width, op.height};
  }
  __device__ void bring(const LiveSsim& op, Carrier<kFrame>& frame, const Step& step, Stage& to) const {
    Carrier<PixelFormat::rgba8> reference;
    frame.start(op.frame, span(op, step), lane_, to.x);
    reference.start(op.reference, span(op, step), lane_, to.y);
  }
  __device__ void finish(const LiveSsim& op, const Step& step, const float* lacking, std::uint32_t pairs,
                         TileTotals& totals) const {
    const bool aligned =
        op.map_pitch % 4 == 0 && op.heatmap_pitch % 4 == 0 &&
        ((reinterpret_cast<std::uint64_t>(op.map) | reinterpret_cast<std::uint64_t>(op.heatmap)) & 15u) == 0;
    const bool all_columns = aligned && step.all_columns(op);
    const auto finish_halves = [&](auto all, auto halves, int half) {
      constexpr bool kAll = decltype(all)::value;
      constexpr int kHalves = decltype(halves)::value;
      const float smallest =
          finish_results<kAll, kHalves>(op, lane_, step.results(lane_, half), lacking + 4 * half, pairs);
      totals.smallest = fminf(totals.smallest, smallest);
    };
    using One = std::integral_constant<int, 1>;
    using Two = std::integral_constant<int, 2>;
    if (all_columns && step.all_rows(op, 0) && step.all_rows(op, 1)) {
      finish_halves(std::true_type{}, Two{}, 0);
    } else {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        if (!step.any_row(op, half)) continue;
        if (all_columns && step.all_rows(op, half))
          finish_halves(std::true_type{}, One{}, half);
        else
          finish_halves(std::false_type{}, One{}, half);
      }
    }
  }

  Steps steps_;
  Step now_{0, 0, false, false};
  int lane_;
};

#ifdef FG_FOR_RACECHECK
// The tool (2025.3) counts the barriers that a thread has come through, whichever they were, and takes threads of equal counts
// for parted by none: before they meet, all groups come through as many.
__device__ inline void even_out_barriers(const LiveSsim& op, std::int32_t groups, std::int32_t first_group,
                                         int group, const GroupBarriers& barriers) {
  std::int32_t own = 0, most = 0;
  for (int g = 0; g < kGroups; ++g) {
    std::int32_t passed = 0;
    for (Walks walks(op, groups, first_group + g); walks.more();) {
      const Place place = walks.place(op);
      walks.take(place);
      passed += 2 * Walks::steps(place);
    }
    if (passed > 0) ++passed;  // the last turn
    if (g == group) own = passed;
    most = max(most, passed);
  }
  for (; own < most; ++own) barriers.turn();
}
#endif

template <PixelFormat kFrame>
__device__ void score_tile(const LiveSsim& op) {
  __shared__ TileShared shared;
  const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  const int group = warp / (kChannels + 1);
  // Warps 4 apart sit on the same scheduler, and each scheduler has one that serves.
  const int role = (warp + group) % (kChannels + 1);
  const auto groups = static_cast<std::int32_t>(kGroups * gridDim.x);
  const auto first_group = static_cast<std::int32_t>(kGroups * blockIdx.x);
  const GroupBarriers barriers(group);
  GroupShared& of_group = shared.group[group];
  Walks walks(op, groups, first_group + group);
  // What comes from memory is asked for before the block prepares itself.
  Server<kFrame> server(walks, lane);
  Place place{};
  Samples samples{};
  if (role == kChannels) {
    server.begin(op, of_group);
  } else if (walks.more()) {
    place = walks.place(op);
    samples = sample_place<kFrame>(op, lane, place);
  }
  clear_histogram<kTileThreads>(shared.histogram);
  if (warp < 4) make_taps(op.window, warp, lane, shared.taps);
  __syncthreads();
  TileTotals totals;
  if (role == kChannels) {
    server.serve(op, barriers, of_group, shared.histogram, totals);
  } else {
    std::int32_t turn = 0;
    while (walks.more()) {
      walks.take(place);
      const float d0 = centre_of(samples, op.frame.channel[role], op.reference.channel[role]);
      score_channel<kFrame>(op, place, d0, role, lane, barriers, shared.taps, turn, of_group, totals);
      turn += Walks::steps(place);
      if (!walks.more()) break;
      place = walks.place(op);
      samples = sample_place<kFrame>(op, lane, place);
    }
    if (turn > 0) barriers.turn();  // the last results are held
  }
#ifdef FG_FOR_RACECHECK
  even_out_barriers(op, groups, first_group, group, barriers);
#endif
  std::int32_t counted = 0;
  if (warp == 0) {  // writes the record
    const Tiles tiles{groups};
    const std::int32_t end = tiles.begin(first_group + kGroups, op.width, op.height);
    for (std::int32_t at = tiles.begin(first_group, op.width, op.height); at < end;) {
      const Place place = tiles.place(at, end, op.width, op.height);
      counted += results_that_count(place, op.width, op.height, op.border);
      at += Tiles::across(place.columns);
    }
  }

  const auto most = static_cast<float>(max(totals.largest & 0xFFFFu, totals.largest >> 16));
  const float of_thread[kTotals] = {role == 0 ? totals.lacking : 0,
                                    role == 1 ? totals.lacking : 0,
                                    role == 2 ? totals.lacking : 0,
                                    static_cast<float>(totals.squares),
                                    static_cast<float>(totals.absolute),
                                    most,
                                    totals.smallest,
                                    0};
  __syncthreads();
  leave_record<kTileThreads>(of_thread, counted, 1.0 / 255.0, shared.totals,
                             op.statistics + kFgMapBins + blockIdx.x * kFgRecordWords);
  // The histogram has been complete since the barrier of the record.
  leave_histogram<kTileThreads>(op, shared.histogram, blockIdx.x);
  leave_results<kTileThreads>(op);
}

}  // namespace fg::live
