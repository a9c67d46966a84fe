#pragma once
// The suite `bench drr`: radiographs, and radiographs with their gradient by pose, trilinear and Siddon's.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "framegauge/drr.h"
#include "viewer/bench/bench_row.h"
#include "viewer/bench/drr_scene.h"

namespace fg {

struct DrrRow {
  std::string device_id;
  FgDrrMethod method = FG_DRR_TRILINEAR;
  bool with_gradient = false;  // the image, then its gradient by pose
  int poses = 1, side = 200;
  DrrBenchRays rays{};
  std::vector<double> microseconds;  // of each run
  double mean = 0;                   // of the images: proof that they were made
  double slope = 0;                  // the gradient of their sum by the source's distance, the same
  std::string reason;                // why it was not measured; "" when it was
};

struct DrrReport {
  DrrBenchVolume volume{};
  int samples = 0;
  std::vector<BenchedDevice> devices;
  std::vector<DrrRow> rows;
};

struct DrrBenchOptions {
  std::string device = "auto";
  bool quick = false;
  int runs = 0;  // 0: as many as suit the device
  std::function<bool()> interrupted;
  std::function<void(std::size_t rows)> on_start;      // how many rows there will be
  std::function<void(const std::string& row)> on_row;  // after each
};

DrrReport bench_drr(const DrrBenchOptions& options);

void print_table(const DrrReport& report);
nlohmann::ordered_json json_of(const DrrReport& report);
std::string csv_of(const DrrReport& report);

}  // namespace fg
