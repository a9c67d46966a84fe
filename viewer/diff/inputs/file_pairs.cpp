#include "viewer/diff/inputs/file_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "viewer/error.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

std::string file_name(const fs::path& path) {
  const fs::path name = path.filename();
  return (name.empty() ? path.parent_path().filename() : name).string();
}

std::vector<fs::path> in_natural_order(std::vector<fs::path> files) {
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.generic_string(), b.generic_string());
  });
  return files;
}

void add_folder(const fs::path& test, const fs::path& reference, const SourceOptions& options,
                const InputKind& kind, const std::string& prefix, Pairing& all) {
  Pairing pairing = match_files(test, kind.list(test), reference, kind.list(reference), options.match);
  for (FilePair& pair : pairing.pairs) {
    pair.name = prefix + pair.name;
    all.pairs.push_back(std::move(pair));
  }
  std::move(pairing.unmatched_tests.begin(), pairing.unmatched_tests.end(),
            std::back_inserter(all.unmatched_tests));
  std::move(pairing.unmatched_references.begin(), pairing.unmatched_references.end(),
            std::back_inserter(all.unmatched_references));
}

}  // namespace

std::vector<std::string> names_of_tests(const std::vector<std::string>& inputs) {
  std::set<fs::path> tests;
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < inputs.size(); ++i) {
    const fs::path test = inputs[i];
    if (!tests.insert(test.lexically_normal()).second)
      throw Failure(ExitCode::usage, test.string() + ": is given twice; name each test once");
    std::string name = file_name(test);
    if (!taken.insert(name).second) taken.insert(name = test.generic_string());  // a/1.png and b/1.png
    names.push_back(std::move(name));
  }
  return names;
}

Pairing pair_inputs(const SourceOptions& options, const InputKind& kind) {
  const fs::path reference = options.inputs.back();
  const std::size_t tests = options.inputs.size() - 1;
  const std::vector<std::string> names = names_of_tests(options.inputs);
  Pairing all;
  for (std::size_t i = 0; i < tests; ++i) {
    const fs::path test = options.inputs[i];
    for (const fs::path& path : {test, reference})
      if (std::error_code error; !fs::exists(path, error))
        throw unreadable(path, "there is no such file or folder");
    const bool test_is_folder = kind.is_folder(test), reference_is_folder = kind.is_folder(reference);
    const std::string& name = names[i];
    const std::string prefix = tests > 1 ? name + "/" : "";
    if (test_is_folder && reference_is_folder)
      add_folder(test, reference, options, kind, prefix, all);
    else if (test_is_folder)
      for (const fs::path& file : in_natural_order(kind.list(test)))
        all.pairs.push_back({prefix + file.generic_string(), test / file, reference});
    else if (reference_is_folder)
      throw Failure(ExitCode::usage,
                    fmt::format("{} is a folder of {} and {} is {}; expected two {}, two folders, or "
                                "tests against one reference, which comes last",
                                reference.string(), kind.many, test.string(), kind.one, kind.many));
    else
      all.pairs.push_back({name, test, reference});
  }
  if (all.pairs.empty())
    throw unreadable(options.inputs[0],
                     fmt::format("has no file that matches one of {}; see --match", options.inputs.back()));
  return all;
}

namespace {

class FilePairs : public PairSource {
 public:
  FilePairs(std::vector<FilePair> pairs, FileKind kind) : pairs_(std::move(pairs)), kind_(std::move(kind)) {
    const bool one_reference = std::all_of(pairs_.begin(), pairs_.end(), [&](const FilePair& pair) {
      return pair.reference == pairs_.front().reference;
    });
    if (one_reference && pairs_.size() > 1) reference_ = kind_.load_reference(pairs_.front().reference);
  }
  std::size_t count() const override { return pairs_.size(); }
  PairIdentity identity(std::size_t index) const override {
    const FilePair& pair = pairs_[index];
    return {pair.name, pair.test.string(), pair.reference.string(),
            kind_.stamp(pair.test) + " " + kind_.stamp(pair.reference)};
  }
  FramePair load(std::size_t index) const override {
    const FilePair& pair = pairs_[index];
    const std::shared_ptr<const Frame> reference =
        reference_ ? reference_ : kind_.load_reference(pair.reference);
    return {kind_.load_test(pair.test, *reference), reference};
  }

 private:
  std::vector<FilePair> pairs_;
  FileKind kind_;
  std::shared_ptr<const Frame> reference_;  // of one against many
};

}  // namespace

std::unique_ptr<PairSource> open_file_pairs(const SourceOptions& options, FileKind kind) {
  Pairing pairing = pair_inputs(options, kind.input);
  const bool two_files = options.inputs.size() == 2 && !kind.input.is_folder(options.inputs[0]);
  auto source = std::make_unique<FilePairs>(std::move(pairing.pairs), std::move(kind));
  source->two_files = two_files;
  for (const auto* files : {&pairing.unmatched_tests, &pairing.unmatched_references})
    for (const fs::path& file : *files) source->unmatched.push_back(file.string());
  source->unmatched_count = source->unmatched.size();
  return source;
}

}  // namespace fg
