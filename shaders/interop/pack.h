#ifndef FG_SHADERS_INTEROP_PACK_H
#define FG_SHADERS_INTEROP_PACK_H
// Push constants of pack.comp; what pack.comp and unpack.comp share.

#include "shaders/shared/portable.h"

const int kFgPackThreads = 64;

// How the pixels leave.
const int kFgPackCodes = 0;   // a word each, red in the lowest byte: values of 8 bits
const int kFgPackPlanes = 1;  // three planes of floats

struct FgPackPush {
  int width, height;  // pixels
  int pitch;          // of a row, words
  int packing;        // kFgPackCodes or kFgPackPlanes
  int srgb;           // 1: the view decodes sRGB codes of 8 bits
};

#endif
