#pragma once
// One compute shader with the things it is bound to. Descriptor set 0, bindings 0..n-1 in order.
//
//   ComputePass blur(device, {.spirv = shaders::blur, .bindings = {kStorageImage, kStorageBuffer},
//   .push_bytes = 8}); BindingSet bound(device, blur, {bind(image.view(), VK_IMAGE_LAYOUT_GENERAL),
//   bind(buffer)}); blur.record(cmd, bound, push, groups_x, groups_y);

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plugin/vk/buffer.h"
#include "plugin/vk/image.h"
#include "plugin/vk/unique.h"

namespace fg::vk {

inline constexpr VkDescriptorType kStorageBuffer = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
inline constexpr VkDescriptorType kStorageImage = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
inline constexpr VkDescriptorType kSampledImage = VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE;
inline constexpr VkDescriptorType kCombinedImageSampler = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;

inline constexpr std::size_t kMostBindings = 16;  // of one pass

struct ComputePassInfo {
  std::span<const std::uint32_t> spirv;    // entry point "main"
  std::vector<VkDescriptorType> bindings;  // binding i has type bindings[i]; at most kMostBindings
  std::uint32_t push_bytes = 0;            // size of the push constants, at most 128
  std::vector<std::uint32_t> constants;    // specialisation constant i has the bits constants[i]
};

// What one binding points at: a whole buffer, or an image view in a layout (with a sampler if combined).
struct Binding {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset_bytes = 0;
  VkDeviceSize range_bytes = VK_WHOLE_SIZE;
  VkImageView view = VK_NULL_HANDLE;
  VkImageLayout layout = VK_IMAGE_LAYOUT_GENERAL;
  VkSampler sampler = VK_NULL_HANDLE;
};
inline Binding bind(const Buffer& buffer) { return {.buffer = buffer.get()}; }
inline Binding bind(VkImageView view, VkImageLayout layout, VkSampler sampler = VK_NULL_HANDLE) {
  return {.view = view, .layout = layout, .sampler = sampler};
}

class BindingSet;

class ComputePass {
 public:
  ComputePass() = default;
  ComputePass(const Device& device, const ComputePassInfo& info);

  // Binds and dispatches; the caller places the barriers. push is null when push_bytes is 0.
  void record(VkCommandBuffer cmd, const BindingSet& set, const void* push, std::uint32_t groups_x,
              std::uint32_t groups_y = 1, std::uint32_t groups_z = 1) const;
  void record_indirect(VkCommandBuffer cmd, const BindingSet& set, const void* push, VkBuffer arguments,
                       VkDeviceSize offset_bytes) const;

  VkDescriptorSetLayout set_layout() const { return set_layout_.get(); }
  const std::vector<VkDescriptorType>& bindings() const { return bindings_; }

 private:
  void bind_all(VkCommandBuffer cmd, const BindingSet& set, const void* push) const;

  const Device* device_ = nullptr;
  std::vector<VkDescriptorType> bindings_;
  std::uint32_t push_bytes_ = 0;
  UniqueDescriptorSetLayout set_layout_;
  UniquePipelineLayout layout_;
  UniquePipeline pipeline_;
};

// A descriptor set with a pool of its own. update() must not be called while a submitted command buffer uses
// the set.
class BindingSet {
 public:
  BindingSet() = default;
  BindingSet(const Device& device, const ComputePass& pass);  // nothing bound yet
  BindingSet(const Device& device, const ComputePass& pass, std::span<const Binding> bindings);
  BindingSet(const Device& device, const ComputePass& pass, std::initializer_list<Binding> bindings)
      : BindingSet(device, pass, std::span<const Binding>(bindings.begin(), bindings.size())) {}

  void update(std::uint32_t first_binding, std::span<const Binding> bindings);
  void update(std::uint32_t binding, const Binding& value) {
    update(binding, std::span<const Binding>(&value, 1));
  }
  VkDescriptorSet get() const { return set_; }

 private:
  const Device* device_ = nullptr;
  std::vector<VkDescriptorType> types_;
  UniqueDescriptorPool pool_;
  VkDescriptorSet set_ = VK_NULL_HANDLE;  // freed with the pool
};

}  // namespace fg::vk
