#pragma once
// Results of fg_ functions that a correct call never fails with end the command with their sentence.

#include "framegauge/framegauge.h"
#include "viewer/error.h"

namespace fg {

class OutOfMemory : public Failure {
 public:
  using Failure::Failure;
};

inline void expect_ok(FgStatus status) {
  if (status == FG_STATUS_OUT_OF_MEMORY) throw OutOfMemory(ExitCode::internal, fg_last_error());
  if (status != FG_STATUS_OK) throw Failure(ExitCode::internal, fg_last_error());
}

}  // namespace fg
