// Every op of the C interface on CUDA with arguments at and beyond the edge, as edge_cases_test.cpp on CPU: memory laid
// out in other ways, memory of the wrong kind, more planes than a grid has rows, more than 2^31 elements.

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

#include "kernels/ssim/integer_ssim_math.h"
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

INSTANTIATE_TEST_SUITE_P(all, every_op_on_CUDA, testing::ValuesIn(op_names()),
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

// ---- more planes, rows and blocks than a grid has ----

template <class Op>
void on_device(Op& op, FgStatus (*ask)(const Op*, std::size_t*), FgStatus (*go)(const Op*, void*)) {
  ASSERT_EQ(ask(&op, &op.scratch_bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(op.scratch_bytes);
  cuda(cudaMemset(scratch.data(), 0xFF, op.scratch_bytes));
  cuda(cudaDeviceSynchronize());  // the call's stream does not wait for the default one, nor for the images
  op.scratch = scratch.data();
  const Stream stream;
  ASSERT_EQ(go(&op, stream.get()), FG_STATUS_OK) << fg_last_error();
  stream.wait();
}

constexpr std::int64_t kManyPlanes = 2 * 65535 + 3;

// Scores of small images, more of them than a grid has rows, on the device and on CPU.
template <class Op>
void expect_many_planes(void (*defaults)(Op*), FgStatus (*ask)(const Op*, std::size_t*),
                        FgStatus (*go)(const Op*, void*), std::vector<std::int64_t> shape,
                        std::vector<std::int64_t> scores_shape,
                        const std::function<void(Op&, std::deque<DeviceArray<float>>*)>& adapt = {}) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  Tensor<std::uint8_t> x(shape), y(shape);
  std::mt19937 random(7);
  for (auto& code : x.memory) code = static_cast<std::uint8_t>(random());
  // Half of it is x's: no mean of covariances is near 0, where the powers of MS-SSIM have no bound.
  for (std::size_t i = 0; i < y.memory.size(); ++i)
    y[i] = static_cast<std::uint8_t>((x[i] + random() % 256) / 2);
  Tensor<double> scores(scores_shape), mean({1});
  Op op;
  defaults(&op);
  op.x = &x;
  op.y = &y;
  op.scores = &scores;
  op.mean = &mean;
  if (adapt) adapt(op, nullptr);
  ASSERT_EQ(run_with_scratch(op, ask, go), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<std::uint8_t> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> device_scores(scores.memory.size()), device_mean(1);
  std::deque<DeviceArray<float>> more;
  if (adapt) adapt(op, &more);
  const auto move = [](DLTensor* t, void* data) {
    t->data = data;
    t->device = {kDLCUDA, 0};
  };
  move(&x, device_x.data());
  move(&y, device_y.data());
  move(&scores, device_scores.data());
  move(&mean, device_mean.data());
  on_device(op, ask, go);
  const std::vector<double> got = device_scores.read();
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], scores[i], 1e-5) << "plane " << i;
  EXPECT_NEAR(device_mean.read()[0], mean[0], 1e-6);
}

TEST(many_planes_on_CUDA, of_SSIM) {
  expect_many_planes<FgSsim2d>(fg_ssim2d_defaults, fg_ssim2d_scratch_bytes, fg_ssim2d,
                               {kManyPlanes / 3, 3, 11, 12}, {kManyPlanes / 3, 3});
}
TEST(many_planes_on_CUDA, of_SSIM_of_volumes) {
  expect_many_planes<FgSsim3d>(fg_ssim3d_defaults, fg_ssim3d_scratch_bytes, fg_ssim3d, {70000, 1, 3, 4, 5},
                               {70000, 1});
}
TEST(many_planes_on_CUDA, of_MS_SSIM) {
  for (const int levels : {1, 3})
    expect_many_planes<FgMsSsim>(fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes, fg_ms_ssim,
                                 {kManyPlanes / 3, 3, 26, 28}, {kManyPlanes / 3, 3},
                                 [levels](FgMsSsim& op, std::deque<DeviceArray<float>>*) {
                                   op.levels = levels;
                                   op.window = 7;
                                 });
}
TEST(many_planes_on_CUDA, of_masked_SSIM) {
  Tensor<float> mask({kManyPlanes / 3, 1, 11, 12}, 0.5f, {0, 0, 0, 0}, 1);  // one weight for all
  expect_many_planes<FgMaskedSsim2d>(fg_masked_ssim2d_defaults, fg_masked_ssim2d_scratch_bytes,
                                     fg_masked_ssim2d, {kManyPlanes / 3, 3, 11, 12}, {kManyPlanes / 3, 3},
                                     [&](FgMaskedSsim2d& op, std::deque<DeviceArray<float>>* device) {
                                       op.mask = &mask;
                                       if (device == nullptr) return;
                                       mask.tensor.data = device->emplace_back(mask.memory).data();
                                       mask.tensor.device = {kDLCUDA, 0};
                                     });
}
TEST(many_planes_on_CUDA, of_the_SSIMs_of_video_quality) {
  expect_many_planes<FgVmafSsim>(fg_vmaf_ssim_defaults, fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim,
                                 {kManyPlanes, 9, 10}, {kManyPlanes});
  expect_many_planes<FgVmafFloatSsim>(fg_vmaf_float_ssim_defaults, fg_vmaf_float_ssim_scratch_bytes,
                                      fg_vmaf_float_ssim, {kManyPlanes, 11, 12}, {kManyPlanes});
}

TEST(tall_images_on_CUDA, beyond_the_rows_of_a_grid_are_refused_or_measured) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  const std::int64_t height = 9'000'000, width = 12;
  const DeviceArray<std::uint8_t> memory(static_cast<std::size_t>(height * width));
  cuda(cudaMemset(memory.data(), 3, memory.size_bytes()));
  std::int64_t shape[2] = {height, width};
  DLTensor x{memory.data(), {kDLCUDA, 0}, 2, {kDLUInt, 8, 1}, shape, nullptr, 0};
  const DeviceArray<double> results(FG_ERROR_COLUMNS);
  std::int64_t one = 1, row[2] = {1, FG_ERROR_COLUMNS};
  DLTensor mean{results.data(), {kDLCUDA, 0}, 1, {kDLFloat, 64, 1}, &one, nullptr, 0};
  DLTensor errors{results.data(), {kDLCUDA, 0}, 2, {kDLFloat, 64, 1}, row, nullptr, 0};
  FgSsim2d ssim;
  fg_ssim2d_defaults(&ssim);
  ssim.x = ssim.y = &x;
  ssim.mean = &mean;
  ASSERT_EQ(fg_ssim2d_scratch_bytes(&ssim, &ssim.scratch_bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(ssim.scratch_bytes);
  ssim.scratch = scratch.data();
  EXPECT_EQ(fg_ssim2d(&ssim, nullptr), FG_STATUS_UNSUPPORTED);
  EXPECT_STREQ(fg_last_error(), "the images have more rows than a CUDA launch reaches; score them in parts");
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = op.y = &x;
  op.errors = &errors;
  on_device(op, fg_image_errors_scratch_bytes, fg_image_errors);
  EXPECT_EQ(results.read()[FG_ERROR_MAX], 0.0);
}

// ---- more than 2^31 elements ----
//
// x and y are zeros but for noise in the far corner, where an index of 32 bits does not lead. What that noise takes away
// from a score of 1 is known from a small image with the same corner.

// A tensor of zeros but for a corner of noise, in the last of its planes or volumes.
template <class T>
struct Cornered {
  std::vector<std::int64_t> shape;
  DeviceArray<T> memory;
  DLTensor tensor{};

  static std::size_t count(const std::vector<std::int64_t>& shape) {
    std::size_t elements = 1;
    for (const std::int64_t extent : shape) elements *= static_cast<std::size_t>(extent);
    return elements;
  }
  // The noise has as many axes as the shape has beyond the first `leading`, each `side` long.
  Cornered(std::vector<std::int64_t> extents, std::size_t leading, std::int64_t side,
           const std::vector<T>& noise)
      : shape(std::move(extents)), memory(count(shape)) {
    cuda(cudaMemset(memory.data(), 0, memory.size_bytes()));
    const std::size_t rank = shape.size();
    const std::vector<std::int64_t> strides = compact_strides(shape);
    std::int64_t first = 0;  // of the corner
    for (std::size_t i = 0; i < rank; ++i)
      first += (i < leading ? shape[i] - 1 : shape[i] - side) * strides[i];
    const std::int64_t slices = rank - leading == 3 ? side : 1;
    for (std::int64_t slice = 0; slice < slices; ++slice)
      cuda(cudaMemcpy2D(memory.data() + first + (slices == 1 ? 0 : slice * strides[rank - 3]),
                        static_cast<std::size_t>(strides[rank - 2]) * sizeof(T),
                        noise.data() + slice * side * side, static_cast<std::size_t>(side) * sizeof(T),
                        static_cast<std::size_t>(side) * sizeof(T), static_cast<std::size_t>(side),
                        cudaMemcpyHostToDevice));
    tensor = {memory.data(), {kDLCUDA, 0}, static_cast<int>(rank), dtype(), shape.data(), nullptr, 0};
  }
  static DLDataType dtype() {
    return {static_cast<std::uint8_t>(std::is_floating_point_v<T> ? kDLFloat : kDLUInt), 8 * sizeof(T), 1};
  }
};

template <class T>
std::vector<T> noise_of(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> noise(count);
  for (T& sample : noise) {
    if constexpr (std::is_floating_point_v<T>)
      sample = static_cast<T>(random() % 256) / 255;
    else
      sample = static_cast<T>(random());
  }
  return noise;
}

// Skips where the device has less memory.
std::string lacks_memory(std::size_t gigabytes) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) return reason;
  std::size_t free_bytes = 0, total_bytes = 0;
  cuda(cudaMemGetInfo(&free_bytes, &total_bytes));
  if (free_bytes >= gigabytes << 30) return "";
  return "needs " + std::to_string(gigabytes) + " GiB of device memory, " + std::to_string(free_bytes >> 30) +
         " are free";
}

// The mean of an op on a pair with noise in its corner, 1 minus that, times the number of windows.
template <class T, class Op>
double lost(Op& op, FgStatus (*ask)(const Op*, std::size_t*), FgStatus (*go)(const Op*, void*),
            const std::vector<std::int64_t>& shape, std::size_t leading, std::int64_t side, double windows) {
  const std::size_t samples = static_cast<std::size_t>(std::pow(side, shape.size() - leading) + 0.5);
  Cornered<T> x(shape, leading, side, noise_of<T>(samples, 1)),
      y(shape, leading, side, noise_of<T>(samples, 2));
  const DeviceArray<double> result(1);
  std::int64_t one = 1;
  DLTensor mean{result.data(), {kDLCUDA, 0}, 1, {kDLFloat, 64, 1}, &one, nullptr, 0};
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.mean = &mean;
  on_device(op, ask, go);
  return (1 - result.read()[0]) * windows;
}

constexpr std::int64_t kSide = 46400;  // squared: 2^31 + 5.5e6
double squared(std::int64_t side) { return static_cast<double>(side) * static_cast<double>(side); }

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_images_are_scored_to_the_far_corner) {
  if (const std::string reason = lacks_memory(8); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim2d ssim;
  fg_ssim2d_defaults(&ssim);
  const auto loses = [&](std::int64_t side) {
    return lost<std::uint8_t>(ssim, fg_ssim2d_scratch_bytes, fg_ssim2d, {1, 1, side, side}, 2, 1024,
                              squared(side));
  };
  const double expected = loses(1200);
  EXPECT_GT(expected, 1e5);
  EXPECT_NEAR(loses(kSide), expected, 1e-4 * expected);  // sums in another order
  for (const int level : {0, 1, 2}) {
    FgMsSsim ms;
    fg_ms_ssim_defaults(&ms);
    ms.levels = 3;
    for (int i = 0; i < ms.levels; ++i) ms.weights[i] = i == level ? 1 : 0;
    const auto ms_loses = [&](std::int64_t side) {
      return lost<std::uint8_t>(ms, fg_ms_ssim_scratch_bytes, fg_ms_ssim, {1, 1, side, side}, 2, 1024,
                                squared((side >> level) - 10));
    };
    const double of_level = ms_loses(1200);
    EXPECT_NEAR(ms_loses(kSide), of_level, 1e-4 * of_level) << "level " << level;
  }
  const DeviceArray<float> weight(std::vector<float>{1.0f});
  const auto masked_loses = [&](std::int64_t side) {
    std::int64_t shape[4] = {1, 1, side, side}, strides[4] = {0, 0, 0, 0};
    DLTensor mask{weight.data(), {kDLCUDA, 0}, 4, {kDLFloat, 32, 1}, shape, strides, 0};
    FgMaskedSsim2d masked;
    fg_masked_ssim2d_defaults(&masked);
    masked.mask = &mask;
    return lost<std::uint8_t>(masked, fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d, {1, 1, side, side}, 2,
                              1024, squared(side));
  };
  const double of_mask = masked_loses(1200);
  EXPECT_NEAR(masked_loses(kSide), of_mask, 1e-4 * of_mask);
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_a_batch_of_planes_are_scored_to_the_far_corner) {
  if (const std::string reason = lacks_memory(24); !reason.empty()) GTEST_SKIP() << reason;
  const std::int64_t large = 1 << 15;  // squared: 2^30, the most that a plane may have
  FgVmafSsim integer;
  fg_vmaf_ssim_defaults(&integer);
  const auto integer_loses = [&](std::int64_t planes, std::int64_t side) {
    return lost<std::uint8_t>(
        integer, fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim, {planes, side, side}, 1, 2048,
        static_cast<double>(planes) *
            integer_ssim::weight_sum(static_cast<std::int32_t>(side), static_cast<std::int32_t>(side)));
  };
  const double expected = integer_loses(1, 2200);
  EXPECT_NEAR(integer_loses(3, large), expected, 1e-6 * expected);
  FgVmafFloatSsim floats;
  fg_vmaf_float_ssim_defaults(&floats);
  floats.scale = 1;
  const auto float_loses = [&](std::int64_t planes, std::int64_t side) {
    return lost<std::uint8_t>(floats, fg_vmaf_float_ssim_scratch_bytes, fg_vmaf_float_ssim,
                              {planes, side, side}, 1, 2048,
                              static_cast<double>(planes) * squared(side - 10));
  };
  const double of_floats = float_loses(1, 2200);
  // The reference rounds a score to float: 6e-8 of 2^30 windows.
  EXPECT_NEAR(float_loses(3, large), of_floats, 65 + 1e-4 * of_floats);
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_images_have_their_errors_measured) {
  if (const std::string reason = lacks_memory(8); !reason.empty()) GTEST_SKIP() << reason;
  const std::vector<std::uint8_t> black(4, 0), white(4, 255);
  Cornered<std::uint8_t> x({1, 1, kSide, kSide}, 2, 2, white), y({1, 1, kSide, kSide}, 2, 2, black);
  const DeviceArray<double> result(FG_ERROR_COLUMNS);
  std::int64_t row[2] = {1, FG_ERROR_COLUMNS};
  DLTensor errors{result.data(), {kDLCUDA, 0}, 2, {kDLFloat, 64, 1}, row, nullptr, 0};
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.errors = &errors;
  on_device(op, fg_image_errors_scratch_bytes, fg_image_errors);
  EXPECT_DOUBLE_EQ(result.read()[FG_ERROR_MSE], 4 / squared(kSide));
  EXPECT_EQ(result.read()[FG_ERROR_MAX], 1.0);
}

// The corner of x's gradient and of the map, of an op whose loss gives each window the same weight at any size.
template <class Op>
std::vector<std::vector<float>> corners(Op& op, FgStatus (*ask)(const Op*, std::size_t*),
                                        FgStatus (*go)(const Op*, void*),
                                        const std::vector<std::int64_t>& shape, std::int64_t side) {
  const std::size_t samples = static_cast<std::size_t>(std::pow(side, shape.size() - 2) + 0.5);
  Cornered<float> x(shape, 2, side, noise_of<float>(samples, 1)),
      y(shape, 2, side, noise_of<float>(samples, 2));
  Cornered<float> gradient(shape, 2, 1, {NAN}), map(shape, 2, 1, {NAN});
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.x_gradient = &gradient.tensor;
  op.map = &map.tensor;
  op.mean_weight = -1;
  for (const std::int64_t extent : shape) op.mean_weight *= static_cast<double>(extent);
  on_device(op, ask, go);
  std::vector<std::vector<float>> last;  // rows of the last plane
  for (const Cornered<float>* from : {&gradient, &map}) {
    std::vector<float> rows(static_cast<std::size_t>(side * side));
    const std::int64_t pitch = shape.back(), count = static_cast<std::int64_t>(Cornered<float>::count(shape));
    cuda(cudaMemcpy2D(rows.data(), static_cast<std::size_t>(side) * sizeof(float),
                      from->memory.data() + count - (side - 1) * pitch - side,
                      static_cast<std::size_t>(pitch) * sizeof(float),
                      static_cast<std::size_t>(side) * sizeof(float), static_cast<std::size_t>(side),
                      cudaMemcpyDeviceToHost));
    last.push_back(std::move(rows));
  }
  return last;
}

void expect_same_corners(const std::vector<std::vector<float>>& got,
                         const std::vector<std::vector<float>>& expected) {
  for (std::size_t k = 0; k < got.size(); ++k) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < got[k].size(); ++i) {
      error += std::pow(static_cast<double>(got[k][i]) - static_cast<double>(expected[k][i]), 2);
      size += std::pow(static_cast<double>(expected[k][i]), 2);
    }
    EXPECT_GT(size, 0);
    EXPECT_LE(std::sqrt(error / size), 1e-5) << (k == 0 ? "gradient" : "map");
  }
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_images_have_their_gradient_in_the_far_corner) {
  if (const std::string reason = lacks_memory(40); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim2dGradient op;
  fg_ssim2d_gradient_defaults(&op);
  const auto run_at = [&](std::int64_t side) {
    return corners(op, fg_ssim2d_gradient_scratch_bytes, fg_ssim2d_gradient, {1, 1, side, side}, 256);
  };
  expect_same_corners(run_at(kSide), run_at(400));
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_volumes_are_scored_to_the_far_corner) {
  if (const std::string reason = lacks_memory(8); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  const auto loses = [&](std::int64_t side) {
    return lost<std::uint8_t>(op, fg_ssim3d_scratch_bytes, fg_ssim3d, {1, 1, side, side, side}, 2, 96,
                              std::pow(static_cast<double>(side), 3));
  };
  const double expected = loses(160);
  EXPECT_GT(expected, 1e5);
  EXPECT_NEAR(loses(1304), expected, 1e-4 * expected);  // 1304^3: 2^31 + 7e7
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_volumes_have_their_gradient_in_the_far_corner) {
  if (const std::string reason = lacks_memory(66); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim3dGradient op;
  fg_ssim3d_gradient_defaults(&op);
  const auto run_at = [&](std::int64_t side) {
    return corners(op, fg_ssim3d_gradient_scratch_bytes, fg_ssim3d_gradient, {1, 1, side, side, side}, 48);
  };
  expect_same_corners(run_at(1304), run_at(120));
}

}  // namespace
}  // namespace fg::test
