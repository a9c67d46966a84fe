// Gradients of DRRs on CUDA. By the rays: each block adds up the sums of its rays, a second kernel adds the blocks, in a
// fixed order. By the volume: atomic additions, whose order, and so the last bits of the result, differ from run to run.

#include "kernels/drr/drr_maxima.h"
#include "kernels/drr/drr_sums.cuh"

namespace fg::cuda {
namespace {

using Tile = FewSlopes;
using SlopesTile = DrrTile<16, 8, 1>;
constexpr int kFinishThreads = 32 * kDrrPoseSums;
constexpr int kScatterThreads = 256;
constexpr int kScatterParts = 8;

// The upstream gradient of one ray's channels.
struct DeviceWeights {
  const float* first;
  std::int64_t stride;

  template <class T>
  __device__ DeviceWeights(const DrrGradient<T>& op, const DrrPlace& place)
      : first(&op.image_gradient.plane(place.pose, 0).at(place.row, place.column)),
        stride(op.image_gradient.channel_stride) {}
  __device__ float of(int channel) const { return channel < 0 ? 0.0f : first[channel * stride]; }
};

// The rays of a block, added up: parts is [blocks, kDrrPoseSums]. The block's first kRays threads have a ray each, and all
// must arrive.
template <int kRays, class T>
__device__ void store_block_sums(const DrrGradient<T>& op, const DrrCamera& camera, const DrrPlace& place,
                                 const FgDrrRay& ray, const FgDrrSlope& slope, double* parts) {
  __shared__ double of_warp[kRays / 32][kDrrPoseSums];
  const Drr<T>& forward = op.forward;
  if (threadIdx.x < kRays) {  // whole warps
    double values[kDrrPoseSums] = {};
    if (place.inside) {
      const DrrLine line = line_of(forward, camera, place.pose, place.row, place.column);
      const DrrRaySums all = ray_sums(camera, line, ray, slope);
      const bool points = forward.rays.targets.data != nullptr;
#pragma unroll
      for (int i = 0; i < kDrrPoseSums; ++i) values[i] = all.value(i, line, forward.rays.beam, points);
      store_ray_sums(op, place.pose, std::int64_t{place.row} * forward.images.width + place.column, all);
    }
#pragma unroll
    for (int i = 0; i < kDrrPoseSums; ++i) {
      for (int step = 16; step > 0; step /= 2) values[i] += __shfl_down_sync(0xFFFFFFFFu, values[i], step);
      if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32][i] = values[i];
    }
  }
  __syncthreads();
  if (threadIdx.x >= kDrrPoseSums) return;
  double total = 0;
  for (int warp = 0; warp < kRays / 32; ++warp) total += of_warp[warp][threadIdx.x];
  parts[std::int64_t{blockIdx.x} * kDrrPoseSums + threadIdx.x] = total;
}

template <bool kHu, bool kLabels, bool kNear, class T>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kResident / Tile::kThreads)
    gradient_by_rays(DrrGradient<T> op, DeviceVoxels<T, kNear> voxels, DrrBlocks blocks, double* parts) {
  __shared__ DrrCamera camera;
  __shared__ CastRay rays[Tile::kParts > 1 ? Tile::kRays : 1];
  __shared__ FgDrrSums shared[Tile::kThreads];  // 3.5 KB
  const Drr<T>& forward = op.forward;
  const unsigned ray_of_tile = threadIdx.x % Tile::kRays, part = threadIdx.x / Tile::kRays;
  const DrrPlace place = place_of<Tile>(blocks, forward.images.height, forward.images.width, ray_of_tile);
  load_camera(forward, place.pose, camera);
  const bool siddon = forward.method == DrrMethod::siddon;
  const auto [ray, march] = cast_ray<Tile>(forward, camera, place, rays);
  FgDrrSums sums{0, {0, 0, 0}, {0, 0, 0}};
  float whole = 1;  // what the ray as a whole weighs
  if (place.inside) {
    const DeviceWeights weights(op, place);
    const auto weight = [&](int channel) { return kLabels ? weights.of(channel) : 1.0f; };
    if (!kLabels) whole = weights.of(0);
    if (whole != 0 && !siddon)
      sums = trilinear_sums<kHu, kLabels, Tile::kUnroll>(forward, voxels, ray, march,
                                                         stretch_of<Tile>(march, part), weight);
    if (whole != 0 && siddon && part == 0) sums = siddon_sums<kHu>(forward, voxels, ray, weight);
  }
  sums = sum_parts<Tile>(sums, shared);
  const float rest = device_rest<kHu>(forward) * whole;
  const FgDrrSlope slope = whole == 0 ? FgDrrSlope{}
                           : siddon   ? fg_drr_siddon_slope(ray, sums, rest)
                                      : fg_drr_trilinear_slope(ray, march, forward.sampling, sums, rest);
  store_block_sums<Tile::kRays>(op, camera, place, ray, slope, parts);
}

// The same from slopes that the forward kernel kept.
template <class T>
__global__ void __launch_bounds__(SlopesTile::kThreads)
    gradient_by_slopes(DrrGradient<T> op, DrrBlocks blocks, double* parts) {
  __shared__ DrrCamera camera;
  const Drr<T>& forward = op.forward;
  const DrrPlace place =
      place_of<SlopesTile>(blocks, forward.images.height, forward.images.width, threadIdx.x);
  load_camera(forward, place.pose, camera);
  FgDrrRay ray;
  FgDrrSlope slope;
  if (place.inside) {
    ray = device_ray(forward, camera, place);
    const float weight = DeviceWeights(op, place).of(0);
    slope = weight == 0
                ? FgDrrSlope{}
                : fg_drr_scaled(load_slope(forward.slopes, place.pose, place.row, place.column), weight);
  }
  store_block_sums<SlopesTile::kRays>(op, camera, place, ray, slope, parts);
}

// ---- maxima ----

// A thread a ray; the order of the samples and what they see are those of the forward pass.
template <bool kHu, class T>
__global__ void __launch_bounds__(SlopesTile::kThreads)
    find_maxima(Drr<T> op, DeviceVoxels<T, false> voxels, DrrBlocks blocks, DrrMaximum* all) {
  __shared__ DrrCamera camera;
  const DrrPlace place = place_of<SlopesTile>(blocks, op.images.height, op.images.width, threadIdx.x);
  load_camera(op, place.pose, camera);
  if (!place.inside) return;
  const FgDrrGrid grid = op.grid();
  const FgDrrRay ray = device_ray(op, camera, place);
  const DrrRayMaxima maxima(op, all, place.pose, place.row, place.column);
  maxima.clear(op.images.channels);
  if (op.method == DrrMethod::siddon) {
    FgDrrWalk walk = fg_drr_walk_begin(ray, grid);
    while (walk.inside) {
      const int channel = device_channel(op, walk);
      if (channel >= 0 && fminf(fg_drr_walk_end(walk), walk.leave) > walk.beta)
        keep_larger(maxima.of(channel), device_mu<kHu>(op, voxels.at(walk.z, walk.y, walk.x)),
                    (std::int64_t{walk.z} * grid.ny + walk.y) * grid.nx + walk.x);
      walk = fg_drr_walk_on(walk, ray, grid);
    }
    return;
  }
  const FgDrrMarch march = fg_drr_march(ray, grid, op.sampling);
  for (int n = march.first; n <= march.last; ++n) {
    const FgDrrTaps taps = fg_drr_taps(fg_drr_point(ray, fg_drr_beta(march, n)), grid);
    const int channel = op.labels.given() ? device_channel(op, taps) : 0;
    if (channel < 0) continue;
    FgDrrCorners corners = voxels.corners(taps);
    if constexpr (kHu) corners = fg_drr_mu_corners(op.values, corners);
    keep_larger(maxima.of(channel), fg_drr_value(taps, corners), n);
  }
}

template <bool kHu, class T>
__global__ void __launch_bounds__(SlopesTile::kThreads)
    gradient_by_maxima(DrrGradient<T> op, DeviceVoxels<T, false> voxels, DrrBlocks blocks, DrrMaximum* all,
                       double* parts) {
  __shared__ DrrCamera camera;
  const Drr<T>& forward = op.forward;
  const DrrPlace place =
      place_of<SlopesTile>(blocks, forward.images.height, forward.images.width, threadIdx.x);
  load_camera(forward, place.pose, camera);
  FgDrrRay ray;
  FgDrrSlope slope;
  if (place.inside) {
    ray = device_ray(forward, camera, place);
    const auto corners = [&](const FgDrrTaps& taps) {
      const FgDrrCorners numbers = voxels.corners(taps);
      return kHu ? fg_drr_mu_corners(forward.values, numbers) : numbers;
    };
    const DeviceWeights weights(op, place);
    slope = FgDrrSlope{};
    bool seen = false;
    for (int c = 0; c < forward.images.channels; ++c) seen |= weights.of(c) != 0;
    if (seen)
      slope = maxima_slope(forward, ray, DrrRayMaxima(forward, all, place.pose, place.row, place.column),
                           weights, corners, device_rest<kHu>(forward));
  }
  store_block_sums<SlopesTile::kRays>(op, camera, place, ray, slope, parts);
}

// ---- poses ----

// One block a pose, a warp for each sum.
template <class T>
__global__ void __launch_bounds__(kFinishThreads)
    finish_poses(DrrGradient<T> op, const double* parts, std::int64_t blocks_of_pose) {
  __shared__ double sums[kDrrPoseSums];
  wait_for_previous_kernel();
  const int which = threadIdx.x / 32, lane = threadIdx.x % 32;
  const double* const first = parts + std::int64_t{blockIdx.x} * blocks_of_pose * kDrrPoseSums;
  double sum = 0;
  for (std::int64_t block = lane; block < blocks_of_pose; block += 32)
    sum += first[block * kDrrPoseSums + which];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xFFFFFFFFu, sum, step);
  if (lane == 0) sums[which] = sum;
  __syncthreads();
  if (threadIdx.x < kDrrPoseSums) store_pose_sum(op, blockIdx.x, sums, threadIdx.x);
}

// ---- by the volume ----

__global__ void __launch_bounds__(kScatterThreads) clear(VolumeView<float> volume) {
  const std::int64_t index = std::int64_t{blockIdx.x} * kScatterThreads + threadIdx.x;
  const std::int64_t row = index / volume.width;
  if (row >= std::int64_t{volume.depth} * volume.height) return;
  volume.at(static_cast<int>(row / volume.height), static_cast<int>(row % volume.height),
            static_cast<int>(index % volume.width)) = 0;
}

template <bool kHu, class T>
__device__ void scatter(const DrrGradient<T>& op, int z, int y, int x, float weight) {
  const float slope = kHu ? fg_drr_mu_slope(op.forward.values, to_float(op.forward.volume.at(z, y, x)))
                          : op.forward.values.scale;
  atomicAdd(&op.volume.at(z, y, x), weight * slope);
}

using ScatterTile = DrrTile<16, 2, kScatterParts>;

template <bool kHu, class T>
__global__ void __launch_bounds__(ScatterTile::kThreads)
    gradient_by_volume(DrrGradient<T> op, DrrBlocks blocks) {
  __shared__ DrrCamera camera;
  const Drr<T>& forward = op.forward;
  const unsigned part = threadIdx.x / ScatterTile::kRays;
  const DrrPlace place = place_of<ScatterTile>(blocks, forward.images.height, forward.images.width,
                                               threadIdx.x % ScatterTile::kRays);
  load_camera(forward, place.pose, camera);
  if (!place.inside) return;
  const FgDrrGrid grid = forward.grid();
  const DeviceWeights weights(op, place);
  const FgDrrRay ray = device_ray(forward, camera, place);
  if (forward.method == DrrMethod::siddon) {
    if (part != 0) return;
    FgDrrWalk walk = fg_drr_walk_begin(ray, grid);
    while (walk.inside) {
      const float way = fminf(fg_drr_walk_end(walk), walk.leave) - walk.beta;
      const float weight = weights.of(device_channel(forward, walk));
      if (way > 0 && weight != 0) scatter<kHu>(op, walk.z, walk.y, walk.x, weight * ray.length_mm * way);
      walk = fg_drr_walk_on(walk, ray, grid);
    }
    return;
  }
  const FgDrrMarch march = fg_drr_march(ray, grid, forward.sampling);
  const Stretch stretch = stretch_of<ScatterTile>(march, part);
  for (int n = stretch.first; n <= stretch.last; ++n) {
    const FgDrrTaps t = fg_drr_taps(fg_drr_point(ray, fg_drr_beta(march, n)), grid);
    const float weight = weights.of(forward.labels.given() ? device_channel(forward, t) : 0) *
                         march.weight_mm * (t.x.fade * t.y.fade * t.z.fade);
    if (weight == 0) continue;
    for_shares(t, [&](int z, int y, int x, float share) { scatter<kHu>(op, z, y, x, weight * share); });
  }
}

template <bool kHu, class T>
__global__ void __launch_bounds__(SlopesTile::kThreads)
    scatter_maxima(DrrGradient<T> op, DrrBlocks blocks, DrrMaximum* all) {
  __shared__ DrrCamera camera;
  const Drr<T>& forward = op.forward;
  const DrrPlace place =
      place_of<SlopesTile>(blocks, forward.images.height, forward.images.width, threadIdx.x);
  load_camera(forward, place.pose, camera);
  if (!place.inside) return;
  const FgDrrRay ray = device_ray(forward, camera, place);
  const DeviceWeights weights(op, place);
  const DrrRayMaxima maxima(forward, all, place.pose, place.row, place.column);
  for (int c = 0; c < forward.images.channels; ++c)
    if (const float weight = weights.of(c); weight != 0)
      for_maximum_voxels(forward, ray, maxima.of(c).place, [&](int z, int y, int x, float share) {
        scatter<kHu>(op, z, y, x, weight * share);
      });
}

template <class T>
DrrBlocks ray_blocks(const Drr<T>& op) {
  const ImageView<float>& images = op.images;
  return op.with_slopes() || op.reduction == DrrReduction::maximum
             ? DrrBlocks::of(images.batch, images.height, images.width, SlopesTile())
             : DrrBlocks::of(images.batch, images.height, images.width, Tile());
}

template <class T>
void launch_find_maxima(const Drr<T>& op, DrrMaximum* maxima, cudaStream_t stream) {
  const DrrBlocks blocks = ray_blocks(op);
  const auto count = static_cast<unsigned>(blocks.count);
  const DeviceVoxels<T, false> voxels(op.volume);
  if (op.values.hu != 0)
    find_maxima<true><<<count, SlopesTile::kThreads, 0, stream>>>(op, voxels, blocks, maxima);
  else
    find_maxima<false><<<count, SlopesTile::kThreads, 0, stream>>>(op, voxels, blocks, maxima);
  check(cudaGetLastError(), "launching the kernel that finds maxima");
}

// maxima: of DrrReduction::maximum.
template <class T>
void launch_by_rays(const DrrGradient<T>& op, double* parts, DrrMaximum* maxima, cudaStream_t stream) {
  const DrrBlocks blocks = ray_blocks(op.forward);
  const auto count = static_cast<unsigned>(blocks.count);
  if (maxima != nullptr) {
    const DeviceVoxels<T, false> voxels(op.forward.volume);
    if (op.forward.values.hu != 0)
      gradient_by_maxima<true><<<count, SlopesTile::kThreads, 0, stream>>>(op, voxels, blocks, maxima, parts);
    else
      gradient_by_maxima<false>
          <<<count, SlopesTile::kThreads, 0, stream>>>(op, voxels, blocks, maxima, parts);
  } else if (op.forward.with_slopes())
    gradient_by_slopes<<<count, SlopesTile::kThreads, 0, stream>>>(op, blocks, parts);
  else
    for_volume(op.forward, [&]<bool kHu, bool kNear> {
      const DeviceVoxels<T, kNear> voxels(op.forward.volume);
      if (op.forward.labels.given())
        gradient_by_rays<kHu, true><<<count, Tile::kThreads, 0, stream>>>(op, voxels, blocks, parts);
      else
        gradient_by_rays<kHu, false><<<count, Tile::kThreads, 0, stream>>>(op, voxels, blocks, parts);
    });
  check(cudaGetLastError(), "launching the DRR gradient kernel");
  launch_early(finish_poses<T>, dim3(static_cast<unsigned>(op.forward.images.batch)), kFinishThreads, stream,
               op, parts, blocks.count / op.forward.images.batch);
}

template <class T>
void launch_by_volume(const DrrGradient<T>& op, DrrMaximum* maxima, cudaStream_t stream) {
  const VolumeView<float>& volume = op.volume;
  const std::int64_t voxels = std::int64_t{volume.depth} * volume.height * volume.width;
  const std::int64_t clearing = (voxels + kScatterThreads - 1) / kScatterThreads;
  require(clearing <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
          "the volume has more voxels than a CUDA launch reaches");
  clear<<<static_cast<unsigned>(clearing), kScatterThreads, 0, stream>>>(volume);
  check(cudaGetLastError(), "launching the kernel that clears the gradient of the volume");
  const Drr<T>& forward = op.forward;
  if (maxima != nullptr) {
    const DrrBlocks blocks = ray_blocks(forward);
    const auto count = static_cast<unsigned>(blocks.count);
    if (forward.values.hu != 0)
      scatter_maxima<true><<<count, SlopesTile::kThreads, 0, stream>>>(op, blocks, maxima);
    else
      scatter_maxima<false><<<count, SlopesTile::kThreads, 0, stream>>>(op, blocks, maxima);
    check(cudaGetLastError(), "launching the kernel of the gradient of maxima by the volume");
    return;
  }
  const DrrBlocks blocks =
      DrrBlocks::of(forward.images.batch, forward.images.height, forward.images.width, ScatterTile());
  const auto count = static_cast<unsigned>(blocks.count);
  if (forward.values.hu != 0)
    gradient_by_volume<true><<<count, ScatterTile::kThreads, 0, stream>>>(op, blocks);
  else
    gradient_by_volume<false><<<count, ScatterTile::kThreads, 0, stream>>>(op, blocks);
  check(cudaGetLastError(), "launching the kernel of the gradient of the volume");
}

// The scratch: parts, then maxima.
template <class T>
std::size_t parts_bytes(const DrrGradient<T>& op) {
  return static_cast<std::size_t>(ray_blocks(op.forward).count) * kDrrPoseSums * sizeof(double);
}

}  // namespace

template <class T>
std::size_t drr_gradient_scratch_bytes(const DrrGradient<T>& op) {
  return parts_bytes(op) + maxima_bytes(op.forward);
}

template <class T>
void drr_gradient(const DrrGradient<T>& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  DrrMaximum* maxima = nullptr;
  if (op.forward.reduction == DrrReduction::maximum) {
    maxima = reinterpret_cast<DrrMaximum*>(static_cast<std::byte*>(scratch.data) + parts_bytes(op));
    launch_find_maxima(op.forward, maxima, cuda_stream);
  }
  if (op.wants_rays()) launch_by_rays(op, static_cast<double*>(scratch.data), maxima, cuda_stream);
  if (op.volume.data != nullptr) launch_by_volume(op, maxima, cuda_stream);
}

template std::size_t drr_gradient_scratch_bytes(const DrrGradient<float>&);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<Half>&);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<std::int16_t>&);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<std::uint16_t>&);
template void drr_gradient(const DrrGradient<float>&, Scratch, int, void*);
template void drr_gradient(const DrrGradient<Half>&, Scratch, int, void*);
template void drr_gradient(const DrrGradient<std::int16_t>&, Scratch, int, void*);
template void drr_gradient(const DrrGradient<std::uint16_t>&, Scratch, int, void*);

}  // namespace fg::cuda
