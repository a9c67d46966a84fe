#pragma once
// Made by integer_ssim_golden.py with libvmaf's integer_ssim.c of commit 096090531bb2dd47442898b893b0e43b873a6b63.

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images as a Y plane of 8 bits.
struct IntegerSsim {
  int height, width, channel;
  double score;
};
inline constexpr IntegerSsim kIntegerSsim[] = {
    {1, 1, 0, 0.99999999999999978},
    {1, 1, 2, 0.99868664094261417},
    {7, 5, 0, 0.14691704486677662},
    {7, 5, 2, 0.19986278624166035},
    {40, 56, 0, 0.71558644806034744},
    {40, 56, 2, 0.73139393419863408},
    {176, 176, 0, 0.94811473414548575},
    {176, 176, 2, 0.94903012571260503},
    {240, 320, 0, 0.96370464024592895},
    {240, 320, 2, 0.96404398510142753},
    {480, 640, 0, 0.97159827203925453},
    {480, 640, 2, 0.9716512475211635},
};
// clang-format on

}  // namespace fg::golden
