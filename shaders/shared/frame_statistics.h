#ifndef FG_SHADERS_SHARED_FRAME_STATISTICS_H
#define FG_SHADERS_SHARED_FRAME_STATISTICS_H
// What a frame's measurement leaves behind: 32-bit words, first the histogram of the SSIM map, then one
// record of sums for each workgroup (or block) that summed. Every executor writes this layout;
// plugin/evaluator/frame_statistics.cpp finishes it in double.

#include "shaders/shared/portable.h"

// Map values from -1 to 1 in steps of 1/2048: fine enough for a percentile to 1/1000, and 64 of these bins
// make one of FgFrameResult's.
const int kFgMapBins = 4096;

// Words of a record. A sum is a float, followed by the float that rounding took from it.
const int kFgSumSsim = 0;      // three sums, one a channel
const int kFgSumSquares = 6;   // of x - y, over pixels and channels
const int kFgSumAbsolute = 8;  // of |x - y|
const int kFgMaxError = 10;    // largest |x - y|
const int kFgMapMin = 11;      // smallest finite value of the map; +inf when there was none
const int kFgNonfinite = 12;   // NaN and Inf values in frame and reference, an integer
const int kFgRecordWords = 16;

#endif
