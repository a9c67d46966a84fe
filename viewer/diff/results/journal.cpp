#include "viewer/diff/results/journal.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

using nlohmann::ordered_json;

std::string line_of(const PairResult& result) {
  ordered_json scores = ordered_json::array();
  for (const double score : result.scores) scores.push_back(json_number(score));
  const ordered_json json = {{"name", result.identity.name},
                             {"stamp", result.identity.stamp},
                             {"status", static_cast<int>(result.status)},
                             {"width", result.width},
                             {"height", result.height},
                             {"depth", result.depth},
                             {"data_range", json_number(result.data_range)},
                             {"scores", scores},
                             {"undefined", result.undefined},
                             {"not_finite", result.not_finite},
                             {"notes", result.notes},
                             {"problem", result.problem}};
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// A number that is none, or none that fits, is damage: to convert it would be undefined.
std::int64_t whole_number(const ordered_json& json) {
  if (!json.is_number_integer()) throw std::invalid_argument("a whole number expected");
  return json;
}

PairResult result_of(const ordered_json& json) {
  PairResult result;
  result.identity.name = json.at("name");
  result.identity.stamp = json.at("stamp");
  const std::int64_t status = whole_number(json.at("status"));
  result.status = status == 0   ? PairResult::Status::scored
                  : status == 1 ? PairResult::Status::size_mismatch
                  : status == 3 ? PairResult::Status::incomplete
                                : PairResult::Status::unreadable;
  result.width = static_cast<int>(whole_number(json.at("width")));
  result.height = static_cast<int>(whole_number(json.at("height")));
  result.depth = static_cast<int>(whole_number(json.at("depth")));
  result.data_range = number_of_json(json.at("data_range"));
  for (const ordered_json& score : json.at("scores")) result.scores.push_back(number_of_json(score));
  for (const ordered_json& column : json.at("undefined"))
    result.undefined.push_back(static_cast<std::size_t>(whole_number(column)));
  result.not_finite = static_cast<std::uint64_t>(whole_number(json.at("not_finite")));
  result.notes = json.at("notes").get<std::vector<std::string>>();
  result.problem = json.at("problem");
  return result;
}

}  // namespace

Journal::Journal(const std::filesystem::path& file, const std::string& settings, Start start) : file_(file) {
  if (start == Start::resume && std::filesystem::exists(file)) read(settings);
  const std::filesystem::path fresh = file.string() + ".part";
  out_ = {std::fopen(fresh.c_str(), "wb"), std::fclose};
  if (!out_)
    throw Failure(ExitCode::internal,
                  file.string() + ": the journal could not be written: " + std::strerror(errno));
  try {
    write(settings);
    for (const auto& [name, result] : before_) write(line_of(result));
    std::error_code error;
    std::filesystem::rename(fresh, file, error);  // the open file keeps being written under its new name
    if (error)
      throw Failure(ExitCode::internal,
                    file.string() + ": the journal could not be written: " + error.message());
  } catch (const Failure&) {
    out_.reset();
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    throw;
  }
}

void Journal::read(const std::string& settings) {
  std::ifstream in(file_, std::ios::binary);
  std::string line;
  std::getline(in, line);
  if (line != settings)
    throw Failure(ExitCode::usage, file_.string() +
                                       ": belongs to a run with other options or on another device; use the "
                                       "same ones, or leave --resume out to start anew");
  while (std::getline(in, line) && !in.eof()) {  // eof: the line has no end, a crash cut it short
    try {
      PairResult result = result_of(ordered_json::parse(line));
      before_[result.identity.name] = std::move(result);
    } catch (const std::exception&) {
      break;  // what stands after damage is scored again
    }
  }
}

void Journal::write(const std::string& line) {
  const std::string text = line + "\n";
  if (std::fwrite(text.data(), 1, text.size(), out_.get()) != text.size() || std::fflush(out_.get()) != 0)
    throw Failure(ExitCode::internal,
                  file_.string() + ": the journal could not be written: " + std::strerror(errno));
}

const PairResult* Journal::find(const PairIdentity& identity) const {
  const auto found = before_.find(identity.name);
  return found != before_.end() && found->second.identity.stamp == identity.stamp ? &found->second : nullptr;
}

void Journal::add(const PairResult& result) { write(line_of(result)); }

void Journal::remove() {
  out_.reset();
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace fg
