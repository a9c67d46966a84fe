#include "viewer/bench/tick_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "viewer/bench/bench_device.h"
#include "viewer/bench/bench_row.h"
#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

const char* name_of(TickWork work) {
  switch (work) {
    case TickWork::score:
      return "score";
    case TickWork::new_reference:
      return "new reference, score";
    case TickWork::render:
      return "render, score";
  }
  return "";
}

std::string text_of(VkExtent2D size) { return fmt::format("{}x{}", size.width, size.height); }

std::optional<double> median_of(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(median(values));
}
std::optional<double> least_of(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(*std::min_element(values.begin(), values.end()));
}

// "" and null: the queue has no timestamps, or the frame has no such part.
std::string cell(const std::optional<double>& value) { return value ? fmt::format("{:.3f}", *value) : ""; }
nlohmann::ordered_json json(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}
std::string padded(const std::optional<double>& value) {
  return value ? fmt::format("{:9.1f} us", *value) : fmt::format("{:>12}", "-");
}

// The first executor's row of the same size and work, where it was measured.
const TickRow* compared_with(const TickReport& report, const TickRow& row) {
  for (const TickRow& other : report.rows)
    if (other.size.width == row.size.width && other.size.height == row.size.height && other.work == row.work)
      return other.reason.empty() && other.executor != row.executor ? &other : nullptr;
  return nullptr;
}

std::string line_of(const TickReport& report, const TickRow& row) {
  const TickMeasurement& m = row.measured;
  std::string line = fmt::format("  {:<8} {:>9}  {:<20}", fg_executor_name(row.executor), text_of(row.size),
                                 name_of(row.work));
  if (!row.reason.empty()) return line + "  not measured: " + row.reason;
  line += fmt::format("  GPU {} + {}  submit to result {}  pipelined {:9.1f} frames/s",
                      padded(median_of(m.before_us)), padded(median_of(m.score_us)),
                      padded(median_of(m.result_us)), m.frames_per_second);
  if (const TickRow* other = compared_with(report, row))
    line += fmt::format("  {:.1f} times {}'s submit to result",
                        median(m.result_us) / median(other->measured.result_us),
                        fg_executor_name(other->executor));
  if (m.dropped) line += fmt::format("  {} of {} dropped", m.dropped, 2 * report.runs);
  line += fmt::format("  ssim {:.6f}", m.ssim);
  if (row.work == TickWork::render)
    line += fmt::format("  {} splats visible, {} in tiles", m.rendered.visible, m.rendered.pairs);
  return line;
}

}  // namespace

VkExtent2D parse_frame_size(const std::string& text) {
  if (text == "720p") return {1280, 720};
  if (text == "1080p") return {1920, 1080};
  if (text == "4k" || text == "4K") return {3840, 2160};
  const std::optional<BenchShape> sides = extents_in(text);
  if (!sides || sides->size() != 2)
    throw Failure(
        ExitCode::usage,
        "--size '" + text + "': expected 720p, 1080p, 4k or WIDTHxHEIGHT in pixels, such as 1920x1080");
  return {static_cast<std::uint32_t>((*sides)[0]), static_cast<std::uint32_t>((*sides)[1])};
}

void print_table(const TickReport& report) {
  std::printf("tick on %s, %s\n", report.device.c_str(), report.driver.c_str());
  std::printf("  %s, window %d, zero padding, score, map and heatmap; %u frames in flight, on a %s queue\n",
              report.format.c_str(), report.window, report.frames_in_flight, report.queue.c_str());
  std::printf(
      "  GPU: of the render or of the new reference + of the score. GPU and submit to result: medians of %d "
      "frames "
      "one by one;\n  pipelined: scored frames a second, of %d. Frames take turns among images of "
      "noise%s%s\n",
      report.runs, report.runs, report.scene.empty() ? "" : "; rendered: ", report.scene.c_str());
  for (const FgExecutorSupport& support : report.executors)
    if (!support.available)
      std::printf("  %-8s not available: %s\n", fg_executor_name(support.executor), support.reason);
  for (const TickRow& row : report.rows) std::printf("%s\n", line_of(report, row).c_str());
}

nlohmann::ordered_json json_of(const TickReport& report) {
  nlohmann::ordered_json executors = nlohmann::ordered_json::array(), rows = executors;
  for (const FgExecutorSupport& support : report.executors) {
    nlohmann::ordered_json object{{"executor", fg_executor_name(support.executor)},
                                  {"available", support.available != 0}};
    if (!support.available) object["reason"] = support.reason;
    executors.push_back(std::move(object));
  }
  for (const TickRow& row : report.rows) {
    const TickMeasurement& m = row.measured;
    nlohmann::ordered_json object{{"executor", fg_executor_name(row.executor)},
                                  {"width", row.size.width},
                                  {"height", row.size.height},
                                  {"work", name_of(row.work)}};
    if (!row.reason.empty()) {
      object["reason"] = row.reason;
      rows.push_back(std::move(object));
      continue;
    }
    object["score_gpu_us"] = json(median_of(m.score_us));
    object["score_gpu_min_us"] = json(least_of(m.score_us));
    object["before_gpu_us"] = json(median_of(m.before_us));
    object["submit_to_result_us"] = json(median_of(m.result_us));
    object["submit_to_result_min_us"] = json(least_of(m.result_us));
    object["frames"] = m.result_us.size();
    object["frames_per_second"] = m.frames_per_second;
    object["pipelined_frames"] = m.pipelined;
    object["dropped"] = m.dropped;
    object["ssim"] = json_number(m.ssim);
    if (row.work == TickWork::render) {
      object["visible_splats"] = m.rendered.visible;
      object["tile_splat_pairs"] = m.rendered.pairs;
    }
    rows.push_back(std::move(object));
  }
  return {{"schema", "framegauge-bench-1"},
          {"suite", "tick"},
          {"device", report.device},
          {"driver", report.driver},
          {"queue", report.queue},
          {"format", report.format},
          {"window", report.window},
          {"frames_in_flight", report.frames_in_flight},
          {"runs", report.runs},
          {"scene", report.scene},
          {"executors", executors},
          {"rows", rows}};
}

std::string csv_of(const TickReport& report) {
  std::string text =
      "device,driver,queue,format,executor,width,height,work,score_gpu_us,score_gpu_min_us,before_gpu_us,"
      "submit_to_"
      "result_"
      "us,"
      "submit_to_result_min_us,frames,frames_per_second,pipelined_frames,dropped,ssim,reason\n";
  const std::string device = quoted_cell(report.device) + "," + quoted_cell(report.driver) + "," +
                             report.queue + "," + report.format;
  for (const FgExecutorSupport& support : report.executors)
    if (!support.available)
      text += fmt::format("{},{},,,,,,,,,,,,,,{}\n", device, fg_executor_name(support.executor),
                          quoted_cell(support.reason));
  for (const TickRow& row : report.rows) {
    const TickMeasurement& m = row.measured;
    text += fmt::format("{},{},{},{},{},", device, fg_executor_name(row.executor), row.size.width,
                        row.size.height, quoted_cell(name_of(row.work)));
    text += row.reason.empty()
                ? fmt::format("{},{},{},{},{},{},{:.3f},{},{},{:.6f},\n", cell(median_of(m.score_us)),
                              cell(least_of(m.score_us)), cell(median_of(m.before_us)),
                              cell(median_of(m.result_us)), cell(least_of(m.result_us)), m.result_us.size(),
                              m.frames_per_second, m.pipelined, m.dropped, m.ssim)
                : fmt::format(",,,,,,,,,,{}\n", quoted_cell(row.reason));
  }
  return text;
}

}  // namespace fg
