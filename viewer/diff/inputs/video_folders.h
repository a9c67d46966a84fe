#pragma once
// Folders of videos as pairs: files matched like pictures, and each pair of them frame by frame.

#include "viewer/diff/inputs/source.h"

namespace fg {

// By the names of the files below it; of WebP by what it is.
struct FolderContents {
  bool pictures = false;
  bool animations = false;                    // animated WebP, where there are no other pictures
  std::vector<std::filesystem::path> videos;  // below the folder, hidden ones left out
};
FolderContents contents_of(const std::filesystem::path& folder);

// Inputs are folders of videos, or videos. All are looked through here, and of two videos at a time frames are read: memory does
// not grow with the number of videos. One that cannot be read or compared is a pair that fails. Throws Failure with the exit
// code that the command returns.
std::unique_ptr<PairSource> open_video_folders(const SourceOptions& options);

}  // namespace fg
