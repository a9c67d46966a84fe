#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace fg {

// A score as JSON has it: numbers, and "inf", "-inf", "nan" as strings, because JSON has no such numbers.
nlohmann::ordered_json json_number(double value);
double number_of_json(const nlohmann::ordered_json& value);  // the other way; throws the parser's exception

// Written as OutputFile does it, so that no reader ever sees half a file, and /dev/null stays what it is. "-": standard
// output. Throws Failure(internal) when the file cannot be written.
void write_text(const std::filesystem::path& file, const std::string& text);
// The same of a text that need not lie in memory whole: put is called with a sink that takes it part by part.
using TextSink = std::function<void(std::string_view)>;
void write_text(const std::filesystem::path& file, const std::function<void(const TextSink&)>& put);
void write_json(const std::filesystem::path& file, const nlohmann::ordered_json& value);

// Creates the folder and its parents. Throws Failure(internal) when it cannot.
void make_folder(const std::filesystem::path& folder);

}  // namespace fg
