#pragma once
// Debian's libimgui.a calls Vulkan by its plain symbols. We must not link libvulkan, because the program has
// to start where there is none; so these symbols are ours, and forward to what the loader offers at run time.

#include "plugin/vk/dispatch.h"
#include "plugin/vk/error.h"

namespace fg {

// Before ImGui_ImplVulkan_Init. Throws vk::Error naming the first function that is missing.
void load_imgui_vulkan(PFN_vkGetInstanceProcAddr get_instance_proc_addr, VkInstance instance);

}  // namespace fg
