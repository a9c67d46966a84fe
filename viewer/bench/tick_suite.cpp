#include "viewer/bench/tick_suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "plugin/vk/error.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/bench/bench_device.h"
#include "viewer/error.h"

namespace fg {
namespace {

// What is rendered is always RGBA8 UNORM, and is left out where another format was asked for.
std::vector<TickWork> works_in(const TickFormat& format) {
  std::vector<TickWork> works{TickWork::score, TickWork::new_reference};
  if (format.format == VK_FORMAT_R8G8B8A8_UNORM) works.push_back(TickWork::render);
  return works;
}

std::vector<FgExecutorSupport> executors_of(const vk::OwnDevice& device) {
  const FgEvaluatorInfo info = evaluator_info(device);
  std::uint32_t count = 8;
  std::vector<FgExecutorSupport> support(count);
  if (fg_evaluator_executors(&info, support.data(), &count) != FG_STATUS_OK)
    throw Failure(ExitCode::internal, fg_last_error());
  support.resize(count);
  return support;
}

// Those to be measured.
std::vector<FgExecutor> chosen(const std::vector<FgExecutorSupport>& support, FgExecutor wanted) {
  std::vector<FgExecutor> found;
  for (const FgExecutorSupport& s : support) {
    if (wanted != FG_EXECUTOR_AUTO && s.executor != wanted) continue;
    if (s.available)
      found.push_back(s.executor);
    else if (wanted != FG_EXECUTOR_AUTO)
      throw Failure(ExitCode::internal,
                    fmt::format("executor {} is not available: {}", fg_executor_name(wanted), s.reason));
  }
  if (found.empty())
    throw Failure(ExitCode::internal, "no executor runs on this device; see 'framegauge doctor'");
  return found;
}

std::vector<VkExtent2D> default_sizes(const vk::OwnDevice& device) {
  if (device.is_cpu()) return {{640, 360}, {1280, 720}};
  return {{1280, 720}, {1920, 1080}, {3840, 2160}};
}

void check_sizes(const vk::OwnDevice& device, const std::vector<VkExtent2D>& sizes) {
  const std::uint32_t most = device.properties.limits.maxImageDimension2D;
  for (const VkExtent2D& size : sizes)
    if (size.width > most || size.height > most)
      throw Failure(ExitCode::usage,
                    fmt::format("--size {}x{}: {} has images of at most {} pixels a side", size.width,
                                size.height, device.properties.deviceName, most));
}

bool out_of_memory(const vk::Error& error) {
  return error.result == VK_ERROR_OUT_OF_DEVICE_MEMORY || error.result == VK_ERROR_OUT_OF_HOST_MEMORY;
}

// The rows of one size, executors beside each other.
class SizeRows {
 public:
  SizeRows(const vk::OwnDevice& device, const TickFormat& format, VkExtent2D size,
           std::uint32_t frames_in_flight, bool renders)
      : device_(device),
        size_(size),
        noise_(noise_images(device, format, size)),
        targets_(renders ? render_targets(device, size, frames_in_flight) : TickImages{}) {}

  TickRow measure(const TickRunInfo& info) const {
    TickRow row{.executor = info.executor, .size = size_, .work = info.work, .measured = {}, .reason = ""};
    try {
      row.measured = measure_tick(device_, info.work == TickWork::render ? targets_ : noise_, info);
    } catch (const NotMeasured& problem) {
      row.reason = problem.reason;
    } catch (const vk::Error& error) {
      if (!out_of_memory(error)) throw;
      row.reason = error.what();
    }
    return row;
  }

 private:
  const vk::OwnDevice& device_;
  VkExtent2D size_;
  TickImages noise_, targets_;
};

}  // namespace

TickReport bench_tick(const TickBenchOptions& options) {
  const TickFormat& format = tick_format(options.format);
  const std::vector<TickWork> works = works_in(format);
  const vk::OwnDevice device({.wanted_device = options.device,
                              .queue = options.queue,
                              .validation = options.validation,
                              .device_extensions = evaluator_extensions()});
  TickReport report{.device = device.properties.deviceName,
                    .driver = device.describe().driver,
                    .queue = options.queue == vk::QueueKind::compute ? "compute" : "graphics",
                    .format = format.name};
  report.executors = executors_of(device);
  const std::vector<FgExecutor> executors = chosen(report.executors, options.executor);
  const std::vector<VkExtent2D> sizes = options.sizes.empty() ? default_sizes(device) : options.sizes;
  check_sizes(device, sizes);
  report.runs = options.runs > 0 ? options.runs : device.is_cpu() ? 7 : 500;
  std::optional<TickScene> scene;
  if (std::find(works.begin(), works.end(), TickWork::render) != works.end()) {
    scene.emplace(device, options.splats > 0 ? options.splats : device.is_cpu() ? 10'000 : 1'000'000);
    report.scene = scene->description();
  }
  const std::size_t rows = sizes.size() * executors.size() * works.size();
  for (const VkExtent2D& size : sizes) {
    const SizeRows of_size(device, format, size, report.frames_in_flight, scene.has_value());
    for (const TickWork work : works)
      for (const FgExecutor executor : executors) {
        if (options.interrupted && options.interrupted()) return report;
        if (options.on_row) options.on_row(report, rows);
        report.rows.push_back(of_size.measure({.executor = executor,
                                               .work = work,
                                               .scene = scene ? &*scene : nullptr,
                                               .frames_in_flight = report.frames_in_flight,
                                               .runs = report.runs}));
      }
  }
  if (const std::size_t messages = device.validation_messages().size())
    throw Failure(ExitCode::internal,
                  fmt::format("the Vulkan validation layer reported {} messages", messages));
  return report;
}

}  // namespace fg
