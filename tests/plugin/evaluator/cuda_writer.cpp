#include "tests/plugin/evaluator/cuda_writer.h"

#include "kernels/core/cuda_launch.h"

namespace fg::test {

using cuda::check;

struct CudaWriter::Impl {
  std::uint32_t width, height;
  cudaStream_t stream = nullptr;
  std::uint32_t* pixels = nullptr;
};

CudaWriter::CudaWriter(int device, std::uint32_t width, std::uint32_t height)
    : impl_(new Impl{.width = width, .height = height}) {
  check(cudaSetDevice(device), "selecting the device");
  check(cudaStreamCreateWithFlags(&impl_->stream, cudaStreamNonBlocking), "creating a stream");
  check(cudaMalloc(&impl_->pixels, std::size_t{4} * width * height), "allocating pixels");
}

CudaWriter::~CudaWriter() {
  cudaFree(impl_->pixels);
  cudaStreamDestroy(impl_->stream);
}

void* CudaWriter::stream() const { return impl_->stream; }

void CudaWriter::fill(void* cuda_array, std::uint8_t grey) const {
  const Impl& i = *impl_;
  check(cudaMemsetAsync(i.pixels, grey, std::size_t{4} * i.width * i.height, i.stream), "filling pixels");
  check(
      cudaMemcpy2DToArrayAsync(static_cast<cudaArray_t>(cuda_array), 0, 0, i.pixels, std::size_t{4} * i.width,
                               std::size_t{4} * i.width, i.height, cudaMemcpyDeviceToDevice, i.stream),
      "writing a shared image");
}

void CudaWriter::wait() const { check(cudaStreamSynchronize(impl_->stream), "waiting for the stream"); }

}  // namespace fg::test
