// Wrong arguments get a status and one sentence; nothing is recorded.

#include <algorithm>
#include <cstring>

#include "tests/plugin/evaluator/live_host.h"

extern "C" size_t size_of_evaluator_structs_in_c99(void);

namespace fg::test {
namespace {

class evaluator_arguments : public LiveTest {
 protected:
  void expect_create_fails(const FgEvaluatorInfo& info, FgStatus status, const char* part) const {
    FgEvaluator evaluator = nullptr;
    EXPECT_EQ(fg_evaluator_create(&info, &evaluator), status);
    EXPECT_EQ(evaluator, nullptr);
    EXPECT_NE(std::string(fg_last_error()).find(part), std::string::npos) << fg_last_error();
  }
};

TEST(evaluator_header, has_the_same_structs_in_c99_and_cpp) {
  EXPECT_EQ(size_of_evaluator_structs_in_c99(),
            sizeof(FgEvaluatorInfo) + sizeof(FgExecutorSupport) + sizeof(FgFrameResult) + sizeof(FgFrame) +
                sizeof(FgEvaluatorImages) + sizeof(FgDeviceRequirements) + sizeof(FgSharedImageInfo) +
                sizeof(FgSharedImageHandles) + sizeof(FgSharedImageSubmission) + sizeof(FgFrameBuffer));
}

TEST(evaluator_header, names_the_executors) {
  EXPECT_STREQ(fg_executor_name(FG_EXECUTOR_AUTO), "auto");
  EXPECT_STREQ(fg_executor_name(FG_EXECUTOR_IN_QUEUE), "in_queue");
  EXPECT_STREQ(fg_executor_name(FG_EXECUTOR_INTEROP), "interop");
  EXPECT_STREQ(fg_executor_name(FG_EXECUTOR_SHADER), "shader");
  EXPECT_STREQ(fg_executor_name(static_cast<FgExecutor>(77)), "unknown");
}

TEST(evaluator_header, null_arguments_are_refused_without_a_device) {
  FgEvaluatorInfo info;
  fg_evaluator_info_defaults(&info);
  FgEvaluator evaluator = nullptr;
  EXPECT_EQ(fg_evaluator_create(nullptr, &evaluator), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_create(&info, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_create(&info, &evaluator), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "info.instance is VK_NULL_HANDLE; pass the host's VkInstance");
  EXPECT_EQ(fg_evaluator_set_reference(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_record(nullptr, nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_record_reference(nullptr, nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_poll(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_discard(nullptr, 0), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_images(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_set_heatmap(nullptr, FG_COLOR_MAP_GREY, 0, 1), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_executor(nullptr), FG_EXECUTOR_AUTO);
}

TEST_F(evaluator_arguments, create_says_what_is_wrong) {
  const FgEvaluatorInfo good = evaluator_info(device());
  FgEvaluatorInfo bad = good;
  bad.window = 8;
  expect_create_fails(bad, FG_STATUS_INVALID_ARGUMENT, "info.window is 8; expected 7, 9 or 11 taps");
  bad = good;
  bad.frames_in_flight = 0;
  expect_create_fails(bad, FG_STATUS_INVALID_ARGUMENT, "info.frames_in_flight is 0; expected 1 to 8");
  bad = good;
  bad.frames_in_flight = 9;
  expect_create_fails(bad, FG_STATUS_INVALID_ARGUMENT, "info.frames_in_flight is 9");
  bad = good;
  bad.padding = static_cast<FgPadding>(5);
  expect_create_fails(bad, FG_STATUS_INVALID_ARGUMENT, "info.padding is 5");
  bad = good;
  bad.struct_size = 3;
  expect_create_fails(bad, FG_STATUS_INVALID_ARGUMENT, "info.struct_size is 3");
  bad = good;
  bad.get_instance_proc_addr = nullptr;
  expect_create_fails(bad, FG_STATUS_INVALID_ARGUMENT, "info.get_instance_proc_addr is NULL");
  bad = good;
  bad.queue_family = 99;
  expect_create_fails(bad, FG_STATUS_UNAVAILABLE, "queue family 99 does not exist");
}

bool begins_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

TEST_F(evaluator_arguments, in_queue_says_what_it_lacks_on_other_devices_and_auto_goes_on) {
  if (device().is_nvidia()) GTEST_SKIP() << "this is an NVIDIA device";
  FgEvaluatorInfo info = evaluator_info(device());
  FgExecutorSupport support[3];
  std::uint32_t count = 3;
  ASSERT_EQ(fg_evaluator_executors(&info, support, &count), FG_STATUS_OK) << fg_last_error();
  const std::string reason = support[0].reason;
  const std::string without_cuda = "this library was built without CUDA kernels";
  EXPECT_TRUE(reason == without_cuda ||
              reason == std::string(device().properties.deviceName) +
                            " is no NVIDIA device; CUDA kernels in a command buffer "
                            "need one")
      << reason;
  info.executor = FG_EXECUTOR_IN_QUEUE;
  expect_create_fails(info, FG_STATUS_UNAVAILABLE, ("executor in_queue is not available: " + reason).c_str());
  info.executor = FG_EXECUTOR_AUTO;
  const UniqueEvaluator automatic = make_evaluator(info);
  EXPECT_EQ(fg_evaluator_executor(automatic.get()), FG_EXECUTOR_SHADER);
  EXPECT_EQ(fg_evaluator_passed_over(automatic.get()),
            "in_queue: " + reason + "; interop: " + support[1].reason);
  EXPECT_TRUE(support[1].reason == without_cuda ||
              support[1].reason ==
                  std::string(device().properties.deviceName) + " is no NVIDIA device; CUDA needs one")
      << support[1].reason;
  info.executor = FG_EXECUTOR_INTEROP;
  expect_create_fails(info, FG_STATUS_UNAVAILABLE,
                      (std::string("executor interop is not available: ") + support[1].reason).c_str());
  info.executor = FG_EXECUTOR_SHADER;
  EXPECT_STREQ(fg_evaluator_passed_over(make_evaluator(info).get()), "");
}

TEST_F(evaluator_arguments, in_queue_wants_its_feature_stated) {
  FgEvaluatorInfo info = evaluator_info(device());
  FgExecutorSupport support;
  std::uint32_t count = 1;
  ASSERT_EQ(fg_evaluator_executors(&info, &support, &count), FG_STATUS_OK) << fg_last_error();
  if (!support.available) GTEST_SKIP() << "in_queue is not available: " << support.reason;
  info.buffer_device_address = 0;
  count = 1;  // the call has set it to the number of executors
  ASSERT_EQ(fg_evaluator_executors(&info, &support, &count), FG_STATUS_OK) << fg_last_error();
  EXPECT_FALSE(support.available);
  EXPECT_TRUE(begins_with(support.reason, "the feature bufferDeviceAddress is not stated as enabled"))
      << support.reason;
}

TEST_F(evaluator_arguments, in_queue_wants_its_extensions_enabled) {
  FgDeviceRequirements requirements;
  fg_device_requirements_defaults(&requirements);
  ASSERT_EQ(fg_evaluator_device_requirements(device().instance, device().physical,
                                             device().GetInstanceProcAddr, &requirements),
            FG_STATUS_OK)
      << fg_last_error();
  if (requirements.extension_count == 0) GTEST_SKIP() << "this device offers nothing to enable";
  const vk::OwnDevice plain;
  const FgEvaluatorInfo info = evaluator_info(plain);
  FgExecutorSupport support;
  std::uint32_t count = 1;
  ASSERT_EQ(fg_evaluator_executors(&info, &support, &count), FG_STATUS_OK) << fg_last_error();
  EXPECT_FALSE(support.available);
  EXPECT_NE(std::string(support.reason).find("is offered but not enabled on this device"), std::string::npos)
      << support.reason;
}

TEST_F(evaluator_arguments, device_requirements_are_what_the_device_offers) {
  FgDeviceRequirements requirements;
  fg_device_requirements_defaults(&requirements);
  const auto ask = [&](VkPhysicalDevice physical) {
    return fg_evaluator_device_requirements(device().instance, physical, device().GetInstanceProcAddr,
                                            &requirements);
  };
  ASSERT_EQ(ask(device().physical), FG_STATUS_OK) << fg_last_error();
  const auto names = [&](const std::string& extension) {
    return std::find(requirements.extensions, requirements.extensions + requirements.extension_count,
                     extension) != requirements.extensions + requirements.extension_count;
  };
  EXPECT_EQ(requirements.buffer_device_address, names("VK_NVX_binary_import") ? 1u : 0u);
  EXPECT_EQ(requirements.timeline_semaphore, names("VK_KHR_external_semaphore_fd") ? 1u : 0u);
  for (std::uint32_t i = 0; i < requirements.extension_count; ++i)
    EXPECT_TRUE(device().has_extension(requirements.extensions[i])) << requirements.extensions[i];
  if (!device().is_nvidia()) {
    EXPECT_EQ(requirements.extension_count, 0u);
  }
  EXPECT_EQ(ask(VK_NULL_HANDLE), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "physical_device is VK_NULL_HANDLE; pass the host's VkPhysicalDevice");
  requirements.struct_size = 1;
  EXPECT_EQ(ask(device().physical), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_device_requirements(device().instance, device().physical,
                                             device().GetInstanceProcAddr, nullptr),
            FG_STATUS_INVALID_ARGUMENT);
}

TEST_F(evaluator_arguments, executors_are_listed_with_reasons) {
  const FgEvaluatorInfo info = evaluator_info(device());
  std::uint32_t count = 0;
  ASSERT_EQ(fg_evaluator_executors(&info, nullptr, &count), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(count, 3u);
  FgExecutorSupport support[3];
  ASSERT_EQ(fg_evaluator_executors(&info, support, &count), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(support[0].executor, FG_EXECUTOR_IN_QUEUE);
  EXPECT_EQ(support[1].executor, FG_EXECUTOR_INTEROP);
  EXPECT_EQ(support[2].executor, FG_EXECUTOR_SHADER);
  EXPECT_EQ(support[0].available != 0, support[0].reason[0] == 0) << support[0].reason;
  EXPECT_EQ(support[1].available != 0, support[1].reason[0] == 0) << support[1].reason;
  EXPECT_TRUE(support[2].available);
  EXPECT_STREQ(support[2].reason, "");
  count = 1;
  support[1].reason[0] = '?';
  ASSERT_EQ(fg_evaluator_executors(&info, support, &count), FG_STATUS_OK);
  EXPECT_EQ(count, 3u);
  EXPECT_EQ(support[1].reason[0], '?') << "only one entry was asked for";
  EXPECT_STREQ(fg_evaluator_device_extensions()[0], "VK_NVX_binary_import");
  EXPECT_EQ(fg_evaluator_executor(make_evaluator(info).get()),
            support[0].available ? FG_EXECUTOR_IN_QUEUE : FG_EXECUTOR_SHADER);
}

TEST_F(evaluator_arguments, host_references_say_what_is_wrong) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const auto picture = [](int, int, int) { return 0.5f; };
  const auto expect_refused = [&](const DLTensor& tensor, const char* part) {
    EXPECT_EQ(fg_evaluator_set_reference(evaluator.get(), &tensor), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_NE(std::string(fg_last_error()).find(part), std::string::npos) << fg_last_error();
  };
  HostImage good(12, 11, 3, false, picture);
  DLTensor bad = good.tensor;
  bad.device = {kDLCUDA, 0};
  expect_refused(bad, "expected CPU memory");
  bad = good.tensor;
  bad.dtype.bits = 16;
  expect_refused(bad, "expected uint8 or float32");
  bad = good.tensor;
  bad.ndim = 2;
  expect_refused(bad, "pixels have 2 dimensions; expected 3");
  bad = good.tensor;
  bad.shape = nullptr;
  expect_refused(bad, "pixels have no shape; expected [height, width, channels]");
  bad = good.tensor;
  bad.data = nullptr;
  expect_refused(bad, "pixels.data is NULL");
  std::int64_t two_channels[] = {11, 12, 2}, empty[] = {0, 12, 3};
  bad = good.tensor;
  bad.shape = two_channels;
  expect_refused(bad, "[11, 12, 2]; expected [height, width, 3 or 4]");
  bad.shape = empty;
  expect_refused(bad, "[0, 12, 3]");
}

TEST_F(evaluator_arguments, images_too_large_for_the_device_are_refused_before_anything_is_allocated) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  float pixel[3] = {};
  std::int64_t shape[] = {1, 1 << 20, 3}, strides[] = {0, 0, 1};
  DLTensor tensor{};
  tensor.data = pixel;
  tensor.device = {kDLCPU, 0};
  tensor.ndim = 3;
  tensor.dtype = {kDLFloat, 32, 1};
  tensor.shape = shape;
  tensor.strides = strides;
  EXPECT_EQ(fg_evaluator_set_reference(evaluator.get(), &tensor), FG_STATUS_UNSUPPORTED);
  EXPECT_NE(std::string(fg_last_error()).find("the reference is 1048576x1 pixels"), std::string::npos)
      << fg_last_error();
}

TEST_F(evaluator_arguments, a_reference_smaller_than_a_valid_window_is_refused) {
  FgEvaluatorInfo info = evaluator_info(device());
  info.padding = FG_PADDING_VALID;
  const UniqueEvaluator evaluator = make_evaluator(info);
  const HostImage small(40, 10, 3, false, [](int, int, int) { return 0.5f; });
  EXPECT_EQ(fg_evaluator_set_reference(evaluator.get(), &small.tensor), FG_STATUS_SIZE_MISMATCH);
  EXPECT_NE(std::string(fg_last_error()).find("the reference is 40x10 pixels, but FG_PADDING_VALID"),
            std::string::npos)
      << fg_last_error();
}

TEST_F(evaluator_arguments, frames_say_what_is_wrong) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage image(device(), PixelFormat::rgba8, 16, 16, [](int, int, int) { return 0.5f; });
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    const auto expect_refused = [&](const FgFrame& frame, const char* part) {
      EXPECT_EQ(fg_evaluator_record(evaluator.get(), cmd, &frame), FG_STATUS_INVALID_ARGUMENT);
      EXPECT_NE(std::string(fg_last_error()).find(part), std::string::npos) << fg_last_error();
    };
    const FgFrame good = image.frame(1);
    FgFrame bad = good;
    bad.view = VK_NULL_HANDLE;
    expect_refused(bad, "frame.view is VK_NULL_HANDLE");
    bad = good;
    bad.image = VK_NULL_HANDLE;
    expect_refused(bad, "frame.image is VK_NULL_HANDLE");
    bad = good;
    bad.layout = VK_IMAGE_LAYOUT_UNDEFINED;
    expect_refused(bad, "frame.layout is 0; move the image");
    bad = good;
    bad.format = VK_FORMAT_UNDEFINED;
    expect_refused(bad, "frame.format is VK_FORMAT_UNDEFINED; pass the VkFormat");
    for (const VkFormat format :
         {VK_FORMAT_R8G8B8A8_UINT, VK_FORMAT_A2B10G10R10_UINT_PACK32, VK_FORMAT_R16G16B16A16_SINT,
          VK_FORMAT_R32G32B32A32_UINT, VK_FORMAT_D32_SFLOAT, VK_FORMAT_BC7_SRGB_BLOCK}) {
      bad.format = format;
      expect_refused(bad, "; expected that of a view of uncompressed colours");
    }
    bad = good;
    bad.width = 0;
    expect_refused(bad, "frame is 0x16 pixels");
    bad = good;
    bad.struct_size = 1;
    expect_refused(bad, "frame.struct_size is 1");
    EXPECT_EQ(fg_evaluator_record(evaluator.get(), VK_NULL_HANDLE, &good), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(fg_evaluator_record_reference(evaluator.get(), cmd, nullptr), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_STREQ(fg_last_error(), "reference is NULL; pass a struct filled by fg_frame_defaults()");
  });
  FgFrameResult result{};
  EXPECT_EQ(fg_evaluator_poll(evaluator.get(), &result), FG_STATUS_INVALID_ARGUMENT) << "no struct_size";
  fg_frame_result_defaults(&result);
  EXPECT_EQ(fg_evaluator_poll(evaluator.get(), &result), FG_STATUS_NOT_READY);
}

TEST_F(evaluator_arguments, heatmaps_and_images_say_what_is_wrong) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  EXPECT_EQ(fg_evaluator_set_heatmap(evaluator.get(), static_cast<FgColorMap>(9), 0, 1),
            FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_set_heatmap(evaluator.get(), FG_COLOR_MAP_GREY, 0.5f, 0.5f),
            FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_evaluator_set_heatmap(evaluator.get(), FG_COLOR_MAP_GREY, 0, std::stof("nan")),
            FG_STATUS_INVALID_ARGUMENT);
  FgEvaluatorImages images{};
  EXPECT_EQ(fg_evaluator_images(evaluator.get(), &images), FG_STATUS_INVALID_ARGUMENT);
  images.struct_size = sizeof(images);
  ASSERT_EQ(fg_evaluator_images(evaluator.get(), &images), FG_STATUS_OK);
  EXPECT_EQ(images.map, static_cast<VkImage>(VK_NULL_HANDLE)) << "before the first record";
}

}  // namespace
}  // namespace fg::test
