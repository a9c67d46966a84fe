#pragma once
// Pictures for tests: waves with noise, the same in every run.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "viewer/diff/inputs/frame.h"
#include "viewer/diff/scores/score.h"

namespace fg::test {

inline Image8 waves(int width, int height, int noise, std::uint32_t seed = 12345) {
  Image8 image{.width = width, .height = height, .rgba = {}};
  for (int v = 0; v < height; ++v)
    for (int u = 0; u < width; ++u)
      for (int c = 0; c < 4; ++c) {
        seed = seed * 1664525u + 1013904223u;
        const int wave = 128 + static_cast<int>(90 * std::sin(0.11 * u + 0.07 * v + c));
        const int error = noise ? static_cast<int>(seed >> 16) % (2 * noise + 1) - noise : 0;
        image.rgba.push_back(c == 3 ? 255 : static_cast<std::uint8_t>(std::clamp(wave + error, 0, 255)));
      }
  return image;
}

inline std::shared_ptr<const Frame> frame_of(const Image8& image) {
  return std::make_shared<const Frame>(
      Frame{.width = image.width, .height = image.height, .rgba8 = image.rgba});
}

inline FramePair noisy_pair(int width, int height, int noise) {
  return {frame_of(waves(width, height, noise)), frame_of(waves(width, height, 0))};
}

// A Y plane, or with chroma Y, U, V of 4:2:0; codes of the depth.
inline Frame planes(int width, int height, int bits, int noise, bool chroma = true) {
  const Image8 image = waves(width, height, noise);
  Frame frame{.kind = Frame::Kind::planes, .width = width, .height = height, .bits = bits};
  for (int p = 0; p < (chroma ? 3 : 1); ++p) {
    const int step = p ? 2 : 1;
    Plane plane{(width + step - 1) / step, (height + step - 1) / step, {}};
    for (int v = 0; v < height; v += step)
      for (int u = 0; u < width; u += step) {
        const int code = image.rgba[(static_cast<std::size_t>(v) * width + u) * 4 + p] << (bits - 8);
        plane.bytes.push_back(static_cast<std::uint8_t>(code));
        if (bits > 8) plane.bytes.push_back(static_cast<std::uint8_t>(code >> 8));
      }
    frame.planes.push_back(std::move(plane));
  }
  return frame;
}

// A .y4m file whose frame i has noise noises[i].
inline std::string y4m_of(const std::vector<int>& noises, int bits = 8, int width = 64, int height = 48,
                          bool chroma = true) {
  std::string text = "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + " F25:1 C" +
                     (chroma ? "420" : "mono") + (bits == 8 ? "" : "p" + std::to_string(bits)) + "\n";
  for (const int noise : noises) {
    text += "FRAME\n";
    for (const Plane& plane : planes(width, height, bits, noise, chroma).planes)
      text.append(plane.bytes.begin(), plane.bytes.end());
  }
  return text;
}

inline PairScores score_once(const FramePair& pair, const Mask* mask, const ScorePlan& plan,
                             KeepMap keep_map) {
  ScoreWorkspace workspace;
  return score_pair(pair, mask, plan, keep_map, workspace);
}

inline int code_of(const Plane& plane, int bits, std::size_t i) {
  return bits <= 8 ? plane.bytes[i] : plane.bytes[2 * i] | plane.bytes[2 * i + 1] << 8;
}

}  // namespace fg::test
