#pragma once
// Every finished pair on disk at once, so that neither Ctrl-C nor a crash loses one, and --resume can go on.

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "viewer/diff/results/result.h"

namespace fg {

// One JSON line of settings, then one a pair. A last line that a crash cut short is left out when it is read.
class Journal {
 public:
  // settings: all that the scores depend on. resume: what another run with the same settings finished is kept, or else
  // the file starts anew. Throws Failure(usage) where the settings are others, Failure(internal) where it cannot be
  // written.
  enum class Start { anew, resume };
  Journal(const std::filesystem::path& file, const std::string& settings, Start start);

  // The pair's result where it was finished and its files are the same still.
  const PairResult* find(const PairIdentity& identity) const;
  std::size_t finished_before() const { return before_.size(); }

  void add(const PairResult& result);
  void remove();  // all is written elsewhere

 private:
  void read(const std::string& settings);
  void write(const std::string& line);

  std::filesystem::path file_;
  std::map<std::string, PairResult> before_;  // by name
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out_{nullptr, nullptr};
};

}  // namespace fg
