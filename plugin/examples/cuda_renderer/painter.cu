#include "painter.h"

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace {

void check(cudaError_t result, const char* what) {
  if (result != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(result));
}

__device__ std::uint32_t mix(std::uint32_t x) {  // every bit of x reaches every bit of the result
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) * 0x846ca68bu;
  return x ^ x >> 16;
}

__device__ float random(std::uint32_t& state) {  // 0 to 1
  state = mix(state + 0x9e3779b9u);
  return static_cast<float>(state >> 8) * (1.0f / 16777216.0f);
}

// Rings that grow finer towards the border.
__device__ float3 zone_plate(float x, float y, float width, float height) {
  const float dx = (x - 0.5f * width) / height, dy = (y - 0.5f * height) / height;
  const float rings = 0.5f + 0.5f * cosf(240.0f * (dx * dx + dy * dy));
  return {rings, rings * (0.4f + 0.6f * x / width), 1.0f - rings * y / height};
}

struct Picture {
  float4* sums;  // red, green, blue, number of samples; [height, width]
  int width, height;
};

// One thread a pixel.
__global__ void add_samples(Picture picture, cudaSurfaceObject_t surface, std::uint32_t samples,
                            std::uint32_t seed) {
  const int x = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x), y = static_cast<int>(blockIdx.y);
  if (x >= picture.width) return;
  const int pixel = y * picture.width + x;
  std::uint32_t state = mix(seed * 0x01000193u ^ static_cast<std::uint32_t>(pixel));
  float4 sum = picture.sums[pixel];
  for (std::uint32_t i = 0; i < samples; ++i) {
    const float3 color =
        zone_plate(static_cast<float>(x) + random(state), static_cast<float>(y) + random(state),
                   static_cast<float>(picture.width), static_cast<float>(picture.height));
    sum = {sum.x + color.x, sum.y + color.y, sum.z + color.z, sum.w + 1.0f};
  }
  picture.sums[pixel] = sum;
  const auto code = [&](float channel) {
    return static_cast<unsigned char>(fminf(255.0f * channel / sum.w + 0.5f, 255.0f));
  };
  surf2Dwrite(uchar4{code(sum.x), code(sum.y), code(sum.z), 255}, surface, 4 * x, y);
}

}  // namespace

struct Painter::Impl {
  Picture picture{};
  cudaStream_t stream = nullptr;
  std::uint32_t seed = 0;
  ~Impl() {
    if (stream) cudaStreamSynchronize(stream);
    cudaFree(picture.sums);
    if (stream) cudaStreamDestroy(stream);
  }
};

Painter::Painter(int cuda_device, std::uint32_t width, std::uint32_t height, std::uint32_t seed)
    : impl_(std::make_unique<Impl>()) {
  impl_->picture.width = static_cast<int>(width);
  impl_->picture.height = static_cast<int>(height);
  impl_->seed = seed;
  const std::size_t bytes = sizeof(float4) * width * height;
  check(cudaSetDevice(cuda_device), "cudaSetDevice");
  check(cudaStreamCreateWithFlags(&impl_->stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  check(cudaMalloc(&impl_->picture.sums, bytes), "cudaMalloc");
  check(cudaMemsetAsync(impl_->picture.sums, 0, bytes, impl_->stream), "cudaMemsetAsync");
}

Painter::~Painter() = default;

void* Painter::stream() const { return impl_->stream; }

void Painter::paint(std::uint64_t surface, std::uint32_t samples) {
  constexpr unsigned kThreads = 128;
  const dim3 blocks((static_cast<unsigned>(impl_->picture.width) + kThreads - 1) / kThreads,
                    static_cast<unsigned>(impl_->picture.height));
  add_samples<<<blocks, kThreads, 0, impl_->stream>>>(impl_->picture, surface, samples, ++impl_->seed);
  check(cudaGetLastError(), "painting");
}
