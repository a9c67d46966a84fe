#ifndef FRAMEGAUGE_VULKAN_HPP
#define FRAMEGAUGE_VULKAN_HPP
/* Framegauge live for C++17 and newer: framegauge/vulkan.h with an owner, exceptions and views.
 *
 *   framegauge::EvaluatorInfo info;                     // the defaults; then the host's handles
 *   framegauge::Evaluator evaluator(info);
 *   evaluator.set_reference({photo, width, height, 4});
 *   // each frame
 *   const framegauge::Recorded recorded = evaluator.record(command_buffer, frame);
 *   if (const auto result = evaluator.poll()) show(result->ssim);
 *
 * What the calls do stands in vulkan.h; here stands only what is added. All of it is inline: the library's border stays
 * C, so that any compiler and standard library may stand on the host's side of it.
 * Ownership: an Evaluator owns its FgEvaluator, a SharedImage its FgSharedImage; they are moved and not copied. The rules
 * for their end are vulkan.h's: after the GPU has finished with the command buffers that they recorded into, before the
 * device. One that was moved from, or made without arguments, is empty: it may be assigned to and destroyed, and calls
 * that can fail throw.
 * Errors: every status that is a failure is thrown as an Error. FG_STATUS_NOT_READY is none: record() and
 * record_reference() return Recorded::dropped, poll() returns nothing, begin_cuda() false. A constructor that throws
 * leaves nothing behind.
 * Threads: one Evaluator is used by one thread at a time, as in vulkan.h. An Error keeps its own copy of the sentence
 * and may be caught or kept by any thread. */

#include <framegauge/vulkan.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace framegauge {

/* what() is the sentence of fg_last_error(): what was expected, what came, what to do. */
class Error : public std::runtime_error {
 public:
  Error(FgStatus status, const std::string& sentence) : std::runtime_error(sentence), status_(status) {}
  FgStatus status() const noexcept { return status_; }

 private:
  FgStatus status_;
};

/* Throws unless status is FG_STATUS_OK. At once after the call that gave it, and in its thread: for functions of the C
 * interface that have no counterpart here. */
inline void check(FgStatus status) {
  if (status != FG_STATUS_OK) throw Error(status, fg_last_error());
}

/* The structs of the C interface as their defaults functions fill them. */
struct EvaluatorInfo : FgEvaluatorInfo {
  EvaluatorInfo() noexcept : FgEvaluatorInfo() { fg_evaluator_info_defaults(this); }
};
struct Frame : FgFrame {
  Frame() noexcept : FgFrame() { fg_frame_defaults(this); }
};
struct FrameBuffer : FgFrameBuffer {
  FrameBuffer() noexcept : FgFrameBuffer() { fg_frame_buffer_defaults(this); }
};
struct SharedImageInfo : FgSharedImageInfo {
  SharedImageInfo() noexcept : FgSharedImageInfo() { fg_shared_image_info_defaults(this); }
};

/* Pixels in host memory, borrowed: rows from the top, channels (3 or 4) interleaved, display-referred; uint8 codes stand
 * for codes / 255, floats for themselves. Any other order of memory is passed as a DLTensor. */
class PixelView {
 public:
  /* row_stride: elements from a row to the next, negative where rows go up in memory; 0: rows follow one another. */
  PixelView(const std::uint8_t* pixels, std::int64_t width, std::int64_t height, std::int64_t channels,
            std::int64_t row_stride = 0) noexcept
      : PixelView(pixels, kDLUInt, {height, width, channels}, row_stride) {}
  PixelView(const float* pixels, std::int64_t width, std::int64_t height, std::int64_t channels,
            std::int64_t row_stride = 0) noexcept
      : PixelView(pixels, kDLFloat, {height, width, channels}, row_stride) {}

  /* A vector, array or span of std::uint8_t or float whose rows follow one another; throws if it is too short. */
  template <class Container,
            class = decltype(PixelView(std::data(std::declval<const Container&>()), 1, 1, 1))>
  PixelView(const Container& pixels, std::int64_t width, std::int64_t height, std::int64_t channels)
      : PixelView(std::data(pixels), width, height, channels) {
    const auto rows = width > 0 && channels > 0
                          ? static_cast<std::int64_t>(std::size(pixels)) / width / channels
                          : height; /* such sizes the library refuses */
    if (rows < height)
      throw Error(FG_STATUS_INVALID_ARGUMENT,
                  "the pixels are " + std::to_string(std::size(pixels)) + " values, which is " +
                      std::to_string(rows) + " rows of " + std::to_string(width) + " pixels with " +
                      std::to_string(channels) + " channels; expected " + std::to_string(height) + " rows");
  }

  DLDataTypeCode type() const noexcept { return type_; } /* kDLUInt or kDLFloat */
  const void* data() const noexcept { return data_; }
  std::int64_t height() const noexcept { return shape_[0]; }
  std::int64_t width() const noexcept { return shape_[1]; }
  std::int64_t channels() const noexcept { return shape_[2]; }
  std::int64_t row_stride() const noexcept { return row_stride_; } /* elements */

 private:
  PixelView(const void* pixels, DLDataTypeCode type, std::array<std::int64_t, 3> shape,
            std::int64_t row_stride) noexcept
      : data_(pixels), type_(type), shape_(shape), row_stride_(row_stride) {
    if (row_stride == 0) /* unsigned: a product that is too large must not end the host */
      row_stride_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(shape[1]) *
                                              static_cast<std::uint64_t>(shape[2]));
  }

  const void* data_;
  DLDataTypeCode type_;
  std::array<std::int64_t, 3> shape_; /* height, width, channels */
  std::int64_t row_stride_;
};

/* What became of a frame or reference that was to be recorded. */
enum class Recorded {
  yes,     /* its commands are in the command buffer */
  dropped, /* nothing was recorded: too many are unfinished, or a reference from the device was lost with the executor that
              held it (passed_over() says so) and must be recorded again. Frames count in FgFrameResult.dropped */
  nothing  /* nothing was recorded: there is no reference to measure against, and no result will come */
};

/* What to enable when the VkDevice is created. */
struct DeviceRequirements {
  std::vector<const char*> extensions; /* static strings */
  bool buffer_device_address = false;  /* enable the feature, and set EvaluatorInfo::buffer_device_address */
  bool timeline_semaphore = false;     /* enable the feature for SharedImage */
};

inline DeviceRequirements device_requirements(VkInstance instance, VkPhysicalDevice physical_device,
                                              PFN_vkGetInstanceProcAddr get_instance_proc_addr) {
  FgDeviceRequirements found;
  fg_device_requirements_defaults(&found);
  check(fg_evaluator_device_requirements(instance, physical_device, get_instance_proc_addr, &found));
  return {{found.extensions, found.extensions + found.extension_count},
          found.buffer_device_address != 0,
          found.timeline_semaphore != 0};
}

/* All extensions that device_requirements() may name. */
inline std::vector<const char*> device_extensions() {
  std::vector<const char*> names;
  for (const char* const* name = fg_evaluator_device_extensions(); *name != nullptr; ++name)
    names.push_back(*name);
  return names;
}

/* Which executors run on this device, and for each that does not, why. */
inline std::vector<FgExecutorSupport> executors(const FgEvaluatorInfo& info) {
  std::uint32_t count = 0;
  check(fg_evaluator_executors(&info, nullptr, &count));
  std::vector<FgExecutorSupport> support(count);
  check(fg_evaluator_executors(&info, support.data(), &count));
  return support;
}

/* "in_queue", "interop", "shader"; "auto" */
inline const char* name_of(FgExecutor executor) noexcept { return fg_executor_name(executor); }

namespace detail {

/* False for FG_STATUS_NOT_READY; throws what is a failure. */
inline bool is_ready(FgStatus status) {
  if (status == FG_STATUS_NOT_READY) return false;
  check(status);
  return true;
}

template <class Object, class Info>
Object* create(FgStatus (*function)(const Info*, Object**), const Info& info) {
  Object* handle = nullptr;
  check(function(&info, &handle));
  return handle;
}

template <class Object, void (*destroy)(Object*)>
class Owner {
 public:
  Owner() noexcept = default;
  explicit Owner(Object* handle) noexcept : handle_(handle) {}

  explicit operator bool() const noexcept { return handle_ != nullptr; }
  Object* get() const noexcept { return handle_.get(); } /* for functions of the C interface */
  Object* release() noexcept { return handle_.release(); }
  void reset() noexcept { handle_.reset(); } /* destroys, and leaves it empty */

 private:
  struct Destroy {
    void operator()(Object* handle) const noexcept { destroy(handle); }
  };
  std::unique_ptr<Object, Destroy> handle_;
};

}  // namespace detail

class Evaluator : public detail::Owner<FgEvaluator_T, fg_evaluator_destroy> {
 public:
  Evaluator() noexcept = default;
  explicit Evaluator(const FgEvaluatorInfo& info) : Owner(detail::create(fg_evaluator_create, info)) {}
  /* Takes over a handle of the C interface; release() gives it back. */
  explicit Evaluator(FgEvaluator handle) noexcept : Owner(handle) {}

  /* The ground truth, from host memory; copied before return. */
  void set_reference(const DLTensor& pixels) { check(fg_evaluator_set_reference(get(), &pixels)); }
  void set_reference(const PixelView& pixels) {
    std::int64_t shape[] = {pixels.height(), pixels.width(), pixels.channels()};
    std::int64_t strides[] = {pixels.row_stride(), pixels.channels(), 1};
    DLTensor tensor{};
    tensor.data = const_cast<void*>(pixels.data()); /* DLPack knows no const; it is only read */
    tensor.device.device_type = kDLCPU;
    tensor.ndim = 3;
    tensor.dtype.code = static_cast<std::uint8_t>(pixels.type());
    tensor.dtype.bits = pixels.type() == kDLFloat ? 32 : 8;
    tensor.dtype.lanes = 1;
    tensor.shape = shape;
    tensor.strides = strides;
    set_reference(tensor);
  }
  /* From now on record() measures nothing. */
  void clear_reference() { check(fg_evaluator_set_reference(get(), nullptr)); }
  /* The ground truth, from an image or a buffer, at this point of the command buffer: Recorded::yes or ::dropped. */
  [[nodiscard]] Recorded record_reference(VkCommandBuffer command_buffer, const FgFrame& reference) {
    return reference_recorded(fg_evaluator_record_reference(get(), command_buffer, &reference));
  }
  [[nodiscard]] Recorded record_reference(VkCommandBuffer command_buffer, const FgFrameBuffer& reference) {
    return reference_recorded(fg_evaluator_record_reference_buffer(get(), command_buffer, &reference));
  }

  /* The measurement of frame against the current reference. */
  [[nodiscard]] Recorded record(VkCommandBuffer command_buffer, const FgFrame& frame) {
    if (!detail::is_ready(fg_evaluator_record(get(), command_buffer, &frame))) return Recorded::dropped;
    return has_reference() ? Recorded::yes : Recorded::nothing;
  }
  /* The command buffer into which frame_number was recorded (frame or reference) will not run. */
  void discard(std::uint64_t frame_number) { check(fg_evaluator_discard(get(), frame_number)); }
  /* Whether record() has something to measure against. */
  bool has_reference() const noexcept { return fg_evaluator_has_reference(get()) != 0; }

  /* The newest finished result that was not returned yet; nothing when there is none. Never waits. */
  [[nodiscard]] std::optional<FgFrameResult> poll() {
    std::optional<FgFrameResult> result(std::in_place);
    fg_frame_result_defaults(&*result);
    if (!detail::is_ready(fg_evaluator_poll(get(), &*result))) result.reset();
    return result;
  }

  void set_heatmap(FgColorMap color_map, float first, float last) {
    check(fg_evaluator_set_heatmap(get(), color_map, first, last));
  }
  /* The map and heatmap of the frame recorded last; null handles before the first. */
  FgEvaluatorImages images() const {
    FgEvaluatorImages images{};
    images.struct_size = sizeof(images);
    check(fg_evaluator_images(get(), &images));
    return images;
  }

  /* The executor in use, and why the ones that FG_EXECUTOR_AUTO prefers to it are not ("" where there is none). */
  FgExecutor executor() const noexcept { return fg_evaluator_executor(get()); }
  const char* passed_over() const noexcept { return fg_evaluator_passed_over(get()); }

 private:
  static Recorded reference_recorded(FgStatus status) {
    return detail::is_ready(status) ? Recorded::yes : Recorded::dropped;
  }
};

/* An image that a CUDA renderer writes and Vulkan reads, in turns. Owned and emptied like an Evaluator. */
class SharedImage : public detail::Owner<FgSharedImage_T, fg_shared_image_destroy> {
 public:
  SharedImage() noexcept = default;
  explicit SharedImage(const FgSharedImageInfo& info) : Owner(detail::create(fg_shared_image_create, info)) {}
  /* Takes over a handle of the C interface; release() gives it back. */
  explicit SharedImage(FgSharedImage handle) noexcept : Owner(handle) {}

  FgSharedImageHandles handles() const {
    FgSharedImageHandles handles;
    fg_shared_image_handles_defaults(&handles);
    check(fg_shared_image_handles(get(), &handles));
    return handles;
  }

  /* Vulkan's turn, and what the submission that it was recorded for waits for and signals. */
  void record_begin(VkCommandBuffer command_buffer) {
    check(fg_shared_image_record_begin(get(), command_buffer));
  }
  void record_end(VkCommandBuffer command_buffer) {
    check(fg_shared_image_record_end(get(), command_buffer));
  }
  FgSharedImageSubmission submission() const {
    FgSharedImageSubmission submission;
    fg_shared_image_submission_defaults(&submission);
    check(fg_shared_image_submission(get(), &submission));
    return submission;
  }

  /* CUDA's turn, on a cudaStream_t. False, and nothing is enqueued, while Vulkan has not finished its own. */
  [[nodiscard]] bool begin_cuda(void* stream) {
    return detail::is_ready(fg_shared_image_begin_cuda(get(), stream));
  }
  /* In it: the whole image becomes a copy of a tensor in CUDA memory. */
  void write(const DLTensor& pixels, void* stream) { check(fg_shared_image_write(get(), &pixels, stream)); }
  void end_cuda(void* stream) { check(fg_shared_image_end_cuda(get(), stream)); }
};

}  // namespace framegauge
#endif
