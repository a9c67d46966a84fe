// An image that CUDA writes and Vulkan reads, in turns.

#include <set>

#include "tests/plugin/evaluator/live_host.h"
#ifdef FRAMEGAUGE_HAS_CUDA
#include "tests/plugin/evaluator/cuda_writer.h"
#endif

namespace fg::test {
namespace {

struct SharedImageDeleter {
  void operator()(FgSharedImage_T* image) const { fg_shared_image_destroy(image); }
};
using UniqueSharedImage = std::unique_ptr<FgSharedImage_T, SharedImageDeleter>;

class shared_image : public LiveTest {
 protected:
  FgSharedImageInfo info_of(const vk::OwnDevice& on) const {
    FgSharedImageInfo info;
    fg_shared_image_info_defaults(&info);
    info.instance = on.instance;
    info.physical_device = on.physical;
    info.device = on.handle;
    info.get_instance_proc_addr = on.GetInstanceProcAddr;
    info.queue_family = on.queue_family;
    info.width = kWidth;
    info.height = kHeight;
    return info;
  }
  // Null, with the test skipped, where this machine cannot share images.
  UniqueSharedImage make() {
    const FgSharedImageInfo info = info_of(device());
    FgSharedImage image = nullptr;
    const FgStatus status = fg_shared_image_create(&info, &image);
    if (status != FG_STATUS_OK) {
      EXPECT_TRUE(status == FG_STATUS_UNAVAILABLE || status == FG_STATUS_UNSUPPORTED) << fg_last_error();
      skip_reason_ = fg_last_error();
    }
    return UniqueSharedImage(image);
  }

  static constexpr std::uint32_t kWidth = 70, kHeight = 40;
  std::string skip_reason_;
};

TEST_F(shared_image, says_what_it_lacks) {
  FgSharedImageInfo info = info_of(device());
  FgSharedImage image = nullptr;
  info.format = VK_FORMAT_B8G8R8A8_UNORM;
  EXPECT_EQ(fg_shared_image_create(&info, &image), FG_STATUS_UNSUPPORTED);
  EXPECT_EQ(std::string(fg_last_error()).find("VkFormat 44 cannot be shared with CUDA; use "), 0u)
      << fg_last_error();
  info = info_of(device());
  info.width = 0;
  EXPECT_EQ(fg_shared_image_create(&info, &image), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "info is 0x40 pixels; both sides must be at least 1");
  info = info_of(device());
  info.device = VK_NULL_HANDLE;
  EXPECT_EQ(fg_shared_image_create(&info, &image), FG_STATUS_INVALID_ARGUMENT);
  info = info_of(device());
  info.struct_size = 3;
  EXPECT_EQ(fg_shared_image_create(&info, &image), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_shared_image_create(&info, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(image, nullptr);
  EXPECT_EQ(fg_shared_image_begin_cuda(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_shared_image_record_begin(nullptr, VK_NULL_HANDLE), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_shared_image_write(nullptr, nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
}

TEST_F(shared_image, wants_its_extensions_enabled) {
  const vk::OwnDevice plain;
  const FgSharedImageInfo info = info_of(plain);
  FgSharedImage image = nullptr;
  const FgStatus status = fg_shared_image_create(&info, &image);
  EXPECT_TRUE(status == FG_STATUS_UNAVAILABLE || status == FG_STATUS_UNSUPPORTED);
  const std::set<std::string> sentences = {
      "this library was built without CUDA, which writes shared images",
      "VK_KHR_external_memory_fd is offered but not enabled on this device; enable what "
      "fg_evaluator_device_requirements() names",
      std::string("the driver of ") + plain.properties.deviceName +
          " does not offer VK_KHR_external_memory_fd"};
  EXPECT_TRUE(sentences.count(fg_last_error())) << fg_last_error();
}

#ifdef FRAMEGAUGE_HAS_CUDA

// Submits what was recorded, in the image's turn.
void submit_turn(const vk::OwnDevice& device, VkCommandBuffer cmd, FgSharedImage image) {
  FgSharedImageSubmission turn;
  fg_shared_image_submission_defaults(&turn);
  ASSERT_EQ(fg_shared_image_submission(image, &turn), FG_STATUS_OK) << fg_last_error();
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .waitSemaphoreValueCount = 1,
                                             .pWaitSemaphoreValues = &turn.wait_value,
                                             .signalSemaphoreValueCount = 1,
                                             .pSignalSemaphoreValues = &turn.signal_value};
  const VkPipelineStageFlags everything = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  const VkSubmitInfo submit{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            .pNext = &values,
                            .waitSemaphoreCount = 1,
                            .pWaitSemaphores = &turn.semaphore,
                            .pWaitDstStageMask = &everything,
                            .commandBufferCount = 1,
                            .pCommandBuffers = &cmd,
                            .signalSemaphoreCount = 1,
                            .pSignalSemaphores = &turn.semaphore};
  ASSERT_EQ(device.EndCommandBuffer(cmd), VK_SUCCESS);
  ASSERT_EQ(device.QueueSubmit(device.queue, 1, &submit, VK_NULL_HANDLE), VK_SUCCESS);
}

// Command buffers of a pool, each used once.
class Commands {
 public:
  explicit Commands(const vk::OwnDevice& device) : device_(&device) {
    const VkCommandPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                       .queueFamilyIndex = device.queue_family};
    VkCommandPool pool;
    EXPECT_EQ(device.CreateCommandPool(device.handle, &info, nullptr, &pool), VK_SUCCESS);
    pool_ = vk::UniqueCommandPool(device, pool);
  }
  ~Commands() { device_->QueueWaitIdle(device_->queue); }
  VkCommandBuffer begin() {
    const VkCommandBufferAllocateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                           .commandPool = pool_.get(),
                                           .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                           .commandBufferCount = 1};
    VkCommandBuffer cmd;
    EXPECT_EQ(device_->AllocateCommandBuffers(device_->handle, &info, &cmd), VK_SUCCESS);
    const VkCommandBufferBeginInfo begin{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
    EXPECT_EQ(device_->BeginCommandBuffer(cmd, &begin), VK_SUCCESS);
    return cmd;
  }

 private:
  const vk::OwnDevice* device_;
  vk::UniqueCommandPool pool_;
};

TEST_F(shared_image, what_cuda_wrote_is_what_vulkan_scores_whatever_the_executor) {
  const UniqueSharedImage image = make();
  if (!image) GTEST_SKIP() << skip_reason_;
  FgSharedImageHandles handles;
  fg_shared_image_handles_defaults(&handles);
  ASSERT_EQ(fg_shared_image_handles(image.get(), &handles), FG_STATUS_OK) << fg_last_error();
  const CudaWriter writer(handles.cuda_device, kWidth, kHeight);
  Commands commands(device());
  VkCommandBuffer cmd = commands.begin();
  ASSERT_EQ(fg_shared_image_record_begin(image.get(), cmd), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_shared_image_record_end(image.get(), cmd), FG_STATUS_OK) << fg_last_error();
  submit_turn(device(), cmd, image.get());

  std::uint64_t number = 0;
  for (const FgExecutor executor : {FG_EXECUTOR_IN_QUEUE, FG_EXECUTOR_INTEROP, FG_EXECUTOR_SHADER}) {
    FgEvaluatorInfo info = evaluator_info(device());
    info.executor = executor;
    FgEvaluator made = nullptr;
    if (fg_evaluator_create(&info, &made) != FG_STATUS_OK) continue;
    const UniqueEvaluator evaluator(made);
    const HostImage reference(kWidth, kHeight, 3, false, [](int, int, int) { return 100.0f / 255.0f; });
    ASSERT_EQ(fg_evaluator_set_reference(made, &reference.tensor), FG_STATUS_OK) << fg_last_error();
    int skipped = 0, results = 0;
    for (int i = 0; i < 200; ++i) {
      const auto grey = static_cast<std::uint8_t>(++number * 7);
      FgStatus free = fg_shared_image_begin_cuda(image.get(), writer.stream());
      for (; free == FG_STATUS_NOT_READY; ++skipped)
        free = fg_shared_image_begin_cuda(image.get(), writer.stream());
      ASSERT_EQ(free, FG_STATUS_OK) << fg_last_error();
      writer.fill(handles.cuda_array, grey);
      ASSERT_EQ(fg_shared_image_end_cuda(image.get(), writer.stream()), FG_STATUS_OK) << fg_last_error();

      cmd = commands.begin();
      ASSERT_EQ(fg_shared_image_record_begin(image.get(), cmd), FG_STATUS_OK) << fg_last_error();
      FgFrame frame;
      fg_frame_defaults(&frame);
      frame.image = handles.image;
      frame.view = handles.view;
      frame.format = VK_FORMAT_R8G8B8A8_UNORM;
      frame.width = kWidth;
      frame.height = kHeight;
      frame.frame_number = number;
      const FgStatus recorded = fg_evaluator_record(made, cmd, &frame);
      ASSERT_TRUE(recorded == FG_STATUS_OK || recorded == FG_STATUS_NOT_READY) << fg_last_error();
      ASSERT_EQ(fg_shared_image_record_end(image.get(), cmd), FG_STATUS_OK) << fg_last_error();
      submit_turn(device(), cmd, image.get());

      FgFrameResult result;
      fg_frame_result_defaults(&result);
      if (fg_evaluator_poll(made, &result) != FG_STATUS_OK) continue;
      ++results;
      const double off = (static_cast<std::uint8_t>(result.frame_number * 7) - 100) / 255.0;
      ASSERT_NEAR(result.mse, off * off, 1e-6)
          << fg_executor_name(executor) << ", frame " << result.frame_number;
    }
    device().QueueWaitIdle(device().queue);
    EXPECT_GT(results, 20) << fg_executor_name(executor);
  }
}

TEST_F(shared_image, each_side_waits_for_its_turn) {
  const UniqueSharedImage image = make();
  if (!image) GTEST_SKIP() << skip_reason_;
  FgSharedImageHandles handles;
  fg_shared_image_handles_defaults(&handles);
  ASSERT_EQ(fg_shared_image_handles(image.get(), &handles), FG_STATUS_OK) << fg_last_error();
  const CudaWriter writer(handles.cuda_device, kWidth, kHeight);
  EXPECT_EQ(fg_shared_image_begin_cuda(image.get(), writer.stream()), FG_STATUS_INVALID_ARGUMENT)
      << "Vulkan has the first turn";
  Commands commands(device());
  const VkCommandBuffer first = commands.begin(), second = commands.begin();
  EXPECT_EQ(fg_shared_image_record_end(image.get(), first), FG_STATUS_INVALID_ARGUMENT) << "it has not begun";
  ASSERT_EQ(fg_shared_image_record_begin(image.get(), first), FG_STATUS_OK);
  EXPECT_EQ(fg_shared_image_record_begin(image.get(), first), FG_STATUS_INVALID_ARGUMENT);
  ASSERT_EQ(fg_shared_image_record_end(image.get(), first), FG_STATUS_OK);
  EXPECT_EQ(fg_shared_image_record_begin(image.get(), first), FG_STATUS_INVALID_ARGUMENT)
      << "it is CUDA's turn";
  EXPECT_EQ(fg_shared_image_begin_cuda(image.get(), writer.stream()), FG_STATUS_NOT_READY) << "not submitted";
  EXPECT_EQ(fg_shared_image_end_cuda(image.get(), writer.stream()), FG_STATUS_INVALID_ARGUMENT);
  submit_turn(device(), first, image.get());
  device().QueueWaitIdle(device().queue);
  ASSERT_EQ(fg_shared_image_begin_cuda(image.get(), writer.stream()), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(fg_shared_image_begin_cuda(image.get(), writer.stream()), FG_STATUS_INVALID_ARGUMENT);
  // Vulkan may be submitted before CUDA has written: it waits on the device.
  ASSERT_EQ(fg_shared_image_end_cuda(image.get(), writer.stream()), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_shared_image_record_begin(image.get(), second), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_shared_image_record_end(image.get(), second), FG_STATUS_OK);
  submit_turn(device(), second, image.get());
  device().QueueWaitIdle(device().queue);
  writer.wait();
}

// What a host without a CUDA runtime does: memory and stream of the C interface, and rows that lie apart.
TEST_F(shared_image, a_tensor_becomes_the_whole_image) {
  FgSharedImageInfo info = info_of(device());
  info.format = VK_FORMAT_R32_SFLOAT;
  FgSharedImage made = nullptr;
  if (fg_shared_image_create(&info, &made) != FG_STATUS_OK) GTEST_SKIP() << fg_last_error();
  const UniqueSharedImage image(made);
  FgSharedImageHandles handles;
  fg_shared_image_handles_defaults(&handles);
  ASSERT_EQ(fg_shared_image_handles(made, &handles), FG_STATUS_OK) << fg_last_error();
  constexpr std::int64_t kRow = kWidth + 9;
  std::vector<float> values(kRow * kHeight);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5f * static_cast<float>(i);
  const std::size_t bytes = values.size() * sizeof(float);
  void *memory = nullptr, *stream = nullptr;
  ASSERT_EQ(fg_cuda_memory_allocate(handles.cuda_device, bytes, &memory), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_cuda_stream_create(handles.cuda_device, &stream), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_cuda_memory_copy(memory, values.data(), bytes, stream), FG_STATUS_OK) << fg_last_error();
  std::int64_t shape[3] = {kHeight, kWidth, 1}, strides[3] = {kRow, 1, 1};
  DLTensor pixels{.data = memory,
                  .device = {kDLCUDA, handles.cuda_device},
                  .ndim = 2,
                  .dtype = {kDLFloat, 32, 1},
                  .shape = shape,
                  .strides = strides,
                  .byte_offset = 0};
  const auto write = [&] { return fg_shared_image_write(made, &pixels, stream); };

  Commands commands(device());
  EXPECT_EQ(write(), FG_STATUS_INVALID_ARGUMENT) << "it is Vulkan's turn";
  VkCommandBuffer cmd = commands.begin();
  ASSERT_EQ(fg_shared_image_record_begin(made, cmd), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_shared_image_record_end(made, cmd), FG_STATUS_OK) << fg_last_error();
  submit_turn(device(), cmd, made);
  device().QueueWaitIdle(device().queue);
  EXPECT_EQ(write(), FG_STATUS_INVALID_ARGUMENT) << "CUDA's turn has not begun";
  ASSERT_EQ(fg_shared_image_begin_cuda(made, stream), FG_STATUS_OK) << fg_last_error();
  shape[1] = kWidth - 1;
  EXPECT_EQ(write(), FG_STATUS_SIZE_MISMATCH);
  shape[1] = kWidth;
  strides[1] = 2;
  EXPECT_EQ(write(), FG_STATUS_INVALID_ARGUMENT) << "gaps between pixels";
  strides[1] = 1;
  pixels.dtype.bits = 16;
  EXPECT_EQ(write(), FG_STATUS_INVALID_ARGUMENT);
  pixels.dtype.bits = 32;
  pixels.device = {kDLCPU, 0};
  EXPECT_EQ(write(), FG_STATUS_INVALID_ARGUMENT);
  pixels.device = {kDLCUDA, handles.cuda_device};
  pixels.ndim = 3;
  EXPECT_EQ(write(), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_shared_image_end_cuda(made, stream), FG_STATUS_OK) << fg_last_error();

  const vk::Buffer pixels_back(device(), std::size_t{4} * kWidth * kHeight, vk::Residence::readback);
  cmd = commands.begin();
  ASSERT_EQ(fg_shared_image_record_begin(made, cmd), FG_STATUS_OK) << fg_last_error();
  const VkBufferImageCopy whole{.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                .imageExtent = {kWidth, kHeight, 1}};
  device().CmdCopyImageToBuffer(cmd, handles.image, VK_IMAGE_LAYOUT_GENERAL, pixels_back.get(), 1, &whole);
  ASSERT_EQ(fg_shared_image_record_end(made, cmd), FG_STATUS_OK) << fg_last_error();
  submit_turn(device(), cmd, made);
  device().QueueWaitIdle(device().queue);
  for (std::uint32_t y = 0; y < kHeight; ++y)
    for (std::uint32_t x = 0; x < kWidth; ++x)
      ASSERT_EQ(pixels_back.as<float>()[y * kWidth + x], values[y * kRow + x])
          << "column " << x << ", row " << y;
  EXPECT_EQ(fg_cuda_stream_wait(stream), FG_STATUS_OK) << fg_last_error();
  fg_cuda_stream_destroy(stream);
  fg_cuda_memory_free(memory);
}

#endif

}  // namespace
}  // namespace fg::test
