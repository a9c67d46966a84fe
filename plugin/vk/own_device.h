#pragma once
// A Vulkan device that we open ourselves: for the viewer, the headless commands and the tests.
// (The plugin never opens one; it borrows its host's.)

#include <memory>
#include <string>
#include <vector>

#include "plugin/vk/device.h"

namespace fg::vk {

enum class QueueKind {
  graphics,  // and compute; compute alone where a device has no other
  compute,   // a family that does compute and no graphics, where a device has one
};

struct OwnDeviceInfo {
  std::string wanted_device;  // part of the device's name, or its index; empty: the best one
  QueueKind queue = QueueKind::graphics;
  bool validation = false;                       // Khronos layer with synchronization validation
  std::vector<const char*> instance_extensions;  // e.g. those that GLFW asks for
  std::vector<const char*> device_extensions;    // enabled where the device has them
      // (bufferDeviceAddress and timelineSemaphore always are, where the
      // device has them)
};

struct PhysicalDevice {
  std::string name;
  std::string driver;         // "llvmpipe Mesa 22.3.6", "NVIDIA 580.159.04"
  std::uint32_t api_version;  // VK_MAKE_API_VERSION encoding
  VkPhysicalDeviceType type;
  std::uint32_t subgroup_size;
  std::string unusable_because;  // empty when the main job can run on it
};

// All devices the loader offers; throws Error with the reason when there is no loader or no instance.
std::vector<PhysicalDevice> list_devices();

namespace detail {
struct InstanceOwner;  // loader library, instance, messenger; outlives the device
struct Opened;
}  // namespace detail

class OwnDevice : public Device {
 public:
  explicit OwnDevice(const OwnDeviceInfo& info = {});
  ~OwnDevice();

  std::uint32_t queue_family = 0;
  VkQueue queue = VK_NULL_HANDLE;

  bool has_extension(const std::string& name) const;            // enabled on this device
  const std::vector<std::string>& validation_messages() const;  // empty when nothing was reported
  PhysicalDevice describe() const;

 private:
  explicit OwnDevice(detail::Opened opened);
  std::shared_ptr<detail::InstanceOwner> owner_;
  std::vector<std::string> extensions_;
};

}  // namespace fg::vk
