#include "plugin/evaluator/executors/executor.h"

#include "kernels/core/error.h"
#include "plugin/evaluator/executors/shader/shader_executor.h"

namespace fg {

const char* name_of(FgExecutor executor) {
  switch (executor) {
    case FG_EXECUTOR_AUTO:
      return "auto";
    case FG_EXECUTOR_IN_QUEUE:
      return "in_queue";
    case FG_EXECUTOR_INTEROP:
      return "interop";
    case FG_EXECUTOR_SHADER:
      return "shader";
  }
  return "unknown";
}

std::string why_unavailable(FgExecutor executor, const vk::Device& device, std::uint32_t queue_family) {
  switch (executor) {
    case FG_EXECUTOR_SHADER:
      return ShaderExecutor::why_unavailable(device, queue_family);
    case FG_EXECUTOR_IN_QUEUE:
    case FG_EXECUTOR_INTEROP:
      return "not built into this library";
    case FG_EXECUTOR_AUTO:
      break;
  }
  for (const FgExecutor candidate : kExecutors)
    if (why_unavailable(candidate, device, queue_family).empty()) return {};
  return "none of the executors runs on this device; shader: " +
         why_unavailable(FG_EXECUTOR_SHADER, device, queue_family);
}

std::unique_ptr<Executor> make_executor(FgExecutor executor, const vk::Device& device,
                                        std::uint32_t queue_family, const ExecutorSettings& settings) {
  const std::string reason = why_unavailable(executor, device, queue_family);
  require(reason.empty(), ErrorCode::unavailable,
          std::string("executor ") + name_of(executor) + " is not available: " + reason);
  // The shader executor is the only one built so far, hence also the first available.
  return std::make_unique<ShaderExecutor>(device, settings);
}

}  // namespace fg
