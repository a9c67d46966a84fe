#pragma once
// Decoded photos of the cameras near the snapped one. Stepping to the next camera finds its photo ready: the
// neighbours are read by threads of their own.

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <vector>

#include "viewer/scene/dataset.h"

namespace fg {

class PhotoCache {
 public:
  // cameras is borrowed and must outlive the cache or the next reset().
  void reset(const std::vector<Camera>* cameras, int downscale, const float background[3]);

  // The photo of a camera; waits where it is not read yet. Throws the Failure of load_ground_truth.
  std::shared_ptr<const GroundTruth> get(std::size_t camera);
  // Starts reading it, unless it is there or on its way.
  void prefetch(std::size_t camera);

 private:
  using Future = std::shared_future<std::shared_ptr<const GroundTruth>>;
  struct Entry {
    Future photo;
    std::uint64_t used = 0;
  };
  Entry& entry(std::size_t camera);
  void evict();

  const std::vector<Camera>* cameras_ = nullptr;
  int downscale_ = 1;
  float background_[3] = {0, 0, 0};
  std::map<std::size_t, Entry> entries_;
  std::uint64_t clock_ = 0;
};

}  // namespace fg
