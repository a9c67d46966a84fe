#include "plugin/interop/external.h"

#include <unistd.h>

namespace fg::interop {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace fg::interop
