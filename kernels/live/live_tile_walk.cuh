#pragma once
// Which steps of which strips a group of the 8-bit live kernel makes (live_tile.h), one after another.

#include <cstdint>

#include "kernels/live/live_tile.h"

namespace fg::live {

// Of a step: the strip's first row, the column of its first pixel, which the results that it completes begin 8 before.
struct Step {
  std::int32_t row, column;
  bool exists, completes;

  __device__ std::int32_t first_result() const { return column - kHalo; }
  // Whether all results of a half of the rows exist and count, whether any exists; whether those of the columns do.
  __device__ bool all_rows(const LiveSsim& op, int half) const {
    return row + 8 * half >= op.border && row + 8 * half + 8 <= op.height - op.border;
  }
  __device__ bool any_row(const LiveSsim& op, int half) const { return row + 8 * half < op.height; }
  __device__ bool all_columns(const LiveSsim& op) const {
    return first_result() >= op.border && first_result() + kStep <= op.width - op.border;
  }
  __device__ Results results(int lane, int half) const {
    return {row + result_row(lane, 4 * half), first_result() + result_column(lane, 0)};
  }
};

// A group's share, walk by walk. A walk has a step more than columns to make: the one that completes the last results.
class Walks {
 public:
  __device__ Walks(const LiveSsim& op, std::int32_t groups, std::int32_t group)
      : tiles_{groups},
        at_(tiles_.begin(group, op.width, op.height)),
        end_(tiles_.begin(group + 1, op.width, op.height)) {}
  __device__ bool more() const { return at_ < end_; }
  // The one that comes next.
  __device__ Place place(const LiveSsim& op) const { return tiles_.place(at_, end_, op.width, op.height); }
  __device__ static std::int32_t steps(const Place& place) { return Tiles::across(place.columns) + 1; }
  __device__ void take(const Place& place) { at_ += Tiles::across(place.columns); }

 private:
  Tiles tiles_;
  std::int32_t at_, end_;
};

// The same, step by step.
class Steps {
 public:
  __device__ explicit Steps(const Walks& walks) : walks_(walks) {}
  __device__ Step next(const LiveSsim& op) {
    Step step{row_, column_, true, true};
    if (left_ == 0) {
      if (!walks_.more()) return {0, 0, false, false};
      const Place place = walks_.place(op);
      walks_.take(place);
      left_ = Walks::steps(place);
      step.row = row_ = place.row;
      step.column = column_ = place.column - kHalo;
      step.completes = false;
    }
    --left_;
    column_ += kStep;
    return step;
  }

 private:
  Walks walks_;
  std::int32_t left_ = 0, row_ = 0, column_ = 0;
};

}  // namespace fg::live
