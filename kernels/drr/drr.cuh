#pragma once
// What the CUDA kernels of DRRs share. Included by .cu files alone.

#include <cuda_runtime.h>

#include <cstdint>
#include <cstdlib>
#include <limits>

#include "kernels/core/cuda_launch.h"
#include "kernels/drr/drr_geometry.h"

namespace fg::cuda {

// Which rays a block casts: a tile of kX x kY pixels; of images of one row (lists of rays), a run of kX kY. kParts threads
// share a ray, each has a stretch of it; threads of a warp are neighbours in the image.
// kResident: how many threads of an SM the registers must suffice for; kUnroll: samples whose loads are under way at once.
template <int kX_, int kY_, int kParts_, int kUnroll_ = 2, int kResident_ = 1280>
struct DrrTile {
  static constexpr int kX = kX_, kY = kY_, kParts = kParts_, kRays = kX * kY, kThreads = kRays * kParts,
                       kUnroll = kUnroll_, kResident = kResident_;
  static_assert(kRays % 32 == 0 && kThreads <= 1024);
};

// Many rays fill the GPU by themselves; of few, two threads share each. Chosen by tests/bench/drr_tiles_bench.cu.
inline constexpr std::int64_t kManyRays = 200'000;
using FewRays = DrrTile<32, 2, 2, 4, 768>;
using ManyRays = DrrTile<16, 8, 1, 2, 768>;
using FewSlopes = DrrTile<32, 2, 2, 3, 768>;
using ManySlopes = DrrTile<32, 2, 1, 3, 768>;

struct DrrBlocks {
  int across, down;
  std::int64_t count;

  template <class Tile>
  static DrrBlocks of(std::int64_t poses, int height, int width, Tile) {
    const int x = height == 1 ? Tile::kRays : Tile::kX, y = height == 1 ? 1 : Tile::kY;
    DrrBlocks blocks{(width + x - 1) / x, (height + y - 1) / y, 0};
    blocks.count = poses * blocks.across * blocks.down;
    require(blocks.count <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
            "the images have more pixels than a CUDA launch reaches; render them in parts");
    return blocks;
  }
};

struct DrrPlace {
  int pose, row, column;
  bool inside;
};

template <class Tile>
__device__ DrrPlace place_of(const DrrBlocks& blocks, int height, int width, unsigned ray) {
  const unsigned across = blocks.across, down = blocks.down;
  const unsigned tile_x = blockIdx.x % across, rest = blockIdx.x / across;
  DrrPlace place;
  place.pose = rest / down;
  if (height == 1) {
    place.row = 0;
    place.column = tile_x * Tile::kRays + ray;
  } else {
    place.row = rest % down * Tile::kY + ray / Tile::kX;
    place.column = tile_x * Tile::kX + ray % Tile::kX;
  }
  place.inside = place.row < height && place.column < width;
  return place;
}

// Every thread of the block must arrive. 12 entries of a product of matrices, from as many threads: the poses lie in memory
// that the host has not seen.
template <class T>
__device__ void load_camera(const Drr<T>& op, int pose, DrrCamera& camera) {
  const unsigned thread = threadIdx.x;
  if (thread < 12) camera.m[thread] = camera_entry(op.world_to_voxel, op.poses, pose, thread);
  if (thread == 31) camera.intrinsics = intrinsics_of(op.rays, pose);
  __syncthreads();
}

// The volume as rays see it: strides of 32 bits, so that an address costs one instruction an axis. kNear: x runs through
// memory voxel by voxel, and no voxel is 2^31 elements or more from the first: offsets have 32 bits as well.
template <class T, bool kNear>
struct DeviceVoxels {
  const T* data;
  int step_x, step_y, step_z;  // from a voxel to the next, elements
  int next_x, next_y, next_z;  // the same, but 0 on an axis of one voxel

  explicit DeviceVoxels(const VolumeView<const T>& volume)
      : data(volume.data),
        step_x(narrow(volume.column_stride)),
        step_y(narrow(volume.row_stride)),
        step_z(narrow(volume.slice_stride)) {
    next_x = volume.width > 1 ? step_x : 0;
    next_y = volume.height > 1 ? step_y : 0;
    next_z = volume.depth > 1 ? step_z : 0;
  }
  static int narrow(std::int64_t stride) {
    require(stride >= std::numeric_limits<int>::min() && stride <= std::numeric_limits<int>::max(),
            ErrorCode::unsupported,
            "the volume has a stride of " + std::to_string(stride) +
                " elements; CUDA takes volumes whose slices are less than 2^31 elements apart, copy it to be "
                "compact");
    return static_cast<int>(stride);
  }

  __device__ static float read(const T* at) {
    if constexpr (std::is_same_v<T, Half>)
      return to_float(Half{__ldg(&at->bits)});
    else
      return to_float(__ldg(at));
  }
  __device__ const T* address(int z, int y, int x) const {
    if constexpr (kNear)
      return data + (z * step_z + y * step_y + x);
    else
      return data + std::int64_t{z} * step_z + std::int64_t{y} * step_y + std::int64_t{x} * step_x;
  }
  __device__ float at(int z, int y, int x) const { return read(address(z, y, x)); }
  __device__ FgDrrCorners corners(const FgDrrTaps& t) const {
    const T *const p00 = address(t.z.base, t.y.base, t.x.base), *const p01 = p00 + next_y,
                   *const p10 = p00 + next_z, *const p11 = p10 + next_y;
    const int x = kNear ? 1 : next_x;
    return {read(p00), read(p00 + x), read(p01), read(p01 + x),
            read(p10), read(p10 + x), read(p11), read(p11 + x)};
  }
};

template <class T>
bool is_near(const Drr<T>& op) {
  const VolumeView<const T>& v = op.volume;
  const std::int64_t farthest =
      std::abs(v.slice_stride) * (v.depth - 1) + std::abs(v.row_stride) * (v.height - 1) + v.width;
  return v.column_stride == 1 && v.width > 1 && farthest < std::numeric_limits<int>::max();
}

// A stretch of samples: at the ends those that reach over the border, in the middle the others.
struct Stretch {
  int first, inner_first, inner_last, last;
};
template <class Tile>
__device__ Stretch stretch_of(const FgDrrMarch& march, int part) {
  const int each = (march.last - march.first + Tile::kParts) / Tile::kParts;
  Stretch s;
  s.first = march.first + part * each;
  s.last = min(s.first + each - 1, march.last);
  s.inner_first = max(s.first, march.inner_first);
  s.inner_last = min(s.last, march.inner_last);
  if (s.inner_first > s.inner_last) {  // none: all of it is at the ends
    s.inner_first = s.last + 1;
    s.inner_last = s.last;
  }
  return s;
}

template <class T>
__device__ FgDrrRay device_ray(const Drr<T>& op, const DrrCamera& camera, const DrrPlace& place) {
  return ray_of(camera, line_of(op, camera, place.pose, place.row, place.column), op.grid(), op.sampling);
}

// A ray and where its samples lie, for all threads that share it: the set-up, much of it in double, is done once. 19 numbers,
// so that neighbours lie in different banks.
struct CastRay {
  FgDrrRay ray;
  FgDrrMarch march;
};
// Every thread of the block must arrive; shared: [Tile::kRays] where a ray has parts. Of rays outside there is nothing.
template <class Tile, class T>
__device__ CastRay cast_ray(const Drr<T>& op, const DrrCamera& camera, const DrrPlace& place,
                            CastRay* shared) {
  CastRay cast;
  const bool mine = Tile::kParts == 1 || threadIdx.x < Tile::kRays;
  if (mine && place.inside) {
    cast.ray = device_ray(op, camera, place);
    cast.march = fg_drr_march(cast.ray, op.grid(), op.sampling);
  }
  if constexpr (Tile::kParts > 1) {
    if (mine && place.inside) shared[threadIdx.x] = cast;
    __syncthreads();
    if (!mine && place.inside) cast = shared[threadIdx.x % Tile::kRays];
  }
  return cast;
}

// A launch of a kernel for what the volume is: call.operator()<kHu, kNear>().
template <class T, class Call>
void for_volume(const Drr<T>& op, const Call& call) {
  if (op.values.hu != 0)
    is_near(op) ? call.template operator()<true, true>() : call.template operator()<true, false>();
  else
    is_near(op) ? call.template operator()<false, true>() : call.template operator()<false, false>();
}

template <bool kHu, class T>
__device__ float device_mu(const Drr<T>& op, float number) {
  return kHu ? fg_drr_mu(op.values, number) : number;
}
template <bool kHu, class T>
__device__ float device_rest(const Drr<T>& op) {
  return kHu ? 1.0f : op.values.scale;
}

template <class T>
__device__ int device_channel(const Drr<T>& op, const FgDrrTaps& taps) {
  const int label = fg_drr_labelled(taps)
                        ? op.labels.at(fg_drr_nearest(taps.z), fg_drr_nearest(taps.y), fg_drr_nearest(taps.x))
                        : 0;
  return op.labels.channel(label, static_cast<int>(op.images.channels));
}
template <class T>
__device__ int device_channel(const Drr<T>& op, const FgDrrWalk& walk) {
  return op.labels.given()
             ? op.labels.channel(op.labels.at(walk.z, walk.y, walk.x), static_cast<int>(op.images.channels))
             : 0;
}

}  // namespace fg::cuda
