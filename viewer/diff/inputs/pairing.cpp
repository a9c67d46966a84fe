#include "viewer/diff/inputs/pairing.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "viewer/error.h"
#include "viewer/io/lower_case.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool hidden(const fs::path& relative) {
  return std::any_of(relative.begin(), relative.end(),
                     [](const fs::path& part) { return part.string()[0] == '.'; });
}

// Key to file; files without a key go to `unmatched`.
template <class Key>
std::map<std::string, fs::path> keyed(const std::vector<fs::path>& files, const fs::path& folder,
                                      const Key& key, std::vector<fs::path>& unmatched) {
  std::map<std::string, fs::path> by_key;
  for (const fs::path& file : files) {
    const std::string k = key(file);
    if (k.empty()) {
      unmatched.push_back(folder / file);
      continue;
    }
    const auto [place, added] = by_key.emplace(k, file);
    if (!added)
      throw Failure(ExitCode::usage, "--match: '" + place->second.string() + "' and '" + file.string() +
                                         "' of " + folder.string() + " both match as '" + k +
                                         "'; expected one file each, change the rule or move one away");
  }
  return by_key;
}

template <class Key>
void match_by_key(const fs::path& test_folder, const std::vector<fs::path>& tests,
                  const fs::path& reference_folder, const std::vector<fs::path>& references, const Key& key,
                  Pairing& pairing) {
  const auto by_key = keyed(references, reference_folder, key, pairing.unmatched_references);
  const auto tests_by_key = keyed(tests, test_folder, key, pairing.unmatched_tests);
  for (const auto& [k, test] : tests_by_key) {
    const auto found = by_key.find(k);
    if (found == by_key.end())
      pairing.unmatched_tests.push_back(test_folder / test);
    else
      pairing.pairs.push_back({test.generic_string(), test_folder / test, reference_folder / found->second});
  }
  for (const auto& [k, reference] : by_key)
    if (!tests_by_key.contains(k)) pairing.unmatched_references.push_back(reference_folder / reference);
}

void match_sorted(const fs::path& test_folder, std::vector<fs::path> tests, const fs::path& reference_folder,
                  std::vector<fs::path> references, Pairing& pairing) {
  const auto less = [](const fs::path& a, const fs::path& b) {
    return natural_less(a.generic_string(), b.generic_string());
  };
  std::sort(tests.begin(), tests.end(), less);
  std::sort(references.begin(), references.end(), less);
  for (std::size_t i = 0; i < std::max(tests.size(), references.size()); ++i)
    if (i >= references.size())
      pairing.unmatched_tests.push_back(test_folder / tests[i]);
    else if (i >= tests.size())
      pairing.unmatched_references.push_back(reference_folder / references[i]);
    else
      pairing.pairs.push_back(
          {tests[i].generic_string(), test_folder / tests[i], reference_folder / references[i]});
}

// Equal paths first; what is left by the path without its ending, so that renders in PNG meet photographs in JPEG.
void match_names(const fs::path& test_folder, const std::vector<fs::path>& tests,
                 const fs::path& reference_folder, const std::vector<fs::path>& references,
                 Pairing& pairing) {
  const std::set<fs::path> with_reference(references.begin(), references.end());
  const std::set<fs::path> with_test(tests.begin(), tests.end());
  std::vector<fs::path> tests_left, references_left;
  for (const fs::path& test : tests)
    if (with_reference.contains(test))
      pairing.pairs.push_back({test.generic_string(), test_folder / test, reference_folder / test});
    else
      tests_left.push_back(test);
  for (const fs::path& reference : references)
    if (!with_test.contains(reference)) references_left.push_back(reference);
  const auto stem = [](fs::path file) { return file.replace_extension().generic_string(); };
  match_by_key(test_folder, tests_left, reference_folder, references_left, stem, pairing);
}

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t a_end = i, b_end = j;
      while (a_end < a.size() && is_digit(a[a_end])) ++a_end;
      while (b_end < b.size() && is_digit(b[b_end])) ++b_end;
      if (a_end - i != b_end - j) return a_end - i < b_end - j;
      if (const int order = a.compare(i, a_end - i, b, j, b_end - j)) return order < 0;
      i = a_end, j = b_end;
    } else {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i, ++j;
    }
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // 01 and 1
}

MatchRule parse_match(const std::string& text) {
  if (text == "name") return {MatchRule::Kind::name, ""};
  if (text == "sorted") return {MatchRule::Kind::sorted, ""};
  const RE2 compiled(text, RE2::Quiet);
  if (text.empty() || !compiled.ok())
    throw Failure(ExitCode::usage,
                  "--match '" + text +
                      "': expected name, sorted or a regular expression such as 'frame_([0-9]+)'" +
                      (compiled.ok() ? "" : "; " + compiled.error()));
  return {MatchRule::Kind::regex, text};
}

bool is_image_name(const fs::path& file) {
  static const std::set<std::string> kEndings = {".png", ".jpg", ".jpeg", ".webp", ".exr", ".pfm", ".hdr"};
  return kEndings.contains(lower_ending(file));
}

std::vector<fs::path> list_files(const fs::path& folder, bool (*wanted)(const fs::path&),
                                 const std::string& holds_none) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error), end;
  for (; !error && it != end; it.increment(error)) {
    const fs::path relative = it->path().lexically_relative(folder);
    std::error_code ignored;
    if (it->is_regular_file(ignored) && wanted(it->path()) && !hidden(relative)) files.push_back(relative);
  }
  if (error) throw unreadable(folder, "the folder cannot be read: " + error.message());
  if (files.empty()) throw unreadable(folder, holds_none);
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> list_images(const fs::path& folder) {
  return list_files(folder, is_image_name,
                    "holds no image; expected files named .png, .jpg, .webp, .exr, .pfm or .hdr");
}

Pairing match_files(const fs::path& test_folder, std::vector<fs::path> tests,
                    const fs::path& reference_folder, std::vector<fs::path> references,
                    const MatchRule& rule) {
  Pairing pairing;
  if (rule.kind == MatchRule::Kind::sorted)
    match_sorted(test_folder, std::move(tests), reference_folder, std::move(references), pairing);
  if (rule.kind == MatchRule::Kind::name)
    match_names(test_folder, tests, reference_folder, references, pairing);
  if (rule.kind == MatchRule::Kind::regex) {
    const RE2 expression(rule.expression, RE2::Quiet);
    const int group = std::min(expression.NumberOfCapturingGroups(), 1);
    const auto key = [&](const fs::path& file) -> std::string {
      re2::StringPiece found[2];
      const std::string text = file.generic_string();
      if (!expression.Match(text, 0, text.size(), RE2::UNANCHORED, found, group + 1)) return {};
      return std::string(found[group]);
    };
    match_by_key(test_folder, tests, reference_folder, references, key, pairing);
  }
  std::sort(pairing.pairs.begin(), pairing.pairs.end(),
            [](const FilePair& a, const FilePair& b) { return natural_less(a.name, b.name); });
  std::sort(pairing.unmatched_tests.begin(), pairing.unmatched_tests.end());
  std::sort(pairing.unmatched_references.begin(), pairing.unmatched_references.end());
  return pairing;
}

}  // namespace fg
