#include "plugin/evaluator/executors/in_queue/live_kernels.h"

#ifdef FRAMEGAUGE_LIVE_FATBIN  // the file's path
asm(R"(
.pushsection .rodata
.balign 64
fg_live_kernels_begin:
.incbin ")" FRAMEGAUGE_LIVE_FATBIN R"("
fg_live_kernels_end:
.popsection
)");

extern "C" {
extern const std::byte fg_live_kernels_begin[] __attribute__((visibility("hidden")));
extern const std::byte fg_live_kernels_end[] __attribute__((visibility("hidden")));
}
#endif

namespace fg {

std::span<const std::byte> live_kernels() {
#ifdef FRAMEGAUGE_LIVE_FATBIN
  return {fg_live_kernels_begin, fg_live_kernels_end};
#else
  return {};
#endif
}

}  // namespace fg
