#pragma once
// X-rays as a detector measures them.

#include <cstdint>
#include <vector>

namespace fg {

// Line integrals of a plane, row after row, become those of counted photons: -ln(max(count, 1/2) / photons), where `photons`
// (above 0) is how many reach a pixel through air on average, and count a draw by fg_exposure() with this seed. A pixel
// that counts none has an integral of ln(2 photons), the largest there is. A NaN stays NaN.
void count_photons(std::vector<float>& integrals, int height, int width, double photons, std::uint64_t seed);

}  // namespace fg
