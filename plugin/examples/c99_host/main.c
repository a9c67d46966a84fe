/* A host in C99: two frames of one colour, scored against the colour that they should have.
 *   c99_host
 * The first frame has the right colour and scores exactly 1, the second does not. */

#include <framegauge/vulkan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 64, HEIGHT = 48 };

typedef struct Host {
  VkInstance instance;
  VkPhysicalDevice physical_device;
  uint32_t queue_family;
  VkDevice device;
  VkQueue queue;
  VkImage image;
  VkDeviceMemory memory;
  VkImageView view;
  VkCommandPool pool;
  VkCommandBuffer commands;
  FgEvaluator evaluator;
} Host;

/* 1 for success; what failed is said once, here. */
static int vulkan_ok(VkResult result, const char* function) {
  if (result < 0) fprintf(stderr, "c99_host: %s failed: VkResult %d\n", function, (int)result);
  return result >= 0;
}
static int framegauge_ok(FgStatus status, const char* function) {
  if (status != FG_STATUS_OK)
    fprintf(stderr, "c99_host: %s failed with status %d: %s\n", function, (int)status, fg_last_error());
  return status == FG_STATUS_OK;
}

/* The first device, and its first queue family that does compute. */
static int open_instance(Host* host) {
  VkApplicationInfo application = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO};
  VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  uint32_t devices = 1, count = 16, i;
  VkQueueFamilyProperties families[16];

  application.apiVersion = VK_API_VERSION_1_2;
  info.pApplicationInfo = &application;
  if (!vulkan_ok(vkCreateInstance(&info, NULL, &host->instance), "no Vulkan device: vkCreateInstance"))
    return 0;
  if (!vulkan_ok(vkEnumeratePhysicalDevices(host->instance, &devices, &host->physical_device),
                 "vkEnumeratePhysicalDevices"))
    return 0;
  if (devices > 0) {
    vkGetPhysicalDeviceQueueFamilyProperties(host->physical_device, &count, families);
    for (i = 0; i < count; ++i)
      if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) {
        host->queue_family = i;
        return 1;
      }
  }
  fprintf(stderr, "c99_host: no Vulkan device with a compute queue; install a driver\n");
  return 0;
}

/* With what makes the fastest executor available; it runs without, too. */
static int open_device(Host* host, const FgDeviceRequirements* wanted) {
  const float priority = 1;
  VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO};
  VkPhysicalDeviceBufferDeviceAddressFeatures addresses = {
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES};
  VkDeviceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO};

  queue.queueFamilyIndex = host->queue_family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  addresses.bufferDeviceAddress = wanted->buffer_device_address;
  info.pNext = &addresses;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  info.enabledExtensionCount = wanted->extension_count;
  info.ppEnabledExtensionNames = wanted->extensions;
  if (!vulkan_ok(vkCreateDevice(host->physical_device, &info, NULL, &host->device), "vkCreateDevice"))
    return 0;
  vkGetDeviceQueue(host->device, host->queue_family, 0, &host->queue);
  return 1;
}

static int make_image(Host* host) {
  VkImageCreateInfo image = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO};
  VkMemoryRequirements needs;
  VkPhysicalDeviceMemoryProperties types;
  VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
  VkImageViewCreateInfo view = {.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO};

  image.imageType = VK_IMAGE_TYPE_2D;
  image.format = VK_FORMAT_R8G8B8A8_UNORM;
  image.extent.width = WIDTH;
  image.extent.height = HEIGHT;
  image.extent.depth = image.mipLevels = image.arrayLayers = 1;
  image.samples = VK_SAMPLE_COUNT_1_BIT;
  image.usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_SAMPLED_BIT; /* sampled: what is scored */
  if (!vulkan_ok(vkCreateImage(host->device, &image, NULL, &host->image), "vkCreateImage")) return 0;

  vkGetImageMemoryRequirements(host->device, host->image, &needs);
  vkGetPhysicalDeviceMemoryProperties(host->physical_device, &types);
  while (memory.memoryTypeIndex < types.memoryTypeCount &&
         !((needs.memoryTypeBits >> memory.memoryTypeIndex & 1) &&
           (types.memoryTypes[memory.memoryTypeIndex].propertyFlags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)))
    ++memory.memoryTypeIndex;
  memory.allocationSize = needs.size;
  if (!vulkan_ok(vkAllocateMemory(host->device, &memory, NULL, &host->memory), "vkAllocateMemory") ||
      !vulkan_ok(vkBindImageMemory(host->device, host->image, host->memory, 0), "vkBindImageMemory"))
    return 0;

  view.image = host->image;
  view.viewType = VK_IMAGE_VIEW_TYPE_2D;
  view.format = image.format;
  view.subresourceRange.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT;
  view.subresourceRange.levelCount = view.subresourceRange.layerCount = 1;
  return vulkan_ok(vkCreateImageView(host->device, &view, NULL, &host->view), "vkCreateImageView");
}

static int make_commands(Host* host) {
  VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO};
  VkCommandBufferAllocateInfo commands = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO};

  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = host->queue_family;
  if (!vulkan_ok(vkCreateCommandPool(host->device, &pool, NULL, &host->pool), "vkCreateCommandPool"))
    return 0;
  commands.commandPool = host->pool;
  commands.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  commands.commandBufferCount = 1;
  return vulkan_ok(vkAllocateCommandBuffers(host->device, &commands, &host->commands),
                   "vkAllocateCommandBuffers");
}

static int make_evaluator(Host* host, const FgDeviceRequirements* wanted, const uint8_t color[4]) {
  static uint8_t pixels[HEIGHT * WIDTH * 4];
  int64_t shape[3] = {HEIGHT, WIDTH, 4};
  FgEvaluatorInfo info;
  DLTensor truth = {0};
  size_t i;

  fg_evaluator_info_defaults(&info);
  info.instance = host->instance;
  info.physical_device = host->physical_device;
  info.device = host->device;
  info.get_instance_proc_addr = vkGetInstanceProcAddr;
  info.queue_family = host->queue_family;
  info.buffer_device_address = wanted->buffer_device_address;
  if (!framegauge_ok(fg_evaluator_create(&info, &host->evaluator), "fg_evaluator_create")) return 0;

  for (i = 0; i < sizeof(pixels); ++i) pixels[i] = color[i % 4];
  truth.data = pixels;
  truth.device.device_type = kDLCPU;
  truth.dtype.code = kDLUInt;
  truth.dtype.bits = 8;
  truth.dtype.lanes = 1;
  truth.ndim = 3;
  truth.shape = shape;
  return framegauge_ok(fg_evaluator_set_reference(host->evaluator, &truth), "fg_evaluator_set_reference");
}

static void record_clear(Host* host, const uint8_t color[4]) {
  VkImageMemoryBarrier to_general = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER};
  VkClearColorValue value;
  int i;

  to_general.dstAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  to_general.oldLayout = VK_IMAGE_LAYOUT_UNDEFINED;
  to_general.newLayout = VK_IMAGE_LAYOUT_GENERAL;
  to_general.srcQueueFamilyIndex = to_general.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED;
  to_general.image = host->image;
  to_general.subresourceRange.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT;
  to_general.subresourceRange.levelCount = to_general.subresourceRange.layerCount = 1;
  vkCmdPipelineBarrier(host->commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT, 0,
                       0, NULL, 0, NULL, 1, &to_general);
  for (i = 0; i < 4; ++i) value.float32[i] = color[i] / 255.0f;
  vkCmdClearColorImage(host->commands, host->image, VK_IMAGE_LAYOUT_GENERAL, &value, 1,
                       &to_general.subresourceRange);
}

/* Draws, measures, waits, and prints the result. A host that draws on would poll once a frame and never wait. */
static int score_frame(Host* host, uint64_t number, const uint8_t color[4]) {
  VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  VkSubmitInfo submit = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO};
  FgFrame frame;
  FgFrameResult result;

  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  if (!vulkan_ok(vkBeginCommandBuffer(host->commands, &begin), "vkBeginCommandBuffer")) return 0;
  record_clear(host, color);
  fg_frame_defaults(&frame);
  frame.image = host->image;
  frame.view = host->view;
  frame.format = VK_FORMAT_R8G8B8A8_UNORM;
  frame.width = WIDTH;
  frame.height = HEIGHT;
  frame.frame_number = number;
  if (!framegauge_ok(fg_evaluator_record(host->evaluator, host->commands, &frame), "fg_evaluator_record"))
    return 0;
  submit.commandBufferCount = 1;
  submit.pCommandBuffers = &host->commands;
  if (!vulkan_ok(vkEndCommandBuffer(host->commands), "vkEndCommandBuffer") ||
      !vulkan_ok(vkQueueSubmit(host->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit") ||
      !vulkan_ok(vkQueueWaitIdle(host->queue), "vkQueueWaitIdle"))
    return 0;

  fg_frame_result_defaults(&result);
  if (!framegauge_ok(fg_evaluator_poll(host->evaluator, &result), "fg_evaluator_poll")) return 0;
  printf("frame %llu  ssim %.6f  psnr %.2f dB  executor %s\n", (unsigned long long)result.frame_number,
         result.ssim, result.psnr, fg_executor_name(result.executor));
  return 1;
}

static int run(Host* host) {
  static const uint8_t right[4] = {204, 102, 51, 255}, wrong[4] = {51, 102, 204, 255};
  FgDeviceRequirements wanted;

  if (!open_instance(host)) return 0;
  fg_device_requirements_defaults(&wanted);
  if (!framegauge_ok(fg_evaluator_device_requirements(host->instance, host->physical_device,
                                                      vkGetInstanceProcAddr, &wanted),
                     "fg_evaluator_device_requirements"))
    return 0;
  return open_device(host, &wanted) && make_image(host) && make_commands(host) &&
         make_evaluator(host, &wanted, right) && score_frame(host, 1, right) && score_frame(host, 2, wrong);
}

/* Whatever run() got to. The evaluator goes before the device, and after the GPU has finished. */
static void close_host(Host* host) {
  if (host->device) {
    vkDeviceWaitIdle(host->device);
    fg_evaluator_destroy(host->evaluator);
    vkDestroyCommandPool(host->device, host->pool, NULL);
    vkDestroyImageView(host->device, host->view, NULL);
    vkDestroyImage(host->device, host->image, NULL);
    vkFreeMemory(host->device, host->memory, NULL);
    vkDestroyDevice(host->device, NULL);
  }
  if (host->instance) vkDestroyInstance(host->instance, NULL);
}

int main(void) {
  Host host;
  int ok;
  memset(&host, 0, sizeof(host));
  ok = run(&host);
  close_host(&host);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
