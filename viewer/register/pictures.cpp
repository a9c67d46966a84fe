#include "viewer/register/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "viewer/percentile.h"
#include "viewer/report/canvas.h"

namespace fg {
namespace {

constexpr Ink kPaper{18, 20, 24}, kText{225, 228, 232}, kGrid{52, 57, 65};
constexpr int kGap = 10, kLine = 24;
// The titles of the descent's frames fit, so that all frames are of one size.
constexpr int kLeastWidth = 500;

struct Window {
  float black = 0, white = 1;
  std::uint8_t code(float value) const {
    const float share = white > black ? (value - black) / (white - black) : 0.5f;
    return static_cast<std::uint8_t>(std::lround(255 * std::clamp(share, 0.0f, 1.0f)));
  }
};

// Leaves out the lowest and the highest percent of what is seen.
Window window_of(const std::vector<float>& values, const Xray& xray) {
  std::vector<float> seen;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (xray.seen(i) > 0 && std::isfinite(values[i])) seen.push_back(values[i]);
  if (seen.empty()) return {};
  return {percentile(seen, 0.01), percentile(seen, 0.99)};
}

enum class Panel { xray, radiograph, both };

// Enlarged by a whole factor.
Image8 draw_panel(const Xray& xray, const Window& of_xray, const std::vector<float>& radiograph,
                  const Window& of_radiograph, Panel panel, int factor) {
  Image8 image{xray.width * factor, xray.height * factor, {}};
  image.rgba.reserve(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 4);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) {
      const std::size_t pixel = static_cast<std::size_t>(y / factor) * static_cast<std::size_t>(xray.width) +
                                static_cast<std::size_t>(x / factor);
      const bool seen = xray.seen(pixel) > 0;
      const std::uint8_t a = seen ? of_xray.code(xray.integrals[pixel]) : std::uint8_t{0};
      const std::uint8_t b =
          seen || panel == Panel::radiograph ? of_radiograph.code(radiograph[pixel]) : std::uint8_t{0};
      const std::uint8_t red = panel == Panel::radiograph ? b : a, cyan = panel == Panel::xray ? a : b;
      image.rgba.insert(image.rgba.end(), {red, cyan, cyan, 255});
    }
  return image;
}

// So that a panel is some 320 pixels high.
int enlargement(const Xray& xray) { return std::max(1, (320 + xray.height / 2) / std::max(1, xray.height)); }

// As many words in a line as fit into `width` pixels; a word that does not fit has a line to itself.
std::vector<std::string> lines_of(const std::string& title, int width) {
  std::vector<std::string> lines;
  std::istringstream words(title);
  for (std::string word; words >> word;) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && Canvas::text_width(longer, 2) <= width)
      lines.back() = longer;
    else
      lines.push_back(word);
  }
  return lines;
}

constexpr Ink kLevels[] = {{240, 170, 60}, {90, 200, 140}, {80, 160, 255}, {220, 120, 220}, {240, 110, 100}};
Ink level_ink(int level) { return kLevels[static_cast<std::size_t>(level) % std::size(kLevels)]; }

// Round numbers from low to high, `wanted` of them or so.
std::vector<double> ticks(double low, double high, int wanted) {
  const double rough = (high - low) / wanted, power = std::pow(10, std::floor(std::log10(rough)));
  const double step = power * (rough / power > 5 ? 10 : rough / power > 2 ? 5 : rough / power > 1 ? 2 : 1);
  std::vector<double> values;
  for (double value = std::ceil(low / step) * step; value <= high + 1e-9 * step; value += step)
    values.push_back(value);
  return values;
}

struct Axes {
  double left = 78, top = 52, right, bottom;  // pixels
  bool powers = true;             // of ten; not where losses are negative, as those of mutual information
  double first, last, low, high;  // of the data: steps, and losses or their powers

  bool has(double loss) const { return std::isfinite(loss) && (!powers || loss > 0); }
  double height(double loss) const { return powers ? std::log10(loss) : loss; }
  double x(double step) const { return left + (right - left) * (step - first) / std::max(1.0, last - first); }
  double y(double loss) const { return bottom - (bottom - top) * (height(loss) - low) / (high - low); }
};

void draw_axes(Canvas& canvas, const Axes& axes) {
  for (const double step : ticks(axes.first, axes.last, 8)) {
    canvas.line(axes.x(step), axes.top, axes.x(step), axes.bottom, 1, kGrid);
    const std::string label = fmt::format("{:g}", step);
    canvas.text(axes.x(step) - Canvas::text_width(label, 2) / 2.0, axes.bottom + 8, label, 2, kText);
  }
  for (const double tick : ticks(axes.low, axes.high, 5)) {
    const double loss = axes.powers ? std::pow(10, tick) : std::abs(tick) < 1e-9 ? 0 : tick, y = axes.y(loss);
    canvas.line(axes.left, y, axes.right, y, 1, kGrid);
    const std::string label = fmt::format("{:.2g}", loss);
    canvas.text(axes.left - 8 - Canvas::text_width(label, 2), y - 8, label, 2, kText);
  }
  canvas.text(axes.left, 14, "Loss over steps", 2, kText);
}

}  // namespace

Image8 draw_views(Registration& registration, const RigidMotion& motion, const std::string& title) {
  int width = kLeastWidth, height = kGap;
  const std::size_t views = registration.views().size();
  for (std::size_t v = 0; v < views; ++v) {
    const Xray& xray = registration.xray(v);
    const int factor = enlargement(xray);
    width = std::max(width, 3 * xray.width * factor + 4 * kGap);
    height += xray.height * factor + kGap;
  }
  const std::vector<std::string> lines = lines_of(title, width - 2 * kGap);
  Canvas canvas(width, height + kLine * static_cast<int>(lines.size()), kPaper);
  int top = kGap;
  for (const std::string& line : lines) {
    canvas.text(kGap, top, line, 2, kText);
    top += kLine;
  }
  for (std::size_t v = 0; v < views; ++v) {
    const Xray& xray = registration.xray(v);
    const int factor = enlargement(xray);
    const std::vector<float> radiograph = registration.radiograph(v, motion);
    const Window of_xray = window_of(xray.integrals, xray), of_radiograph = window_of(radiograph, xray);
    int left = kGap;
    for (const Panel panel : {Panel::xray, Panel::radiograph, Panel::both}) {
      canvas.picture(left, top, draw_panel(xray, of_xray, radiograph, of_radiograph, panel, factor));
      left += xray.width * factor + kGap;
    }
    top += xray.height * factor + kGap;
  }
  return canvas.image();
}

Image8 draw_losses(const std::vector<RegisterPoint>& trajectory, int levels) {
  Canvas canvas(960, 480, kPaper);
  Axes axes;
  constexpr double kRounding = 1e-6;  // of a correlation of 1: no reason to give up the powers
  for (const RegisterPoint& p : trajectory) axes.powers = axes.powers && !(p.loss < -kRounding);
  axes.low = 1e300, axes.high = -1e300;
  for (const RegisterPoint& p : trajectory)
    if (axes.has(p.loss)) {
      axes.low = std::min(axes.low, axes.height(p.loss));
      axes.high = std::max(axes.high, axes.height(p.loss));
    }
  if (axes.low > axes.high) return canvas.image();
  axes.right = canvas.width() - 24;
  axes.bottom = canvas.height() - 44;
  axes.first = trajectory.front().step;
  axes.last = trajectory.back().step;
  axes.low -= 0.05;
  axes.high += 0.05;
  draw_axes(canvas, axes);
  for (std::size_t i = 0; i < trajectory.size(); ++i) {
    const RegisterPoint &to = trajectory[i], &from = trajectory[i > 0 ? i - 1 : 0];
    if (!axes.has(to.loss) || !axes.has(from.loss)) continue;
    const Ink ink = level_ink(to.level);
    if (from.level == to.level)
      canvas.line(axes.x(from.step), axes.y(from.loss), axes.x(to.step), axes.y(to.loss), 2, ink);
    canvas.line(axes.x(to.step), axes.y(to.loss), axes.x(to.step), axes.y(to.loss), 5, ink);
  }
  for (int level = 0; level < levels; ++level) {
    const double left = axes.right - 130.0 * (levels - level);
    canvas.box(left, 18, left + 16, 26, level_ink(level));
    canvas.text(left + 24, 14, fmt::format("level {}", level + 1), 2, kText);
  }
  return canvas.image();
}

std::vector<AnimationFrame> draw_descent(Registration& registration, int most_frames) {
  constexpr int kFrame = 80, kFirst = 800, kLast = 2500;  // milliseconds
  const std::vector<RegisterPoint> points = registration.trajectory();
  std::vector<AnimationFrame> frames;
  frames.push_back({draw_views(registration, {}, "first pose"), kFirst});
  const std::size_t inner = static_cast<std::size_t>(std::max(2, most_frames - 1));
  const std::size_t count = std::min(inner, points.size());
  for (std::size_t i = 0; i < count; ++i) {
    const RegisterPoint& p = points[count > 1 ? i * (points.size() - 1) / (count - 1) : points.size() - 1];
    const std::string title = fmt::format("step {}, level {} of {}, loss {:.5f}", p.step, p.level + 1,
                                          registration.levels(), p.loss);
    frames.push_back({draw_views(registration, p.motion, title), i + 1 == count ? kLast : kFrame});
  }
  return frames;
}

}  // namespace fg
