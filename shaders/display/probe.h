#ifndef FG_SHADERS_DISPLAY_PROBE_H
#define FG_SHADERS_DISPLAY_PROBE_H
// The pixels around the cursor, for the inspector. Shared by GLSL and C++.

const int FG_PROBE_SIZE = 15;  // texels a side; odd, so that one is in the middle

struct ProbePush {
  int width, height;  // of the images, pixels
  int x, y;           // the middle texel
  int has_reference;  // 0: reference and map are not read
};

#endif
