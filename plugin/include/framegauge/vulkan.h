#ifndef FRAMEGAUGE_VULKAN_H
#define FRAMEGAUGE_VULKAN_H
/* Framegauge live: scores the frames of a Vulkan renderer against a reference, inside the renderer's command buffer.
 *
 *   fg_evaluator_create        once, with the host's device
 *   fg_evaluator_set_reference whenever the ground truth changes (host pixels), or
 *   fg_evaluator_record_reference in a command buffer (a VkImage, every frame if need be; a VkBuffer with
 *                              fg_evaluator_record_reference_buffer)
 *   fg_evaluator_record        each frame: measures one image
 *   fg_evaluator_poll          each frame: takes the newest finished result, one or two frames late; never waits
 *
 * Ownership: the evaluator borrows the device and every image; it owns its own buffers, map and heatmap. Destroy it
 * before the device. Once it has recorded anything, fg_evaluator_destroy() waits for the whole device (vkDeviceWaitIdle: no
 * other thread may use its queues then), so that it may be called in the middle of frames. With
 * FgEvaluatorInfo.destroy_waits 0 it never waits: it is called when the GPU has finished with the command buffers that the
 * evaluator recorded into, whatever other threads do with the device.
 * Command buffers: those recorded into are submitted to one queue, in the order of recording, each once; at most
 * frames_in_flight of them are pending at a time. One that will never be submitted is named to fg_evaluator_discard.
 * Instance and device are of Vulkan 1.2 or newer; no extension and no feature needs to be enabled. What
 * fg_evaluator_device_requirements() names makes a faster executor available.
 * Errors: as in framegauge.h, every function that can fail returns FgStatus, and fg_last_error() has the sentence.
 * Failures: with FG_EXECUTOR_AUTO an executor that fails at run time is given up, and the next one measures the same frame;
 * FgFrameResult.executor and fg_evaluator_passed_over() tell. Its frames that have no result by then count as dropped. A
 * reference from host memory is brought again; one from an image must be recorded again; fg_evaluator_images() has other
 * images. FG_STATUS_DEVICE_LOST: the VkDevice is lost, and with it every evaluator on it; destroy both. A function that fails
 * may leave some of its commands in the command buffer, which may be submitted or reset.
 * Threads: one evaluator is used by one thread at a time; different evaluators are independent. Functions that take no
 * evaluator and no shared image may be called from any thread at any time.
 * Nothing is allocated by record and poll once the first frame of a size has been recorded; FG_EXECUTOR_INTEROP makes the
 * memory of each place in its ring when that is first used, the others an image when an sRGB view first comes. */

#include <framegauge/framegauge.h>
#include <vulkan/vulkan.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct FgEvaluator_T* FgEvaluator;

typedef enum FgExecutor {
  FG_EXECUTOR_AUTO = 0,     /* the first available of in_queue, interop, shader */
  FG_EXECUTOR_IN_QUEUE = 1, /* CUDA kernels inside the command buffer: NVIDIA, with what
                                       fg_evaluator_device_requirements() names enabled; no CUDA library is needed */
  FG_EXECUTOR_INTEROP = 2,  /* CUDA stream on memory that Vulkan shares: NVIDIA, with a CUDA driver and what
                               fg_evaluator_device_requirements() names enabled. Its kernels are started by the next
                               fg_evaluator_record or _poll after the frame's commands have run, so that results come
                               one call later */
  FG_EXECUTOR_SHADER = 3    /* SPIR-V compute: every Vulkan 1.2 device */
} FgExecutor;

typedef enum FgColorMap {
  FG_COLOR_MAP_VIRIDIS = 0,
  FG_COLOR_MAP_TURBO = 1,
  FG_COLOR_MAP_MAGMA = 2,
  FG_COLOR_MAP_GREY = 3
} FgColorMap;

typedef struct FgEvaluatorInfo {
  size_t struct_size;
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  PFN_vkGetInstanceProcAddr get_instance_proc_addr;
  uint32_t queue_family;     /* family of the queue that the command buffers go to; must do compute */
  uint32_t frames_in_flight; /* how many recorded frames may be unfinished at once; default 3, 1..8 */
  FgExecutor executor;       /* default FG_EXECUTOR_AUTO */
  int32_t window;            /* SSIM window: 7, 9 or 11 (default) */
  FgPadding padding;         /* default FG_PADDING_SAME */
  uint32_t
      buffer_device_address; /* 1: the feature bufferDeviceAddress is enabled on the device, which Vulkan has no
                                     way to ask; default 0 */
  uint32_t
      destroy_waits; /* 1 (default): fg_evaluator_destroy() waits for the device; 0: the host has waited */
} FgEvaluatorInfo;

/* What a host enables when it creates its VkDevice so that the best executor runs, and the next one where that fails:
 * FG_EXECUTOR_IN_QUEUE and FG_EXECUTOR_INTEROP where this library and the physical device offer them. All zero where
 * FG_EXECUTOR_SHADER is the best: it needs nothing. */
enum { FG_MOST_DEVICE_EXTENSIONS = 8 };
typedef struct FgDeviceRequirements {
  size_t struct_size;
  uint32_t extension_count;
  const char*
      extensions[FG_MOST_DEVICE_EXTENSIONS]; /* static strings; each is offered by the physical device */
  uint32_t
      buffer_device_address; /* 1: enable the feature bufferDeviceAddress, of VkPhysicalDeviceVulkan12Features or
                                     VkPhysicalDeviceBufferDeviceAddressFeatures, and set
                                     FgEvaluatorInfo.buffer_device_address */
  uint32_t timeline_semaphore; /* 1: for FgSharedImage enable the feature timelineSemaphore, of
                                  VkPhysicalDeviceVulkan12Features or VkPhysicalDeviceTimelineSemaphoreFeatures */
} FgDeviceRequirements;

/* Which executor runs on this device, and for each that does not, why (one sentence; "" if it is available). */
typedef struct FgExecutorSupport {
  FgExecutor executor;
  int32_t available;
  char reason[256];
} FgExecutorSupport;

enum { FG_HISTOGRAM_BINS = 64 };

/* Scores of one frame. Colours are taken as display-referred 0..1 values, floats beyond as they are; alpha is ignored.
 * SSIM is that of FgSsim2d (Wang et al. 2004, Gaussian window of sigma 1.5) with k1 0.01, k2 0.03 and a data range of 1.
 * The SSIM statistics are over the map: its mean over the three channels at each pixel, except ssim_channel. With
 * FG_PADDING_VALID the map's border, where no window fits, counts in none of them; the pixel errors are over the whole
 * frame always.
 * The same frame and reference give the same bits on every run on a device. Identical images score exactly 1.
 * When frame or reference hold NaN or Inf (nonfinite > 0), ssim, psnr, mse, mae and max_error are NaN, and so is
 * ssim_channel for the channels that hold them; ssim_min, ssim_p5 and histogram are over the map's other values. */
typedef struct FgFrameResult {
  size_t struct_size;
  uint64_t frame_number;      /* the one given to fg_evaluator_record */
  uint32_t width, height;     /* of the frame, pixels */
  double ssim;                /* mean over pixels and channels */
  double ssim_channel[3];     /* mean of each channel */
  double ssim_min;            /* smallest value of the map */
  double ssim_p5;             /* 5th percentile of the map (linear interpolation), to 1/1000 */
  double psnr;                /* dB, over all channels; +inf for identical images */
  double mse, mae, max_error; /* of the 0..1 values */
  uint64_t nonfinite;         /* NaN or Inf values met in frame and reference; > 0 makes ssim NaN */
  uint32_t histogram[FG_HISTOGRAM_BINS]; /* of the map over [-1, 1]: pixels per bin; 1 is in the last */
  uint64_t gpu_ns; /* time of fg_evaluator_record's own commands, 0 where the queue has no timestamps; with
                          FG_EXECUTOR_INTEROP and of its kernels */
  uint64_t
      dropped; /* frames since creation that were recorded but not measured (ring full, executor failed) */
  FgExecutor executor; /* the one that measured this frame */
} FgFrameResult;

/* An image that a command buffer reads. Its earlier writes are covered by a barrier that the evaluator records. */
typedef struct FgFrame {
  size_t struct_size;
  VkImage image;
  VkImageView
      view; /* 2D view of an uncompressed colour format with sampled usage and no swizzle; kept alive by the host until the commands
                       finished. Values are scored as the view hands them out. A UNORM view of an image that holds
                       sRGB codes gives display-referred values, what published scores are of. An SRGB view is
                       decoded to linear values, by the curve of IEC 61966-2-1 whatever the hardware does: another
                       convention, with other scores. Channels that the format lacks are 0 in frame and reference, and
                       count as equal: of one channel, ssim_channel[0] is the score */
  VkImageLayout
      layout; /* the image's layout at this point: GENERAL or SHADER_READ_ONLY_OPTIMAL; not changed */
  uint32_t width, height; /* of the whole image, pixels */
  uint64_t frame_number;  /* returned with the result */
  VkFormat format; /* of the view, as it was created: kernels read what is stored. Must be given; one with
                             values of UNORM, SNORM, USCALED, SSCALED, SRGB, SFLOAT or UFLOAT */
} FgFrame;

/* Pixels in a buffer that a command buffer reads, row by row from the top. Its earlier writes are covered by a barrier that
 * the evaluator records. */
typedef struct FgFrameBuffer {
  size_t struct_size;
  VkBuffer buffer;        /* with transfer source usage; kept alive by the host until the commands finished */
  uint64_t offset_bytes;  /* of the first pixel; a multiple of 16 fits every format */
  uint64_t row_bytes;     /* from row to row, a multiple of the pixel's bytes; 0 (default): no padding */
  uint32_t width, height; /* pixels */
  uint64_t frame_number;  /* as FgFrame.frame_number, for fg_evaluator_discard */
  VkFormat format; /* R8G8B8A8_UNORM (default), B8G8R8A8_UNORM, R16G16B16A16_SFLOAT or R32G32B32A32_SFLOAT */
} FgFrameBuffer;

FG_API void fg_evaluator_info_defaults(FgEvaluatorInfo* info);
FG_API void fg_device_requirements_defaults(FgDeviceRequirements* requirements);
FG_API void fg_frame_defaults(FgFrame* frame);
FG_API void fg_frame_buffer_defaults(FgFrameBuffer* buffer);
FG_API void fg_frame_result_defaults(FgFrameResult* result);

/* Fills up to *count entries and writes the number of executors to *count. info needs its device handles, queue_family
 * and buffer_device_address. FG_EXECUTOR_IN_QUEUE is tried: its kernels are handed to the driver once. */
FG_API FgStatus fg_evaluator_executors(const FgEvaluatorInfo* info, FgExecutorSupport* support,
                                       uint32_t* count);

/* For the VkDevice that the host is about to create. Nothing is kept, and any thread may ask. */
FG_API FgStatus fg_evaluator_device_requirements(VkInstance instance, VkPhysicalDevice physical_device,
                                                 PFN_vkGetInstanceProcAddr get_instance_proc_addr,
                                                 FgDeviceRequirements* requirements);

/* All device extensions that fg_evaluator_device_requirements() may name, NULL-terminated, for hosts that enable those
 * of a list that the device has. */
FG_API const char* const* fg_evaluator_device_extensions(void);

/* FG_EXECUTOR_AUTO: an executor that is available but fails to start makes way for the next in order, and
 * fg_evaluator_passed_over() says why. One that is named in info is used, or creation fails with its reason. */
FG_API FgStatus fg_evaluator_create(const FgEvaluatorInfo* info, FgEvaluator* evaluator);
FG_API void fg_evaluator_destroy(FgEvaluator evaluator); /* NULL is allowed */

/* The ground truth, from host memory: uint8 or float32 [H, W, C], C = 3 or 4, display-referred (uint8 codes / 255).
 * Copied before return; used from the next recorded frame on, whose command buffer brings it to the device. NULL: no
 * reference, record then measures nothing. */
FG_API FgStatus fg_evaluator_set_reference(FgEvaluator evaluator, const DLTensor* pixels);

/* The ground truth, from an image on the device, read at this point of the command buffer: the image may change
 * afterwards. FG_STATUS_NOT_READY, and nothing is recorded, when two times frames_in_flight of these are unfinished. */
FG_API FgStatus fg_evaluator_record_reference(FgEvaluator evaluator, VkCommandBuffer command_buffer,
                                              const FgFrame* reference);

/* The same from a buffer on the device. */
FG_API FgStatus fg_evaluator_record_reference_buffer(FgEvaluator evaluator, VkCommandBuffer command_buffer,
                                                     const FgFrameBuffer* reference);

/* Records the measurement of frame against the current reference, outside any render pass. The frame must be as large
 * as the reference (FG_STATUS_SIZE_MISMATCH otherwise, and nothing is recorded). When frames_in_flight frames are
 * still unfinished, or the reference was lost with an executor that failed, the frame is counted as dropped and nothing is
 * recorded: FG_STATUS_NOT_READY. Without a reference nothing is recorded and no result will come: FG_STATUS_OK.
 * A barrier before the commands makes everything that the queue wrote earlier visible to them, one after them makes
 * map and heatmap visible to all later work of the queue. */
FG_API FgStatus fg_evaluator_record(FgEvaluator evaluator, VkCommandBuffer command_buffer,
                                    const FgFrame* frame);

/* 1 when there is a reference to measure against: one was set or recorded, and its command buffer not discarded. 0 when
 * there is none, or it was lost with an executor that failed. */
FG_API int32_t fg_evaluator_has_reference(FgEvaluator evaluator);

/* The command buffer into which frame_number was recorded (frame or reference) was reset or freed, and will not run:
 * its place in the ring is free again. Frames recorded after it and before this call that build on it, on the reference
 * that it was to bring say, count as dropped and give no result. A reference that was to come with it from host memory comes
 * with the next frame; one from an image must be recorded again. All unfinished frames and references of that number are
 * meant, so number them differently; one that is unknown, or has run, is ignored: FG_STATUS_OK. */
FG_API FgStatus fg_evaluator_discard(FgEvaluator evaluator, uint64_t frame_number);

/* The newest finished result that was not returned yet; older ones that were not fetched are passed over.
 * FG_STATUS_NOT_READY when there is none. */
FG_API FgStatus fg_evaluator_poll(FgEvaluator evaluator, FgFrameResult* result);

/* How the next recorded frames are coloured: map value first gets the colour map's first colour, last its last; they
 * differ, and 1, 0 draws errors hot. Default viridis, 0, 1. NaN is magenta. */
FG_API FgStatus fg_evaluator_set_heatmap(FgEvaluator evaluator, FgColorMap color_map, float first,
                                         float last);

/* Images the size of the frame that commands after fg_evaluator_record may sample, in layout GENERAL; written again by
 * the next record. With FG_EXECUTOR_INTEROP they show the newest frame that was measured when record was called, and are
 * all zero until then, and after a discard until another one was measured. Handles stay valid until a frame or reference of
 * another size is recorded or the executor changes (fg_evaluator_executor), and what was submitted before may go on using
 * them. Null before a frame of the size was recorded. */
typedef struct FgEvaluatorImages {
  size_t struct_size; /* sizeof(FgEvaluatorImages), set by the caller */
  VkImage map;        /* R32_SFLOAT: SSIM averaged over the channels, -1..1 */
  VkImageView map_view;
  VkImage heatmap; /* R8G8B8A8_UNORM: the map through the colour map */
  VkImageView heatmap_view;
  uint32_t width,
      height; /* of the frame; with FG_PADDING_VALID the border holds NaN in the map, grey in the heatmap */
} FgEvaluatorImages;
FG_API FgStatus fg_evaluator_images(FgEvaluator evaluator, FgEvaluatorImages* images);

/* The colour of t in 0..1 (clamped, rounded to 256 steps; NaN is magenta) as RGBA8, the same as the heatmap's: for
 * legends. */
FG_API void fg_color_map_sample(FgColorMap color_map, float t, uint8_t rgba[4]);

/* "in_queue", "interop", "shader"; "auto" */
FG_API const char* fg_executor_name(FgExecutor executor);
/* Why the executors that FG_EXECUTOR_AUTO prefers to the one in use are not, or no longer: "in_queue: reason; interop:
 * reason"; "" where there is none, or one was named. Valid until the next call for the evaluator. */
FG_API const char* fg_evaluator_passed_over(FgEvaluator evaluator);
/* The executor in use. */
FG_API FgExecutor fg_evaluator_executor(FgEvaluator evaluator);

/* The other direction: an image that a CUDA renderer writes and Vulkan reads, on the same device, without a copy, and
 * without a wait of the host. A frame for fg_evaluator_record as any other, whatever the executor.
 *
 * Both sides take turns, by a timeline semaphore. Vulkan has the first turn, which gives the image its layout:
 *   fg_shared_image_record_begin, commands that read the image in layout GENERAL, fg_shared_image_record_end; the
 *   submission waits for and signals what fg_shared_image_submission() says. Then CUDA's:
 *   fg_shared_image_begin_cuda, work on the stream that writes the image (its surface or array, or by
 *   fg_shared_image_write), fg_shared_image_end_cuda.
 * The CUDA renderer is never stalled by Vulkan: fg_shared_image_begin_cuda says when the image is not free yet, and another
 * one, or the next frame, will be. A turn of Vulkan's that was recorded but will not be submitted is ended by the host with
 * vkSignalSemaphore; not the first one, which gives the image its layout: then make another image.
 *
 * The device has enabled what fg_evaluator_device_requirements() names, timelineSemaphore included. The image belongs to
 * fg_shared_image_destroy(): call it when both sides have finished with it, before the device goes. One thread at a time. */
typedef struct FgSharedImage_T* FgSharedImage;

typedef struct FgSharedImageInfo {
  size_t struct_size;
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  PFN_vkGetInstanceProcAddr get_instance_proc_addr;
  uint32_t queue_family;  /* of the queue whose command buffers read the image */
  uint32_t width, height; /* pixels */
  VkFormat format; /* R8G8B8A8_UNORM (default), R16G16B16A16_SFLOAT, R32G32B32A32_SFLOAT or R32_SFLOAT */
} FgSharedImageInfo;

typedef struct FgSharedImageHandles {
  size_t struct_size;
  VkImage image;         /* sampled and transfer source usage */
  VkImageView view;      /* of the whole image */
  int32_t cuda_device;   /* the CUDA device that is the Vulkan device */
  uint64_t cuda_surface; /* cudaSurfaceObject_t, for surf2Dwrite */
  void* cuda_array;      /* cudaArray_t, for cudaMemcpy2DToArrayAsync */
} FgSharedImageHandles;

/* Of the command buffer in which Vulkan's latest turn was recorded: its VkSubmitInfo waits, at ALL_COMMANDS, for
 * wait_value of the timeline semaphore and signals signal_value. */
typedef struct FgSharedImageSubmission {
  size_t struct_size;
  VkSemaphore semaphore;
  uint64_t wait_value, signal_value;
} FgSharedImageSubmission;

FG_API void fg_shared_image_info_defaults(FgSharedImageInfo* info);
FG_API void fg_shared_image_handles_defaults(FgSharedImageHandles* handles);
FG_API void fg_shared_image_submission_defaults(FgSharedImageSubmission* submission);

/* FG_STATUS_UNSUPPORTED: another format, or a library built without CUDA. FG_STATUS_UNAVAILABLE: an extension is not
 * enabled, no CUDA driver, or no CUDA device is this Vulkan device; the sentence says which. */
FG_API FgStatus fg_shared_image_create(const FgSharedImageInfo* info, FgSharedImage* image);
FG_API void fg_shared_image_destroy(FgSharedImage image); /* NULL is allowed */
FG_API FgStatus fg_shared_image_handles(FgSharedImage image, FgSharedImageHandles* handles);

FG_API FgStatus fg_shared_image_record_begin(FgSharedImage image, VkCommandBuffer command_buffer);
FG_API FgStatus fg_shared_image_record_end(FgSharedImage image, VkCommandBuffer command_buffer);
FG_API FgStatus fg_shared_image_submission(FgSharedImage image, FgSharedImageSubmission* submission);

/* stream: a cudaStream_t of the handles' cuda_device. FG_STATUS_NOT_READY, and nothing is enqueued, while the submission of
 * Vulkan's last turn has not finished. */
FG_API FgStatus fg_shared_image_begin_cuda(FgSharedImage image, void* stream);
FG_API FgStatus fg_shared_image_end_cuda(FgSharedImage image, void* stream);

/* In CUDA's turn, for hosts without a CUDA runtime of their own: the whole image becomes a copy of pixels, on the stream and
 * without waiting for it. pixels: a tensor on the handles' cuda_device, [height, width, channels], or [height, width] where
 * the image has one channel; uint8, float16 or float32 as the image's format. Rows follow one another at any distance, the
 * pixels of a row without a gap. */
FG_API FgStatus fg_shared_image_write(FgSharedImage image, const DLTensor* pixels, void* stream);

#ifdef __cplusplus
}
#endif
#endif
