#pragma once
// FLIP: how large the difference between two images looks when one is shown after the other in the same place.
//   LDR-FLIP  Andersson, Nilsson, Akenine-Moller, Oskarsson, Astrom, Fairchild: FLIP: A Difference Evaluator for
//             Alternating Images. HPG 2020.
//   HDR-FLIP  Andersson, Nilsson, Shirley, Akenine-Moller: Visualizing Errors in Rendered High Dynamic Range Images.
//             Eurographics 2021.

#include <cstddef>
#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"

namespace fg {

enum class FlipToneMapper { aces = 0, reinhard = 1, hable = 2 };

enum FlipColumn { kFlipStart = 0, kFlipStop = 1, kFlipCount = 2, kFlipColumns = 3 };

// Stops of 2, from `start` to `stop` in `count` equal steps, both ends included.
struct FlipExposures {
  double start = 0, stop = 0;
  int count = 0;  // 0: all three are found from each reference
};
inline constexpr int kMaxFlipExposures = 1024;

// Arguments are checked by the caller (plugin/abi/flip_ops.cpp).
template <class T>  // float, Half, BFloat16; uint8_t with `linear` unset
struct Flip {
  ImageView<const T> x, y;  // test and reference, three channels; sRGB 0..1, or linear RGB of any range
  bool linear = false;      // HDR-FLIP
  double pixels_per_degree = 0;
  FlipToneMapper tone_mapper = FlipToneMapper::aces;  // of HDR-FLIP, like all that says exposure
  FlipExposures exposures;
  ImageView<float> map;              // [N, 1, H, W], 0..1
  TableView<double> exposure_table;  // [N, kFlipColumns], those that were used
  NumberColumn<double> scores;       // [N], the mean of each map
  double* mean = nullptr;            // of the scores

  bool finds_exposures() const { return linear && exposures.count == 0; }
};

namespace cpu {
template <class T>
std::size_t flip_scratch_bytes(const Flip<T>& op);
template <class T>
void flip(const Flip<T>& op, Scratch scratch);
}  // namespace cpu

// As in ssim2d.h; with exposures to be found it waits for the stream once, to know how many there are.
namespace cuda {
template <class T>
std::size_t flip_scratch_bytes(const Flip<T>& op);
template <class T>
void flip(const Flip<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
