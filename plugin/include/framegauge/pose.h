#ifndef FRAMEGAUGE_POSE_H
#define FRAMEGAUGE_POSE_H
/* Rotations, rigid motions and the poses of X-ray cameras: conversions, distances, projections. C99.
 *
 * Everything is in double precision, on the CPU, and in memory of the caller's that is not kept. Threads, errors and
 * descriptor structs: as framegauge.h says. Lengths are millimetres. Matrices are 4 x 4, rows first, with 0 0 0 1 as their
 * last row, as FgDrr's camera_to_world is. One that is read is orthonormal within 1e-4; the nearest that is exactly so
 * stands for it. Views and FgPoseDistance are the conventions of nanodrr 0.1.6. */

#include "framegauge/drr.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- rotations ---- */

typedef enum FgRotationKind {
  FG_ROTATION_MATRIX = 0,     /* 9 numbers, rows first; orthonormal within 1e-4, no mirror */
  FG_ROTATION_EULER = 1,      /* 3 angles in degrees, intrinsic, in the order of euler_order */
  FG_ROTATION_QUATERNION = 2, /* w, x, y, z; any length but 0. Written with length 1 and w of 0 or more */
  FG_ROTATION_6D =
      3, /* the first column, then the second; any two that are not parallel (Zhou et al. 2019) */
  FG_ROTATION_AXIS_ANGLE =
      4, /* the axis, of any length but 0, then the angle in degrees. Written with length 1 and 0 to
                                 180 degrees; about z for no rotation */
  FG_ROTATION_LOG =
      5 /* so(3): the axis times the angle in radians, each at most 1e9 either way. Written with an angle
                         of 0 to pi */
} FgRotationKind;

/* XYZ: the rotation is R_x(first) R_y(second) R_z(third); each turn is about an axis that those before have moved. The
 * second angle is written in -90..90 where the three axes differ, in 0..180 where the last is the first. Where both other
 * turns are about one axis (gimbal lock), the third angle is written as 0. */
typedef enum FgEulerOrder {
  FG_EULER_XYZ = 0,
  FG_EULER_XZY = 1,
  FG_EULER_YXZ = 2,
  FG_EULER_YZX = 3,
  FG_EULER_ZXY = 4, /* FgDrrPose's */
  FG_EULER_ZYX = 5,
  FG_EULER_XYX = 6,
  FG_EULER_XZX = 7,
  FG_EULER_YXY = 8,
  FG_EULER_YZY = 9,
  FG_EULER_ZXZ = 10,
  FG_EULER_ZYZ = 11
} FgEulerOrder;

typedef struct FgRotation {
  size_t struct_size;
  FgRotationKind kind;      /* default FG_ROTATION_MATRIX */
  FgEulerOrder euler_order; /* of FG_ROTATION_EULER; default FG_EULER_ZXY */
  double numbers[9];        /* as many as the kind has; default: the identity */
} FgRotation;

FG_API void fg_rotation_defaults(FgRotation* rotation);
/* Reads `from` and writes the same rotation into the numbers of `to`, whose kind and euler_order say how. The two may be
 * one. */
FG_API FgStatus fg_rotation_convert(const FgRotation* from, FgRotation* to);

/* ---- rigid motions ---- */

/* se(3): the rotation as FG_ROTATION_LOG, then the velocity, so that exp(0, v) shifts by v. Exact to rounding from angle 0
 * to pi. */
FG_API FgStatus fg_se3_exp(const double log[6], double matrix[16]);
FG_API FgStatus fg_se3_log(const double matrix[16],
                           double log[6]); /* matrix: orthonormal within 1e-4, no mirror */

/* How far two cameras are apart (double geodesic distance): rotation_mm is the angle between them on a circle of half
 * sdd_mm, translation_mm how far the world's origin moves as the cameras see it, mm the square root of the sum of both
 * squares. sdd_mm: 10 or more. Two mirrors have a distance as two rotations have; a mirror and a rotation have none. */
typedef struct FgPoseDistance {
  double rotation_mm, translation_mm, mm;
} FgPoseDistance;
FG_API FgStatus fg_pose_distance(const double a[16], const double b[16], double sdd_mm,
                                 FgPoseDistance* distance);

/* ---- X-ray cameras ---- */

typedef enum FgView {
  FG_VIEW_AP = 0, /* camera x to the patient's left, y down, looking posterior */
  FG_VIEW_PA =
      1, /* looking anterior, and mirrored (determinant -1), so that left and right stay where AP has them */
  FG_VIEW_FREE = 2 /* diag(-1, -1, 1): looking along the body's axis to the head */
} FgView;

/* camera_to_world = [R view | R translation_mm + isocentre_mm], with R of the Euler angles. */
typedef struct FgDrrPose {
  size_t struct_size;
  FgView view;                /* default FG_VIEW_AP */
  double rotation_deg_zxy[3]; /* as FG_EULER_ZXY, about the isocentre; default 0 */
  double translation_mm[3];   /* of the source from the isocentre, in the turned frame; default 0, 850, 0 */
  double isocentre_mm[3];     /* RAS; default 0 */
} FgDrrPose;

FG_API void fg_drr_pose_defaults(FgDrrPose* pose);
FG_API FgStatus fg_drr_pose_matrix(const FgDrrPose* pose, double camera_to_world[16]);
/* The way back: pose has view and isocentre_mm; the rotation and the translation are written. Only PA poses mirror. */
FG_API FgStatus fg_drr_pose_of(const double camera_to_world[16], FgDrrPose* pose);

/* Points of the world and where a detector sees them. A pixel is column, row and depth: the first pixel's centre is (0.5,
 * 0.5), the depth is in mm along the viewing axis (sdd_mm: on the detector). A point that is not in front of the source of
 * a cone becomes NaN, NaN and its depth. */
typedef struct FgProjection {
  size_t struct_size;
  double camera_to_world[16]; /* default: the identity */
  FgDrrBeam beam;             /* default FG_DRR_CONE */
  int32_t height, width;      /* pixels, 1 or more; default 200 */
  double sdd_mm;              /* 10 or more; default 1020 */
  double delx_mm, dely_mm;    /* defaults 2 */
  double x0_mm, y0_mm;        /* defaults 0 */
} FgProjection;

FG_API void fg_projection_defaults(FgProjection* projection);
/* count triples each; input and output may be the same memory. */
FG_API FgStatus fg_project(const FgProjection* projection, const double* points, size_t count,
                           double* pixels);
FG_API FgStatus fg_back_project(const FgProjection* projection, const double* pixels, size_t count,
                                double* points);

#ifdef __cplusplus
}
#endif
#endif
