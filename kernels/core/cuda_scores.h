#pragma once
// Scores, and the mean of them, from the sums that blocks leave: in a fixed order. Included by .cu files alone.

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/core/last_block.h"
#include "kernels/core/tensor_view.h"

namespace fg::cuda {

inline constexpr int kFinishThreads = 256;

// Thread 0 of each block of the launch has a score; the block that ends last writes the mean of all of them, where it is
// wanted. `finished` is 0 before the launch. Every thread of the block arrives.
template <int kThreads>
__device__ void add_to_mean(double score, double* scores, unsigned* finished, double* mean) {
  const unsigned thread = threadIdx.x;
  if (thread == 0) scores[blockIdx.x] = score;
  if (mean == nullptr || !is_last_block(finished, gridDim.x)) return;
  double total = 0;
  for (unsigned i = thread; i < gridDim.x; i += kThreads) total += __ldcg(scores + i);
  total = block_reduce<kThreads>(total);
  if (thread == 0) *mean = total / gridDim.x;
}

// The sums of the parts that images or volumes are cut into, one block each, on their way to scores: in scratch.
struct PartSums {
  unsigned* finished;  // images whose score is written
  double* of_image;    // [images]
  double* of_part;     // [images, parts]
  std::int64_t images, parts;

  static std::size_t bytes(std::int64_t images, std::int64_t parts) {
    const std::size_t used =
        kScratchAlignmentBytes + static_cast<std::size_t>(images + images * parts) * sizeof(double);
    return (used + kScratchAlignmentBytes - 1) / kScratchAlignmentBytes * kScratchAlignmentBytes;
  }
  PartSums(void* memory, std::int64_t image_count, std::int64_t parts_of_an_image)
      : finished(static_cast<unsigned*>(memory)),
        of_image(reinterpret_cast<double*>(static_cast<char*>(memory) + kScratchAlignmentBytes)),
        of_part(of_image + image_count),
        images(image_count),
        parts(parts_of_an_image) {}

  // By one thread of the part's block. part: from the first image's first one on.
  __device__ void leave(std::int64_t part, double sum) const {
    of_part[part] = sum;
    *finished = 0;  // for the kernel that adds them; every block writes the same
  }
};

// One block an image: adds its parts.
static __global__ void __launch_bounds__(kFinishThreads)
    finish_scores(PartSums sums, std::int64_t channels, double samples, TableView<double> scores,
                  double* mean) {
  wait_for_previous_kernel();
  const std::int64_t image = blockIdx.x;
  const double* const parts = sums.of_part + image * sums.parts;
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < sums.parts; i += kFinishThreads) sum += parts[i];
  const double score = block_reduce<kFinishThreads>(sum) / samples;
  if (threadIdx.x == 0 && scores.data != nullptr) scores.at(image / channels, image % channels) = score;
  add_to_mean<kFinishThreads>(score, sums.of_image, sums.finished, mean);
}

// Writes the score of each image, its sum over its `samples`, and the mean of the scores, where they are wanted.
inline void launch_scores(const PartSums& sums, std::int64_t channels, double samples,
                          const TableView<double>& scores, double* mean, cudaStream_t stream) {
  launch_early(finish_scores, dim3(static_cast<unsigned>(sums.images)), kFinishThreads, stream, sums,
               channels, samples, scores, mean);
}

}  // namespace fg::cuda
