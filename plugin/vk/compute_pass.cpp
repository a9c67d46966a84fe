#include "plugin/vk/compute_pass.h"

#include <array>
#include <map>
#include <string>

#include "plugin/vk/error.h"

namespace fg::vk {

ComputePass::ComputePass(const Device& device, const ComputePassInfo& info)
    : device_(&device), bindings_(info.bindings), push_bytes_(info.push_bytes) {
  if (bindings_.size() > kMostBindings)
    throw Error(VK_ERROR_INITIALIZATION_FAILED,
                "a shader with " + std::to_string(bindings_.size()) + " bindings, more than kMostBindings");
  std::vector<VkDescriptorSetLayoutBinding> slots;
  for (std::uint32_t i = 0; i < bindings_.size(); ++i)
    slots.push_back({.binding = i,
                     .descriptorType = bindings_[i],
                     .descriptorCount = 1,
                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT});
  const VkDescriptorSetLayoutCreateInfo set_info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                                 .bindingCount = static_cast<std::uint32_t>(slots.size()),
                                                 .pBindings = slots.data()};
  VkDescriptorSetLayout set_layout;
  check(device.CreateDescriptorSetLayout(device.handle, &set_info, nullptr, &set_layout),
        "creating a set layout");
  set_layout_ = UniqueDescriptorSetLayout(device, set_layout);

  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes_};
  const VkPipelineLayoutCreateInfo layout_info{.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
                                               .setLayoutCount = 1,
                                               .pSetLayouts = &set_layout,
                                               .pushConstantRangeCount = push_bytes_ ? 1u : 0u,
                                               .pPushConstantRanges = &push};
  VkPipelineLayout layout;
  check(device.CreatePipelineLayout(device.handle, &layout_info, nullptr, &layout),
        "creating a pipeline layout");
  layout_ = UniquePipelineLayout(device, layout);

  const VkShaderModuleCreateInfo module_info{.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                             .codeSize = info.spirv.size_bytes(),
                                             .pCode = info.spirv.data()};
  VkShaderModule module;
  check(device.CreateShaderModule(device.handle, &module_info, nullptr, &module), "loading a shader");
  const UniqueShaderModule owned_module(device, module);

  std::vector<VkSpecializationMapEntry> entries;
  for (std::uint32_t i = 0; i < info.constants.size(); ++i) entries.push_back({i, i * 4, 4});
  const VkSpecializationInfo constants{static_cast<std::uint32_t>(entries.size()), entries.data(),
                                       info.constants.size() * 4, info.constants.data()};
  const VkComputePipelineCreateInfo pipeline_info{
      .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
      .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = module,
                .pName = "main",
                .pSpecializationInfo = entries.empty() ? nullptr : &constants},
      .layout = layout};
  VkPipeline pipeline;
  check(device.CreateComputePipelines(device.handle, VK_NULL_HANDLE, 1, &pipeline_info, nullptr, &pipeline),
        "creating a compute pipeline");
  pipeline_ = UniquePipeline(device, pipeline);
}

void ComputePass::bind_all(VkCommandBuffer cmd, const BindingSet& set, const void* push) const {
  const VkDescriptorSet descriptors = set.get();
  device_->CmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_.get());
  device_->CmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE, layout_.get(), 0, 1, &descriptors, 0,
                                 nullptr);
  if (push_bytes_)
    device_->CmdPushConstants(cmd, layout_.get(), VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes_, push);
}

void ComputePass::record(VkCommandBuffer cmd, const BindingSet& set, const void* push, std::uint32_t groups_x,
                         std::uint32_t groups_y, std::uint32_t groups_z) const {
  bind_all(cmd, set, push);
  device_->CmdDispatch(cmd, groups_x, groups_y, groups_z);
}

void ComputePass::record_indirect(VkCommandBuffer cmd, const BindingSet& set, const void* push,
                                  VkBuffer arguments, VkDeviceSize offset_bytes) const {
  bind_all(cmd, set, push);
  device_->CmdDispatchIndirect(cmd, arguments, offset_bytes);
}

BindingSet::BindingSet(const Device& device, const ComputePass& pass)
    : device_(&device), types_(pass.bindings()) {
  std::map<VkDescriptorType, std::uint32_t> counts;
  for (const VkDescriptorType type : types_) ++counts[type];
  std::vector<VkDescriptorPoolSize> sizes;
  for (const auto& [type, count] : counts) sizes.push_back({type, count});
  const VkDescriptorPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
                                             .maxSets = 1,
                                             .poolSizeCount = static_cast<std::uint32_t>(sizes.size()),
                                             .pPoolSizes = sizes.data()};
  VkDescriptorPool pool;
  check(device.CreateDescriptorPool(device.handle, &pool_info, nullptr, &pool), "creating a descriptor pool");
  pool_ = UniqueDescriptorPool(device, pool);
  const VkDescriptorSetLayout layout = pass.set_layout();
  const VkDescriptorSetAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
                                             .descriptorPool = pool,
                                             .descriptorSetCount = 1,
                                             .pSetLayouts = &layout};
  check(device.AllocateDescriptorSets(device.handle, &allocate, &set_), "allocating a descriptor set");
}

BindingSet::BindingSet(const Device& device, const ComputePass& pass, std::span<const Binding> bindings)
    : BindingSet(device, pass) {
  update(0, bindings);
}

// Runs inside the tick, so it works in place: tick_test.cpp "allocates_nothing".
void BindingSet::update(std::uint32_t first_binding, std::span<const Binding> bindings) {
  std::array<VkDescriptorBufferInfo, kMostBindings> buffers;
  std::array<VkDescriptorImageInfo, kMostBindings> images;
  std::array<VkWriteDescriptorSet, kMostBindings> writes;
  for (std::size_t i = 0; i < bindings.size(); ++i) {
    const Binding& b = bindings[i];
    const VkDescriptorType type = types_.at(first_binding + i);  // throws before anything is overrun
    buffers[i] = {b.buffer, b.offset_bytes, b.range_bytes};
    images[i] = {b.sampler, b.view, b.layout};
    writes[i] = {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                 .dstSet = set_,
                 .dstBinding = first_binding + static_cast<std::uint32_t>(i),
                 .descriptorCount = 1,
                 .descriptorType = type,
                 .pImageInfo = &images[i],
                 .pBufferInfo = &buffers[i]};
  }
  device_->UpdateDescriptorSets(device_->handle, static_cast<std::uint32_t>(bindings.size()), writes.data(),
                                0, nullptr);
}

}  // namespace fg::vk
