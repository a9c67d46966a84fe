#include "viewer/diff/watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "viewer/diff/inputs/stamp.h"
#include "viewer/error.h"
#include "viewer/io/volume_names.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
constexpr milliseconds kLookEvery{2000};  // where no notice comes

// Calls use(path) for each folder at or below the path.
template <class Use>
void each_folder_below(const fs::path& folder, Use&& use) {
  use(folder);
  std::error_code error;
  for (fs::recursive_directory_iterator i(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && i != end; i.increment(error))
    if (std::error_code ignored; i->is_directory(ignored)) use(i->path());
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

}  // namespace

FileWatch::FileWatch(std::vector<fs::path> files_and_folders)
    : watched_(std::move(files_and_folders)), notices_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  watch_folders();
  remember();
}

FileWatch::~FileWatch() {
  if (notices_ >= 0) ::close(notices_);
}

// Of a file its folder is watched: a file that is replaced by another one is no longer the watched one.
void FileWatch::watch_folders() const {
  constexpr std::uint32_t kAnyChange =
      IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;
  const auto add = [&](const fs::path& folder) { inotify_add_watch(notices_, folder.c_str(), kAnyChange); };
  for (const fs::path& path : watched_) {
    std::error_code error;
    if (fs::is_directory(path, error))
      each_folder_below(path, add);
    else
      add(folder_of(path));
  }
}

FileWatch::Stamps FileWatch::stamps() const {
  Stamps all;
  for (const fs::path& path : watched_) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      all[path.string()] = stamp_of(path);
      continue;
    }
    for (fs::recursive_directory_iterator i(path, fs::directory_options::skip_permission_denied, error), end;
         !error && i != end; i.increment(error))
      if (std::error_code ignored; i->is_regular_file(ignored)) all[i->path().string()] = stamp_of(i->path());
  }
  return all;
}

void FileWatch::remember() { remembered_ = stamps(); }

// True after a notice, false after the time; an interrupt ends it early.
bool FileWatch::wait_for_notice(milliseconds longest) const {
  pollfd waiting{.fd = notices_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, notices_ >= 0 ? 1 : 0, static_cast<int>(longest.count())) <= 0) return false;
  alignas(inotify_event) std::array<char, 4096> notices;
  while (::read(notices_, notices.data(), notices.size()) > 0) {
  }
  return true;
}

std::vector<std::string> FileWatch::wait(const InterruptGuard& interrupt, milliseconds quiet) const {
  Stamps now = stamps();
  while (!interrupt.requested()) {
    if (now == remembered_) {
      wait_for_notice(kLookEvery);
      watch_folders();
      now = stamps();
      continue;
    }
    // Notices do not count here: they are of other files in the same folder too.
    ::poll(nullptr, 0, static_cast<int>(quiet.count()));
    const Stamps later = stamps();
    if (later != now) {
      now = later;
      continue;
    }
    std::vector<std::string> changed;
    for (const auto& [file, stamp] : now)
      if (const auto before = remembered_.find(file); before == remembered_.end() || before->second != stamp)
        changed.push_back(file);
    for (const auto& [file, stamp] : remembered_)
      if (!now.contains(file)) changed.push_back(file);
    return changed;
  }
  return {};
}

namespace {

std::vector<fs::path> inputs_of(const DiffOptions& options) {
  std::vector<fs::path> inputs(options.source.inputs.begin(), options.source.inputs.end());
  for (const fs::path input : options.source.inputs)
    if (std::error_code error; !fs::is_directory(input, error))  // those of a folder are watched with it
      for (fs::path& file : files_of_volume(input)) inputs.push_back(std::move(file));
  if (options.mask) inputs.emplace_back(*options.mask);
  if (options.baseline && !options.update_baseline) inputs.emplace_back(*options.baseline);
  return inputs;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const fs::path inner = fs::weakly_canonical(path), outer = fs::weakly_canonical(folder);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

// Pictures that a run writes among its inputs would be inputs of the next one, for ever.
void check_outputs(const DiffOptions& options) {
  std::vector<fs::path> outputs;
  for (const auto* folder : {&options.pictures.heatmaps, &options.pictures.strips})
    if (*folder) outputs.push_back(**folder);
  for (const auto* file : {&options.json, &options.csv, &options.junit, &options.report, &options.heatmap,
                           &options.gaussian_splatting})
    if (*file && **file != "-") outputs.emplace_back(**file);
  if (options.baseline && options.update_baseline) outputs.emplace_back(*options.baseline);
  for (const fs::path& output : outputs)
    for (const std::string& input : options.source.inputs)
      if (std::error_code error; fs::is_directory(input, error) && lies_in(output, input))
        throw Failure(ExitCode::usage,
                      fmt::format("--watch: {} lies in the folder {}, which is watched; write it "
                                  "elsewhere",
                                  output.string(), input));
}

bool is_interrupt(int exit_code) { return exit_code == 130 || exit_code == 143; }

}  // namespace

int run_diff_watching(const DiffOptions& options) {
  check_outputs(options);
  for (bool first = true;; first = false) {
    const FileWatch watch(inputs_of(options));  // anew: a header may name other files now
    try {
      if (const int exit_code = run_diff(options); is_interrupt(exit_code)) return exit_code;
    } catch (const Failure& failure) {
      if (failure.code == ExitCode::internal || (first && failure.code == ExitCode::usage)) throw;
      say(failure.what());
    }
    std::fflush(stdout);
    const InterruptGuard interrupt;
    if (first) say("watching; Ctrl-C ends it");
    const std::vector<std::string> changed = watch.wait(interrupt);
    if (interrupt.requested()) return interrupt.exit_code();
    say("scored again, for these have changed: " + listed(changed, 5));
  }
}

}  // namespace fg
