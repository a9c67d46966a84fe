// Compiled as C++17 with every warning: the header alone, each of its functions used once. Never run.
#include "framegauge/vulkan.hpp"

static_assert(!std::is_copy_constructible_v<framegauge::Evaluator>);
static_assert(!std::is_copy_assignable_v<framegauge::Evaluator>);
static_assert(std::is_nothrow_move_constructible_v<framegauge::Evaluator>);
static_assert(std::is_nothrow_move_assignable_v<framegauge::Evaluator>);
static_assert(std::is_nothrow_swappable_v<framegauge::Evaluator>);
static_assert(std::is_nothrow_default_constructible_v<framegauge::Evaluator>);
static_assert(!std::is_copy_constructible_v<framegauge::SharedImage>);
static_assert(std::is_nothrow_move_constructible_v<framegauge::SharedImage>);
static_assert(std::is_nothrow_move_assignable_v<framegauge::SharedImage>);
static_assert(!std::is_convertible_v<framegauge::SharedImage, framegauge::Evaluator>);
static_assert(sizeof(framegauge::EvaluatorInfo) == sizeof(FgEvaluatorInfo));
static_assert(sizeof(framegauge::Frame) == sizeof(FgFrame));
static_assert(sizeof(framegauge::FrameBuffer) == sizeof(FgFrameBuffer));
static_assert(sizeof(framegauge::SharedImageInfo) == sizeof(FgSharedImageInfo));
// What is no picture is not taken for one.
static_assert(std::is_constructible_v<framegauge::PixelView, const std::vector<float>&, int, int, int>);
static_assert(!std::is_constructible_v<framegauge::PixelView, const std::vector<double>&, int, int, int>);
static_assert(!std::is_constructible_v<framegauge::PixelView, const char*, int, int, int>);

bool share_an_image(VkCommandBuffer commands, void* stream);
double use_everything(VkCommandBuffer commands, const std::vector<std::uint8_t>& photo, const float* pixels);

double use_everything(VkCommandBuffer commands, const std::vector<std::uint8_t>& photo, const float* pixels) {
  framegauge::EvaluatorInfo info;
  const framegauge::DeviceRequirements wanted =
      framegauge::device_requirements(info.instance, info.physical_device, info.get_instance_proc_addr);
  info.buffer_device_address = wanted.buffer_device_address;
  if (framegauge::executors(info).empty() || framegauge::device_extensions().empty()) return 0;
  framegauge::Evaluator evaluator(info), other;
  const int width = 4, height = 3;  // as loaders of pictures give them
  evaluator.set_reference({photo, width, height, 3});
  evaluator.set_reference({photo.data(), width, height, 3});
  evaluator.set_reference({pixels, width, height, 4, 64});
  evaluator.set_reference(DLTensor{});
  evaluator.clear_reference();
  framegauge::Frame frame;
  if (evaluator.record_reference(commands, frame) != framegauge::Recorded::yes) return 0;
  if (evaluator.record_reference(commands, framegauge::FrameBuffer()) != framegauge::Recorded::yes) return 0;
  if (evaluator.record(commands, frame) == framegauge::Recorded::dropped)
    evaluator.discard(frame.frame_number);
  evaluator.set_heatmap(FG_COLOR_MAP_TURBO, 1, 0);
  std::swap(evaluator, other);
  other = std::move(evaluator);
  framegauge::check(fg_evaluator_discard(other.get(), 1));
  framegauge::Evaluator adopted(other.release());
  adopted.reset();
  const auto result = other ? other.poll() : std::nullopt;
  return (result ? result->ssim : 0.0) + other.images().width + framegauge::name_of(other.executor())[0] +
         other.passed_over()[0];
}

bool share_an_image(VkCommandBuffer commands, const DLTensor& pixels, void* stream) {
  framegauge::SharedImageInfo info;
  info.width = info.height = 16;
  framegauge::SharedImage image(info), other;
  image.record_begin(commands);
  image.record_end(commands);
  const FgSharedImageSubmission submission = image.submission();
  if (!image.begin_cuda(stream)) return false;
  image.write(pixels, stream);
  image.end_cuda(stream);
  other = std::move(image);
  framegauge::SharedImage adopted(other.release());
  const bool whole = adopted && adopted.get() != nullptr && adopted.handles().image != nullptr;
  adopted.reset();
  return whole && submission.semaphore != nullptr;
}
