// framegauge doctor: what this machine offers, and why what is missing is missing.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "framegauge/vulkan.h"
#include "plugin/vk/error.h"
#include "plugin/vk/own_device.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/commands/commands.h"
#include "viewer/error.h"
#include "viewer/render/cuda_drr_renderer.h"

namespace fg {
namespace {

const char* name_of(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return "discrete GPU";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return "integrated GPU";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return "virtual GPU";
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return "CPU";
    default:
      return "other";
  }
}

void print_cuda() {
  std::uint32_t count = 0;
  std::vector<FgCudaDevice> devices;
  FgStatus status = fg_cuda_devices(nullptr, &count);
  if (status == FG_STATUS_OK) {
    devices.resize(count);
    status = fg_cuda_devices(devices.data(), &count);
  }
  if (status != FG_STATUS_OK)
    std::printf("CUDA\n  not available: %s\n", fg_last_error());
  else
    std::printf("CUDA\n");
  for (const FgCudaDevice& d : devices)
    std::printf("  %s, compute capability %d.%d, %.0f GiB\n", d.name, d.compute_major, d.compute_minor,
                static_cast<double>(d.memory_bytes) / (1 << 30));
}

// Returns whether a device can run the main job.
bool print_vulkan_devices() {
  std::printf("Vulkan devices\n");
  try {
    bool usable = false;
    for (const vk::PhysicalDevice& d : vk::list_devices()) {
      std::printf("  %s (%s, Vulkan %u.%u, subgroups of %u; driver %s): %s\n", d.name.c_str(),
                  name_of(d.type), VK_API_VERSION_MAJOR(d.api_version), VK_API_VERSION_MINOR(d.api_version),
                  d.subgroup_size, d.driver.c_str(),
                  d.unusable_because.empty() ? "usable" : ("not usable: " + d.unusable_because).c_str());
      usable |= d.unusable_because.empty();
    }
    if (!usable)
      std::printf(
          "  none that can be used; install a driver (Debian: apt-get install mesa-vulkan-drivers)\n");
    return usable;
  } catch (const vk::Error& e) {
    std::printf("  not available: %s\n", e.what());
    return false;
  }
}

// Returns whether some executor is available on the device.
bool print_executors(const vk::OwnDevice& device) {
  const FgEvaluatorInfo info = evaluator_info(device);
  FgExecutorSupport support[8];
  std::uint32_t count = 8;
  std::printf("Executors on %s\n", device.properties.deviceName);
  if (fg_evaluator_executors(&info, support, &count) != FG_STATUS_OK) {
    std::printf("  not available: %s\n", fg_last_error());
    return false;
  }
  bool any = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    any |= support[i].available != 0;
    std::printf("  %-8s %s%s\n", fg_executor_name(support[i].executor),
                support[i].available ? "available" : "not available: ",
                support[i].available ? "" : support[i].reason);
  }
  return any;
}

void print_drr_renderers(const vk::OwnDevice& device) {
  const std::string why_not_cuda = why_no_cuda_drr(device);
  std::printf("Renderers of radiographs on %s\n  vulkan   available\n  cuda     %s%s\n",
              device.properties.deviceName,
              why_not_cuda.empty() ? "available" : "not available: ", why_not_cuda.c_str());
}

int run(const std::string& wanted_device) {
  std::printf("framegauge %s\n", fg_version());
  print_cuda();
  bool ready = print_vulkan_devices();
  if (ready) {
    try {
      const vk::OwnDevice device(
          {.wanted_device = wanted_device, .device_extensions = evaluator_extensions()});
      ready = print_executors(device);
      print_drr_renderers(device);
    } catch (const vk::Error& e) {
      std::printf("Executors\n  not available: %s\n", e.what());
      ready = false;
    }
  }
  std::printf(
      ready
          ? "Ready: frames can be rendered and scored here.\n"
          : "Not ready: rendering and scoring needs a Vulkan 1.2 device; 'framegauge diff' works without.\n");
  return static_cast<int>(ready ? ExitCode::pass : ExitCode::internal);
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  struct Options {
    std::string device;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("doctor", "Which devices and executors this machine offers, and why not");
  command->add_option("--device", options->device, "Vulkan device: part of its name, or its index");
  command->footer(
      "Exit code 0 only when frames can be rendered and scored here.\nExample: framegauge doctor");
  command->callback([options, &exit_code] { exit_code = run(options->device); });
}

}  // namespace fg
