#pragma once

namespace fg {

// Colours that panels share, 0xAABBGGRR as ImGui has them.
namespace colors {
inline constexpr unsigned kText = 0xFFE6E2DE, kDim = 0xFF9A948E, kAccent = 0xFFE0A860, kGood = 0xFF8CC88C,
                          kWarning = 0xFF5CBEF0, kError = 0xFF6C6CF0, kTrain = 0xFFD8A868, kTest = 0xFF60B0F0,
                          kShade = 0xD8141210, kLine = 0xFF3A3632;
}

}  // namespace fg
