#ifndef FRAMEGAUGE_H
#define FRAMEGAUGE_H
/* Framegauge: measures of image quality and likeness on tensors, and CUDA memory for hosts without a runtime. C99.
 *
 * The one include that hosts of images need. Beside it: drr.h (radiographs), pose.h (rotations and X-ray cameras), vulkan.h
 * and vulkan.hpp (live scores inside a renderer). What is said here holds for drr.h and pose.h, too.
 *
 * Tensors are DLPack's DLTensor: data, device, dtype, shape, strides in elements (NULL strides: row-major, compact).
 * Memory is always the caller's and is never kept after a call returns. CPU tensors (kDLCPU) are worked on by the
 * calling thread and a pool; CUDA tensors (kDLCUDA) on the stream that is passed, without waiting for it (one exception:
 * FgFlip without exposures). All tensors of one call live on the same device. Pinned and managed memory is passed as kDLCPU
 * or kDLCUDA; kDLCUDAHost, kDLCUDAManaged and other devices are refused with FG_STATUS_UNSUPPORTED.
 *
 * Every extent is 1 or more: an empty batch and an image without channels are FG_STATUS_INVALID_ARGUMENT, since the mean
 * of nothing is no number. An extent is at most 2^30 (2^30 pixels in a plane of fg_vmaf_...()), a tensor at most 2^44
 * elements. Inputs may have any strides, negative ones and 0 (which repeats) included. Each element of an output has a
 * place of its own, and the addresses from an output's first byte to its last hold nothing of another output, of an
 * input or of the scratch; tensors that interleave need calls of their own.
 *
 * The same call gives the same bits on the same machine, however many threads the pool has. CPU and CUDA agree within
 * rounding only, but for fg_vmaf_ssim(), which has the same bits everywhere.
 *
 * Every function that can fail returns FgStatus; fg_last_error() then has one sentence for a person: what was expected,
 * what came, what to do. It belongs to the calling thread.
 *
 * Descriptor structs are filled by their fg_..._defaults() function first, which sets struct_size.
 *
 * Threads: all functions of these headers may be called from any thread at any time. */

#ifdef __has_include
#if !__has_include(<dlpack/dlpack.h>)
#error \
    "framegauge.h needs dlpack/dlpack.h; install DLPack's header (Debian: libdlpack-dev) or name its folder with -I"
#endif
#endif
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
  FG_PADDING_VALID = 1 /* only windows that lie inside, map smaller by window-1: pytorch-msssim */
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
  double k1, k2;     /* defaults 0.01, 0.03; (k data_range)^2 1e-18 to 1e18, for uint8 (k 255)^2 */
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
 * where it is 0). A NaN or Inf makes the gradient NaN where windows reach it.
 * Gradients are float32, and so are the products that they are made of. Here and in the ops below mean_weight and l1_weight
 * are refused beyond -1e18 to 1e18; weights in tensors are not looked at, but where they go beyond, gradients may be Inf or
 * NaN. */
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
  double mean_weight;           /* default -1: L = 1 - mean; -1e18 to 1e18 */
  double l1_weight;             /* default 0; -1e18 to 1e18 */
  DLTensor* x_gradient;         /* float32 of x's shape with the scored channels; NULL: not wanted */
  DLTensor* y_gradient;         /* the same for y; at least one of the two */
  DLTensor* map;                /* the value: NULL, or as in FgSsim2d */
  DLTensor* scores;
  DLTensor* mean;
  DLTensor*
      l1; /* NULL, or float64 [1]: the mean of |x - y| over the map's region, in the units of the samples */
  void* scratch;
  size_t scratch_bytes;
} FgSsim2dGradient;

FG_API void fg_ssim2d_gradient_defaults(FgSsim2dGradient* op);
FG_API FgStatus fg_ssim2d_gradient_scratch_bytes(const FgSsim2dGradient* op, size_t* bytes);
FG_API FgStatus fg_ssim2d_gradient(const FgSsim2dGradient* op, void* stream);

/* MS-SSIM, Wang, Simoncelli, Bovik 2003, as pytorch-msssim computes it, with its gradient.
 *
 * Level 0 is the images; each further level is the mean of 2 x 2 samples of the one before, where a side that is odd is
 * padded with a zero on both ends, which counts. At each level only windows that lie inside. For each channel of each
 * image, with v_l the mean of SSIM's contrast-structure factor, at the last level of SSIM itself:
 *   score = prod_l max(v_l, 0)^weights[l]
 * The coarsest level must hold a window: 5 levels of 11 taps need 161 pixels a side, fewer levels need less.
 * The loss is L = sum_nc score_weight[n, c] scores[n, c] + mean_weight mean. Where some v_l is not above 0 the score is 0
 * and its gradient is taken as 0; the power's own derivative has no bound there.
 * Gradients take scratch: name those that are wanted before asking how much. */
enum { FG_MS_SSIM_MAX_LEVELS = 8 };

typedef struct FgMsSsim {
  size_t struct_size;
  const DLTensor* x; /* x, y, layout, channels, window, data_range, k1, k2: as in FgSsim2d */
  const DLTensor* y;
  FgLayout layout;
  int32_t channels;
  int32_t window;
  double data_range;
  double k1, k2;
  int32_t levels; /* 1 to FG_MS_SSIM_MAX_LEVELS, default 5 */
  double weights
      [FG_MS_SSIM_MAX_LEVELS];  /* finest first, 0 or more; default 0.0448 0.2856 0.3001 0.2363 0.1333 */
  const DLTensor* score_weight; /* NULL, or float64 [N, C scored]; for the gradient */
  double mean_weight;           /* default -1: L = 1 - mean; for the gradient; -1e18 to 1e18 */
  DLTensor* scores;             /* NULL, or float64 [N, C scored] */
  DLTensor* mean;               /* NULL, or float64 [1]: the mean over everything */
  DLTensor* x_gradient; /* NULL, or float32 of x's shape with the scored channels; x and y not uint8 */
  DLTensor* y_gradient;
  void* scratch;
  size_t scratch_bytes;
} FgMsSsim;

FG_API void fg_ms_ssim_defaults(FgMsSsim* op);
FG_API FgStatus fg_ms_ssim_scratch_bytes(const FgMsSsim* op, size_t* bytes);
FG_API FgStatus fg_ms_ssim(const FgMsSsim* op, void* stream);

/* SSIM of the visible part of images, with its gradient: the Gaussian window's weights are multiplied by the mask's and
 * normalised again, window by window (normalised convolution).
 *   score[n, c] = sum_p mask[p] map[p] / sum_p mask[p]
 * What lies under a weight of 0 is never looked at, a NaN included. A weight that is negative, NaN or below 1e-30 counts as
 * 0, a weight above 1e18 as 1e18. The border of the image is one of the mask: with a mask of ones, windows are cut at the
 * border instead of padded with zeros, and where they lie inside, the map equals that of FG_PADDING_VALID. Where a window
 * sees nothing the map is 1, and a channel that shows nothing scores 1 with a gradient of 0.
 * The loss is L = sum_nc score_weight[n, c] scores[n, c] + mean_weight mean. */
typedef struct FgMaskedSsim2d {
  size_t struct_size;
  const DLTensor* x; /* x, y, layout, channels, window, data_range, k1, k2: as in FgSsim2d */
  const DLTensor* y;
  FgLayout layout;
  int32_t channels;
  int32_t window;
  double data_range;
  double k1, k2;
  const DLTensor*
      mask; /* float32 in x's layout, of x's shape with the scored channels or with 1 channel for all */
  const DLTensor* score_weight; /* NULL, or float64 [N, C scored]; for the gradient */
  double mean_weight;           /* default -1: L = 1 - mean; for the gradient; -1e18 to 1e18 */
  DLTensor* map;                /* NULL, or float32 of x's shape with the scored channels */
  DLTensor* scores;             /* NULL, or float64 [N, C scored] */
  DLTensor* mean;               /* NULL, or float64 [1]: the mean of the scores */
  DLTensor* x_gradient; /* NULL, or float32 of x's shape with the scored channels; x and y not uint8 */
  DLTensor* y_gradient;
  void* scratch;
  size_t scratch_bytes;
} FgMaskedSsim2d;

FG_API void fg_masked_ssim2d_defaults(FgMaskedSsim2d* op);
FG_API FgStatus fg_masked_ssim2d_scratch_bytes(const FgMaskedSsim2d* op, size_t* bytes);
FG_API FgStatus fg_masked_ssim2d(const FgMaskedSsim2d* op, void* stream);

/* SSIM of volumes: FgSsim2d with a third axis, the window 7, 9 or 11 taps along each. Volumes of rank 3, 4 or 5:
 *   FG_LAYOUT_NCHW  [N, C, D, H, W], [C, D, H, W] or [D, H, W]
 *   FG_LAYOUT_NHWC  [N, D, H, W, C] or [D, H, W, C] */
typedef struct FgSsim3d {
  size_t struct_size;
  const DLTensor* x; /* volume under test: float32, float16, bfloat16 or uint8 */
  const DLTensor* y; /* reference, same shape and dtype as x; strides may differ */
  FgLayout layout;   /* this and the next six fields as in FgSsim2d */
  int32_t channels;
  int32_t window;
  FgPadding padding;
  double data_range;
  double k1, k2;
  DLTensor*
      map; /* NULL, or float32 in x's layout with the scored channels: D x H x W (same), or each side smaller
                       by window-1 (valid) */
  DLTensor* scores; /* NULL, or float64 [N, C scored]: the mean of each channel of each volume */
  DLTensor* mean;   /* NULL, or float64 [1]: the mean over everything */
  void* scratch;
  size_t scratch_bytes;
} FgSsim3d;

FG_API void fg_ssim3d_defaults(FgSsim3d* op);
FG_API FgStatus fg_ssim3d_scratch_bytes(const FgSsim3d* op, size_t* bytes);
FG_API FgStatus fg_ssim3d(const FgSsim3d* op, void* stream);

/* SSIM of volumes and its gradient with respect to them, in one call:
 *   L = sum_p map_weight[p] map[p]  +  sum_nc score_weight[n, c] scores[n, c]  +  mean_weight mean
 * x_gradient is dL/dx, y_gradient dL/dy; the defaults are those of L = 1 - mean. As in FgSsim2dGradient, the gradient
 * is exactly 0 where x and y are identical in all windows that reach a sample. */
typedef struct FgSsim3dGradient {
  size_t struct_size;
  const DLTensor* x; /* float32, float16 or bfloat16; x, y and the next seven fields as in FgSsim3d */
  const DLTensor* y;
  FgLayout layout;
  int32_t channels;
  int32_t window;
  FgPadding padding;
  double data_range;
  double k1, k2;
  const DLTensor* map_weight;   /* NULL, or float32 of the map's shape */
  const DLTensor* score_weight; /* NULL, or float64 [N, C scored] */
  double mean_weight;           /* default -1: L = 1 - mean; -1e18 to 1e18 */
  DLTensor* x_gradient;         /* float32 of x's shape with the scored channels; NULL: not wanted */
  DLTensor* y_gradient;         /* the same for y; at least one of the two */
  DLTensor* map;                /* the value: NULL, or as in FgSsim3d */
  DLTensor* scores;
  DLTensor* mean;
  void* scratch; /* CUDA: some 12 bytes a voxel, 16 with both gradients; CPU: 24 or 32 bytes a voxel of one
                    volume. Ask for it with the gradients that are wanted */
  size_t scratch_bytes;
} FgSsim3dGradient;

FG_API void fg_ssim3d_gradient_defaults(FgSsim3dGradient* op);
FG_API FgStatus fg_ssim3d_gradient_scratch_bytes(const FgSsim3dGradient* op, size_t* bytes);
FG_API FgStatus fg_ssim3d_gradient(const FgSsim3dGradient* op, void* stream);

/* Pixel errors of x against y, on values scaled to 0..1 by data_range. Output columns: FG_ERROR_MSE, ...
 * Differences may be squared in float32, in the units of the samples: a square below 1e-38 may count as 0, and
 * a difference above 1e18 as not finite. */
enum { FG_ERROR_MSE = 0, FG_ERROR_MAE = 1, FG_ERROR_MAX = 2, FG_ERROR_PSNR = 3, FG_ERROR_COLUMNS = 4 };

typedef struct FgImageErrors {
  size_t struct_size;
  const DLTensor* x;
  const DLTensor* y;
  FgLayout layout;
  int32_t channels;  /* as in FgSsim2d */
  double data_range; /* default 1; 1e-12 to 1e18. No matter for uint8 */
  DLTensor*
      errors; /* float64 [N, FG_ERROR_COLUMNS], over all scored channels of an image. PSNR in dB, +inf for
                         identical images. A NaN or Inf in an image makes all of its columns NaN */
  void* scratch;
  size_t scratch_bytes;
} FgImageErrors;

FG_API void fg_image_errors_defaults(FgImageErrors* op);
FG_API FgStatus fg_image_errors_scratch_bytes(const FgImageErrors* op, size_t* bytes);
FG_API FgStatus fg_image_errors(const FgImageErrors* op, void* stream);

/* FLIP: how large the difference between two images looks when one is shown after the other in the same place, 0 to 1
 * per pixel. FG_FLIP_LDR: Andersson et al., FLIP: A Difference Evaluator for Alternating Images, 2020, of sRGB images 0..1
 * (floats outside are clamped). FG_FLIP_HDR: Andersson et al., Visualizing Errors in Rendered High Dynamic Range Images, 2021,
 * of linear floats of any range with the primaries of sRGB: the largest FLIP of each pixel over a series of exposures,
 * brought to 0..1 by a tone mapper; negative light counts as none.
 * Images have three channels. A NaN or Inf makes the map NaN as far as the filters reach, and with it the score. */
typedef enum FgFlipRange { FG_FLIP_LDR = 0, FG_FLIP_HDR = 1 } FgFlipRange;

typedef enum FgFlipToneMapper {
  FG_FLIP_ACES = 0,     /* Narkowicz's fit, of 0.6 of the light */
  FG_FLIP_REINHARD = 1, /* of the luminance */
  FG_FLIP_HABLE = 2     /* exposed by 2, white at 11.2 */
} FgFlipToneMapper;

enum { FG_FLIP_START = 0, FG_FLIP_STOP = 1, FG_FLIP_COUNT = 2, FG_FLIP_COLUMNS = 3 };

typedef struct FgFlip {
  size_t struct_size;
  const DLTensor* x; /* test: float32, float16, bfloat16, or uint8 codes for FG_FLIP_LDR */
  const DLTensor*
      y; /* reference, same shape and dtype as x; strides may differ. FLIP of (x, y) and of (y, x) differ for
                        FG_FLIP_HDR, where the reference says the exposures */
  FgLayout layout;
  int32_t channels;  /* 3 of RGBA; 0 (default): all, which are 3 */
  FgFlipRange range; /* default FG_FLIP_LDR */
  double
      pixels_per_degree; /* of visual angle, 1 to 470; default 67.0206: 0.7 m from a display of 3840 pixels on 0.7 m */
  FgFlipToneMapper tone_mapper;         /* this and the next three: of FG_FLIP_HDR. Default FG_FLIP_ACES */
  double start_exposure, stop_exposure; /* stops of 2, -100 to 100, start <= stop */
  int32_t
      exposures; /* how many from start to stop, both included, at most 1024; 0 (default): start, stop and number are
                        found from each reference. Of CUDA tensors the call then waits for the stream once */
  DLTensor* map;            /* NULL, or float32 in x's layout with 1 channel */
  DLTensor* exposure_table; /* NULL, or float64 [N, FG_FLIP_COLUMNS]: start, stop and number that were used */
  DLTensor* scores;         /* NULL, or float64 [N] (of one image without N: [1]): the mean of each map */
  DLTensor* mean;           /* NULL, or float64 [1]: the mean of the scores */
  void* scratch;
  size_t scratch_bytes;
} FgFlip;

FG_API void fg_flip_defaults(FgFlip* op);
FG_API FgStatus fg_flip_scratch_bytes(const FgFlip* op, size_t* bytes);
FG_API FgStatus fg_flip(const FgFlip* op, void* stream);

/* The SSIMs of video quality, as libvmaf defines them, of luma planes x against y.
 *
 * Planes: uint8, or uint16 with codes of `bits` bits in the low bits; [N, H, W] or [H, W], any strides. Codes above
 * 2^bits - 1 make a score mean nothing.
 *
 * fg_vmaf_ssim: the integer SSIM, nine integer taps, the window cut off at the border. The bits of the score are those
 * of libvmaf's C code, whatever the device; at 16 bits, where that code overflows, those of its formula. */
typedef struct FgVmafSsim {
  size_t struct_size;
  const DLTensor* x; /* planes under test */
  const DLTensor* y; /* reference, same shape and dtype as x; strides may differ */
  int32_t bits;      /* 8 for uint8, 8 to 16 for uint16; 0 (default): as many as the dtype has */
  DLTensor* scores;  /* NULL, or float64 [N] (of [H, W]: [1]) */
  DLTensor* mean;    /* NULL, or float64 [1]: the mean of the scores */
  void*
      scratch; /* fg_vmaf_ssim_scratch_bytes() bytes on the device of x, 16-byte aligned; NULL if that is 0 */
  size_t scratch_bytes;
} FgVmafSsim;

FG_API void fg_vmaf_ssim_defaults(FgVmafSsim* op);
FG_API FgStatus fg_vmaf_ssim_scratch_bytes(const FgVmafSsim* op, size_t* bytes);
FG_API FgStatus fg_vmaf_ssim(const FgVmafSsim* op, void* stream);

/* libvmaf's float_ssim: 11 Gaussian taps inside the image, luminance, contrast and structure apart, on planes that are
 * first made smaller by a box of scale x scale. At least 11 samples each way after that. */
typedef struct FgVmafFloatSsim {
  size_t struct_size;
  const DLTensor* x;
  const DLTensor* y;
  int32_t bits;  /* as in FgVmafSsim */
  int32_t scale; /* 0 (default): as libvmaf, so that the shorter side is about 256; 1 to 10. 1 is full size */
  DLTensor* scores; /* NULL, or float64 [N] */
  DLTensor* lcs;    /* NULL, or float64 [N, 3]: the means of luminance, contrast and structure */
  DLTensor* mean;   /* NULL, or float64 [1] */
  void* scratch;
  size_t scratch_bytes;
} FgVmafFloatSsim;

FG_API void fg_vmaf_float_ssim_defaults(FgVmafFloatSsim* op);
FG_API FgStatus fg_vmaf_float_ssim_scratch_bytes(const FgVmafFloatSsim* op, size_t* bytes);
FG_API FgStatus fg_vmaf_float_ssim(const FgVmafFloatSsim* op, void* stream);

/* libvmaf's float_ms_ssim: five scales. At least 176 x 176. NaN where the mean of a structure is negative, as there. */
typedef struct FgVmafMsSsim {
  size_t struct_size;
  const DLTensor* x;
  const DLTensor* y;
  int32_t bits;     /* as in FgVmafSsim */
  DLTensor* scores; /* NULL, or float64 [N] */
  DLTensor* lcs;    /* NULL, or float64 [N, 15]: l, c, s of the full size, then of each half */
  DLTensor* mean;   /* NULL, or float64 [1] */
  void* scratch;
  size_t scratch_bytes;
} FgVmafMsSsim;

FG_API void fg_vmaf_ms_ssim_defaults(FgVmafMsSsim* op);
FG_API FgStatus fg_vmaf_ms_ssim_scratch_bytes(const FgVmafMsSsim* op, size_t* bytes);
FG_API FgStatus fg_vmaf_ms_ssim(const FgVmafMsSsim* op, void* stream);

/* How alike images are, x moving and y fixed, with the gradient that moves x: what registration climbs.
 *
 * Each image of the batch has one score, the mean of its channels' scores. L = sum_n score_weight[n] scores[n].
 *
 * FG_SIMILARITY_NCC: normalised cross-correlation, at most 1. Of a patch, with means, variances and covariance divided by
 * the number of its pixels:
 *   ncc = cov(x, y) / sqrt((var(x) + eps) (var(y) + eps))
 * A scale is a size n of patches: the mean over all patches of n x n pixels that lie inside; n = 0 is the whole image, and
 * of a side shorter than n all is taken. The score is the sum over scales s of patch_weights[s] times that of patches[s]. A
 * patch in which x or y is constant has an ncc of 0: its variance is at most 1e-12 of its mean square about the sample in
 * the middle of the plane, which is the rounding of float32.
 * FG_SIMILARITY_GRADIENT_NCC: NCC of edges: the images are blurred by a Gaussian of `sigma` pixels (reflected at the
 * border), then each becomes two, filtered by Sobel's operators along rows and columns (zeros outside), whose NCCs, by scales
 * as above, are averaged. Both sides of the image are longer than the reach of the Gaussian, 3 sigma.
 * FG_SIMILARITY_MSE: the mean of (x - y)^2; 0 is best.
 * FG_SIMILARITY_MUTUAL_INFORMATION: in nats, of the joint histogram of x and y with cubic B-splines as Parzen windows
 * (Mattes et al. 2003). x_range[0] falls on the middle of bin 1, x_range[1] on that of bin bins - 2, values outside count
 * as the nearer of them, without gradient. A range that is found counts as a constant in the gradient.
 *
 * mask: weights of the pixels. Means, variances, covariances and histograms are weighted, patches weigh in the mean as their
 * pixels do. What lies under a weight of 0 is never looked at, a NaN included; a weight that is negative or NaN counts as 0.
 * An edge of FG_SIMILARITY_GRADIENT_NCC counts where all that its filters look at has a weight, with the weight of its middle.
 * An image of which nothing is seen scores 0 with a gradient of 0.
 *
 * A NaN or Inf that is seen makes the score of its image NaN, and the gradient of its channel; so does a weight of Inf. */
typedef enum FgSimilarityMeasure {
  FG_SIMILARITY_NCC = 0,
  FG_SIMILARITY_GRADIENT_NCC = 1,
  FG_SIMILARITY_MSE = 2,
  FG_SIMILARITY_MUTUAL_INFORMATION = 3
} FgSimilarityMeasure;

enum { FG_SIMILARITY_MAX_SCALES = 8 };

typedef struct FgSimilarity {
  size_t struct_size;
  FgSimilarityMeasure measure; /* default FG_SIMILARITY_NCC */
  const DLTensor* x;           /* float32 [N, C, H, W], [C, H, W] or [H, W] */
  const DLTensor*
      y; /* the same shape; strides may differ: a stride of 0 lets one image serve all of x's batch */
  const DLTensor* mask; /* NULL: all pixels count alike. Or float32 of x's rank: [N or 1, C or 1, H, W] */
  int32_t scales;       /* of NCC and gradient NCC: 1 (default) to FG_SIMILARITY_MAX_SCALES */
  int32_t patches[FG_SIMILARITY_MAX_SCALES];      /* 0 or more; default 0 */
  double patch_weights[FG_SIMILARITY_MAX_SCALES]; /* finite; default 1 for the first, 0 for the rest */
  double eps;   /* of NCC and gradient NCC: above 0, in squared units of the samples; default 1e-7 */
  double sigma; /* of gradient NCC: 0 (no blur) to 16; default 1 */
  int32_t bins; /* of mutual information: 4 to 256 a side; default 32 */
  double x_range[2], y_range[2]; /* of mutual information; both ends alike (default 0, 0): found, from
                                         what is seen of each image */
  const DLTensor* score_weight;  /* NULL: 1 for each image. Or float64 [N]; for the gradient */
  DLTensor* scores;              /* NULL, or float64 [N] */
  DLTensor* x_gradient;          /* NULL, or float32 of x's shape: dL/dx */
  DLTensor* y_gradient;          /* the same for y, one for each image of the batch */
  void*
      scratch; /* fg_similarity_scratch_bytes() bytes, as in FgSsim2d. Name the gradients that are wanted before asking */
  size_t scratch_bytes;
} FgSimilarity;

FG_API void fg_similarity_defaults(FgSimilarity* op);
FG_API FgStatus fg_similarity_scratch_bytes(const FgSimilarity* op, size_t* bytes);
FG_API FgStatus fg_similarity(const FgSimilarity* op, void* stream);

/* CUDA devices that the CUDA tensors of this build can live on. */
typedef struct FgCudaDevice {
  char name[128];
  int32_t compute_major, compute_minor; /* compute capability */
  uint64_t memory_bytes;
} FgCudaDevice;

/* Fills up to *count entries and writes the number of devices to *count (devices may be NULL when *count is 0).
 * FG_STATUS_UNSUPPORTED: built without CUDA. FG_STATUS_UNAVAILABLE: no driver or no device; the sentence says which. */
FG_API FgStatus fg_cuda_devices(FgCudaDevice* devices, uint32_t* count);

/* Memory, streams and clocks of CUDA devices, for hosts without a CUDA runtime of their own. What they give out is the
 * runtime's: memory is cudaMalloc()'s and a stream is a cudaStream_t, so both mix with those of other code in the
 * process. devices are numbered as fg_cuda_devices() lists them, which is also DLPack's device_id.
 *
 * FG_STATUS_UNSUPPORTED: built without CUDA. FG_STATUS_UNAVAILABLE: no driver, or no such device. An error of work that
 * was put on a stream earlier may come from any of them. */

/* Writes the address of `bytes` bytes on the device, aligned to 256, of no defined content (NULL for 0 bytes). They are
 * the caller's until fg_cuda_memory_free(). FG_STATUS_OUT_OF_MEMORY: the device has not as many left. */
FG_API FgStatus fg_cuda_memory_allocate(int32_t device, size_t bytes, void** memory);
FG_API void fg_cuda_memory_free(void* memory); /* waits for the device's work; NULL is allowed */

/* Copies between host and device either way, within one or between two devices; the addresses tell which. In the
 * stream's order, and without waiting for it: host memory must stay, and not be looked at, until fg_cuda_stream_wait(). */
FG_API FgStatus fg_cuda_memory_copy(void* to, const void* from, size_t bytes, void* stream);

/* Writes a new stream of the device, one that runs beside the legacy default stream. It is the caller's until
 * fg_cuda_stream_destroy(), which lets the work on it end by itself. */
FG_API FgStatus fg_cuda_stream_create(int32_t device, void** stream);
FG_API void fg_cuda_stream_destroy(void* stream); /* NULL is allowed */
/* Waits until all work that was put on the stream has ended. NULL: the legacy default stream. */
FG_API FgStatus fg_cuda_stream_wait(void* stream);

/* The time between two points of a stream, taken by the device when it gets there, to about half a microsecond. A timer
 * may start and stop any number of times; the last start and the last stop count. One thread at a time. */
typedef struct FgCudaTimer_T* FgCudaTimer;

FG_API FgStatus fg_cuda_timer_create(int32_t device, FgCudaTimer* timer);
FG_API void fg_cuda_timer_destroy(FgCudaTimer timer);                 /* NULL is allowed */
FG_API FgStatus fg_cuda_timer_start(FgCudaTimer timer, void* stream); /* a stream of the timer's device */
FG_API FgStatus fg_cuda_timer_stop(FgCudaTimer timer, void* stream);
/* Waits for the stopping point and writes the time since the starting point. */
FG_API FgStatus fg_cuda_timer_wait(FgCudaTimer timer, uint64_t* nanoseconds);

#ifdef __cplusplus
}
#endif
#endif
