#ifndef FRAMEGAUGE_DRR_H
#define FRAMEGAUGE_DRR_H
/* Radiographs: what an X-ray camera sees of a CT, with gradients; X-ray exposure and its noise; radiographs as another
 * detector would have them. C99.
 *
 * Tensors and their owner, streams, scratch, threads, errors and descriptor structs: as framegauge.h says. Lengths are
 * millimetres, attenuations 1/mm, places in the world RAS. A pose is a matrix; pose.h makes it of angles and shifts.
 * Bits: the same on every run on the same machine (one exception: volume_gradient of FgDrrGradient on CUDA). CPU and CUDA
 * agree within rounding, but for counts of photons, which have the same bits everywhere.
 * Sources: detector, HU to mu and FG_DRR_SAMPLES_ON_SEGMENT are the conventions of nanodrr 0.1.6; others are named where
 * they stand. */

#include "framegauge/framegauge.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Digitally reconstructed radiographs (DRR): what an X-ray camera sees of a CT.
 *
 * World: RAS millimetres. Camera: the source at the origin, +z to the detector, the detector plane z = sdd_mm, x along its
 * columns, y along its rows. Pixel (column u, row v) has its centre at
 *   ((u + 1/2 - width / 2) delx_mm - x0_mm, (v + 1/2 - height / 2) dely_mm - y0_mm, sdd_mm)
 * so that the principal point is column x0_mm / delx_mm + width / 2. camera_to_world is rigid, or rigid and mirrored;
 * lengths are measured in camera millimetres.
 *
 * A pixel is the line integral of the attenuation (1/mm) along its ray, a number without unit; fg_exposure() makes
 * intensities of it. A ray that misses the volume is exactly 0. A NaN voxel makes the rays that see it NaN. */
typedef enum FgDrrNumbers {
  FG_DRR_HOUNSFIELD =
      0, /* scale number + offset is in HU: mu rises from 0 at -1000 to mu_water at 0, to mu_bone at hu_bone
                            and on; never negative */
  FG_DRR_ATTENUATION = 1 /* scale number is mu in 1/mm */
} FgDrrNumbers;

typedef enum FgDrrBeam {
  FG_DRR_CONE = 0,    /* rays from the source */
  FG_DRR_PARALLEL = 1 /* rays along +z, each from z = 0 to its pixel */
} FgDrrBeam;

typedef enum FgDrrMethod {
  FG_DRR_TRILINEAR = 0, /* samples between the voxels, zero outside */
  FG_DRR_SIDDON = 1     /* exact, of voxels that are boxes of one attenuation (Siddon 1985) */
} FgDrrMethod;

typedef enum FgDrrReduction {
  FG_DRR_SUM = 0,    /* the line integral */
  FG_DRR_MAXIMUM = 1 /* the largest attenuation on the way, 1/mm, not below 0 */
} FgDrrReduction;

typedef enum FgDrrSamples { /* of trilinear rays */
                            FG_DRR_SAMPLES_ON_SEGMENT =
                                0, /* `samples` from source to detector, both ends included, each weighing their distance */
                            FG_DRR_SAMPLES_INSIDE =
                                1, /* `samples` in the middles of equal parts of what the ray has inside the volume, the voxel
                                around it where the interpolation falls to zero included */
                            FG_DRR_SAMPLES_BY_STEP =
                                2 /* in the middles of steps of step_mm, counted from the source */
} FgDrrSamples;

typedef struct FgDrr {
  size_t struct_size;
  const DLTensor*
      volume; /* [D, H, W], float32, float16, int16 or uint16; voxel (i, j, k) is element [k][j][i]. CUDA:
                                strides below 2^31 */
  double voxel_to_world
      [16]; /* 4 x 4, rows first: voxel indices, centres at integers, to RAS mm. Any invertible affine;
                                default: the identity */
  FgDrrNumbers numbers;     /* default FG_DRR_HOUNSFIELD */
  double scale, offset;     /* defaults 1, 0 */
  double mu_water, mu_bone; /* 1/mm, 0 or more; defaults 0.0192, 0.0573, some 70 keV */
  double hu_bone;           /* above 0; default 1000 */
  const DLTensor*
      labels; /* NULL, or uint8 or int16 of the volume's shape: a sample adds to the channel of the nearest
                                voxel's label alone (outside: label 0), so that channels add up to the whole */
  const DLTensor* label_channels; /* NULL: label l is channel l. Or int32 [n], compact: label l is channel
                                     label_channels[l], below 0: none. Labels without a channel are not seen */
  const DLTensor* poses;   /* camera_to_world, float32 or float64 [B, 4, 4] or [B, 3, 4], or without B */
  FgDrrBeam beam;          /* default FG_DRR_CONE */
  int32_t height, width;   /* of the detector, pixels; 0 (default): of the images */
  int32_t row, column;     /* where the images begin on it; defaults 0 */
  double sdd_mm;           /* source to detector, 10 or more; default 1020 */
  double delx_mm, dely_mm; /* size of a pixel; defaults 2 */
  double x0_mm, y0_mm;     /* defaults 0 */
  const DLTensor*
      intrinsics; /* NULL, or float32 or float64 [B, 5]: sdd, delx, dely, x0, y0 of each pose, instead */
  const DLTensor*
      pixels; /* NULL, or int32 [n] or [B, n], rows compact: these pixels, row * width + column. height and width
                             must be given. One that is not on the detector becomes NaN */
  const DLTensor*
      sources; /* NULL, or with targets float32 or float64 [n, 3] or [1, 3]: where rays start, camera mm */
  const DLTensor* targets;  /* NULL, or [n, 3]: where they end. The detector's fields have no say then */
  FgDrrMethod method;       /* default FG_DRR_TRILINEAR */
  FgDrrReduction reduction; /* default FG_DRR_SUM */
  FgDrrSamples sampling;    /* default FG_DRR_SAMPLES_ON_SEGMENT */
  int32_t samples;          /* 2 to 65536, of FG_DRR_SAMPLES_INSIDE 1 to 65536; default 500 */
  double step_mm;           /* 0.001 to 1000; default 1 */
  DLTensor* images; /* float32 [B, C, h, w], or [B, C, n] with pixels or targets. C is 1 without labels */
  DLTensor*
      slopes; /* NULL, or float32 [B, 7, h, w] or [B, 7, n], compact or not: how each ray's line integral changes with
                                the ray (3 by its place and 3 by its direction, per voxel; 1 by its length, per mm).
                                fg_drr() writes them, and fg_drr_gradient() with the same FgDrr reads them and does not
                                walk through the volume again. Of FG_DRR_SUM without labels */
  void* scratch; /* fg_drr_scratch_bytes() bytes, as in FgSsim2d */
  size_t scratch_bytes;
} FgDrr;

FG_API void fg_drr_defaults(FgDrr* op);
FG_API FgStatus fg_drr_scratch_bytes(const FgDrr* op, size_t* bytes);
FG_API FgStatus fg_drr(const FgDrr* op, void* stream);

/* How a loss changes with what a DRR is made of, given how it changes with the images. Gradients by pose, intrinsics and
 * points are those of the formulas above, the same bits on every run. The one by pose is by the entries of
 * camera_to_world as they stand (project it on the motions you allow); by points, with the pose held.
 * A maximum changes as the sample does that has it, the first one from the source where several do; where no sample is
 * above 0, it does not. A maximum of FG_DRR_SIDDON is the number of one voxel: it has a gradient by the volume alone, and
 * the others, which are 0 almost everywhere, are FG_STATUS_UNSUPPORTED.
 * On CUDA the gradient by the volume is summed by atomic additions: its last bits differ from run to run. */
typedef struct FgDrrGradient {
  size_t struct_size;
  const FgDrr* drr;               /* its images and scratch are not looked at. Its slopes, if it has
                                     any, are those that fg_drr() has written; not with volume_gradient */
  const DLTensor* image_gradient; /* float32, of the shape of the images: dL/dimages */
  DLTensor* poses_gradient;       /* NULL, or float64 [B, 3, 4] */
  DLTensor* intrinsics_gradient;  /* NULL, or float64 [B, 5]: by sdd, delx, dely, x0, y0; not with targets */
  DLTensor* sources_gradient;     /* NULL, or float64 [B, n, 3], or [B, 1, 3] where the source is one */
  DLTensor* targets_gradient;     /* NULL, or float64 [B, n, 3] */
  DLTensor* volume_gradient;      /* NULL, or float32 of the volume's shape: by its numbers */
  void* scratch;
  size_t scratch_bytes;
} FgDrrGradient;

FG_API void fg_drr_gradient_defaults(FgDrrGradient* op);
FG_API FgStatus fg_drr_gradient_scratch_bytes(const FgDrrGradient* op, size_t* bytes);
FG_API FgStatus fg_drr_gradient(const FgDrrGradient* op, void* stream);

/* Beer and Lambert: line integrals x to intensities i0 exp(-x), and intensities I back to -ln(max(I, lowest) / i0).
 *
 * FG_NOISE_POISSON: quantum noise. i0 is in photons, and the intensity is a count: a draw from the Poisson distribution of
 * mean i0 exp(-x), rounded to float32 (whole numbers up to 2^24 are exact; means from 2^50 on are their own count, since
 * their noise is below that rounding). x of NaN counts NaN, of -Inf Inf, of Inf 0. The count has the same bits on CPU and
 * CUDA. What is drawn depends on the seed, on first_image + the number of the image in the batch (0 without one), the
 * channel, the pixel's row and column and the extents of a plane and its channels; strides, threads and the cut of a batch
 * into calls change nothing. Uniform numbers: Philox 4x32-10 (Salmon et al. 2011); draws: search from 0 for means below
 * 10, else PTRS (Hoermann 1993).
 * To linearise counts, set lowest to 0.5 or 1: a pixel that saw no photon then counts as half of one, or as one.
 * The gradient of a noisy exposure is that of its mean, with no noise in it: -i0 exp(-x) dL/doutput. */
typedef enum FgExposureDirection { FG_EXPOSE = 0, FG_LINEARISE = 1 } FgExposureDirection;

typedef enum FgNoise { FG_NOISE_NONE = 0, FG_NOISE_POISSON = 1 } FgNoise;

typedef struct FgExposure {
  size_t struct_size;
  const DLTensor* input; /* float32, rank 2 to 4 */
  FgExposureDirection direction;
  double i0;                /* above 0; default 1 */
  double lowest;            /* above 0; default 1e-6. Intensities below, 0 for instance, count as this much */
  const DLTensor* gradient; /* NULL; or float32 of input's shape, dL/doutput: then output becomes dL/dinput */
  DLTensor* output;         /* float32 of input's shape */
  FgNoise noise;            /* default FG_NOISE_NONE; FG_NOISE_POISSON is of FG_EXPOSE alone */
  uint64_t seed;            /* this and the next: of FG_NOISE_POISSON. Any; default 0 */
  int64_t first_image;      /* 0 or more, with the batch and times the channels at most 2^52; default 0 */
} FgExposure;

FG_API void fg_exposure_defaults(FgExposure* op);
FG_API FgStatus fg_exposure(const FgExposure* op, void* stream);

typedef struct FgIntrinsics { /* as in FgDrr: sdd_mm is 10 or more */
  double sdd_mm, delx_mm, dely_mm, x0_mm, y0_mm;
} FgIntrinsics;

/* An image as another detector before the same source would have it: each pixel's ray is followed to the input's detector.
 * Bilinear between pixel centres, 0 outside of them. A NaN reaches the pixels in which it has a weight. */
typedef struct FgResample {
  size_t struct_size;
  const DLTensor* input;         /* float32, [N, C, H, W], [C, H, W] or [H, W] */
  FgIntrinsics input_intrinsics; /* defaults as in FgDrr */
  FgIntrinsics output_intrinsics;
  DLTensor* output; /* float32, the same but for its height and width */
} FgResample;

FG_API void fg_resample_defaults(FgResample* op);
FG_API FgStatus fg_resample(const FgResample* op, void* stream);

#ifdef __cplusplus
}
#endif
#endif
