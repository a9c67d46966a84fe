#pragma once
// Which test file belongs to which reference file.

#include <filesystem>
#include <string>
#include <vector>

namespace fg {

struct FilePair {
  std::string name;  // what results call it: the test's path below its folder
  std::filesystem::path test, reference;
};

struct Pairing {
  std::vector<FilePair> pairs;  // in the order of their names
  std::vector<std::filesystem::path> unmatched_tests, unmatched_references;
};

// --match: what has to agree for two files of two folders to be a pair.
struct MatchRule {
  enum class Kind {
    name,    // the path below the folder; of what is left, the path without its ending (a.png with a.jpg)
    sorted,  // the place in the sorted list, numbers by value: frame9 before frame10
    regex    // what the first group of the expression finds in the path, or all that it finds
  };
  Kind kind = Kind::name;
  std::string expression;
};

// "name", "sorted", or else a regular expression of RE2, whose time is bounded whatever the expression. Throws Failure(usage).
MatchRule parse_match(const std::string& text);

bool is_image_name(const std::filesystem::path& file);  // by its ending

// Regular files below the folder, by path, whose names are wanted; hidden ones are left out. Throws
// Failure(unreadable_input) where the folder cannot be read or holds none, with the sentence for that.
std::vector<std::filesystem::path> list_files(const std::filesystem::path& folder,
                                              bool (*wanted)(const std::filesystem::path&),
                                              const std::string& holds_none);
std::vector<std::filesystem::path> list_images(const std::filesystem::path& folder);

// Paths are below their folders. Throws Failure(usage) where a rule gives several files of one folder the same key.
Pairing match_files(const std::filesystem::path& test_folder, std::vector<std::filesystem::path> tests,
                    const std::filesystem::path& reference_folder,
                    std::vector<std::filesystem::path> references, const MatchRule& rule);

// As people sort: runs of digits by their value.
bool natural_less(const std::string& a, const std::string& b);

}  // namespace fg
