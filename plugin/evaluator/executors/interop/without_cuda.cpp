// The CUDA side of the interop executor in a build without CUDA: never reached, InteropExecutor::why_unavailable says so.

#include "kernels/core/error.h"
#include "plugin/evaluator/executors/interop/cuda_tick.h"

namespace fg::interop {

struct CudaTick::Impl {};

CudaTick::CudaTick(const CudaTickInfo&) {
  throw Error(ErrorCode::unsupported, "this library was built without CUDA kernels");
}
CudaTick::~CudaTick() = default;
void CudaTick::start_reference(const CudaSource&, std::uint32_t) {}
void CudaTick::start_frame(const CudaFrame&, std::uint32_t) {}
bool CudaTick::reference_ended(std::uint32_t) const { return false; }
bool CudaTick::frame_ended(std::uint32_t) const { return false; }
std::size_t CudaTick::statistics_words() const { return 0; }
std::span<const std::uint32_t> CudaTick::words(std::uint32_t) const { return {}; }
std::uint64_t CudaTick::nanoseconds(std::uint32_t) const { return 0; }

}  // namespace fg::interop
