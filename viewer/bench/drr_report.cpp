#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "viewer/bench/drr_suite.h"

namespace fg {
namespace {

const char* name_of(FgDrrMethod method) { return method == FG_DRR_SIDDON ? "siddon" : "trilinear"; }
const char* work_of(const DrrRow& row) { return row.with_gradient ? "image and gradient by pose" : "image"; }

const BenchedDevice& device_of(const DrrReport& report, const DrrRow& row) {
  return *std::find_if(report.devices.begin(), report.devices.end(),
                       [&](const BenchedDevice& device) { return device.id == row.device_id; });
}

// The figures that every form shows. What a ray looks at: samples, or the voxels that it crosses.
struct Figures {
  double median_us, min_us, rays_per_s, looks_per_ray, looks_per_s;
};
Figures figures_of(const DrrRow& row) {
  const double typical = median(row.microseconds);
  const double rays = static_cast<double>(row.poses) * row.side * row.side;
  const double looks = row.method == FG_DRR_SIDDON ? row.rays.voxels_crossed : row.rays.samples_inside;
  return {.median_us = typical,
          .min_us = *std::min_element(row.microseconds.begin(), row.microseconds.end()),
          .rays_per_s = rays / typical * 1e6,
          .looks_per_ray = looks,
          .looks_per_s = rays * looks / typical * 1e6};
}

std::string line_of(const DrrRow& row) {
  std::string line = fmt::format("  {:<9}  {:<26}  {:>11}", name_of(row.method), work_of(row),
                                 fmt::format("{}x{}x{}", row.poses, row.side, row.side));
  if (!row.reason.empty()) return line + "  not measured: " + row.reason;
  const Figures figures = figures_of(row);
  line += fmt::format("  median {:11.1f} us of {}  {:9.2f} M rays/s  {:8.2f} G {}/s", figures.median_us,
                      row.microseconds.size(), figures.rays_per_s * 1e-6, figures.looks_per_s * 1e-9,
                      row.method == FG_DRR_SIDDON ? "voxels" : "samples");
  return line + fmt::format("  {:.1f} a ray", figures.looks_per_ray);
}

}  // namespace

void print_table(const DrrReport& report) {
  const DrrBenchVolume& v = report.volume;
  for (const BenchedDevice& device : report.devices) {
    std::printf("%s: %s%s%s\n", device.id.c_str(), device.name.c_str(),
                device.driver.empty() ? "" : ", driver ", device.driver.c_str());
    for (const DrrRow& row : report.rows)
      if (row.device_id == device.id) std::printf("%s\n", line_of(row).c_str());
  }
  if (report.rows.empty()) return;
  std::printf(
      "%s",
      fmt::format("{}x{}x{} voxels, float32, of {} x {} x {} mm; {} samples from source to detector, {:.3f} "
                  "mm apart.\nCounted are those inside the volume, or the voxels that a ray crosses on "
                  "{:.0f} mm (means of the first row)\n",
                  v.width, v.height, v.depth, v.x_mm, v.y_mm, v.z_mm, report.samples,
                  report.rows[0].rays.mm_per_sample, report.rows[0].rays.path_mm)
          .c_str());
}

nlohmann::ordered_json json_of(const DrrReport& report) {
  nlohmann::ordered_json devices = nlohmann::ordered_json::array(), rows = devices;
  for (const BenchedDevice& device : report.devices) devices.push_back(json_of(device));
  for (const DrrRow& row : report.rows) {
    nlohmann::ordered_json object{{"device", row.device_id},
                                  {"device_name", device_of(report, row).name},
                                  {"method", name_of(row.method)},
                                  {"work", work_of(row)},
                                  {"poses", row.poses},
                                  {"height", row.side},
                                  {"width", row.side}};
    if (!row.reason.empty()) {
      object["reason"] = row.reason;
    } else {
      const Figures figures = figures_of(row);
      const bool siddon = row.method == FG_DRR_SIDDON;
      object["median_us"] = figures.median_us;
      object["min_us"] = figures.min_us;
      object["runs"] = row.microseconds.size();
      object["rays_per_s"] = figures.rays_per_s;
      object["mm_per_ray_inside"] = row.rays.path_mm;
      if (!siddon) object["mm_per_sample"] = row.rays.mm_per_sample;
      object[siddon ? "voxels_per_ray" : "samples_per_ray_inside"] = figures.looks_per_ray;
      object[siddon ? "voxels_per_s" : "samples_per_s"] = figures.looks_per_s;
      object["mean"] = row.mean;
      if (row.with_gradient) object["slope_by_distance"] = row.slope;
    }
    rows.push_back(std::move(object));
  }
  const DrrBenchVolume& v = report.volume;
  return {
      {"schema", "framegauge-bench-1"},
      {"suite", "drr"},
      {"volume",
       {{"voxels", {v.width, v.height, v.depth}}, {"mm", {v.x_mm, v.y_mm, v.z_mm}}, {"dtype", "float32"}}},
      {"samples", report.samples},
      {"devices", devices},
      {"rows", rows}};
}

std::string csv_of(const DrrReport& report) {
  std::string text =
      "device,device_name,driver,method,work,poses,height,width,median_us,min_us,runs,rays_per_s,mm_per_"
      "sample,"
      "looks_per_ray,looks_per_s,reason\n";
  for (const DrrRow& row : report.rows) {
    const BenchedDevice& device = device_of(report, row);
    text += fmt::format("{},{},{},{},{},{},{},{},", row.device_id, quoted_cell(device.name), device.driver,
                        name_of(row.method), quoted_cell(work_of(row)), row.poses, row.side, row.side);
    if (!row.reason.empty()) {
      text += fmt::format(",,,,,,,{}\n", quoted_cell(row.reason));
      continue;
    }
    const Figures figures = figures_of(row);
    text += fmt::format("{:.3f},{:.3f},{},{:.0f},{},{:.2f},{:.0f},\n", figures.median_us, figures.min_us,
                        row.microseconds.size(), figures.rays_per_s,
                        row.method == FG_DRR_SIDDON ? "" : fmt::format("{:.4f}", row.rays.mm_per_sample),
                        figures.looks_per_ray, figures.looks_per_s);
  }
  return text;
}

}  // namespace fg
