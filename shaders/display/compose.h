#ifndef FG_SHADERS_DISPLAY_COMPOSE_H
#define FG_SHADERS_DISPLAY_COMPOSE_H
// Push constants of compose.comp, for GLSL and C++.

// What a panel shows.
const int FG_SHOW_RENDER = 0;
const int FG_SHOW_REFERENCE = 1;
const int FG_SHOW_DIFFERENCE = 2;         // |render - reference| x gain, per channel
const int FG_SHOW_DIFFERENCE_MAPPED = 3;  // the channels' mean of it, through the colour map
const int FG_SHOW_HEATMAP = 4;
const int FG_SHOW_HEATMAP_OVER = 5;  // heatmap over the render, with opacity

struct ComposePush {
  int image_width, image_height;    // of frame, reference and heatmap, pixels
  int output_width, output_height;  // pixels
  int divider;                      // output column: left of it is panel 0, from it on panel 1
  int show_left, show_right;        // FG_SHOW_*
  int nearest;                      // 1: enlarged pixels stay squares; 0: bilinear
  float left_x, right_x, top;       // output position of the image's corner in panel 0 and 1
  float scale;                      // output pixels per image pixel
  float gain;
  float opacity;  // of the heatmap over the render, 0..1
  int color_map;  // row of the colour map table
};

#endif
