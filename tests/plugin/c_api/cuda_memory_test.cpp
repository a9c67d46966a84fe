// fg_cuda_memory_..., fg_cuda_stream_..., fg_cuda_timer_...: what they say where there is no CUDA, and of wrong
// arguments anywhere. tests/gpu/kernels/device_memory_cuda_test.cpp has them at work.

#include <dlfcn.h>
#include <framegauge/framegauge.h>
#include <gtest/gtest.h>

#include <string>

namespace fg::test {
namespace {

// What every call that needs a device must answer on this machine; OK: there is a device.
FgStatus device_status() {
  std::uint32_t count = 0;
  return fg_cuda_devices(nullptr, &count);
}

void expect_no_device(FgStatus status, const char* call) {
#ifdef FRAMEGAUGE_HAS_CUDA
  EXPECT_EQ(status, FG_STATUS_UNAVAILABLE) << call;
  EXPECT_NE(std::string(fg_last_error()).find("CUDA"), std::string::npos) << call << ": " << fg_last_error();
#else
  EXPECT_EQ(status, FG_STATUS_UNSUPPORTED) << call;
  EXPECT_STREQ(fg_last_error(),
               "this build has no CUDA kernels; configure with a CUDA toolkit of 12.4 or newer to have them")
      << call;
#endif
}

TEST(fg_cuda_memory, without_a_device_every_call_says_so_and_writes_nothing) {
  if (device_status() == FG_STATUS_OK) GTEST_SKIP() << "this machine has a CUDA device";
  int here = 1, there = 2;
  void* memory = &here;
  void* stream = &here;
  auto timer = reinterpret_cast<FgCudaTimer>(&here);
  expect_no_device(fg_cuda_memory_allocate(0, 16, &memory), "allocate");
  expect_no_device(fg_cuda_memory_copy(&here, &there, sizeof(here), nullptr), "copy");
  expect_no_device(fg_cuda_stream_create(0, &stream), "stream");
  expect_no_device(fg_cuda_stream_wait(nullptr), "wait");
  expect_no_device(fg_cuda_timer_create(0, &timer), "timer");
  EXPECT_EQ(memory, &here);
  EXPECT_EQ(stream, &here);
  EXPECT_EQ(timer, reinterpret_cast<FgCudaTimer>(&here));
  EXPECT_EQ(here, 1);
}

TEST(fg_cuda_memory, allocating_names_what_stands_in_the_way) {
  if (device_status() == FG_STATUS_OK) GTEST_SKIP() << "this machine has a CUDA device";
  void* memory = nullptr;
  const FgStatus status = device_status();
  const std::string sentence = fg_last_error();
  EXPECT_EQ(fg_cuda_memory_allocate(0, 16, &memory), status);
  EXPECT_EQ(sentence, fg_last_error());
}

TEST(fg_cuda_memory, a_missing_driver_is_called_missing_and_not_too_old) {
  if (void* driver = dlopen("libcuda.so.1", RTLD_LAZY)) {
    dlclose(driver);
    GTEST_SKIP() << "this machine has a CUDA driver";
  }
  if (device_status() == FG_STATUS_UNSUPPORTED) GTEST_SKIP() << "a build without CUDA";
  EXPECT_STREQ(fg_last_error(),
               "no CUDA device can be used: no NVIDIA driver is installed (libcuda.so.1 was not found)");
}

TEST(fg_cuda_memory, missing_places_are_named) {
  EXPECT_EQ(fg_cuda_memory_allocate(0, 16, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_cuda_memory_allocate: memory is NULL; pass its address");
  EXPECT_EQ(fg_cuda_stream_create(0, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_cuda_stream_create: stream is NULL; pass its address");
  EXPECT_EQ(fg_cuda_timer_create(0, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_cuda_timer_create: timer is NULL; pass its address");
  int value = 0;
  EXPECT_EQ(fg_cuda_memory_copy(nullptr, &value, 4, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_cuda_memory_copy: to is NULL but 4 bytes are to be copied; pass the address of as many "
               "bytes");
  EXPECT_EQ(fg_cuda_memory_copy(&value, nullptr, 4, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_cuda_memory_copy: from is NULL but 4 bytes are to be copied; pass the address of as many "
               "bytes");
}

TEST(fg_cuda_memory, a_missing_timer_is_named) {
  std::uint64_t nanoseconds = 7;
  EXPECT_EQ(fg_cuda_timer_start(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_cuda_timer_start: timer is NULL; pass one of fg_cuda_timer_create()");
  EXPECT_EQ(fg_cuda_timer_stop(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_cuda_timer_stop: timer is NULL; pass one of fg_cuda_timer_create()");
  EXPECT_EQ(fg_cuda_timer_wait(nullptr, &nanoseconds), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_cuda_timer_wait: timer is NULL; pass one of fg_cuda_timer_create()");
  EXPECT_EQ(nanoseconds, 7u);
}

TEST(fg_cuda_memory, nothing_can_be_given_back_anywhere) {
  fg_cuda_memory_free(nullptr);
  fg_cuda_stream_destroy(nullptr);
  fg_cuda_timer_destroy(nullptr);
}

}  // namespace
}  // namespace fg::test
