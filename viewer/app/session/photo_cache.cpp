#include "viewer/app/session/photo_cache.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace fg {
namespace {

constexpr std::size_t kKept = 6;  // a 45-megapixel photo takes 180 MB, so only a handful

}  // namespace

void PhotoCache::reset(const std::vector<Camera>* cameras, int downscale, const float background[3]) {
  entries_.clear();  // waits for reads on their way: they borrow the old cameras
  cameras_ = cameras;
  downscale_ = downscale;
  std::copy_n(background, 3, background_);
}

std::shared_ptr<const GroundTruth> PhotoCache::get(std::size_t camera) {
  const Future photo = entry(camera).photo;
  evict();
  try {
    return photo.get();
  } catch (...) {
    entries_.erase(camera);  // the next try reads the file again: it may have been mended
    throw;
  }
}

void PhotoCache::prefetch(std::size_t camera) {
  if (!cameras_ || camera >= cameras_->size() || (*cameras_)[camera].photo.empty()) return;
  entry(camera);
  evict();
}

PhotoCache::Entry& PhotoCache::entry(std::size_t camera) {
  Entry& found = entries_[camera];
  found.used = ++clock_;
  if (!found.photo.valid()) {
    const std::array<float, 3> background = {background_[0], background_[1], background_[2]};
    found.photo =
        std::async(std::launch::async, [wanted = &cameras_->at(camera), downscale = downscale_, background] {
          return std::shared_ptr<const GroundTruth>(
              std::make_shared<GroundTruth>(load_ground_truth(*wanted, downscale, background.data())));
        }).share();
  }
  return found;
}

void PhotoCache::evict() {
  while (entries_.size() > kKept) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      // Destroying an unfinished read would wait for it.
      const bool ready = it->second.photo.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
      if (ready && (oldest == entries_.end() || it->second.used < oldest->second.used)) oldest = it;
    }
    if (oldest == entries_.end()) return;
    entries_.erase(oldest);
  }
}

}  // namespace fg
