#pragma once
// Videos are looked through before they are scored, which takes long where they are long: how far that is.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fg {

// Told while a file is read through: the share of it that is, 0..1, in ascending order. May be empty.
using LookedThrough = std::function<void(double share)>;

// The same of several files, by their bytes, and the file that is being read.
using LookedThroughFiles = std::function<void(double share, const std::string& file)>;

// Makes of each file's share, one file after the other, that of all.
class LookThrough {
 public:
  // The files in the order in which they are read. tell is called for as long as one of next() or next_few() is.
  LookThrough(const std::vector<std::string>& files, LookedThroughFiles tell);

  LookedThrough next();                               // of the next file
  LookedThroughFiles next_few(std::size_t how_many);  // of as many together

 private:
  LookedThroughFiles tell_;
  std::vector<std::string> files_;
  std::vector<double> ends_;  // by file: the share of all bytes that it and those before it have
  std::size_t next_ = 0;
};

}  // namespace fg
