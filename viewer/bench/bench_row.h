#pragma once
// What a benchmark measured, and how it is shown: a line, an object of JSON, a line of CSV.

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "viewer/bench/bench_device.h"

namespace fg {

// "5x5x1080x1920"
using BenchShape = std::vector<std::int64_t>;
std::string text_of(const BenchShape& shape);
std::optional<BenchShape> extents_in(
    const std::string& text);                           // each 1 to 100000; nothing where it is no such text
BenchShape parse_bench_shape(const std::string& text);  // throws Failure(usage)

std::string quoted_cell(const std::string& text);  // of CSV

struct BenchMeasurement {
  std::vector<double> microseconds;  // of each run
  double bytes = 0;  // the least that the op must move: inputs read once, outputs written once
  double score = 0;  // what the op gave; proof that it ran
};

struct BenchRow {
  std::string op, variant;  // "ssim", "value and gradient"
  BenchShape shape;         // of each image or volume
  std::string dtype;
  std::string device_id;  // BenchDevice::id()
  BenchMeasurement measured;
  std::string reason;  // why it was not measured; "" when it was
};

// A row to be: measure() makes the tensors, runs the op and gives what it took, or throws NotMeasured.
struct BenchCase {
  std::string op, variant;
  BenchShape shape;
  std::string dtype;
  std::function<BenchMeasurement(BenchDevice& device, int runs)> measure;
};

struct BenchedDevice {
  std::string id, name, driver;
  double copy_gb_per_s = 0;
};

nlohmann::ordered_json json_of(const BenchedDevice& device);

struct BenchReport {
  std::string suite;
  std::vector<BenchedDevice> devices;
  std::vector<BenchRow> rows;
};

void print_table(const BenchReport& report);
nlohmann::ordered_json json_of(const BenchReport& report);
std::string csv_of(const BenchReport& report);

}  // namespace fg
