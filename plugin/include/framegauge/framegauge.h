#ifndef FRAMEGAUGE_H
#define FRAMEGAUGE_H
/* Framegauge: image quality measures on tensors. C99.
 *
 * Tensors are DLPack's DLTensor: data, device, dtype, shape, strides in elements (NULL strides: row-major, compact).
 * Memory is always the caller's and is never kept after a call returns. CPU tensors (kDLCPU) are worked on by the
 * calling thread and a pool; CUDA tensors (kDLCUDA) on the stream that is passed, without waiting for it. All tensors
 * of one call live on the same device.
 *
 * Every function that can fail returns FgStatus; fg_last_error() then has one sentence for a person: what was expected,
 * what came, what to do. It belongs to the calling thread.
 *
 * Descriptor structs are filled by their fg_..._defaults() function first, which sets struct_size.
 *
 * Threads: all functions of this header may be called from any thread at any time. */

#include <dlpack/dlpack.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define FG_API
#else
#define FG_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum FgStatus {
  FG_STATUS_OK = 0,
  FG_STATUS_INVALID_ARGUMENT = 1, /* null pointer, wrong dtype, layout, rank or range */
  FG_STATUS_SIZE_MISMATCH = 2,    /* images, maps or outputs do not fit each other */
  FG_STATUS_UNSUPPORTED = 3,      /* a combination that this build or device does not offer */
  FG_STATUS_UNAVAILABLE = 4,      /* what is needed is not on this machine: driver, device, extension */
  FG_STATUS_OUT_OF_MEMORY = 5,
  FG_STATUS_DEVICE_LOST = 6,
  FG_STATUS_INTERNAL = 7,
  FG_STATUS_NOT_READY = 8 /* no new result yet; not an error */
} FgStatus;

/* The sentence of the last failed call of this thread; "" when there was none. Valid until the thread's next call. */
FG_API const char* fg_last_error(void);

/* "0.1.0" */
FG_API const char* fg_version(void);

typedef enum FgLayout {
  FG_LAYOUT_NCHW = 0, /* [N, C, H, W], or [C, H, W], or [H, W] */
  FG_LAYOUT_NHWC = 1  /* [N, H, W, C], or [H, W, C] */
} FgLayout;

typedef enum FgPadding {
  FG_PADDING_SAME = 0, /* zeros outside, map as large as the images: the 3DGS papers, fused-ssim "same" */
  FG_PADDING_VALID =
      1 /* only windows that lie inside, map smaller by window-1: pytorch-msssim, torchmetrics */
} FgPadding;

/* SSIM, Wang et al. 2004, Gaussian window of sigma 1.5, of x against y.
 *
 * Images: float32, float16 or bfloat16 in 0..data_range, or uint8, whose codes 0..255 stand for 0..data_range.
 * Arithmetic is float32 whatever the dtype.
 * Identical images score exactly 1. A NaN or Inf makes the scores of its channel NaN. */
typedef struct FgSsim2d {
  size_t struct_size;
  const DLTensor* x; /* image under test */
  const DLTensor* y; /* reference, same shape and dtype as x; strides may differ */
  FgLayout layout;   /* default FG_LAYOUT_NCHW */
  int32_t channels;  /* how many leading channels are scored; 0: all. 3 leaves the alpha of RGBA out */
  int32_t window;    /* 7, 9 or 11 (default) taps */
  FgPadding padding; /* default FG_PADDING_SAME */
  double data_range; /* default 1; at most 1e8. No matter for uint8 */
  double k1, k2;     /* defaults 0.01, 0.03; (k data_range)^2 at least 1e-18 */
  DLTensor* map;     /* NULL, or float32 in x's layout with the scored channels: H x W (same) or
                             (H-window+1) x (W-window+1) (valid) */
  DLTensor* scores;  /* NULL, or float64 [N, C scored]: the mean of each channel of each image */
  DLTensor* mean;    /* NULL, or float64 [1]: the mean over everything */
  void* scratch; /* fg_ssim2d_scratch_bytes() bytes on the device of x, 16-byte aligned; NULL if that is 0 */
  size_t scratch_bytes;
} FgSsim2d;

FG_API void fg_ssim2d_defaults(FgSsim2d* op);
/* Writes the scratch that this op needs with its tensors' shapes. */
FG_API FgStatus fg_ssim2d_scratch_bytes(const FgSsim2d* op, size_t* bytes);
/* stream: a cudaStream_t for CUDA tensors (NULL is the legacy default stream), ignored for CPU tensors. */
FG_API FgStatus fg_ssim2d(const FgSsim2d* op, void* stream);

/* SSIM and its gradient with respect to the images, in one call.
 *
 * The loss is the caller's choice of weights:
 *   L = sum_p map_weight[p] map[p]  +  sum_nc score_weight[n, c] scores[n, c]  +  mean_weight mean  +  l1_weight l1
 * with map, scores and mean as fg_ssim2d writes them and l1 the mean of |x - y| over the map's region. x_gradient is
 * dL/dx, y_gradient dL/dy; the constant of a loss makes no difference.
 *   1 - SSIM:                        the defaults
 *   (1 - w) L1 + w (1 - SSIM):       mean_weight = -w, l1_weight = 1 - w
 *   an upstream gradient of a map:   map_weight = dL/dmap, mean_weight = 0
 * Where x and y are identical in all windows that reach a sample, its gradient is exactly 0 (|x - y| counts as flat
 * where it is 0). A NaN or Inf makes the gradient NaN where windows reach it. */
typedef struct FgSsim2dGradient {
  size_t struct_size;
  const DLTensor* x; /* float32, float16 or bfloat16; x, y and the next seven fields as in FgSsim2d */
  const DLTensor* y;
  FgLayout layout;
  int32_t channels;
  int32_t window;
  FgPadding padding;
  double data_range;
  double k1, k2;
  const DLTensor* map_weight;   /* NULL, or float32 of the map's shape */
  const DLTensor* score_weight; /* NULL, or float64 [N, C scored] */
  double mean_weight;           /* default -1: L = 1 - mean */
  double l1_weight;             /* default 0 */
  DLTensor* x_gradient;         /* float32 of x's shape with the scored channels; NULL: not wanted */
  DLTensor* y_gradient;         /* the same for y; at least one of the two */
  DLTensor* map;                /* the value: NULL, or as in FgSsim2d */
  DLTensor* scores;
  DLTensor* mean;
  DLTensor* l1; /* NULL, or float64 [1]: the mean of |x - y| over the map's region, in the units of the samples */
  void* scratch;
  size_t scratch_bytes;
} FgSsim2dGradient;

FG_API void fg_ssim2d_gradient_defaults(FgSsim2dGradient* op);
FG_API FgStatus fg_ssim2d_gradient_scratch_bytes(const FgSsim2dGradient* op, size_t* bytes);
FG_API FgStatus fg_ssim2d_gradient(const FgSsim2dGradient* op, void* stream);

/* Pixel errors of x against y, on values scaled to 0..1 by data_range. Output columns: FG_ERROR_MSE, ... */
enum { FG_ERROR_MSE = 0, FG_ERROR_MAE = 1, FG_ERROR_MAX = 2, FG_ERROR_PSNR = 3, FG_ERROR_COLUMNS = 4 };

typedef struct FgImageErrors {
  size_t struct_size;
  const DLTensor* x;
  const DLTensor* y;
  FgLayout layout;
  int32_t channels;  /* as in FgSsim2d */
  double data_range; /* default 1 */
  DLTensor*
      errors; /* float64 [N, FG_ERROR_COLUMNS], over all scored channels of an image. PSNR in dB, +inf for
                         identical images. A NaN or Inf in an image makes all of its columns NaN */
  void* scratch;
  size_t scratch_bytes;
} FgImageErrors;

FG_API void fg_image_errors_defaults(FgImageErrors* op);
FG_API FgStatus fg_image_errors_scratch_bytes(const FgImageErrors* op, size_t* bytes);
FG_API FgStatus fg_image_errors(const FgImageErrors* op, void* stream);

/* CUDA devices that the CUDA tensors of this build can live on. */
typedef struct FgCudaDevice {
  char name[128];
  int32_t compute_major, compute_minor; /* compute capability */
  uint64_t memory_bytes;
} FgCudaDevice;

/* Fills up to *count entries and writes the number of devices to *count (devices may be NULL when *count is 0).
 * FG_STATUS_UNSUPPORTED: built without CUDA. FG_STATUS_UNAVAILABLE: no driver or no device; the sentence says which. */
FG_API FgStatus fg_cuda_devices(FgCudaDevice* devices, uint32_t* count);

#ifdef __cplusplus
}
#endif
#endif
