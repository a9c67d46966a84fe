#pragma once
// Lines, boxes and plain text on an image: plots and captions without a window system or a font file.

#include <string>

#include "viewer/io/image.h"

namespace fg {

struct Ink {
  std::uint8_t r = 0, g = 0, b = 0;
};

class Canvas {
 public:
  Canvas(int width, int height, Ink paper);

  int width() const { return image_.width; }
  int height() const { return image_.height; }
  const Image8& image() const { return image_; }

  // Pixels from the top left corner; what lies outside is cut off.
  void box(double left, double top, double right, double bottom, Ink ink);
  void line(double x0, double y0, double x1, double y1, double thickness, Ink ink);  // smooth edges
  void text(double left, double top, const std::string& ascii, int scale,
            Ink ink);  // 12 pixels a line times scale
  void picture(int left, int top, const Image8& picture);

  static int text_width(const std::string& ascii, int scale);

 private:
  void blend(int x, int y, double share, Ink ink);
  Image8 image_;
};

}  // namespace fg
