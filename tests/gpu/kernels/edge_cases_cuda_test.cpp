// Every op on pairs of the C interface on CUDA with arguments at and beyond the edge, as edge_cases_test.cpp on CPU: memory laid
// out in other ways, memory of the wrong kind. Sizes beyond the edge: large_tensors_cuda_test.cpp.

#include <framegauge/framegauge.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/plugin/c_api/every_op.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

// Memory that host and device reach, and that is there once it is touched. Never more than three quarters of the device's:
// beyond its own memory a device swaps pages, for which these tests are not the place.
class ManagedMemory {
 public:
  struct None : std::runtime_error {
    using std::runtime_error::runtime_error;
  };
  explicit ManagedMemory(std::size_t bytes) : bytes_(bytes) {
    std::size_t free = 0, total = 0;
    cuda(cudaMemGetInfo(&free, &total));
    const bool fits = held_ + bytes <= total / 4 * 3 && held_ + bytes <= free + held_;
    const cudaError_t result = fits ? cudaMallocManaged(&data_, bytes) : cudaErrorMemoryAllocation;
    if (result == cudaErrorMemoryAllocation)
      throw None("no managed memory of " + std::to_string(held_ + bytes) + " bytes");
    cuda(result);
    held_ += bytes;
  }
  ~ManagedMemory() {
    cudaFree(data_);
    held_ -= bytes_;
  }
  ManagedMemory(const ManagedMemory&) = delete;
  ManagedMemory& operator=(const ManagedMemory&) = delete;
  unsigned char* data() const { return static_cast<unsigned char*>(data_); }

 private:
  static inline std::size_t held_ = 0;
  std::size_t bytes_;
  void* data_ = nullptr;
};

// Scratch of a call on the device, filled with bytes that make NaNs: it may not be read unwritten.
std::unique_ptr<DeviceArray<unsigned char>> device_scratch(OpCall& call) {
  std::size_t bytes = 0;
  EXPECT_EQ(call.ask(&bytes), FG_STATUS_OK) << fg_last_error();
  auto scratch = std::make_unique<DeviceArray<unsigned char>>(bytes + 16);
  cuda(cudaMemset(scratch->data(), 0xFF, bytes));
  cuda(cudaDeviceSynchronize());  // the call's stream does not wait for the default one
  *call.scratch = scratch->data();
  *call.scratch_bytes = bytes;
  return scratch;
}

class every_op_on_CUDA : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
    int managed = 0;
    cuda(cudaDeviceGetAttribute(&managed, cudaDevAttrConcurrentManagedAccess, 0));
    if (managed == 0) GTEST_SKIP() << "the device has no managed memory that the host may touch at any time";
  }

  using StridesOf = std::function<std::vector<std::int64_t>(const OpTensor&)>;

  // The call on the device with its tensors laid out so, and what its outputs say then.
  std::vector<unsigned char> results(OpCall& call, const StridesOf& strides_of,
                                     std::uint64_t byte_offset = 0) {
    std::deque<ManagedMemory> memory;
    for (const auto& t : call.tensors) {
      t->strides = strides_of(*t);
      std::int64_t lowest = 0, highest = 0;
      for (std::size_t i = 0; i < t->strides.size(); ++i)
        (t->strides[i] < 0 ? lowest : highest) += (t->shape[i] - 1) * t->strides[i];
      const auto size = static_cast<std::int64_t>(t->element_bytes());
      unsigned char* const first =
          memory.emplace_back(static_cast<std::size_t>((highest - lowest + 1) * size) + byte_offset).data() -
          lowest * size;
      if (!t->is_output)
        for_elements(t->shape, t->strides, [&](std::int64_t offset, std::size_t index) {
          std::memcpy(first + byte_offset + offset * size, t->content.data() + index * t->element_bytes(),
                      t->element_bytes());
        });
      t->tensor.data = first;
      t->tensor.byte_offset = byte_offset;
      t->tensor.strides = t->strides.data();
      t->tensor.device = {kDLCUDA, 0};
    }
    const auto scratch = device_scratch(call);
    const Stream stream;
    EXPECT_EQ(call.go(stream.get()), FG_STATUS_OK) << fg_last_error();
    stream.wait();
    std::vector<unsigned char> all = call.results();
    for (const auto& t : call.tensors) t->tensor.data = nullptr;
    return all;
  }
  std::vector<unsigned char> results(const StridesOf& strides_of, std::uint64_t byte_offset = 0) {
    OpCall call = make_call(GetParam());
    return results(call, strides_of, byte_offset);
  }
  static std::vector<std::int64_t> compact(const OpTensor& t) { return compact_strides(t.shape); }
};

INSTANTIATE_TEST_SUITE_P(all, every_op_on_CUDA, testing::ValuesIn(pair_op_names()),
                         [](const auto& test) { return test.param; });

TEST_P(every_op_on_CUDA, gives_the_same_bits_twice_and_with_a_byte_offset) {
  const std::vector<unsigned char> first = results(compact);
  EXPECT_EQ(results(compact), first);
  EXPECT_EQ(results(compact, 64), first);
}

// The outputs of a call, as far apart as this share of the largest number of each.
void expect_numbers(const OpCall& call, const std::vector<unsigned char>& got,
                    const std::vector<unsigned char>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  std::size_t at = 0;
  for (const auto& t : call.tensors) {
    if (!t->is_output) continue;
    const std::size_t size = t->element_bytes(), end = at + t->content.size();
    double largest = 0;
    for (std::size_t i = at; i < end; i += size)
      largest = std::max(largest, std::fabs(t->number_of(expected.data() + i)));
    EXPECT_GT(largest, 0) << t->name;
    for (; at < end; at += size)
      ASSERT_NEAR(t->number_of(got.data() + at), t->number_of(expected.data() + at), tolerance * largest)
          << t->name;
  }
}

TEST_P(every_op_on_CUDA, gives_the_numbers_of_the_CPU) {
  OpCall on_cpu = make_call(GetParam());
  ASSERT_EQ(on_cpu.run(), FG_STATUS_OK) << fg_last_error();
  // Float32 sums in another order; the tests of each op have its own, tighter bounds.
  expect_numbers(on_cpu, results(compact), on_cpu.results(), 2e-5);
}

TEST_P(every_op_on_CUDA, gives_the_same_bits_with_negative_strides) {
  EXPECT_EQ(results([](const OpTensor& t) {
              std::vector<std::int64_t> strides = compact_strides(t.shape);
              for (std::int64_t& stride : strides) stride = -stride;
              return strides;
            }),
            results(compact));
}

TEST_P(every_op_on_CUDA, gives_the_same_numbers_where_an_axis_passes_two_to_the_31st_elements) {
  const std::vector<unsigned char> expected = results(compact);
  const OpCall call = make_call(GetParam());
  for (std::size_t axis = 0; axis < call.tensors[0]->shape.size(); ++axis) {
    SCOPED_TRACE("axis " + std::to_string(axis));
    const auto far = [axis](const OpTensor& t) {
      std::vector<std::int64_t> strides = compact_strides(t.shape);
      if (axis < t.shape.size() && t.shape[axis] > 1)
        strides[axis] = ((std::int64_t{1} << 31) + (1 << 20)) / (t.shape[axis] - 1);
      return strides;
    };
    try {
      // Kernels with offsets of 64 bits are others than those with 32: products and sums may be fused in another way.
      expect_numbers(call, results(far), expected, 2e-6);
    } catch (const ManagedMemory::None& none) {
      GTEST_SKIP() << none.what();
    }
  }
}

TEST_P(every_op_on_CUDA, can_be_captured_into_a_graph) {
  OpCall call = make_call(GetParam());
  std::deque<DeviceArray<unsigned char>> memory;
  for (const auto& t : call.tensors) {
    t->tensor.data = memory.emplace_back(t->content).data();
    t->tensor.device = {kDLCUDA, 0};
  }
  const auto scratch = device_scratch(call);
  const Stream stream;
  ASSERT_EQ(call.go(stream.get()), FG_STATUS_OK) << fg_last_error();  // loads the kernels
  stream.wait();
  cudaGraph_t graph;
  cuda(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeGlobal));
  EXPECT_EQ(call.go(stream.get()), FG_STATUS_OK) << fg_last_error();
  cuda(cudaStreamEndCapture(stream.get(), &graph));
  cuda(cudaGraphDestroy(graph));
}

// ---- memory of the wrong kind ----

TEST_P(every_op_on_CUDA, refuses_host_memory_and_devices_that_do_not_exist_and_leaves_the_context_alone) {
  int reaches_host = 0, devices = 0;
  cuda(cudaDeviceGetAttribute(&reaches_host, cudaDevAttrPageableMemoryAccess, 0));
  cuda(cudaGetDeviceCount(&devices));
  OpCall call = make_call(GetParam());
  std::deque<DeviceArray<unsigned char>> memory;
  for (const auto& t : call.tensors) {
    t->tensor.data = memory.emplace_back(t->content).data();
    t->tensor.device = {kDLCUDA, 0};
  }
  const auto scratch = device_scratch(call);
  for (const int device : {-1, devices, 1 << 30}) {
    for (const auto& t : call.tensors) t->tensor.device.device_id = device;
    EXPECT_EQ(call.go(nullptr), FG_STATUS_UNAVAILABLE);
    EXPECT_NE(std::string(fg_last_error()).find("the tensors are on CUDA device " + std::to_string(device)),
              std::string::npos)
        << fg_last_error();
  }
  for (const auto& t : call.tensors) t->tensor.device.device_id = 0;
  if (reaches_host == 0) {
    const auto expect_named = [&](const std::string& name) {
      EXPECT_EQ(call.go(nullptr), FG_STATUS_INVALID_ARGUMENT);
      EXPECT_NE(std::string(fg_last_error()).find(name + " is host memory that the device does not reach"),
                std::string::npos)
          << fg_last_error();
    };
    for (const auto& t : call.tensors) {
      void* const before = t->tensor.data;
      t->tensor.data = t->content.data();
      expect_named(t->name);
      t->tensor.data = before;
    }
    std::vector<std::max_align_t> host_scratch(*call.scratch_bytes / sizeof(std::max_align_t) + 1);
    void* const before = *call.scratch;
    *call.scratch = host_scratch.data();
    expect_named("scratch");
    *call.scratch = before;
  }
  if (devices > 1) {
    cuda(cudaSetDevice(1));
    {
      const DeviceArray<unsigned char> elsewhere(*call.scratch_bytes);
      cuda(cudaSetDevice(0));
      void* const before = *call.scratch;
      *call.scratch = elsewhere.data();
      EXPECT_EQ(call.go(nullptr), FG_STATUS_INVALID_ARGUMENT);
      EXPECT_NE(std::string(fg_last_error()).find("scratch is memory of CUDA device 1"), std::string::npos)
          << fg_last_error();
      *call.scratch = before;
    }
  }
  EXPECT_EQ(call.go(nullptr), FG_STATUS_OK) << fg_last_error();
  cuda(cudaDeviceSynchronize());
}

TEST(memory_on_CUDA, pinned_and_pooled_memory_is_taken) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  const std::vector<float> values(20 * 20, 0.5f);
  void *pinned = nullptr, *pooled = nullptr;
  const Stream stream;
  cuda(cudaMallocHost(&pinned, values.size() * sizeof(float)));
  std::memcpy(pinned, values.data(), values.size() * sizeof(float));
  cuda(cudaMallocAsync(&pooled, values.size() * sizeof(float), stream.get()));
  cuda(cudaMemcpyAsync(pooled, pinned, values.size() * sizeof(float), cudaMemcpyDefault, stream.get()));
  Tensor<float> x({20, 20}), y({20, 20});
  Tensor<double> mean({1});
  const DeviceArray<double> device_mean(1);
  x.tensor.data = pinned;
  y.tensor.data = pooled;
  mean.tensor.data = device_mean.data();
  x.tensor.device = y.tensor.device = mean.tensor.device = {kDLCUDA, 0};
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  ASSERT_EQ(fg_ssim2d_scratch_bytes(&op, &op.scratch_bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(op.scratch_bytes);
  op.scratch = scratch.data();
  EXPECT_EQ(fg_ssim2d(&op, stream.get()), FG_STATUS_OK) << fg_last_error();
  stream.wait();
  EXPECT_EQ(device_mean.read()[0], 1.0);
  cuda(cudaFreeAsync(pooled, stream.get()));
  stream.wait();
  cuda(cudaFreeHost(pinned));
}

}  // namespace
}  // namespace fg::test
