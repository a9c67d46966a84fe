#pragma once
// Made by volume_golden.py with scikit-image 0.26.0 (double precision).

namespace fg::golden {
// clang-format off

// structural_similarity(data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False) of codes as doubles:
// over the windows that lie inside, and with five zeros around both volumes.
struct SkimageVolume {
  int depth, height, width;
  double valid, padded;
};
inline constexpr SkimageVolume kSkimageVolumes[] = {
    {11, 11, 11, 0.974511131900566, 0.975226066768128},
    {12, 33, 47, 0.970153828973476, 0.975920580783019},
    {24, 40, 18, 0.969939632728886, 0.975162392598957},
    {40, 13, 21, 0.969595776726675, 0.976285095774077},
};
// clang-format on

}  // namespace fg::golden
