#pragma once
// Made by vmaf_golden.py with libvmaf 86da14d in FFmpeg n9.0.2-17-g2a571b6068-20260930.

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images as a Y plane of 8 bits; the scores have six decimals.
struct VmafScores {
  int height, width, channel;
  double float_ssim, float_ms_ssim;
};
inline constexpr VmafScores kVmafScores[] = {
    {176, 176, 0, 0.954001, 0.973029},
    {176, 176, 2, 0.955366, 0.973003},
    {240, 320, 0, 0.966376, 0.951403},
    {240, 320, 2, 0.966882, 0.951785},
    {480, 640, 0, 0.950926, 0.941546},
    {480, 640, 2, 0.950180, 0.941560},
};
// clang-format on

}  // namespace fg::golden
