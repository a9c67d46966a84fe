#pragma once
// Files as pairs, whatever they hold: two of them, several against one reference, or folders matched with each other.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "viewer/diff/inputs/source.h"

namespace fg {

// What inputs of one kind are.
struct InputKind {
  std::string one, many;                                        // "an image", "images"
  std::function<bool(const std::filesystem::path&)> is_folder;  // of several files; else it is one of them
  std::function<std::vector<std::filesystem::path>(const std::filesystem::path&)>
      list;  // paths below such a folder
};

// What files need whose pairs are each one picture. The functions are called from any number of threads, and throw
// Failure(unreadable_input) or Failure(size_mismatch).
struct FileKind {
  InputKind input;
  std::function<std::string(const std::filesystem::path&)> stamp;  // changes when the file does
  std::function<std::shared_ptr<const Frame>(const std::filesystem::path&)> load_reference;
  std::function<std::shared_ptr<const Frame>(const std::filesystem::path&, const Frame& reference)> load_test;
};

// What the tests, all inputs but the last, are called: by their file names, or by their paths where a name was there before.
// Throws Failure(usage) where one is given twice.
std::vector<std::string> names_of_tests(const std::vector<std::string>& inputs);

// Which files of the inputs belong together. Throws Failure with the exit code that the command returns.
Pairing pair_inputs(const SourceOptions& options, const InputKind& kind);

// A reference that all tests share is loaded here, once. Throws Failure with the exit code that the command returns.
std::unique_ptr<PairSource> open_file_pairs(const SourceOptions& options, FileKind kind);

}  // namespace fg
