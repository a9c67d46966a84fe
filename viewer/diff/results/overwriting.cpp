#include "viewer/diff/results/overwriting.h"

#include <set>

#include "viewer/error.h"
#include "viewer/io/file.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

fs::path real_path(const fs::path& file) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(fs::absolute(file, error), error);
  if (!real.has_filename()) real = real.parent_path();  // maps/ is maps
  return error ? file : real;
}

}  // namespace

void check_apart(const std::vector<fs::path>& results) {
  std::set<fs::path> seen;
  for (const fs::path& result : results)
    if (!is_device_or_pipe(result) && !seen.insert(real_path(result)).second)
      throw Failure(
          ExitCode::usage,
          result.string() + ": is given for two results, of which one would be lost; give each its own name");
}

void check_not_inputs(const std::vector<fs::path>& files, const PairSource& source) {
  std::set<fs::path> there;  // most of a long list are not: they cost one look
  for (const fs::path& file : files)
    if (std::error_code error; fs::exists(file, error)) there.insert(real_path(file));
  if (there.empty()) return;
  fs::path before[2];  // the frames of a video are one file
  for (std::size_t i = 0; i < source.count(); ++i) {
    const PairIdentity identity = source.identity(i);
    const fs::path inputs[2] = {identity.test, identity.reference};
    for (int k = 0; k < 2; ++k) {
      if (inputs[k] == before[k]) continue;
      before[k] = inputs[k];
      if (there.contains(real_path(inputs[k])))
        throw Failure(ExitCode::usage, inputs[k].string() +
                                           ": is compared, and a result would be written over it; give "
                                           "results a name or a folder of their own");
    }
  }
}

}  // namespace fg
