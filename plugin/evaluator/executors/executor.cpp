#include "plugin/evaluator/executors/executor.h"

#include "kernels/core/error.h"
#include "plugin/evaluator/executors/in_queue/in_queue_executor.h"
#include "plugin/evaluator/executors/shader/shader_executor.h"
#include "plugin/vk/error.h"

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

namespace {

// What can be told without loading anything.
std::string why_unsupported(FgExecutor executor, const vk::Device& device, std::uint32_t queue_family) {
  switch (executor) {
    case FG_EXECUTOR_SHADER:
      return ShaderExecutor::why_unavailable(device, queue_family);
    case FG_EXECUTOR_IN_QUEUE:
      return InQueueExecutor::why_unavailable(device, queue_family);
    default:
      return "not built into this library";
  }
}

std::unique_ptr<Executor> make(FgExecutor executor, const vk::Device& device,
                               const ExecutorSettings& settings) {
  if (executor == FG_EXECUTOR_IN_QUEUE) return std::make_unique<InQueueExecutor>(device, settings);
  return std::make_unique<ShaderExecutor>(device, settings);
}

}  // namespace

std::string why_unavailable(FgExecutor executor, const vk::Device& device, std::uint32_t queue_family) {
  const std::string reason = why_unsupported(executor, device, queue_family);
  if (!reason.empty() || executor != FG_EXECUTOR_IN_QUEUE) return reason;
  try {  // whether the driver takes the kernels shows when they are loaded
    make(executor, device, {});
    return {};
  } catch (const vk::Error& e) {
    return e.what();
  }
}

MadeExecutor make_executor(FgExecutor wanted, const vk::Device& device, std::uint32_t queue_family,
                           const ExecutorSettings& settings) {
  std::string passed_over;
  for (const FgExecutor executor : kExecutors) {
    if (wanted != FG_EXECUTOR_AUTO && executor != wanted) continue;
    std::string reason = why_unsupported(executor, device, queue_family);
    try {
      if (reason.empty()) return {make(executor, device, settings), passed_over};
    } catch (const vk::Error& e) {
      reason = e.what();
    }
    require(wanted == FG_EXECUTOR_AUTO, ErrorCode::unavailable,
            std::string("executor ") + name_of(executor) + " is not available: " + reason);
    passed_over += (passed_over.empty() ? "" : "; ") + std::string(name_of(executor)) + ": " + reason;
  }
  throw Error(ErrorCode::unavailable, "no executor runs on this device: " + passed_over);
}

}  // namespace fg
