#include "viewer/report/json_file.h"

#include <cmath>
#include <cstdio>
#include <limits>

#include "viewer/error.h"
#include "viewer/io/file.h"

namespace fg {

nlohmann::ordered_json json_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double number_of_json(const nlohmann::ordered_json& value) {
  if (!value.is_string()) return value.get<double>();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto& word = value.get_ref<const std::string&>();
  if (word == "inf") return kInfinity;
  if (word == "-inf") return -kInfinity;
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  return nlohmann::ordered_json::parse(word).get<double>();
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  write_text(file, [&](const TextSink& sink) { sink(text); });
}

void write_text(const std::filesystem::path& file, const std::function<void(const TextSink&)>& put) {
  if (file == "-") {
    bool written = true;
    put([&](std::string_view part) {
      written = written && std::fwrite(part.data(), 1, part.size(), stdout) == part.size();
    });
    if (std::fflush(stdout) != 0 || !written)
      throw Failure(ExitCode::internal, "standard output could not be written");
    return;
  }
  OutputFile out(file);
  constexpr std::size_t kBuffer = 1 << 16;  // bytes; the parts are small
  std::string buffer;
  put([&](std::string_view part) {
    buffer += part;
    if (buffer.size() < kBuffer) return;
    out.write(buffer);
    buffer.clear();
  });
  out.write(buffer);
  out.commit();
}

void write_json(const std::filesystem::path& file, const nlohmann::ordered_json& value) {
  write_text(file, value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Failure(ExitCode::internal, folder.string() + ": the folder could not be made: " + error.message());
}

}  // namespace fg
