#pragma once
// `framegauge diff --watch`: scores again when an input changes.

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "viewer/diff/diff.h"
#include "viewer/report/interrupt.h"

namespace fg {

// Notices that files have changed, been replaced or gone, also those below folders. The kernel's notice (inotify)
// only wakes it up; what counts is size and time of each file. Where the kernel gives no notice, of network file
// systems, it looks every two seconds.
class FileWatch {
 public:
  explicit FileWatch(std::vector<std::filesystem::path> files_and_folders);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // What is there now is what later changes are held against.
  void remember();

  // Waits until something differs from what was remembered and nothing has changed for `quiet`: a file that is still
  // being written keeps changing. Returns the changed names, none once an interrupt is requested.
  std::vector<std::string> wait(const InterruptGuard& interrupt,
                                std::chrono::milliseconds quiet = std::chrono::milliseconds(300)) const;

 private:
  using Stamps = std::map<std::string, std::string>;
  Stamps stamps() const;
  void watch_folders() const;  // new ones too
  bool wait_for_notice(std::chrono::milliseconds longest) const;

  std::vector<std::filesystem::path> watched_;
  int notices_ = -1;  // inotify; -1 where there is none
  Stamps remembered_;
};

// Runs the comparison, and again after each change, until Ctrl-C. What cannot be read yet is said, and waited for.
// Returns 130 or 143; throws Failure(usage) of the first run.
int run_diff_watching(const DiffOptions& options);

}  // namespace fg
