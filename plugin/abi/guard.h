#pragma once
// The one place where exceptions end: FgStatus fg_x(...) { return guard([&] { ... }); }

#include <exception>
#include <string>

#include "framegauge/framegauge.h"

namespace fg::abi {

FgStatus report(FgStatus status, const std::string& sentence);  // remembers the sentence for fg_last_error()
FgStatus report_current_exception();                            // inside a catch block only

template <class Body>
FgStatus guard(Body&& body) noexcept {
  try {
    body();
    return FG_STATUS_OK;
  } catch (...) {
    return report_current_exception();
  }
}

}  // namespace fg::abi
