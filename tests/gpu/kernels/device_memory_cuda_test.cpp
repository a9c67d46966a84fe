// Memory, streams and clocks of the C interface, as a host without a CUDA runtime uses them.

#include <framegauge/framegauge.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

class device_memory_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
    ASSERT_EQ(fg_cuda_stream_create(0, &stream), FG_STATUS_OK) << fg_last_error();
  }
  void TearDown() override {
    for (void* memory : all) fg_cuda_memory_free(memory);
    fg_cuda_stream_destroy(stream);
  }

  void* allocate(std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(fg_cuda_memory_allocate(0, bytes, &memory), FG_STATUS_OK) << fg_last_error();
    all.push_back(memory);
    return memory;
  }
  void copy(void* to, const void* from, std::size_t bytes) {
    ASSERT_EQ(fg_cuda_memory_copy(to, from, bytes, stream), FG_STATUS_OK) << fg_last_error();
  }
  void wait() { ASSERT_EQ(fg_cuda_stream_wait(stream), FG_STATUS_OK) << fg_last_error(); }

  void* stream = nullptr;
  std::vector<void*> all;
};

TEST_F(device_memory_cuda, what_is_copied_to_the_device_and_on_comes_back) {
  std::vector<int> sent(100'003), received(sent.size(), -1);
  std::iota(sent.begin(), sent.end(), 5);
  const std::size_t bytes = sent.size() * sizeof(int);
  void* first = allocate(bytes);
  void* second = allocate(bytes);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 256, 0u);
  copy(first, sent.data(), bytes);
  copy(second, first, bytes);
  copy(received.data(), second, bytes);
  wait();
  EXPECT_EQ(received, sent);
}

TEST_F(device_memory_cuda, a_stream_of_the_callers_own_runtime_is_taken_too) {
  const std::vector<int> sent{3, 1, 4, 1, 5};
  std::vector<int> received(5);
  const Stream own;
  void* memory = allocate(20);
  ASSERT_EQ(fg_cuda_memory_copy(memory, sent.data(), 20, own.get()), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_cuda_memory_copy(received.data(), memory, 20, own.get()), FG_STATUS_OK) << fg_last_error();
  own.wait();
  EXPECT_EQ(received, sent);
}

TEST_F(device_memory_cuda, an_op_on_that_memory_and_stream_scores_as_on_the_CPU) {
  Tensor<float> x({1, 3, 37, 41}), y({1, 3, 37, 41});
  Tensor<double> mean({1});
  fill(x, noisy_scene);
  fill(y, scene);
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const double expected = mean[0];
  for (Tensor<float>* t : {std::addressof(x), std::addressof(y)}) {
    const std::size_t bytes = t->memory.size() * sizeof(float);
    t->tensor.data = allocate(bytes);
    t->tensor.device = {kDLCUDA, 0};
    copy(t->tensor.data, t->memory.data(), bytes);
  }
  mean.tensor.data = allocate(sizeof(double));
  mean.tensor.device = {kDLCUDA, 0};
  ASSERT_EQ(fg_ssim2d_scratch_bytes(&op, &op.scratch_bytes), FG_STATUS_OK) << fg_last_error();
  op.scratch = allocate(op.scratch_bytes);
  ASSERT_EQ(fg_ssim2d(&op, stream), FG_STATUS_OK) << fg_last_error();
  double score = 0;
  copy(&score, mean.tensor.data, sizeof(score));
  wait();
  EXPECT_NEAR(score, expected, 1e-6);  // ssim2d_cuda_test
}

TEST_F(device_memory_cuda, more_than_the_device_has_is_out_of_memory_and_the_next_call_starts_clean) {
  void* memory = nullptr;
  EXPECT_EQ(fg_cuda_memory_allocate(0, std::size_t{1} << 50, &memory), FG_STATUS_OUT_OF_MEMORY);
  EXPECT_STREQ(fg_last_error(), "allocating 1125899906842624 bytes on CUDA device 0: out of memory");
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
  EXPECT_NE(allocate(16), nullptr);
}

TEST_F(device_memory_cuda, devices_that_do_not_exist_are_counted) {
  int count = 0;
  cuda(cudaGetDeviceCount(&count));
  void* memory = nullptr;
  FgCudaTimer timer = nullptr;
  for (const int device : {-1, count}) {
    const std::string sentence = "there is no CUDA device " + std::to_string(device) + "; this machine has " +
                                 std::to_string(count) + ", counted from 0";
    EXPECT_EQ(fg_cuda_memory_allocate(device, 16, &memory), FG_STATUS_UNAVAILABLE);
    EXPECT_EQ(fg_last_error(), sentence);
    EXPECT_EQ(fg_cuda_stream_create(device, &memory), FG_STATUS_UNAVAILABLE);
    EXPECT_EQ(fg_last_error(), sentence);
    EXPECT_EQ(fg_cuda_timer_create(device, &timer), FG_STATUS_UNAVAILABLE);
    EXPECT_EQ(fg_last_error(), sentence);
  }
}

TEST_F(device_memory_cuda, the_timer_sees_the_work_between_its_points_and_not_more_than_the_host) {
  constexpr std::size_t kBytes = std::size_t{256} << 20;
  const std::vector<char> zeros(kBytes);
  void* from = allocate(kBytes);
  void* to = allocate(kBytes);
  copy(from, zeros.data(), kBytes);
  wait();
  FgCudaTimer timer = nullptr;
  ASSERT_EQ(fg_cuda_timer_create(0, &timer), FG_STATUS_OK) << fg_last_error();
  std::uint64_t short_ns = 0, long_ns = 0;
  const auto time = [&](int copies, std::uint64_t* nanoseconds) {
    ASSERT_EQ(fg_cuda_timer_start(timer, stream), FG_STATUS_OK) << fg_last_error();
    for (int i = 0; i < copies; ++i) copy(to, from, kBytes);
    ASSERT_EQ(fg_cuda_timer_stop(timer, stream), FG_STATUS_OK) << fg_last_error();
    ASSERT_EQ(fg_cuda_timer_wait(timer, nanoseconds), FG_STATUS_OK) << fg_last_error();
  };
  time(4, &short_ns);  // also wakes the device up
  time(4, &short_ns);
  const auto begin = std::chrono::steady_clock::now();
  time(40, &long_ns);
  const std::chrono::duration<double, std::nano> host = std::chrono::steady_clock::now() - begin;
  fg_cuda_timer_destroy(timer);
  EXPECT_LE(static_cast<double>(long_ns), host.count());
  EXPECT_GT(short_ns, 4 * kBytes / 20'000);  // no device copies 20 TB/s
  EXPECT_GT(long_ns, 3 * short_ns);          // ten times the work
}

TEST_F(device_memory_cuda, a_timer_that_was_not_started_or_stopped_says_so) {
  FgCudaTimer timer = nullptr;
  ASSERT_EQ(fg_cuda_timer_create(0, &timer), FG_STATUS_OK) << fg_last_error();
  std::uint64_t nanoseconds = 0;
  EXPECT_EQ(fg_cuda_timer_stop(timer, stream), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "the timer was not started; start it first");
  ASSERT_EQ(fg_cuda_timer_start(timer, stream), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(fg_cuda_timer_wait(timer, &nanoseconds), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "the timer was not stopped; start and stop it first");
  fg_cuda_timer_destroy(timer);
}

}  // namespace
}  // namespace fg::test
