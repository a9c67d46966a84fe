#pragma once
// Made by errors_golden.py with scikit-image 0.26.0.

namespace fg::golden {
// clang-format off

// Codes of ssim_golden.py's images: mean_squared_error of the codes, peak_signal_noise_ratio(data_range=255).
struct SkimageErrors {
  int height, width, channel;
  double mse_of_codes, psnr;
};
inline constexpr SkimageErrors kSkimageErrors[] = {
    {40, 56, 0, 280.570535714286, 23.6503829948054},
    {40, 56, 1, 291.420982142857, 23.4855954335567},
    {40, 56, 2, 297.961607142857, 23.3892005276541},
    {33, 47, 0, 276.620889748549, 23.7119538697475},
    {33, 47, 1, 293.110896196003, 23.4604839753067},
    {33, 47, 2, 303.333978078659, 23.3115930015976},
    {96, 64, 0, 288.03759765625, 23.5363118078605},
    {96, 64, 1, 295.869791666667, 23.4197973495092},
    {96, 64, 2, 294.078287760417, 23.4461739978801},
};
// clang-format on

}  // namespace fg::golden
