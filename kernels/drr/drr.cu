// DRRs on CUDA.
//
// What bounds the plain kernel, reckoned for 200 x 200 rays of 500 samples through 512 x 512 x 133 float voxels of
// 0.7 x 0.7 x 2.5 mm, seen from the front (6.5 M samples lie inside; rays are 2.4 voxels apart along x and 2/3 of a slice
// along z; samples 2.9 rows apart along y, so that nothing is used twice along a ray):
//   device memory   two of 2.9 rows of nearly all slices: some 80 MB, 18 us at 4.5 TB/s if L2 is cold
//   L2 to L1        a row of 16 rays spans 38 voxels, 5.8 sectors of 32 bytes; 4 rows of rays span 3.7 slices: 43 sectors
//                   for two warps' samples, 140 MB in all if the tile's warps meet in L1, 23 us at 6 TB/s. Tiles of 16 x 8
//                   would move 120 MB, single rows of 32 270 MB
//   L1              eight loads a sample, each of 3.1 cache lines a warp: 12 k loads an SM, 20 us at a line a cycle of 1.98 GHz
//   arithmetic      55 instructions a sample: 11 us
// So the three ways of memory are about even, and L1's lines are what a layout of the volume could halve (pairs of 16-bit
// numbers) but no order of float loads can. 512 x 512 rays need fewer of them, reckoned: 1.74 a load of a warp of 16 x 2 rays,
// 71 us of 122. Where a ray's samples are spread over what it has inside (FG_DRR_INSIDE) they are 3.38, 138 us of 172, with as
// many samples and instructions: rays that leave through a side have other steps than their neighbours, and other rows.
// tests/bench/drr_tiles_bench.cu also times how long the touched rows alone take to read, each once: cold, nearly two thirds
// of this kernel's time. No gain came from prefetches into L2, from slices that lie apart by other than a power of two, from
// more threads a ray, rays set up by a kernel of their own, and textures; some from a volume prepared as quads of halves,
// which is bound to one direction. What helped: a ray is set up once for all its threads, offsets are of 32 bits, and
// samples are taken with the border's arithmetic where the border is and not a sample or two around it.

#include "kernels/drr/drr_integrals.cuh"
#include "kernels/drr/drr_sums.cuh"
#include "kernels/drr/exposure_math.h"

namespace fg::cuda {
namespace {

// One pixel's channels in memory; each is touched when the label along the ray changes, in the ray's order.
class Channels {
 public:
  template <class T>
  __device__ Channels(const Drr<T>& op, const DrrPlace& place, float scale, float first)
      : to_(&op.images.plane(place.pose, 0).at(place.row, place.column)),
        stride_(op.images.channel_stride),
        scale_(scale),
        maximum_(op.reduction == DrrReduction::maximum) {
    for (std::int64_t c = 0; c < op.images.channels; ++c) to_[c * stride_] = first;
  }
  __device__ void add(int channel, float value) {
    if (channel != channel_) flush(channel);
    value_ = maximum_ ? (value > value_ || value != value ? value : value_) : value_ + value;
  }
  __device__ void flush(int next = -1) {
    if (channel_ >= 0) {
      float& to = to_[channel_ * stride_];
      const float value = value_ * scale_;
      to = maximum_ ? (value > to || value != value ? value : to) : to + value;
    }
    channel_ = next;
    value_ = 0;
  }

 private:
  float* to_;
  std::int64_t stride_;
  float scale_, value_ = 0;
  int channel_ = -1;
  bool maximum_;
};

// Everything else, a thread a ray: labels, maxima, Siddon.
template <bool kHu, class T>
__global__ void __launch_bounds__(ManyRays::kThreads)
    drr_channels(Drr<T> op, DeviceVoxels<T, false> voxels, DrrBlocks blocks) {
  __shared__ DrrCamera camera;
  const DrrPlace place = place_of<ManyRays>(blocks, op.images.height, op.images.width, threadIdx.x);
  load_camera(op, place.pose, camera);
  if (!place.inside) return;
  const FgDrrGrid grid = op.grid();
  const FgDrrRay ray = device_ray(op, camera, place);
  const bool sum = op.reduction == DrrReduction::sum;
  const float invalid = fg_drr_not_finite(ray);
  if (op.method == DrrMethod::siddon) {
    Channels channels(op, place, device_rest<kHu>(op) * (sum ? ray.length_mm : 1.0f), invalid);
    FgDrrWalk walk = fg_drr_walk_begin(ray, grid);
    while (walk.inside) {
      const float way = fminf(fg_drr_walk_end(walk), walk.leave) - walk.beta;
      const int channel = device_channel(op, walk);
      if (channel >= 0 && way > 0) {
        const float mu = device_mu<kHu>(op, voxels.at(walk.z, walk.y, walk.x));
        channels.add(channel, sum ? mu * way : mu);
      }
      walk = fg_drr_walk_on(walk, ray, grid);
    }
    channels.flush();
    return;
  }
  const FgDrrMarch march = fg_drr_march(ray, grid, op.sampling);
  Channels channels(op, place, device_rest<kHu>(op) * (sum ? march.weight_mm : 1.0f), invalid);
  for (int n = march.first; n <= march.last; ++n) {
    const FgDrrTaps taps = fg_drr_taps(fg_drr_point(ray, fg_drr_beta(march, n)), grid);
    const int channel = op.labels.given() ? device_channel(op, taps) : 0;
    if (channel < 0) continue;
    FgDrrCorners corners = voxels.corners(taps);
    if constexpr (kHu) corners = fg_drr_mu_corners(op.values, corners);
    channels.add(channel, fg_drr_value(taps, corners));
  }
  channels.flush();
}

template <class Tile, class T>
void launch_integrals(const Drr<T>& op, cudaStream_t stream) {
  const DrrBlocks blocks = DrrBlocks::of(op.images.batch, op.images.height, op.images.width, Tile());
  for_volume(op, [&]<bool kHu, bool kNear> {
    drr_integrals<kHu, kNear, Tile><<<static_cast<unsigned>(blocks.count), Tile::kThreads, 0, stream>>>(
        op, DeviceVoxels<T, kNear>(op.volume), blocks);
  });
}

template <class Tile, class T>
void launch_with_slopes(const Drr<T>& op, cudaStream_t stream) {
  const DrrBlocks blocks = DrrBlocks::of(op.images.batch, op.images.height, op.images.width, Tile());
  for_volume(op, [&]<bool kHu, bool kNear> {
    drr_with_slopes<kHu, kNear, Tile><<<static_cast<unsigned>(blocks.count), Tile::kThreads, 0, stream>>>(
        op, DeviceVoxels<T, kNear>(op.volume), blocks);
  });
}

__global__ void __launch_bounds__(256) expose(Exposure op, std::int64_t pixels) {
  const std::int64_t index = std::int64_t{blockIdx.x} * 256 + threadIdx.x;
  if (index >= op.input.planes() * pixels) return;
  const std::int64_t plane = index / pixels, within = index % pixels;
  const int row = static_cast<int>(within / op.input.width),
            column = static_cast<int>(within % op.input.width);
  const PlaneView<const float> gradient = op.gradient.plane(plane);
  op.output.plane(plane).at(row, column) =
      exposed(op, op.input.plane(plane).at(row, column),
              gradient.data == nullptr ? nullptr : &gradient.at(row, column));
}

}  // namespace

template <class T>
void drr(const Drr<T>& op, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const bool plain =
      op.method == DrrMethod::trilinear && op.reduction == DrrReduction::sum && !op.labels.given();
  const std::int64_t rays = op.images.batch * op.images.height * op.images.width;
  const bool few = rays < kManyRays;
  if (op.with_slopes())
    few ? launch_with_slopes<FewSlopes>(op, cuda_stream) : launch_with_slopes<ManySlopes>(op, cuda_stream);
  else if (plain)
    few ? launch_integrals<FewRays>(op, cuda_stream) : launch_integrals<ManyRays>(op, cuda_stream);
  else {
    const DrrBlocks blocks = DrrBlocks::of(op.images.batch, op.images.height, op.images.width, ManyRays());
    const DeviceVoxels<T, false> voxels(op.volume);
    const auto count = static_cast<unsigned>(blocks.count);
    if (op.values.hu != 0)
      drr_channels<true><<<count, ManyRays::kThreads, 0, cuda_stream>>>(op, voxels, blocks);
    else
      drr_channels<false><<<count, ManyRays::kThreads, 0, cuda_stream>>>(op, voxels, blocks);
  }
  check(cudaGetLastError(), "launching the DRR kernel");
}

template void drr(const Drr<float>&, int, void*);
template void drr(const Drr<Half>&, int, void*);
template void drr(const Drr<std::int16_t>&, int, void*);
template void drr(const Drr<std::uint16_t>&, int, void*);

void exposure(const Exposure& op, int device, void* stream) {
  const CurrentDevice current(device);
  const std::int64_t pixels = std::int64_t{op.input.height} * op.input.width;
  const std::int64_t blocks = (op.input.planes() * pixels + 255) / 256;
  require(blocks <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
          "the images have more pixels than a CUDA launch reaches; expose them in parts");
  expose<<<static_cast<unsigned>(blocks), 256, 0, static_cast<cudaStream_t>(stream)>>>(op, pixels);
  check(cudaGetLastError(), "launching the exposure kernel");
}

}  // namespace fg::cuda
