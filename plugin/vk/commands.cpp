#include "plugin/vk/commands.h"

#include <cstring>

#include "plugin/vk/error.h"

namespace fg::vk {
namespace {

VkBufferImageCopy whole(VkExtent3D extent) {
  return {.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, .imageExtent = extent};
}

std::size_t bytes_of(VkExtent3D extent, std::size_t texel_bytes) {
  return std::size_t{extent.width} * extent.height * extent.depth * texel_bytes;
}

}  // namespace

CommandSlot::CommandSlot(const OwnDevice& device) {
  const VkCommandPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                          .queueFamilyIndex = device.queue_family};
  VkCommandPool made;
  check(device.CreateCommandPool(device.handle, &pool_info, nullptr, &made), "creating a command pool");
  pool = UniqueCommandPool(device, made);
  const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                             .commandPool = made,
                                             .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                             .commandBufferCount = 1};
  check(device.AllocateCommandBuffers(device.handle, &allocate, &cmd), "allocating a command buffer");
  const VkFenceCreateInfo fence_info{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
                                     .flags = VK_FENCE_CREATE_SIGNALED_BIT};
  VkFence fence;
  check(device.CreateFence(device.handle, &fence_info, nullptr, &fence), "creating a fence");
  finished = UniqueFence(device, fence);
}

VkCommandBuffer CommandSlot::begin(const Device& device) const {
  check(device.ResetCommandPool(device.handle, pool.get(), 0), "resetting a command pool");
  const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  check(device.BeginCommandBuffer(cmd, &info), "beginning a command buffer");
  return cmd;
}

void run_and_wait(const OwnDevice& device, const std::function<void(VkCommandBuffer)>& record,
                  const std::function<void(Submission&)>& join) {
  const CommandSlot slot(device);
  const VkCommandBuffer cmd = slot.begin(device);
  record(cmd);
  check(device.EndCommandBuffer(cmd), "ending a command buffer");
  const VkFence finished = slot.finished.get();
  check(device.ResetFences(device.handle, 1, &finished), "resetting a fence");
  Submission submission;
  if (join) join(submission);
  check(submission.submit(device, cmd, finished), "submitting commands");
  check(device.WaitForFences(device.handle, 1, &finished, VK_TRUE, UINT64_MAX), "waiting for commands");
}

void compute_barrier(const Device& device, VkCommandBuffer cmd) {
  constexpr VkPipelineStageFlags kStages =
      VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  const VkMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
                                .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                                                 VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT |
                                                 VK_ACCESS_INDIRECT_COMMAND_READ_BIT};
  device.CmdPipelineBarrier(cmd, kStages, kStages | VK_PIPELINE_STAGE_DRAW_INDIRECT_BIT, 0, 1, &barrier, 0,
                            nullptr, 0, nullptr);
}

void full_barrier(const Device& device, VkCommandBuffer cmd) {
  const VkMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                .srcAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT};
  device.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 1,
                            &barrier, 0, nullptr, 0, nullptr);
}

void change_layout(const Device& device, VkCommandBuffer cmd, VkImage image, VkImageLayout from,
                   VkImageLayout to) {
  const VkImageMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                     .oldLayout = from,
                                     .newLayout = to,
                                     .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                     .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                     .image = image,
                                     .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  device.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0,
                            nullptr, 0, nullptr, 1, &barrier);
}

void upload(const OwnDevice& device, const Image& image, const void* pixels, std::size_t texel_bytes,
            VkImageLayout final_layout) {
  const std::size_t size_bytes = bytes_of(image.extent(), texel_bytes);
  const Buffer staging(device, size_bytes, Residence::upload);
  std::memcpy(staging.mapped(), pixels, size_bytes);
  run_and_wait(device, [&](VkCommandBuffer cmd) {
    change_layout(device, cmd, image.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    const VkBufferImageCopy copy = whole(image.extent());
    device.CmdCopyBufferToImage(cmd, staging.get(), image.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1,
                                &copy);
    change_layout(device, cmd, image.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, final_layout);
  });
}

std::vector<std::byte> download(const OwnDevice& device, const Image& image, std::size_t texel_bytes,
                                VkImageLayout layout) {
  return download(device, image.get(), image.extent(), texel_bytes, layout);
}

std::vector<std::byte> download(const OwnDevice& device, VkImage image, VkExtent3D extent,
                                std::size_t texel_bytes, VkImageLayout layout) {
  const Buffer staging(device, bytes_of(extent, texel_bytes), Residence::readback);
  run_and_wait(device, [&](VkCommandBuffer cmd) {
    change_layout(device, cmd, image, layout, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    const VkBufferImageCopy copy = whole(extent);
    device.CmdCopyImageToBuffer(cmd, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, staging.get(), 1, &copy);
    change_layout(device, cmd, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, layout);
  });
  return {staging.mapped(), staging.mapped() + bytes_of(extent, texel_bytes)};
}

void upload(const OwnDevice& device, const Buffer& buffer, const void* bytes, std::size_t size_bytes) {
  if (size_bytes == 0) return;
  const Buffer staging(device, size_bytes, Residence::upload);
  std::memcpy(staging.mapped(), bytes, size_bytes);
  run_and_wait(device, [&](VkCommandBuffer cmd) {
    const VkBufferCopy copy{0, 0, size_bytes};
    device.CmdCopyBuffer(cmd, staging.get(), buffer.get(), 1, &copy);
  });
}

std::vector<std::byte> download(const OwnDevice& device, const Buffer& buffer, std::size_t size_bytes) {
  const Buffer staging(device, size_bytes, Residence::readback);
  run_and_wait(device, [&](VkCommandBuffer cmd) {
    const VkBufferCopy copy{0, 0, size_bytes};
    device.CmdCopyBuffer(cmd, buffer.get(), staging.get(), 1, &copy);
  });
  return {staging.mapped(), staging.mapped() + size_bytes};
}

}  // namespace fg::vk
