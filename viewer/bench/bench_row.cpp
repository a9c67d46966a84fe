#include "viewer/bench/bench_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "viewer/error.h"

namespace fg {
namespace {

// The figures that every form shows.
struct Figures {
  double median_us, min_us, gb_per_s, copy_share;
};

const BenchedDevice& device_of(const BenchReport& report, const BenchRow& row) {
  return *std::find_if(report.devices.begin(), report.devices.end(),
                       [&](const BenchedDevice& device) { return device.id == row.device_id; });
}

Figures figures_of(const BenchReport& report, const BenchRow& row) {
  const std::vector<double>& us = row.measured.microseconds;
  const double typical = median(us), gb_per_s = row.measured.bytes / typical * 1e-3;
  return {.median_us = typical,
          .min_us = *std::min_element(us.begin(), us.end()),
          .gb_per_s = gb_per_s,
          .copy_share = gb_per_s / device_of(report, row).copy_gb_per_s};
}

}  // namespace

std::string quoted_cell(const std::string& text) {
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + "\"";
}

std::string text_of(const BenchShape& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

std::optional<BenchShape> extents_in(const std::string& text) {
  BenchShape shape;
  const char* at = text.data();
  const char* const last = at + text.size();
  for (;;) {
    std::int64_t extent = 0;
    const auto [end, error] = std::from_chars(at, last, extent);
    if (error != std::errc{} || extent < 1 || extent > 100'000) return {};
    shape.push_back(extent);
    if (end == last) return shape;
    if (*end != 'x') return {};
    at = end + 1;
  }
}

BenchShape parse_bench_shape(const std::string& text) {
  if (std::optional<BenchShape> shape = extents_in(text)) return *std::move(shape);
  throw Failure(ExitCode::usage,
                "--size '" + text +
                    "': expected whole numbers from 1 to 100000 with x between them, such as "
                    "1080x1920, 1x3x1080x1920 or 256x256x256");
}

void print_table(const BenchReport& report) {
  for (const BenchedDevice& device : report.devices) {
    std::printf("%s: %s%s%s; a copy reads and writes %.1f GB/s\n", device.id.c_str(), device.name.c_str(),
                device.driver.empty() ? "" : ", driver ", device.driver.c_str(), device.copy_gb_per_s);
    for (const BenchRow& row : report.rows) {
      if (row.device_id != device.id) continue;
      std::printf("  %-16s %-19s %-14s %-8s", row.op.c_str(), row.variant.c_str(), text_of(row.shape).c_str(),
                  row.dtype.c_str());
      if (!row.reason.empty()) {
        std::printf("  not measured: %s\n", row.reason.c_str());
        continue;
      }
      const Figures figures = figures_of(report, row);
      std::printf("  median %9.1f us of %zu  %8.2f GB/s  %5.1f %% of the copy rate\n", figures.median_us,
                  row.measured.microseconds.size(), figures.gb_per_s, 100 * figures.copy_share);
    }
  }
}

nlohmann::ordered_json json_of(const BenchedDevice& device) {
  return {
      {"device", device.id},
      {"name", device.name},
      {"driver", device.driver.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(device.driver)},
      {"copy_gb_per_s", device.copy_gb_per_s}};
}

nlohmann::ordered_json json_of(const BenchReport& report) {
  nlohmann::ordered_json devices = nlohmann::ordered_json::array(), rows = devices;
  for (const BenchedDevice& device : report.devices) devices.push_back(json_of(device));
  for (const BenchRow& row : report.rows) {
    nlohmann::ordered_json object = {{"device", row.device_id},
                                     {"device_name", device_of(report, row).name},
                                     {"op", row.op},
                                     {"variant", row.variant},
                                     {"shape", row.shape},
                                     {"dtype", row.dtype}};
    if (!row.reason.empty()) {
      object["reason"] = row.reason;
    } else {
      const Figures figures = figures_of(report, row);
      object["median_us"] = figures.median_us;
      object["min_us"] = figures.min_us;
      object["runs"] = row.measured.microseconds.size();
      object["bytes"] = static_cast<std::int64_t>(row.measured.bytes);
      object["gb_per_s"] = figures.gb_per_s;
      object["copy_share"] = figures.copy_share;
      object["score"] = row.measured.score;
    }
    rows.push_back(std::move(object));
  }
  return {{"schema", "framegauge-bench-1"}, {"suite", report.suite}, {"devices", devices}, {"rows", rows}};
}

std::string csv_of(const BenchReport& report) {
  std::string text =
      "device,device_name,driver,op,variant,shape,dtype,median_us,min_us,runs,bytes,gb_per_s,copy_share,"
      "reason\n";
  for (const BenchRow& row : report.rows) {
    const BenchedDevice& device = device_of(report, row);
    text += fmt::format("{},{},{},{},{},{},{},", row.device_id, quoted_cell(device.name), device.driver,
                        row.op, quoted_cell(row.variant), text_of(row.shape), row.dtype);
    if (!row.reason.empty()) {
      text += fmt::format(",,,,,,{}\n", quoted_cell(row.reason));
      continue;
    }
    const Figures figures = figures_of(report, row);
    text += fmt::format("{:.3f},{:.3f},{},{:.0f},{:.3f},{:.4f},\n", figures.median_us, figures.min_us,
                        row.measured.microseconds.size(), row.measured.bytes, figures.gb_per_s,
                        figures.copy_share);
  }
  return text;
}

}  // namespace fg
