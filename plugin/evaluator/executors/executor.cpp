#include "plugin/evaluator/executors/executor.h"

#include <utility>

#include "kernels/core/error.h"
#include "plugin/evaluator/executors/in_queue/in_queue_executor.h"
#include "plugin/evaluator/executors/interop/interop_executor.h"
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
    case FG_EXECUTOR_INTEROP:
      return InteropExecutor::why_unavailable(device, queue_family);
    case FG_EXECUTOR_AUTO:
      break;
  }
  return "no executor of this library";
}

std::unique_ptr<Executor> make(FgExecutor executor, const vk::Device& device,
                               const ExecutorSettings& settings) {
  if (executor == FG_EXECUTOR_IN_QUEUE) return std::make_unique<InQueueExecutor>(device, settings);
  if (executor == FG_EXECUTOR_INTEROP) return std::make_unique<InteropExecutor>(device, settings);
  return std::make_unique<ShaderExecutor>(device, settings);
}

}  // namespace

std::string why_unavailable(FgExecutor executor, const vk::Device& device, std::uint32_t queue_family) {
  const std::string reason = why_unsupported(executor, device, queue_family);
  if (!reason.empty() || executor == FG_EXECUTOR_SHADER) return reason;
  try {  // whether the driver takes the kernels, and CUDA has the device, shows when they are asked
    make(executor, device, {.queue_family = queue_family});
    return {};
  } catch (const vk::Error& e) {
    return e.what();
  } catch (const Error& e) {
    return e.what();
  }
}

MadeExecutor make_executor(const vk::Device& device, const ExecutorRequest& request) {
  std::string passed_over;
  bool behind = !request.after;
  for (const FgExecutor executor : kExecutors) {
    const bool in_turn = std::exchange(behind, behind || executor == request.after);
    if (!in_turn || (request.wanted != FG_EXECUTOR_AUTO && executor != request.wanted)) continue;
    std::string reason = why_unsupported(executor, device, request.settings.queue_family);
    try {
      if (reason.empty()) return {make(executor, device, request.settings), passed_over};
    } catch (const vk::Error& e) {
      reason = e.what();
    } catch (const Error& e) {
      reason = e.what();
    }
    require(request.wanted == FG_EXECUTOR_AUTO, ErrorCode::unavailable,
            std::string("executor ") + name_of(executor) + " is not available: " + reason);
    passed_over += (passed_over.empty() ? "" : "; ") + std::string(name_of(executor)) + ": " + reason;
  }
  throw Error(ErrorCode::unavailable, "no executor runs on this device: " + passed_over);
}

}  // namespace fg
