// What the in_queue executor records, on any Vulkan device: VK_NVX_binary_import is played by functions of this file that
// write down the launches. The validation layer sees buffers, layouts and copies; results need a GPU
// (executors_agree_test).

#include "plugin/evaluator/executors/in_queue/in_queue_workspace.h"

#include <array>
#include <vector>

#include "plugin/vk/error.h"
#include "shaders/shared/frame_statistics.h"
#include "tests/counted_allocations.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

struct Driver {
  VkResult module_result = VK_SUCCESS;
  std::string refused_entry;
  std::vector<std::string> entries;             // a function's handle is its place in this list, from 1
  int modules = 0, functions = 0;               // that live
  std::vector<VkImageViewHandleInfoNVX> views;  // a handle is the place in this list, from 1
  std::vector<live::LiveReference> references;
  std::vector<live::LiveSsim> frames;
  std::vector<std::array<std::uint64_t, 3>> fills;  // offset, size, word
};
Driver driver;
PFN_vkCmdFillBuffer fill_buffer;

VkResult VKAPI_PTR create_module(VkDevice, const VkCuModuleCreateInfoNVX* info, const VkAllocationCallbacks*,
                                 VkCuModuleNVX* module) {
  if (driver.module_result != VK_SUCCESS) return driver.module_result;
  EXPECT_EQ(info->sType, VK_STRUCTURE_TYPE_CU_MODULE_CREATE_INFO_NVX);
  ++driver.modules;
  *module = reinterpret_cast<VkCuModuleNVX>(std::uintptr_t{77});
  return VK_SUCCESS;
}
void VKAPI_PTR destroy_module(VkDevice, VkCuModuleNVX, const VkAllocationCallbacks*) {
  EXPECT_EQ(driver.functions, 0) << "functions go before their module";
  --driver.modules;
}
VkResult VKAPI_PTR create_function(VkDevice, const VkCuFunctionCreateInfoNVX* info,
                                   const VkAllocationCallbacks*, VkCuFunctionNVX* function) {
  EXPECT_EQ(info->module, reinterpret_cast<VkCuModuleNVX>(std::uintptr_t{77}));
  if (driver.refused_entry == info->pName) return VK_ERROR_UNKNOWN;
  driver.entries.emplace_back(info->pName);
  ++driver.functions;
  *function = reinterpret_cast<VkCuFunctionNVX>(driver.entries.size());
  return VK_SUCCESS;
}
void VKAPI_PTR destroy_function(VkDevice, VkCuFunctionNVX, const VkAllocationCallbacks*) {
  --driver.functions;
}
void VKAPI_PTR launch(VkCommandBuffer, const VkCuLaunchInfoNVX* info) {
  EXPECT_EQ(info->sType, VK_STRUCTURE_TYPE_CU_LAUNCH_INFO_NVX);
  EXPECT_EQ(info->paramCount, 1u);
  EXPECT_EQ(info->extraCount, 0u);
  EXPECT_EQ(info->sharedMemBytes, 0u);
  EXPECT_GT(info->gridDimX * info->gridDimY * info->gridDimZ * info->blockDimX, 0u);
  const std::string& entry = driver.entries.at(reinterpret_cast<std::uintptr_t>(info->function) - 1);
  if (entry.find("reference") != std::string::npos)
    driver.references.push_back(*static_cast<const live::LiveReference*>(info->pParams[0]));
  else
    driver.frames.push_back(*static_cast<const live::LiveSsim*>(info->pParams[0]));
}
std::uint32_t VKAPI_PTR view_handle(VkDevice, const VkImageViewHandleInfoNVX* info) {
  EXPECT_EQ(info->sType, VK_STRUCTURE_TYPE_IMAGE_VIEW_HANDLE_INFO_NVX);
  EXPECT_EQ(info->sampler != VK_NULL_HANDLE,
            info->descriptorType == VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER);
  driver.views.push_back(*info);
  return static_cast<std::uint32_t>(driver.views.size());
}

class in_queue_workspace : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (IsSkipped()) return;
    if (!device().buffer_device_address) GTEST_SKIP() << "this device has no bufferDeviceAddress";
    driver = {};
    nvx_ = std::make_unique<vk::Device>(vk::HostHandles{device().instance, device().physical, device().handle,
                                                        device().GetInstanceProcAddr, true});
    nvx_->CreateCuModuleNVX = create_module;
    nvx_->DestroyCuModuleNVX = destroy_module;
    nvx_->CreateCuFunctionNVX = create_function;
    nvx_->DestroyCuFunctionNVX = destroy_function;
    nvx_->CmdCuLaunchKernelNVX = launch;
    nvx_->GetImageViewHandleNVX = view_handle;
    statistics_ = vk::Buffer(device(), std::size_t{1} << 20, vk::Residence::readback,
                             VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT);
    fill_buffer = nvx_->CmdFillBuffer;
    nvx_->CmdFillBuffer = [](VkCommandBuffer cmd, VkBuffer buffer, VkDeviceSize offset, VkDeviceSize size,
                             std::uint32_t word) {
      driver.fills.push_back({offset, size, word});
      fill_buffer(cmd, buffer, offset, size, word);
    };
  }
  void TearDown() override {
    workspace_.reset();
    executor_.reset();
    EXPECT_EQ(driver.functions, 0);
    EXPECT_EQ(driver.modules, 0);
    LiveTest::TearDown();
  }

  void make(const ExecutorSettings& settings = {}) {
    executor_ = std::make_unique<InQueueExecutor>(*nvx_, settings);
    workspace_ = executor_->make_workspace({kWidth, kHeight});
    ASSERT_LE(workspace_->statistics_bytes(), statistics_.size_bytes());
  }
  static SourceImage source(const RenderedImage& image, VkFormat format) {
    const FgFrame f = image.frame(1);
    return {f.image, f.view, f.layout, {f.width, f.height}, format};
  }
  RecordedFrame run_frame(const RenderedImage& image, VkFormat format,
                          FgColorMap colors = FG_COLOR_MAP_TURBO) {
    RecordedFrame recorded;
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      vk::full_barrier(device(), cmd);
      recorded = workspace_->record_frame(cmd, {source(image, format), 0, {colors, 1.0f, 0.5f}, statistics_});
      vk::full_barrier(device(), cmd);
    });
    return recorded;
  }
  void run_reference(const RenderedImage& image, VkFormat format) {
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      vk::full_barrier(device(), cmd);
      workspace_->record_reference(cmd, source(image, format), 0);
      vk::full_barrier(device(), cmd);
    });
  }

  static constexpr std::uint32_t kWidth = 37, kHeight = 21;
  const RenderedImage image_of(PixelFormat format) const {
    return {device(), format, kWidth, kHeight, [](int, int, int) { return 0.5f; }};
  }
  std::unique_ptr<vk::Device> nvx_;
  std::unique_ptr<InQueueExecutor> executor_;
  std::unique_ptr<Workspace> workspace_;
  vk::Buffer statistics_;
};

constexpr VkFormat kBytes = VK_FORMAT_B8G8R8A8_UNORM, kSrgb = VK_FORMAT_B8G8R8A8_SRGB;

TEST_F(in_queue_workspace, a_frame_is_one_launch_that_builds_on_the_one_before) {
  make({.window = 9, .padding = FG_PADDING_VALID});
  const RenderedImage image = image_of(PixelFormat::bgra8);
  run_reference(image, kBytes);
  EXPECT_FALSE(run_frame(image, kBytes).needs_earlier_frames);
  EXPECT_TRUE(run_frame(image, kBytes).needs_earlier_frames);
  EXPECT_TRUE(run_frame(image, kBytes, FG_COLOR_MAP_GREY).needs_earlier_frames);
  ASSERT_EQ(driver.references.size(), 1u);
  ASSERT_EQ(driver.frames.size(), 3u);

  const live::LiveReference& reference = driver.references[0];
  EXPECT_EQ(reference.source_format, live::PixelFormat::texture8);
  EXPECT_TRUE(reference.codes);
  EXPECT_EQ(reference.window.radius, 4);
  EXPECT_EQ(driver.views.at(reference.source.texture - 1).imageView, image.image.view());
  EXPECT_NE(reference.copy, nullptr);
  EXPECT_GE(reference.copy_row_bytes, 4 * std::int64_t{kWidth});
  EXPECT_EQ(reference.moments_pitch % 2, 0);

  for (std::size_t i = 0; i < 3; ++i) {
    const live::LiveSsim& op = driver.frames[i];
    EXPECT_EQ(op.frame_format, live::PixelFormat::texture8);
    EXPECT_EQ(op.frame.channel[0], 0u) << "the texture unit puts BGRA in order";
    EXPECT_EQ(op.reference_format, live::PixelFormat::rgba8);
    EXPECT_EQ(op.reference.data, reference.copy);
    EXPECT_EQ(op.reference.row_bytes, reference.copy_row_bytes);
    EXPECT_EQ(op.moments, reference.moments);
    EXPECT_EQ(op.width, static_cast<int>(kWidth));
    EXPECT_EQ(op.height, static_cast<int>(kHeight));
    EXPECT_EQ(op.border, 4);
    EXPECT_EQ(op.worst, 1.0f);
    EXPECT_EQ(op.colors_per_unit, 255 / -0.5f);
    EXPECT_EQ(op.map, nullptr);
    EXPECT_EQ(driver.views.at(op.map_surface - 1).descriptorType, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE);
    EXPECT_EQ(driver.views.at(op.map_surface - 1).imageView, workspace_->images().map_view);
    EXPECT_EQ(driver.views.at(op.heatmap_surface - 1).imageView, workspace_->images().heatmap_view);
    EXPECT_EQ(op.statistics, driver.frames[i % 2].statistics) << "two buffers take turns";
    EXPECT_EQ(op.next_bins, driver.frames[(i + 1) % 2].statistics);
    EXPECT_NE(op.statistics, op.next_bins);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(op.results), statistics_.address())
        << "no copy comes after the kernel";
    EXPECT_EQ(op.finished_blocks, driver.frames[0].finished_blocks);
    EXPECT_NE(op.finished_blocks, nullptr);
  }
}

TEST_F(in_queue_workspace, bins_are_cleared_at_first_and_after_a_discarded_frame) {
  make();
  const RenderedImage image = image_of(PixelFormat::rgba8);
  run_reference(image, VK_FORMAT_R8G8B8A8_UNORM);
  for (const bool discarded : {false, true}) {
    if (discarded) workspace_->discarded();
    driver.fills.clear();
    const RecordedFrame recorded = run_frame(image, VK_FORMAT_R8G8B8A8_UNORM);
    EXPECT_FALSE(recorded.needs_earlier_frames);
    EXPECT_GE(recorded.statistics_bytes, (kFgMapBins + kFgRecordWords) * 4u);
    using Fills = std::vector<std::array<std::uint64_t, 3>>;
    EXPECT_EQ(driver.fills, (Fills{{0, kFgMapBins * 4, 0}, {0, 4, 0}})) << "bins, and the count of blocks";
    driver.fills.clear();
    run_frame(image, VK_FORMAT_R8G8B8A8_UNORM);
    EXPECT_EQ(driver.fills, Fills{}) << "each frame clears for the next";
  }
  ASSERT_EQ(driver.references.size(), 2u) << "whether the moments were made is not sure either";
  EXPECT_EQ(driver.references[1].source.data, driver.references[0].copy);
  EXPECT_EQ(driver.references[1].copy, nullptr);
}

TEST_F(in_queue_workspace, moments_are_made_again_from_the_copy_when_the_kind_of_frame_changes) {
  make();
  const RenderedImage bytes = image_of(PixelFormat::bgra8), srgb = image_of(PixelFormat::bgra8_srgb);
  run_reference(bytes, kBytes);
  run_frame(srgb, kSrgb);
  ASSERT_EQ(driver.references.size(), 2u);
  EXPECT_EQ(driver.references[1].source_format, live::PixelFormat::rgba8);
  EXPECT_EQ(driver.references[1].source.data, driver.references[0].copy);
  EXPECT_FALSE(driver.references[1].codes);
  EXPECT_EQ(driver.references[1].copy, nullptr);
  EXPECT_EQ(driver.frames[0].frame_format, live::PixelFormat::texture);
  EXPECT_EQ(driver.frames[0].reference_format, live::PixelFormat::rgba8);
  run_frame(srgb, kSrgb);
  EXPECT_EQ(driver.references.size(), 2u);
  run_reference(bytes, kBytes);  // the next frames are expected to be as the latest was
  run_frame(srgb, kSrgb);
  ASSERT_EQ(driver.references.size(), 3u);
  EXPECT_FALSE(driver.references[2].codes);
  run_frame(bytes, kBytes);
  ASSERT_EQ(driver.references.size(), 4u);
  EXPECT_TRUE(driver.references[3].codes);
}

TEST_F(in_queue_workspace, recording_allocates_nothing_on_the_host) {
  if (allocations() == 0) GTEST_SKIP() << "AddressSanitizer has an allocator of its own";
  // The layer allocates on our thread: commands are written down and not run.
  nvx_->CmdPipelineBarrier = [](VkCommandBuffer, VkPipelineStageFlags, VkPipelineStageFlags,
                                VkDependencyFlags, std::uint32_t, const VkMemoryBarrier*, std::uint32_t,
                                const VkBufferMemoryBarrier*, std::uint32_t, const VkImageMemoryBarrier*) {};
  nvx_->CmdCopyBuffer = [](VkCommandBuffer, VkBuffer, VkBuffer, std::uint32_t, const VkBufferCopy*) {};
  nvx_->CmdUpdateBuffer = [](VkCommandBuffer, VkBuffer, VkDeviceSize, VkDeviceSize, const void*) {};
  nvx_->CmdFillBuffer = [](VkCommandBuffer, VkBuffer, VkDeviceSize, VkDeviceSize, std::uint32_t) {};
  make();
  nvx_->CmdCuLaunchKernelNVX = [](VkCommandBuffer, const VkCuLaunchInfoNVX*) {};
  nvx_->GetImageViewHandleNVX = [](VkDevice, const VkImageViewHandleInfoNVX*) { return std::uint32_t{1}; };
  const RenderedImage image = image_of(PixelFormat::rgba8);
  const SourceImage frame = source(image, kBytes);
  const long before = allocations();
  workspace_->record_reference(VK_NULL_HANDLE, frame, 0);
  for (int i = 0; i < 3; ++i)
    workspace_->record_frame(VK_NULL_HANDLE, {frame, 0, {FG_COLOR_MAP_TURBO, 1.0f, 0.5f}, statistics_});
  EXPECT_EQ(allocations(), before);
}

TEST_F(in_queue_workspace, references_of_other_formats_are_kept_as_floats) {
  make();
  const RenderedImage bytes = image_of(PixelFormat::rgba8), halfs = image_of(PixelFormat::rgba16f);
  for (const VkFormat format : {VK_FORMAT_R16G16B16A16_SFLOAT, VK_FORMAT_A2B10G10R10_UNORM_PACK32}) {
    run_reference(halfs, format);
    run_frame(bytes, VK_FORMAT_R8G8B8A8_UNORM);
    run_frame(halfs, format);
    const live::LiveReference& reference = driver.references.back();
    EXPECT_EQ(reference.source_format, live::PixelFormat::texture);
    EXPECT_FALSE(reference.codes);
    EXPECT_EQ(reference.copy_plane_bytes, reference.copy_row_bytes * kHeight);
    EXPECT_EQ(driver.frames.back().frame_format, live::PixelFormat::texture);
    EXPECT_EQ(driver.frames.back().reference_format, live::PixelFormat::planar32f);
    EXPECT_EQ(driver.frames.back().reference.plane_bytes, reference.copy_plane_bytes);
  }
  EXPECT_EQ(driver.references.size(), 2u);
}

TEST_F(in_queue_workspace, a_refused_module_or_kernel_is_an_error_that_leaves_nothing_behind) {
  driver.module_result = VK_ERROR_INITIALIZATION_FAILED;
  try {
    make();
    ADD_FAILURE() << "the module was refused";
  } catch (const vk::Error& e) {
    EXPECT_NE(std::string(e.what()).find("VK_ERROR_INITIALIZATION_FAILED"), std::string::npos) << e.what();
  }
  driver.module_result = VK_SUCCESS;
  const char* names[live::kMostEntries];
  ASSERT_GE(live::entry_names(names), 2u);
  driver.refused_entry = names[1];
  try {
    make();
    ADD_FAILURE() << "a kernel was refused";
  } catch (const vk::Error& e) {
    EXPECT_NE(std::string(e.what()).find(names[1]), std::string::npos) << e.what();
  }
  EXPECT_EQ(driver.functions, 0);
  EXPECT_EQ(driver.modules, 0);
}

}  // namespace
}  // namespace fg::test
