#pragma once
// Mutual information of x and y, in nats, from their joint histogram, with its gradient.
//
// Parzen windows are cubic B-splines, as in Mattes et al. 2003 (PET-CT image registration in the chest using free-form
// deformations), of x and of y: a sample adds to 4 x 4 bins, and its weights add up to 1 wherever it lies. The ends of the
// range fall on the middles of bins 1 and bins - 2, so that no window leaves the histogram. With p the joint histogram
// divided by the sum of the weights, px and py its sums along rows and columns:
//   MI = sum p log(p / (px py))      dMI/dp = log(p / (px py)), up to a constant that windows cancel
// A range that is found, from what is seen, counts as a constant in the gradient. Samples outside a range that is given count
// as its ends, without gradient.

#include <cstddef>

#include "kernels/registration/similarity.h"

namespace fg {

inline constexpr int kMaxInformationBins = 256;

struct ValueRange {
  double low = 0, high = 0;  // both alike: to be found

  FG_HD bool given() const { return low != high; }
};

struct MutualInformation {
  SimilarImages images;
  int bins = 32;  // a side of the histogram, 4 to kMaxInformationBins
  ValueRange x_range, y_range;
};

namespace cpu {
std::size_t mutual_information_scratch_bytes(const MutualInformation& op);
void mutual_information(const MutualInformation& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // as in ncc.h
std::size_t mutual_information_scratch_bytes(const MutualInformation& op);
void mutual_information(const MutualInformation& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
