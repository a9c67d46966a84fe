#pragma once
// What `bench tick` found, and how it is shown: a line, an object of JSON, a line of CSV.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "viewer/bench/tick_run.h"

namespace fg {

// One of {720p, 1080p, 4k}, or WIDTHxHEIGHT. Throws Failure(usage).
VkExtent2D parse_frame_size(const std::string& text);

struct TickRow {
  FgExecutor executor = FG_EXECUTOR_AUTO;
  VkExtent2D size = {};
  TickWork work = TickWork::score;
  TickMeasurement measured;
  std::string reason;  // why it was not measured; "" when it was
};

struct TickReport {
  std::string device, driver, queue;  // queue: of the kind that was asked for, "graphics" or "compute"
  std::string format;  // of the images, "R8G8B8A8_UNORM"; what is rendered is of that one always
  int window = 11;
  std::uint32_t frames_in_flight = 3;
  int runs = 0;       // frames one by one, and as many pipelined
  std::string scene;  // what TickWork::render renders; "" where nothing is rendered
  std::vector<FgExecutorSupport> executors;
  std::vector<TickRow> rows;
};

void print_table(const TickReport& report);
nlohmann::ordered_json json_of(const TickReport& report);
std::string csv_of(const TickReport& report);

}  // namespace fg
