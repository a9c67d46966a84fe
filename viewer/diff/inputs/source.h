#pragma once
// What is compared with what: a list of pairs, each loaded when it is its turn.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "viewer/diff/inputs/frame.h"
#include "viewer/diff/inputs/frame_range.h"
#include "viewer/diff/inputs/pairing.h"
#include "viewer/diff/inputs/raw_video.h"

namespace fg {

struct SourceOptions {
  std::vector<std::string> inputs;  // the last one is the reference, those before it are tested
  MatchRule match;
  ImageRules images;
  std::optional<RawVideoLayout> layout;  // of .yuv files
  FrameRange frames;
  bool as_rgb = false;                // frames of video through their matrix and range to R, G, B
  unsigned workers = 2;               // how many pairs will be loaded at once
  bool resample = false;              // tests of volumes onto the reference's grid
  std::optional<double> outside;      // what lies beyond the test's grid then; none: its smallest value
  LookedThroughFiles looked_through;  // called of videos while the source is opened, and no longer
};

struct PairIdentity {
  std::string name;             // unique among the pairs
  std::string test, reference;  // files
  std::string stamp;            // changes when one of the files does: sizes and times
  std::string video;            // of which test it is a frame, where there are several videos
};

class PairSource {
 public:
  virtual ~PairSource() = default;

  virtual std::size_t count() const = 0;
  virtual PairIdentity identity(std::size_t index) const = 0;
  // From any number of threads. Throws Failure(unreadable_input) or Failure(size_mismatch).
  virtual FramePair load(std::size_t index) const = 0;

  bool two_files = false;  // one image against one: its scores are the result, not a row of a table
  bool video = false;
  bool volumes = false;                // the frames are volumes
  bool luma_only = false;              // the frames have a Y plane, of which SSIM is taken
  bool chroma = false;                 // and U and V
  std::vector<std::string> unmatched;  // one line each: files, or ranges of frames, without a counterpart
  std::size_t unmatched_count = 0;     // files or frames
  std::vector<std::string> notes;      // for standard error
  nlohmann::ordered_json descriptions = nlohmann::ordered_json::array();  // of videos, the reference last
};

// Throws Failure with the exit code that the command returns.
std::unique_ptr<PairSource> open_source(const SourceOptions& options);

}  // namespace fg
