#include "plugin/vk/own_device.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "plugin/vk/error.h"

namespace fg::vk {
namespace detail {

struct InstanceOwner {
  void* library = nullptr;
  VkInstance instance = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
  Dispatch functions;
  std::vector<std::string> messages;

  InstanceOwner() = default;
  InstanceOwner(const InstanceOwner&) = delete;
  InstanceOwner& operator=(const InstanceOwner&) = delete;
  ~InstanceOwner() {
    if (messenger) functions.DestroyDebugUtilsMessengerEXT(instance, messenger, nullptr);
    if (instance) functions.DestroyInstance(instance, nullptr);
    // The loader stays mapped: drivers leave threads and exit handlers behind that must not lose their code.
  }
};

struct Opened {
  std::shared_ptr<InstanceOwner> owner;
  HostHandles handles;
  std::uint32_t queue_family = 0;
  std::vector<std::string> extensions;
};

namespace {

VKAPI_ATTR VkBool32 VKAPI_CALL collect_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                               VkDebugUtilsMessageTypeFlagsEXT,
                                               const VkDebugUtilsMessengerCallbackDataEXT* data, void* user) {
  static_cast<InstanceOwner*>(user)->messages.emplace_back(data->pMessage);
  std::fprintf(stderr, "Vulkan validation: %s\n", data->pMessage);
  return VK_FALSE;
}

PFN_vkGetInstanceProcAddr open_loader(InstanceOwner& owner) {
  owner.library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!owner.library)
    throw Error(VK_ERROR_INITIALIZATION_FAILED,
                "no Vulkan loader: libvulkan.so.1 was not found; install a Vulkan driver "
                "(Debian: apt-get install libvulkan1 mesa-vulkan-drivers)");
  return reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(owner.library, "vkGetInstanceProcAddr"));
}

bool layer_present(PFN_vkGetInstanceProcAddr get, const char* wanted) {
  const auto enumerate = reinterpret_cast<PFN_vkEnumerateInstanceLayerProperties>(
      get(VK_NULL_HANDLE, "vkEnumerateInstanceLayerProperties"));
  std::uint32_t count = 0;
  enumerate(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  enumerate(&count, layers.data());
  return std::any_of(layers.begin(), layers.end(),
                     [&](const VkLayerProperties& l) { return std::strcmp(l.layerName, wanted) == 0; });
}

std::shared_ptr<InstanceOwner> open_instance(const OwnDeviceInfo& info) {
  auto owner = std::make_shared<InstanceOwner>();
  const PFN_vkGetInstanceProcAddr get = open_loader(*owner);
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(get(VK_NULL_HANDLE, "vkCreateInstance"));

  constexpr const char* kValidation = "VK_LAYER_KHRONOS_validation";
  std::vector<const char*> extensions = info.instance_extensions;
  if (info.validation) {
    if (!layer_present(get, kValidation))
      throw Error(VK_ERROR_LAYER_NOT_PRESENT,
                  "validation was asked for, but VK_LAYER_KHRONOS_validation is not installed "
                  "(Debian: apt-get install vulkan-validationlayers)");
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  }
  const VkApplicationInfo application{.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
                                      .pApplicationName = "framegauge",
                                      .pEngineName = "framegauge",
                                      .apiVersion = VK_API_VERSION_1_2};
  const VkDebugUtilsMessengerCreateInfoEXT messenger{
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
      .messageSeverity =
          VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
      .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
      .pfnUserCallback = collect_message,
      .pUserData = owner.get()};
  constexpr VkValidationFeatureEnableEXT kSynchronization =
      VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
  const VkValidationFeaturesEXT features{.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
                                         .pNext = &messenger,
                                         .enabledValidationFeatureCount = 1,
                                         .pEnabledValidationFeatures = &kSynchronization};
  const VkInstanceCreateInfo create_info{
      .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
      .pNext = info.validation ? &features : nullptr,
      .pApplicationInfo = &application,
      .enabledLayerCount = info.validation ? 1u : 0u,
      .ppEnabledLayerNames = &kValidation,
      .enabledExtensionCount = static_cast<std::uint32_t>(extensions.size()),
      .ppEnabledExtensionNames = extensions.data()};
  check(create(&create_info, nullptr, &owner->instance),
        "creating a Vulkan instance (is a driver installed?)");
  owner->functions.load_instance(get, owner->instance);
  if (info.validation)
    check(owner->functions.CreateDebugUtilsMessengerEXT(owner->instance, &messenger, nullptr,
                                                        &owner->messenger),
          "listening to the validation layer");
  return owner;
}

std::vector<VkPhysicalDevice> enumerate(const InstanceOwner& owner) {
  std::uint32_t count = 0;
  check(owner.functions.EnumeratePhysicalDevices(owner.instance, &count, nullptr),
        "listing the Vulkan devices");
  std::vector<VkPhysicalDevice> devices(count);
  check(owner.functions.EnumeratePhysicalDevices(owner.instance, &count, devices.data()),
        "listing the Vulkan devices");
  return devices;
}

// The first family of the kind, or else the first that does compute: enough for headless work. -1: none.
int find_queue_family(const Dispatch& functions, VkPhysicalDevice physical, QueueKind kind) {
  std::uint32_t count = 0;
  functions.GetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  functions.GetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
  int any = -1;
  for (std::uint32_t i = 0; i < count; ++i) {
    const VkQueueFlags does = families[i].queueFlags;
    if (!(does & VK_QUEUE_COMPUTE_BIT)) continue;
    if (((does & VK_QUEUE_GRAPHICS_BIT) != 0) == (kind == QueueKind::graphics)) return static_cast<int>(i);
    if (any < 0) any = static_cast<int>(i);
  }
  return any;
}

PhysicalDevice describe_physical(const Dispatch& functions, VkPhysicalDevice physical) {
  VkPhysicalDeviceSubgroupProperties subgroup{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceDriverProperties driver{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
                                          .pNext = &subgroup};
  VkPhysicalDeviceProperties2 all{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &driver};
  functions.GetPhysicalDeviceProperties2(physical, &all);
  const VkPhysicalDeviceProperties& p = all.properties;
  PhysicalDevice found{.name = p.deviceName,
                       .driver = std::string(driver.driverName) + " " + driver.driverInfo,
                       .api_version = p.apiVersion,
                       .type = p.deviceType,
                       .subgroup_size = subgroup.subgroupSize,
                       .unusable_because = {}};
  if (p.apiVersion < VK_API_VERSION_1_2)
    found.unusable_because = "it offers less than Vulkan 1.2";
  else if (find_queue_family(functions, physical, QueueKind::graphics) < 0)
    found.unusable_because = "it has no compute queue";
  return found;
}

int rank(const PhysicalDevice& device) {  // higher is better
  if (!device.unusable_because.empty()) return -1;
  switch (device.type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return 4;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return 3;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return 2;
    default:
      return 1;
  }
}

VkPhysicalDevice choose(const InstanceOwner& owner, const std::string& wanted) {
  const std::vector<VkPhysicalDevice> devices = enumerate(owner);
  std::string offered;
  int best = -1;
  VkPhysicalDevice chosen = VK_NULL_HANDLE;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const PhysicalDevice device = describe_physical(owner.functions, devices[i]);
    offered += (i ? ", " : "") + std::to_string(i) + ": " + device.name;
    if (!device.unusable_because.empty()) offered += " (" + device.unusable_because + ")";
    const bool named =
        wanted.empty() || wanted == std::to_string(i) || device.name.find(wanted) != std::string::npos;
    if (named && rank(device) > best) {
      best = rank(device);
      chosen = devices[i];
    }
  }
  if (best < 0)
    throw Error(VK_ERROR_INITIALIZATION_FAILED,
                "no usable Vulkan device" + (wanted.empty() ? std::string() : " matches '" + wanted + "'") +
                    "; offered: " +
                    (offered.empty() ? "none (install a driver, e.g. mesa-vulkan-drivers)" : offered));
  return chosen;
}

}  // namespace

Opened open(const OwnDeviceInfo& info) {
  Opened opened{.owner = open_instance(info)};
  const Dispatch& functions = opened.owner->functions;
  const VkPhysicalDevice physical = choose(*opened.owner, info.wanted_device);
  opened.queue_family = static_cast<std::uint32_t>(find_queue_family(functions, physical, info.queue));

  std::vector<const char*> enabled;
  for (const char* name : info.device_extensions)
    if (offers_extension(functions, physical, name)) {
      enabled.push_back(name);
      opened.extensions.emplace_back(name);
    }

  VkPhysicalDeviceTimelineSemaphoreFeatures timelines{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES};
  VkPhysicalDeviceBufferDeviceAddressFeatures addresses{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES, .pNext = &timelines};
  VkPhysicalDeviceFeatures2 features{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                     .pNext = &addresses};
  functions.GetPhysicalDeviceFeatures2(physical, &features);
  addresses.bufferDeviceAddressCaptureReplay = VK_FALSE;
  addresses.bufferDeviceAddressMultiDevice = VK_FALSE;

  const float priority = 1.0f;
  const VkDeviceQueueCreateInfo queue{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                      .queueFamilyIndex = opened.queue_family,
                                      .queueCount = 1,
                                      .pQueuePriorities = &priority};
  const VkDeviceCreateInfo device_info{.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                                       .pNext = &addresses,  // those that the device has
                                       .queueCreateInfoCount = 1,
                                       .pQueueCreateInfos = &queue,
                                       .enabledExtensionCount = static_cast<std::uint32_t>(enabled.size()),
                                       .ppEnabledExtensionNames = enabled.data()};
  VkDevice device;
  check(functions.CreateDevice(physical, &device_info, nullptr, &device), "opening the Vulkan device");
  opened.handles = {opened.owner->instance, physical, device, functions.GetInstanceProcAddr,
                    addresses.bufferDeviceAddress == VK_TRUE};
  return opened;
}

}  // namespace detail

std::vector<PhysicalDevice> list_devices() {
  const auto owner = detail::open_instance({});
  std::vector<PhysicalDevice> found;
  for (const VkPhysicalDevice physical : detail::enumerate(*owner))
    found.push_back(detail::describe_physical(owner->functions, physical));
  return found;
}

OwnDevice::OwnDevice(const OwnDeviceInfo& info) : OwnDevice(detail::open(info)) {}

OwnDevice::OwnDevice(detail::Opened opened)
    : Device(opened.handles),
      queue_family(opened.queue_family),
      owner_(std::move(opened.owner)),
      extensions_(std::move(opened.extensions)) {
  GetDeviceQueue(handle, queue_family, 0, &queue);
}

OwnDevice::~OwnDevice() {
  DeviceWaitIdle(handle);
  DestroyDevice(handle, nullptr);
}

bool OwnDevice::has_extension(const std::string& name) const {
  return std::find(extensions_.begin(), extensions_.end(), name) != extensions_.end();
}

const std::vector<std::string>& OwnDevice::validation_messages() const { return owner_->messages; }

PhysicalDevice OwnDevice::describe() const { return detail::describe_physical(*this, physical); }

}  // namespace fg::vk
