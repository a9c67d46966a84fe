#ifndef FG_SHADERS_SHARED_SSIM_PASSES_H
#define FG_SHADERS_SHARED_SSIM_PASSES_H
// What the passes of shaders/ssim and the code that records them agree on.
//
// A frame is measured in bands of rows, so that the moments between the row pass and the column pass stay
// small whatever the frame's size. A band's window is its rows and half a filter window above and below.

#include "shaders/shared/portable.h"

// Register blocking: pixels that one invocation filters. The block's pivot (see rows.comp) must lie inside
// the filter window of each of its pixels, also for 7 taps: at most 7.
const int kFgRowBlock = 4;
const int kFgColumnBlock = 7;
const int kFgThreads = 64;             // of the row and column passes, along x
const int kFgStatisticsThreads = 256;  // of the statistics pass

// Floats a pixel in the buffers of the reference. All are indexed from the first row of the band's window.
const int kFgPixelFloats = 3;            // the reference itself
const int kFgRowMeanFloats = 3;          // mean over the horizontal window
const int kFgReferenceMomentFloats = 6;  // mean and variance over the window, three channels each

// Entries of the colour table.
const int kFgColors = 256;
const int kFgColorNotANumber = 256;  // magenta
const int kFgColorBorder = 257;      // grey: no window fits (valid padding)
const int kFgColorEntries = 258;

struct FgSsimPush {
  int width, height;         // of the frame, pixels
  int pitch;                 // from row to row in the buffers of the reference, pixels
  int window_begin;          // first row of the band's window; the window's rows are inside the frame
  int window_rows;           // how many
  int band_begin, band_end;  // rows that the band answers for
  float worst;               // map value of colour 0
  float colors_per_unit;     // colours from there to map value worst + 1; negative when the range is reversed
  int first_band;            // 1: the statistics start anew
};

#endif
