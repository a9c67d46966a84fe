#include "plugin/vk/cuda_kernel.h"

#include <string>

#include "plugin/vk/error.h"

namespace fg::vk {

CudaModule::CudaModule(const Device& device, std::span<const std::byte> fatbin) {
  const VkCuModuleCreateInfoNVX info{.sType = VK_STRUCTURE_TYPE_CU_MODULE_CREATE_INFO_NVX,
                                     .dataSize = fatbin.size(),
                                     .pData = fatbin.data()};
  VkCuModuleNVX module;
  check(device.CreateCuModuleNVX(device.handle, &info, nullptr, &module), "loading the CUDA kernels");
  module_ = UniqueCuModule(device, module);
}

CudaKernel::CudaKernel(const Device& device, const CudaModule& module, const char* entry) : device_(&device) {
  const VkCuFunctionCreateInfoNVX info{
      .sType = VK_STRUCTURE_TYPE_CU_FUNCTION_CREATE_INFO_NVX, .module = module.get(), .pName = entry};
  VkCuFunctionNVX function;
  const std::string doing = std::string("looking up the CUDA kernel ") + entry;
  check(device.CreateCuFunctionNVX(device.handle, &info, nullptr, &function), doing.c_str());
  function_ = UniqueCuFunction(device, function);
}

void CudaKernel::record(VkCommandBuffer cmd, const CudaGrid& grid, const void* argument) const {
  const VkCuLaunchInfoNVX info{.sType = VK_STRUCTURE_TYPE_CU_LAUNCH_INFO_NVX,
                               .function = function_.get(),
                               .gridDimX = grid.blocks[0],
                               .gridDimY = grid.blocks[1],
                               .gridDimZ = grid.blocks[2],
                               .blockDimX = grid.threads,
                               .blockDimY = 1,
                               .blockDimZ = 1,
                               .sharedMemBytes = 0,
                               .paramCount = 1,
                               .pParams = &argument};
  device_->CmdCuLaunchKernelNVX(cmd, &info);
}

std::uint64_t texture_handle(const Device& device, VkImageView view, VkSampler sampler) {
  const VkImageViewHandleInfoNVX info{.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_HANDLE_INFO_NVX,
                                      .imageView = view,
                                      .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
                                      .sampler = sampler};
  return device.GetImageViewHandleNVX(device.handle, &info);
}

std::uint64_t surface_handle(const Device& device, VkImageView view) {
  const VkImageViewHandleInfoNVX info{.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_HANDLE_INFO_NVX,
                                      .imageView = view,
                                      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE};
  return device.GetImageViewHandleNVX(device.handle, &info);
}

}  // namespace fg::vk
