#ifndef FG_SHADERS_SHARED_SSIM_PASSES_H
#define FG_SHADERS_SHARED_SSIM_PASSES_H
// What the passes of shaders/ssim and the code that records them agree on.
//
// A frame is measured in bands of rows, so that the moments between the row pass and the column pass stay
// small whatever the frame's size. A band's window is its rows and half a filter window above and below.

#include "shaders/shared/portable.h"

// Register blocking: pixels that one invocation filters. The block's pivot (see rows.comp) must lie inside
// the filter window of each of its pixels, also for 7 taps: at most 7.
const int kFgRowBlock = 4;  // a vec4 in the buffers
const int kFgColumnBlock = 7;
const int kFgThreads = 64;             // of the row and column passes, along x
const int kFgStatisticsThreads = 256;  // of the statistics pass

// The buffers of the reference hold, for each row from the first of the band's window on, one plane of
// push.pitch floats after the other: neighbouring invocations read and write neighbouring floats.
const int kFgPixelPlanes = 3;            // the reference itself, a plane for each channel
const int kFgRowMeanPlanes = 3;          // its mean over the horizontal window
const int kFgReferenceMomentPlanes = 6;  // its mean over the window, three channels, then its variance

// The moments of a band over the horizontal window: likewise, but planes of vec4, one for each channel (mean
// of d = x - y, variance of d, covariance of d and y, mean of y). One vec4 costs a CPU less than four floats.
const int kFgMomentPlanes = 3;
const int kFgMomentFloats = 4;

// Entries of the colour table.
const int kFgColors = 256;
const int kFgColorNotANumber = 256;  // magenta
const int kFgColorBorder = 257;      // grey: no window fits (valid padding)
const int kFgColorEntries = 258;

struct FgSsimPush {
  int width, height;         // of the frame, pixels
  int pitch;                 // of a row in the buffers between the passes, pixels
  int window_begin;          // first row of the band's window; the window's rows are inside the frame
  int window_rows;           // how many
  int band_begin, band_end;  // rows that the band answers for
  float worst;               // map value of colour 0
  float colors_per_unit;     // colours from there to map value worst + 1; negative when the range is reversed
  int first_band;            // 1: the statistics start anew
};

#endif
