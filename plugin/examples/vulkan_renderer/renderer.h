#pragma once
// A plain renderer, as it was before anybody measured it: Vulkan 1.2, one compute pass that draws a disc into an offscreen
// image, two frames in flight.

#include <vulkan/vulkan.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

inline constexpr std::uint32_t kWidth = 640, kHeight = 360, kFramesInFlight = 2;
inline constexpr VkFormat kFormat = VK_FORMAT_R8G8B8A8_UNORM;

inline constexpr std::uint32_t kDiscShader[] =
#include "disc.comp.inc"
    ;

struct Disc {  // the shader's push constants
  float x, y, radius;
};

inline void check(VkResult result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + " failed: VkResult " + std::to_string(result));
}

// One owner a handle.
template <class Handle, auto destroy>
class Owned {
 public:
  Owned() = default;
  Owned(VkDevice device, Handle handle) : device_(device), handle_(handle) {}
  Owned(Owned&& other) noexcept : Owned(other.device_, std::exchange(other.handle_, Handle{})) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Owned() {
    if (handle_) destroy(device_, handle_, nullptr);
  }
  operator Handle() const { return handle_; }
  const Handle* address() const { return &handle_; }

  template <class Create, class Info>
  static Owned make(VkDevice device, Create create, const char* function, const Info& info) {
    Handle handle{};
    check(create(device, &info, nullptr, &handle), function);
    return {device, handle};
  }

 private:
  VkDevice device_ = VK_NULL_HANDLE;
  Handle handle_{};
};

using Image = Owned<VkImage, vkDestroyImage>;
using Memory = Owned<VkDeviceMemory, vkFreeMemory>;
using View = Owned<VkImageView, vkDestroyImageView>;
using ShaderModule = Owned<VkShaderModule, vkDestroyShaderModule>;
using SetLayout = Owned<VkDescriptorSetLayout, vkDestroyDescriptorSetLayout>;
using PipelineLayout = Owned<VkPipelineLayout, vkDestroyPipelineLayout>;
using Pipeline = Owned<VkPipeline, vkDestroyPipeline>;
using DescriptorPool = Owned<VkDescriptorPool, vkDestroyDescriptorPool>;
using CommandPool = Owned<VkCommandPool, vkDestroyCommandPool>;
using Fence = Owned<VkFence, vkDestroyFence>;

struct Instance {
  Instance() {
    const VkApplicationInfo application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                        .pApplicationName = "vulkan_renderer",
                                        .apiVersion = VK_API_VERSION_1_2};
    const VkInstanceCreateInfo info{.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
                                    .pApplicationInfo = &application};
    check(vkCreateInstance(&info, nullptr, &handle), "no Vulkan device: vkCreateInstance");
  }
  Instance(const Instance&) = delete;
  ~Instance() { vkDestroyInstance(handle, nullptr); }

  VkInstance handle = VK_NULL_HANDLE;
};

struct PhysicalDevice {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  std::uint32_t queue_family = 0;  // does compute
  std::string name;
};

// The first that does compute and offers Vulkan 1.2.
inline PhysicalDevice choose_device(VkInstance instance) {
  std::uint32_t count = 0;
  check(vkEnumeratePhysicalDevices(instance, &count, nullptr), "vkEnumeratePhysicalDevices");
  std::vector<VkPhysicalDevice> devices(count);
  check(vkEnumeratePhysicalDevices(instance, &count, devices.data()), "vkEnumeratePhysicalDevices");
  for (const VkPhysicalDevice device : devices) {
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(device, &properties);
    if (properties.apiVersion < VK_API_VERSION_1_2) continue;
    vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
    for (std::uint32_t i = 0; i < count; ++i)
      if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) return {device, i, properties.deviceName};
  }
  throw std::runtime_error("no Vulkan device with Vulkan 1.2 and a compute queue; install a driver");
}

struct Device {
  Device(const PhysicalDevice& chosen, const std::vector<const char*>& extensions, bool buffer_device_address)
      : physical(chosen) {
    const VkPhysicalDeviceBufferDeviceAddressFeatures addresses{
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES,
        .bufferDeviceAddress = buffer_device_address};
    const float priority = 1;
    const VkDeviceQueueCreateInfo queue_info{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                             .queueFamilyIndex = physical.queue_family,
                                             .queueCount = 1,
                                             .pQueuePriorities = &priority};
    const VkDeviceCreateInfo info{.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                  .pNext = &addresses,
                                  .queueCreateInfoCount = 1,
                                  .pQueueCreateInfos = &queue_info,
                                  .enabledExtensionCount = static_cast<std::uint32_t>(extensions.size()),
                                  .ppEnabledExtensionNames = extensions.data()};
    check(vkCreateDevice(physical.handle, &info, nullptr, &handle), "vkCreateDevice");
    vkGetDeviceQueue(handle, physical.queue_family, 0, &queue);
  }
  Device(const Device&) = delete;
  ~Device() { vkDestroyDevice(handle, nullptr); }

  std::uint32_t memory_type(std::uint32_t allowed, VkMemoryPropertyFlags wanted) const {
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(physical.handle, &memory);
    for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i)
      if ((allowed >> i & 1) && (memory.memoryTypes[i].propertyFlags & wanted) == wanted) return i;
    throw std::runtime_error("the device has no memory of the kind that is needed");
  }

  PhysicalDevice physical;
  VkDevice handle = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
};

// What draws: an image in layout GENERAL, and a pipeline with the image bound to it.
class Renderer {
 public:
  explicit Renderer(const Device& device) {
    make_image(device);
    make_pipeline(device.handle);
    bind_image(device.handle);
  }

  VkImage image() const { return image_; }
  VkImageView view() const { return view_; }

  void record(VkCommandBuffer cmd, const Disc& disc) const {
    // What the picture held is not needed any more: from UNDEFINED, after everything that read it.
    const VkImageMemoryBarrier to_general{.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                          .dstAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                          .oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
                                          .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                                          .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                          .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                          .image = image_,
                                          .subresourceRange = kWholeImage};
    vkCmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 0,
                         nullptr, 0, nullptr, 1, &to_general);
    vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_);
    vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, layout_, 0, 1, &set_, 0, nullptr);
    vkCmdPushConstants(cmd, layout_, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(disc), &disc);
    vkCmdDispatch(cmd, (kWidth + 7) / 8, (kHeight + 7) / 8, 1);
  }

 private:
  static constexpr VkImageSubresourceRange kWholeImage{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};

  void make_image(const Device& device) {
    image_ = Image::make(device.handle, vkCreateImage, "vkCreateImage",
                         VkImageCreateInfo{.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                           .imageType = VK_IMAGE_TYPE_2D,
                                           .format = kFormat,
                                           .extent = {kWidth, kHeight, 1},
                                           .mipLevels = 1,
                                           .arrayLayers = 1,
                                           .samples = VK_SAMPLE_COUNT_1_BIT,
                                           .usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT});
    VkMemoryRequirements needs;
    vkGetImageMemoryRequirements(device.handle, image_, &needs);
    memory_ =
        Memory::make(device.handle, vkAllocateMemory, "vkAllocateMemory",
                     VkMemoryAllocateInfo{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                                          .allocationSize = needs.size,
                                          .memoryTypeIndex = device.memory_type(
                                              needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)});
    check(vkBindImageMemory(device.handle, image_, memory_, 0), "vkBindImageMemory");
    view_ = View::make(device.handle, vkCreateImageView, "vkCreateImageView",
                       VkImageViewCreateInfo{.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
                                             .image = image_,
                                             .viewType = VK_IMAGE_VIEW_TYPE_2D,
                                             .format = kFormat,
                                             .subresourceRange = kWholeImage});
  }

  void make_pipeline(VkDevice device) {
    const VkDescriptorSetLayoutBinding binding{.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
                                               .descriptorCount = 1,
                                               .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    set_layout_ = SetLayout::make(
        device, vkCreateDescriptorSetLayout, "vkCreateDescriptorSetLayout",
        VkDescriptorSetLayoutCreateInfo{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                        .bindingCount = 1,
                                        .pBindings = &binding});
    const VkPushConstantRange constants{VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(Disc)};
    layout_ = PipelineLayout::make(
        device, vkCreatePipelineLayout, "vkCreatePipelineLayout",
        VkPipelineLayoutCreateInfo{.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                   .setLayoutCount = 1,
                                   .pSetLayouts = set_layout_.address(),
                                   .pushConstantRangeCount = 1,
                                   .pPushConstantRanges = &constants});
    const auto shader =
        ShaderModule::make(device, vkCreateShaderModule, "vkCreateShaderModule",
                           VkShaderModuleCreateInfo{.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                                    .codeSize = sizeof(kDiscShader),
                                                    .pCode = kDiscShader});
    const VkComputePipelineCreateInfo info{
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = shader,
                  .pName = "main"},
        .layout = layout_};
    VkPipeline pipeline;
    check(vkCreateComputePipelines(device, VK_NULL_HANDLE, 1, &info, nullptr, &pipeline),
          "vkCreateComputePipelines");
    pipeline_ = {device, pipeline};
  }

  void bind_image(VkDevice device) {
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1};
    pool_ = DescriptorPool::make(
        device, vkCreateDescriptorPool, "vkCreateDescriptorPool",
        VkDescriptorPoolCreateInfo{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                   .maxSets = 1,
                                   .poolSizeCount = 1,
                                   .pPoolSizes = &size});
    const VkDescriptorSetAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                               .descriptorPool = pool_,
                                               .descriptorSetCount = 1,
                                               .pSetLayouts = set_layout_.address()};
    check(vkAllocateDescriptorSets(device, &allocate, &set_), "vkAllocateDescriptorSets");
    const VkDescriptorImageInfo bound{.imageView = view_, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    const VkWriteDescriptorSet write{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                     .dstSet = set_,
                                     .descriptorCount = 1,
                                     .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
                                     .pImageInfo = &bound};
    vkUpdateDescriptorSets(device, 1, &write, 0, nullptr);
  }

  // Destroyed from the last to the first.
  Memory memory_;
  Image image_;
  View view_;
  SetLayout set_layout_;
  PipelineLayout layout_;
  Pipeline pipeline_;
  DescriptorPool pool_;
  VkDescriptorSet set_ = VK_NULL_HANDLE;
};

// Command buffers in flight, each with the fence that says when it may be recorded again.
class Frames {
 public:
  explicit Frames(const Device& device) : device_(device) {
    pool_ =
        CommandPool::make(device.handle, vkCreateCommandPool, "vkCreateCommandPool",
                          VkCommandPoolCreateInfo{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                                  .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
                                                  .queueFamilyIndex = device.physical.queue_family});
    const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .commandPool = pool_,
                                               .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = kFramesInFlight};
    check(vkAllocateCommandBuffers(device.handle, &allocate, commands_.data()), "vkAllocateCommandBuffers");
    for (auto& fence : fences_)
      fence = Fence::make(device.handle, vkCreateFence, "vkCreateFence",
                          VkFenceCreateInfo{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
                                            .flags = VK_FENCE_CREATE_SIGNALED_BIT});
  }
  Frames(const Frames&) = delete;
  ~Frames() { vkDeviceWaitIdle(device_.handle); }

  VkCommandBuffer begin() {
    check(vkWaitForFences(device_.handle, 1, fences_[next_].address(), VK_TRUE, UINT64_MAX),
          "vkWaitForFences");
    const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
    check(vkBeginCommandBuffer(commands_[next_], &info), "vkBeginCommandBuffer");
    return commands_[next_];
  }
  void submit() {
    check(vkEndCommandBuffer(commands_[next_]), "vkEndCommandBuffer");
    const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            .commandBufferCount = 1,
                            .pCommandBuffers = &commands_[next_]};
    check(vkResetFences(device_.handle, 1, fences_[next_].address()), "vkResetFences");
    check(vkQueueSubmit(device_.queue, 1, &info, fences_[next_]), "vkQueueSubmit");
    next_ = (next_ + 1) % kFramesInFlight;
  }
  void wait() { check(vkDeviceWaitIdle(device_.handle), "vkDeviceWaitIdle"); }

 private:
  const Device& device_;
  CommandPool pool_;
  std::array<VkCommandBuffer, kFramesInFlight> commands_{};
  std::array<Fence, kFramesInFlight> fences_;
  std::size_t next_ = 0;
};
