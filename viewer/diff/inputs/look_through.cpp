#include "viewer/diff/inputs/look_through.h"

#include <filesystem>

namespace fg {

LookThrough::LookThrough(const std::vector<std::string>& files, LookedThroughFiles tell)
    : tell_(std::move(tell)), files_(files) {
  double sum = 0;
  for (const std::string& file : files_) {
    std::error_code error;  // of a file that is not there, which whoever opens it says
    const std::uintmax_t bytes = std::filesystem::file_size(file, error);
    ends_.push_back(sum += error ? 0.0 : static_cast<double>(bytes));
  }
  for (double& end : ends_) end = sum > 0 ? end / sum : 1.0;
}

LookedThrough LookThrough::next() {
  const LookedThroughFiles tell = next_few(1);
  if (!tell) return {};
  return [tell, file = files_[next_ - 1]](double share) { tell(share, file); };
}

LookedThroughFiles LookThrough::next_few(std::size_t how_many) {
  const double before = next_ ? ends_[next_ - 1] : 0.0;
  next_ += how_many;
  if (!tell_) return {};
  const double own = ends_[next_ - 1] - before;
  return [tell = tell_, before, own](double share, const std::string& file) {
    tell(before + own * share, file);
  };
}

}  // namespace fg
