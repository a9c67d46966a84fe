#include "kernels/ssim/ssim3d_gradient.h"

#include "kernels/ssim/ssim3d_blocks.h"
#include "kernels/ssim/ssim3d_gradient_tile.h"

namespace fg::cuda {
namespace {

// Scores, the map where it is wanted, and the fields of all windows.
template <int kRadius, int kFields, class T>
__global__ void __launch_bounds__(tile3d::kThreads, 2)
    ssim3d_fields(Ssim3dGradient<T> op, WindowTaps window, Blocks3d blocks, PartSums sums,
                  tile3d::FieldView<kFields> view) {
  extern __shared__ tile3d::Moments ring[];
  const int thread = threadIdx.x;
  const std::uint32_t volume = blocks.volume(blockIdx.x),
                      channels = static_cast<std::uint32_t>(op.forward.x.channels);
  const std::uint32_t n = volume / channels, c = volume % channels;
  const std::int32_t inset = op.forward.padding == Padding::valid ? kRadius : 0;
  const tile3d::Place place = blocks.place(blockIdx.x, inset);
  const VolumeView<const T> x = op.forward.x.volume(n, c), y = op.forward.y.volume(n, c);
  const VolumeView<float> map = op.forward.map.volume(n, c);
  const VolumeView<const float> map_weight = op.map_weight.volume(n, c);
  const tile3d::Extent extent{view.depth, view.height, view.width};
  const FgSsimConstants constants{op.forward.c1, op.forward.c2};
  const float weight = volume_weight(op, n, c);
  const bool y_alone = op.x_gradient.data == nullptr;

  float thread_sum = 0;
  int loaded = 0;
#pragma unroll 1
  for (int first = 0; first < blocks.rows && place.row + first < extent.height; first += tile3d::kGroup) {
    const int needed = first + tile3d::Shape<kRadius>::kRingRows;
    tile3d::filter_slices<kRadius>(thread, x, y, window, place, loaded, needed - loaded, ring);
    loaded = needed;
    __syncthreads();
    tile3d::Moments results[tile3d::kGroup];
    tile3d::filter_rows<kRadius>(thread, ring, window, first, results);
    __syncthreads();
    tile3d::store_rows<kRadius>(thread, results, first, ring);
    __syncthreads();
    const bool filters_columns = thread < tile3d::kColumnThreads;
    if (filters_columns) tile3d::filter_columns<kRadius>(thread, ring, window, first, results);
    __syncthreads();
    if (filters_columns) tile3d::store_columns<kRadius>(thread, results, first, ring);
    __syncthreads();
    const tile3d::Centre centre = tile3d::centre_of_step<kRadius>(ring, place, first, extent);
    if (thread == 0) view.centre(volume, place.slice >> 3, (place.row + first) >> 3, place.column) = centre;
    const tile3d::Lines lines = tile3d::lines_of(thread, place, first, 0, extent);
    float* fields = view.at(volume, lines.slice, lines.row, lines.column);
    for (int row = 0; row < lines.end; ++row, fields += view.row_floats()) {
      const FgSsimMoments m = tile3d::window_moments(ring[tile3d::line_cell<kRadius>(thread, first, row)]);
      const float of_map =
          map_weight.data == nullptr ? 0.0f : map_weight.at(lines.slice, lines.row + row, lines.column);
      const float term =
          tile3d::store_fields<kFields>(m, constants, centre, weight + of_map, y_alone, fields);
      thread_sum += term;
      if (map.data != nullptr) map.at(lines.slice, lines.row + row, lines.column) = term;
    }
    __syncthreads();
  }
  const double sum = block_reduce<tile3d::kThreads>(thread_sum);
  if (thread == 0) sums.leave(blockIdx.x, sum);
}

// Gathers the fields of all windows that a sample lies in.
template <int kRadius, int kFields, class T>
__global__ void __launch_bounds__(tile3d::kThreads, 2)
    ssim3d_gather(Ssim3dGradient<T> op, WindowTaps window, Blocks3d blocks, tile3d::FieldView<kFields> view) {
  extern __shared__ tile3d::FieldSums sums[];
  const int thread = threadIdx.x;
  const std::uint32_t volume = blocks.volume(blockIdx.x),
                      channels = static_cast<std::uint32_t>(op.forward.x.channels);
  const std::uint32_t n = volume / channels, c = volume % channels;
  const tile3d::Place place =
      tile3d::gather_place(blocks.place(blockIdx.x, op.forward.padding == Padding::valid ? kRadius : 0));
  const VolumeView<const T> x = op.forward.x.volume(n, c), y = op.forward.y.volume(n, c);
  const bool y_alone = op.x_gradient.data == nullptr;
  const float sign = y_alone ? -1.0f : 1.0f;
  const VolumeView<float> gradient = y_alone ? op.y_gradient.volume(n, c) : op.x_gradient.volume(n, c);
  const VolumeView<float> other_gradient = op.y_gradient.volume(n, c);

  int loaded = 0;
#pragma unroll 1
  for (int first = 0; first < blocks.rows && place.row + first + place.inset < x.height;
       first += tile3d::kGroup) {
    const int needed = first + tile3d::Shape<kRadius>::kRingRows;
    tile3d::spread_slices<kRadius>(thread, view, volume, window, place, sign, loaded, needed - loaded, sums);
    loaded = needed;
    __syncthreads();
    tile3d::FieldSums results[tile3d::kGroup];
    tile3d::spread_rows<kRadius>(thread, sums, window, view, volume, place, sign, first, results);
    __syncthreads();
    tile3d::store_rows<kRadius>(thread, results, first, sums);
    __syncthreads();
    const bool filters_columns = thread < tile3d::kColumnThreads;
    if (filters_columns) tile3d::spread_columns<kRadius, kFields>(thread, sums, window, first, results);
    __syncthreads();
    if (filters_columns) tile3d::store_columns<kRadius>(thread, results, first, sums);
    __syncthreads();
    tile3d::store_gradients<kRadius>(thread, sums, x, y, view, volume, place, sign, first, gradient,
                                     other_gradient);
    __syncthreads();
  }
}

template <class T>
Blocks3d map_blocks(const Ssim3d<T>& op) {
  return {op.map_depth(), op.map_height(), op.map_width(), op.x.volumes()};
}

// Blocks begin 8 rows and slices before the map where samples do (gather_place): 8 - radius before the samples.
template <class T>
Blocks3d sample_blocks(const Ssim3d<T>& op) {
  const std::int32_t lead = op.padding == Padding::valid ? tile3d::kGroup - op.radius() : 0;
  return {op.x.depth + lead, op.x.height + lead, op.x.width, op.x.volumes()};
}

template <int kFields, class T>
tile3d::FieldView<kFields> fields_of(const Ssim3d<T>& op, char* memory) {
  tile3d::FieldView<kFields> view;
  view.depth = op.map_depth();
  view.height = op.map_height();
  view.width = op.map_width();
  view.fields = reinterpret_cast<float*>(memory);
  view.centres = reinterpret_cast<tile3d::Centre*>(view.fields + op.x.volumes() * view.volume_floats());
  return view;
}

template <int kFields, class T>
std::size_t scratch_bytes(const Ssim3d<T>& op) {
  const tile3d::FieldView<kFields> view = fields_of<kFields>(op, nullptr);
  return map_blocks(op).sum_bytes() +
         static_cast<std::size_t>(op.x.volumes()) *
             (static_cast<std::size_t>(view.volume_floats()) * sizeof(float) +
              static_cast<std::size_t>(view.volume_cells()) * sizeof(tile3d::Centre));
}

template <int kRadius, int kFields, class T>
void launch(const Ssim3dGradient<T>& op, Scratch scratch, cudaStream_t stream) {
  constexpr std::size_t kBytes = sizeof(tile3d::Moments) * tile3d::Shape<kRadius>::kRingCells;
  const Blocks3d maps = map_blocks(op.forward), samples = sample_blocks(op.forward);
  maps.check_size();
  samples.check_size();
  const PartSums sums = maps.sums(scratch.data);
  const tile3d::FieldView<kFields> view =
      fields_of<kFields>(op.forward, static_cast<char*>(scratch.data) + maps.sum_bytes());
  const WindowTaps window = gaussian_window(kRadius);
  allow_shared(ssim3d_fields<kRadius, kFields, T>, kBytes);
  allow_shared(ssim3d_gather<kRadius, kFields, T>, kBytes);
  ssim3d_fields<kRadius, kFields, T>
      <<<maps.count(), tile3d::kThreads, kBytes, stream>>>(op, window, maps, sums, view);
  check(cudaGetLastError(), "launching the SSIM kernel");
  ssim3d_gather<kRadius, kFields, T>
      <<<samples.count(), tile3d::kThreads, kBytes, stream>>>(op, window, samples, view);
  check(cudaGetLastError(), "launching the SSIM gradient");
  launch_scores(sums, op.forward.x.channels, op.forward.map_voxels(), op.forward.scores, op.forward.mean,
                stream);
}

template <int kRadius, class T>
void launch_either(const Ssim3dGradient<T>& op, Scratch scratch, cudaStream_t stream) {
  if (op.wants_x() && op.wants_y())
    launch<kRadius, 4>(op, scratch, stream);
  else
    launch<kRadius, 3>(op, scratch, stream);
}

}  // namespace

template <class T>
std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<T>& op) {
  return op.wants_x() && op.wants_y() ? scratch_bytes<4>(op.forward) : scratch_bytes<3>(op.forward);
}

template <class T>
void ssim3d_gradient(const Ssim3dGradient<T>& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (op.forward.radius() == 5)
    launch_either<5>(op, scratch, cuda_stream);
  else if (op.forward.radius() == 4)
    launch_either<4>(op, scratch, cuda_stream);
  else
    launch_either<3>(op, scratch, cuda_stream);
}

template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<float>&);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<Half>&);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<BFloat16>&);
template void ssim3d_gradient(const Ssim3dGradient<float>&, Scratch, int, void*);
template void ssim3d_gradient(const Ssim3dGradient<Half>&, Scratch, int, void*);
template void ssim3d_gradient(const Ssim3dGradient<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
