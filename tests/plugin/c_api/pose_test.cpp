// Rotations, rigid motions and poses through the C interface, against series in 60 digits and round trips.

#include <framegauge/pose.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "assets/golden/pose_golden.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr FgRotationKind kKinds[] = {FG_ROTATION_MATRIX, FG_ROTATION_EULER,      FG_ROTATION_QUATERNION,
                                     FG_ROTATION_6D,     FG_ROTATION_AXIS_ANGLE, FG_ROTATION_LOG};

FgRotation rotation(FgRotationKind kind, std::vector<double> numbers, int order = FG_EULER_ZXY) {
  FgRotation r;
  fg_rotation_defaults(&r);
  r.kind = kind;
  r.euler_order = static_cast<FgEulerOrder>(order);
  std::copy(numbers.begin(), numbers.end(), r.numbers);
  return r;
}
FgRotation converted(const FgRotation& from, FgRotationKind kind, int order = FG_EULER_ZXY) {
  FgRotation to = rotation(kind, {}, order);
  EXPECT_EQ(fg_rotation_convert(&from, &to), FG_STATUS_OK) << fg_last_error();
  return to;
}
double difference(const double* a, const double* b, int count) {
  double largest = 0;
  for (int i = 0; i < count; ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Rotation vectors that conversions have to get right: none, tiny, half turns, and some at random.
std::vector<std::vector<double>> rotation_vectors() {
  std::vector<std::vector<double>> all;
  for (const double angle : {0.0, 1e-300, 1e-12, 1e-8, 1e-4, 0.1, 1.5, 3.0, kPi - 1e-4, kPi - 1e-9})
    for (const auto& axis : {std::vector<double>{1, 0, 0}, {0, -1, 0}, {0, 0, 1}, {0.6, -0.64, 0.48}})
      all.push_back({angle * axis[0], angle * axis[1], angle * axis[2]});
  std::mt19937 random(7);
  std::uniform_real_distribution<double> any(-1.8, 1.8);
  for (int i = 0; i < 200; ++i) all.push_back({any(random), any(random), any(random)});
  return all;
}

// The largest error of numbers that differ by the angle that separates two rotations.
double angle_between(const FgRotation& a, const FgRotation& b) {
  const FgRotation p = converted(a, FG_ROTATION_MATRIX), q = converted(b, FG_ROTATION_MATRIX);
  return difference(p.numbers, q.numbers, 9);
}

}  // namespace

TEST(fg_se3, exp_and_log_match_series_in_60_digits_from_angle_0_to_pi) {
  for (const golden::Twist& golden : golden::kTwists) {
    const double angle = std::hypot(golden.log[0], golden.log[1], golden.log[2]);
    double matrix[16], log[6];
    ASSERT_EQ(fg_se3_exp(golden.log, matrix), FG_STATUS_OK) << fg_last_error();
    for (int i = 0; i < 12; ++i)
      // A few roundings of numbers up to 1 in the rotation, up to 850 in the shift.
      EXPECT_NEAR(matrix[i], golden.matrix[i], i % 4 == 3 ? 1e-12 : 1e-15) << "angle " << angle;
    std::copy(golden.matrix, golden.matrix + 12, matrix);
    ASSERT_EQ(fg_se3_log(matrix, log), FG_STATUS_OK) << fg_last_error();
    for (int i = 0; i < 6; ++i)
      // Relative to the angle where it is small: the tiny entries keep their digits. 850 mm times a rounding of the angle.
      EXPECT_NEAR(log[i], golden.log[i], i < 3 ? 2e-15 * angle : 2e-12) << "angle " << angle;
  }
}

TEST(fg_se3, a_half_turn_has_a_logarithm_and_the_same_turn_comes_back) {
  for (const auto& axis : {std::vector<double>{1, 0, 0}, {0, -1, 0}, {-0.6, 0.64, -0.48}}) {
    const double log[6] = {kPi * axis[0], kPi * axis[1], kPi * axis[2], 1, 2, 3};
    double matrix[16], back[6], again[16];
    ASSERT_EQ(fg_se3_exp(log, matrix), FG_STATUS_OK);
    ASSERT_EQ(fg_se3_log(matrix, back), FG_STATUS_OK);
    ASSERT_EQ(fg_se3_exp(back, again), FG_STATUS_OK);
    EXPECT_NEAR(std::hypot(back[0], back[1], back[2]), kPi, 1e-15);
    EXPECT_LT(difference(matrix, again, 16), 5e-15);
  }
}

TEST(fg_rotation_convert, all_twelve_euler_orders_match_series_in_60_digits) {
  for (int order = 0; order < 12; ++order) {
    const golden::Euler& golden = golden::kEuler[order];
    const FgRotation euler = rotation(FG_ROTATION_EULER, {golden.degrees, golden.degrees + 3}, order);
    const FgRotation matrix = converted(euler, FG_ROTATION_MATRIX);
    EXPECT_LT(difference(matrix.numbers, golden.matrix, 9), 1e-15) << golden.order;
    const FgRotation back =
        converted(rotation(FG_ROTATION_MATRIX, {golden.matrix, golden.matrix + 9}), FG_ROTATION_EULER, order);
    EXPECT_LT(difference(back.numbers, golden.degrees, 3), 1e-13) << golden.order;
  }
}

TEST(fg_rotation_convert, every_kind_gives_every_other_back) {
  for (const std::vector<double>& vector : rotation_vectors()) {
    const FgRotation log = rotation(FG_ROTATION_LOG, vector);
    const double angle = std::hypot(vector[0], vector[1], vector[2]);
    for (const FgRotationKind kind : kKinds)
      for (int order = 0; order < (kind == FG_ROTATION_EULER ? 12 : 1); ++order) {
        const FgRotation other = converted(log, kind, order);
        const FgRotation back = converted(other, FG_ROTATION_LOG);
        EXPECT_LT(angle_between(log, back), 2e-15)
            << "kind " << kind << " order " << order << " angle " << angle;
        if (angle < 3.1) {
          EXPECT_LT(difference(back.numbers, vector.data(), 3), 1e-14)
              << "kind " << kind << " order " << order << " angle " << angle;
        }
      }
  }
}

TEST(fg_rotation_convert, gimbal_lock_keeps_the_rotation_and_leaves_the_third_angle_at_0) {
  for (int order = 0; order < 12; ++order)
    for (const double off : {0.0, 1e-13, 1e-9, 1e-5})
      for (const bool upper : {true, false}) {
        const double middle = order < 6 ? (upper ? 90 - off : -90 + off) : (upper ? 180 - off : off);
        const FgRotation euler = rotation(FG_ROTATION_EULER, {25, middle, 40}, order);
        const FgRotation back = converted(converted(euler, FG_ROTATION_MATRIX), FG_ROTATION_EULER, order);
        EXPECT_LT(angle_between(euler, back), 3e-15) << "order " << order << " middle " << middle;
        if (off == 0) {
          EXPECT_NEAR(back.numbers[2], 0, 1e-13) << "order " << order;
        }
      }
}

TEST(fg_rotation_convert, what_is_written_is_in_the_stated_ranges) {
  for (const std::vector<double>& vector : rotation_vectors()) {
    const FgRotation log = rotation(FG_ROTATION_LOG, {-2 * vector[0], 2 * vector[1], -2 * vector[2]});
    const FgRotation q = converted(log, FG_ROTATION_QUATERNION);
    EXPECT_GE(q.numbers[0], 0);
    const FgRotation turn = converted(log, FG_ROTATION_AXIS_ANGLE);
    EXPECT_NEAR(std::hypot(turn.numbers[0], turn.numbers[1], turn.numbers[2]), 1, 1e-15);
    EXPECT_TRUE(turn.numbers[3] >= 0 && turn.numbers[3] <= 180);
    const FgRotation half = rotation(FG_ROTATION_AXIS_ANGLE, {1, vector[1], vector[2], 180});
    EXPECT_LE(converted(half, FG_ROTATION_AXIS_ANGLE).numbers[3], 180);
  }
}

TEST(fg_rotation_convert, numbers_of_any_length_are_read) {
  const FgRotation turn = rotation(FG_ROTATION_AXIS_ANGLE, {0, 0, 5, 90});
  const FgRotation q = rotation(FG_ROTATION_QUATERNION, {-3, 0, 0, -3});
  const FgRotation columns = rotation(FG_ROTATION_6D, {0, 7, 0, -2, 5, 0});
  const double expected[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  for (const FgRotation& r : {turn, q, columns})
    EXPECT_LT(difference(converted(r, FG_ROTATION_MATRIX).numbers, expected, 9), 1e-15) << r.kind;
}

TEST(fg_rotation_convert, lengths_whose_squares_overflow_or_vanish_are_read_too) {
  const double expected[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  for (const double size : {5e-324, 1e-200, 1e200, 1.7e308}) {
    for (const FgRotation& r : {rotation(FG_ROTATION_AXIS_ANGLE, {0, 0, size, 90}),
                                rotation(FG_ROTATION_QUATERNION, {size, 0, 0, size}),
                                rotation(FG_ROTATION_6D, {0, size, 0, -size, 0, 0}),
                                rotation(FG_ROTATION_6D, {0, size, 0, -1, 1, 0})})
      EXPECT_LT(difference(converted(r, FG_ROTATION_MATRIX).numbers, expected, 9), 1e-15)
          << r.kind << " " << size;
  }
}

TEST(fg_rotation_convert, a_turn_of_many_degrees_ends_where_the_rest_of_360_does) {
  const FgRotation much = rotation(FG_ROTATION_AXIS_ANGLE, {0, 0, 1, 360e12 + 90}),
                   most = rotation(FG_ROTATION_AXIS_ANGLE, {0, 0, 1, 1e308});
  const double quarter[9] = {0, -1, 0, 1, 0, 0, 0, 0, 1};
  EXPECT_LT(difference(converted(much, FG_ROTATION_MATRIX).numbers, quarter, 9), 1e-15);
  const FgRotation rest = rotation(FG_ROTATION_AXIS_ANGLE, {0, 0, 1, std::fmod(1e308, 360)});
  EXPECT_LT(angle_between(most, rest), 1e-14);
}

TEST(fg_rotation_convert, what_is_no_rotation_is_refused_with_a_sentence) {
  FgRotation to = rotation(FG_ROTATION_MATRIX, {});
  const auto refused = [&](const FgRotation& from, const std::string& words) {
    EXPECT_EQ(fg_rotation_convert(&from, &to), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_NE(std::string(fg_last_error()).find(words), std::string::npos) << fg_last_error();
  };
  refused(rotation(FG_ROTATION_MATRIX, {2, 0, 0, 0, 1, 0, 0, 0, 1}), "no rotation");
  refused(rotation(FG_ROTATION_MATRIX, {-1, 0, 0, 0, 1, 0, 0, 0, 1}), "mirror");
  refused(rotation(FG_ROTATION_MATRIX, {NAN, 0, 0, 0, 1, 0, 0, 0, 1}), "finite");
  refused(rotation(FG_ROTATION_QUATERNION, {0, 0, 0, 0}), "0 0 0 0");
  refused(rotation(FG_ROTATION_6D, {1, 2, 3, 2, 4, 6}), "parallel");
  refused(rotation(FG_ROTATION_AXIS_ANGLE, {0, 0, 0, 5}), "axis");
  refused(rotation(FG_ROTATION_LOG, {0, -1e200, 0}), "numbers[1] is -1e+200; expected radians");
  refused(rotation(FG_ROTATION_EULER, {0, 0, 0}, 12), "euler_order");
  refused(rotation(static_cast<FgRotationKind>(6), {}), "kind");
  FgRotation short_struct = rotation(FG_ROTATION_MATRIX, {});
  short_struct.struct_size = 8;
  refused(short_struct, "struct_size");
}

namespace {

FgDrrPose drr_pose(FgView view, std::vector<double> rotation, std::vector<double> translation,
                   std::vector<double> isocentre) {
  FgDrrPose pose;
  fg_drr_pose_defaults(&pose);
  pose.view = view;
  std::copy(rotation.begin(), rotation.end(), pose.rotation_deg_zxy);
  std::copy(translation.begin(), translation.end(), pose.translation_mm);
  std::copy(isocentre.begin(), isocentre.end(), pose.isocentre_mm);
  return pose;
}

}  // namespace

TEST(fg_drr_pose, ap_pa_and_free_are_the_stated_matrices_and_come_back) {
  const double expected[3][12] = {{-1, 0, 0, 10, 0, 0, -1, 870, 0, -1, 0, 30},
                                  {-1, 0, 0, 10, 0, 0, 1, 870, 0, -1, 0, 30},
                                  {-1, 0, 0, 10, 0, -1, 0, 870, 0, 0, 1, 30}};
  for (int view = 0; view < 3; ++view) {
    double matrix[16];
    const FgDrrPose plain = drr_pose(static_cast<FgView>(view), {0, 0, 0}, {0, 850, 0}, {10, 20, 30});
    ASSERT_EQ(fg_drr_pose_matrix(&plain, matrix), FG_STATUS_OK);
    EXPECT_EQ(difference(matrix, expected[view], 12), 0);
    const FgDrrPose turned = drr_pose(static_cast<FgView>(view), {170, -35, 12}, {5, 844, -7}, {10, 20, 30});
    ASSERT_EQ(fg_drr_pose_matrix(&turned, matrix), FG_STATUS_OK);
    FgDrrPose back = drr_pose(static_cast<FgView>(view), {}, {}, {10, 20, 30});
    ASSERT_EQ(fg_drr_pose_of(matrix, &back), FG_STATUS_OK) << fg_last_error();
    EXPECT_LT(difference(back.rotation_deg_zxy, turned.rotation_deg_zxy, 3), 1e-12);
    EXPECT_LT(difference(back.translation_mm, turned.translation_mm, 3), 1e-12);
  }
}

TEST(fg_drr_pose, a_pose_of_the_wrong_handedness_or_unit_is_refused_with_a_sentence) {
  double matrix[16];
  FgDrrPose pose = drr_pose(FG_VIEW_PA, {1, 2, 3}, {0, -850, 0}, {0, 0, 0});
  ASSERT_EQ(fg_drr_pose_matrix(&pose, matrix), FG_STATUS_OK);
  pose.view = FG_VIEW_AP;
  EXPECT_EQ(fg_drr_pose_of(matrix, &pose), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_NE(std::string(fg_last_error()).find("FG_VIEW_PA"), std::string::npos) << fg_last_error();
  matrix[0] *= 1.5;
  EXPECT_EQ(fg_drr_pose_of(matrix, &pose), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_NE(std::string(fg_last_error()).find("not rigid"), std::string::npos) << fg_last_error();
  matrix[15] = 2;
  EXPECT_EQ(fg_drr_pose_of(matrix, &pose), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_NE(std::string(fg_last_error()).find("last row"), std::string::npos) << fg_last_error();
}

TEST(fg_drr_pose, a_matrix_that_is_nearly_rigid_is_read_as_the_nearest_rotation_or_mirror) {
  for (const FgView view : {FG_VIEW_AP, FG_VIEW_PA}) {
    double matrix[16], off[16], log[6], off_log[6];
    const FgDrrPose pose = drr_pose(view, {170, -35, 12}, {5, 844, -7}, {10, 20, 30});
    ASSERT_EQ(fg_drr_pose_matrix(&pose, matrix), FG_STATUS_OK);
    // A rotation times a stretch: the rotation is what is nearest to it.
    const double stretch[3][3] = {
        {1 + 2.4e-5, 8e-6, -5e-6}, {8e-6, 1 - 2.1e-5, 6e-6}, {-5e-6, 6e-6, 1 + 1e-5}};
    std::copy(matrix, matrix + 16, off);
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        off[i * 4 + j] = 0;
        for (int k = 0; k < 3; ++k) off[i * 4 + j] += matrix[i * 4 + k] * stretch[k][j];
      }
    ASSERT_GT(difference(matrix, off, 12), 1e-5);
    FgDrrPose back = drr_pose(view, {}, {}, {10, 20, 30});
    ASSERT_EQ(fg_drr_pose_of(off, &back), FG_STATUS_OK) << fg_last_error();
    EXPECT_LT(difference(back.rotation_deg_zxy, pose.rotation_deg_zxy, 3), 1e-12);
    EXPECT_LT(difference(back.translation_mm, pose.translation_mm, 3), 1e-11);
    FgPoseDistance d;
    ASSERT_EQ(fg_pose_distance(matrix, off, 1000, &d), FG_STATUS_OK) << fg_last_error();
    EXPECT_LT(d.mm, 1e-11);
    FgProjection projection;
    fg_projection_defaults(&projection);
    const double point[3] = {-20, 35, 40};
    double pixel[3], off_pixel[3];
    std::copy(matrix, matrix + 16, projection.camera_to_world);
    ASSERT_EQ(fg_project(&projection, point, 1, pixel), FG_STATUS_OK);
    std::copy(off, off + 16, projection.camera_to_world);
    ASSERT_EQ(fg_project(&projection, point, 1, off_pixel), FG_STATUS_OK);
    EXPECT_LT(difference(pixel, off_pixel, 3), 1e-11);
    if (view == FG_VIEW_PA) {
      EXPECT_EQ(fg_se3_log(off, off_log), FG_STATUS_INVALID_ARGUMENT);
      EXPECT_NE(std::string(fg_last_error()).find("mirror"), std::string::npos) << fg_last_error();
      continue;
    }
    ASSERT_EQ(fg_se3_log(matrix, log), FG_STATUS_OK);
    ASSERT_EQ(fg_se3_log(off, off_log), FG_STATUS_OK);
    EXPECT_LT(difference(log, off_log, 6), 1e-11);
  }
}

TEST(fg_pose_distance, turning_counts_on_half_the_detector_distance_and_shifts_as_the_camera_sees_them) {
  double a[16], b[16];
  FgDrrPose pose = drr_pose(FG_VIEW_PA, {0, 0, 0}, {0, -850, 0}, {0, 0, 0});
  ASSERT_EQ(fg_drr_pose_matrix(&pose, a), FG_STATUS_OK);
  pose.rotation_deg_zxy[0] = 10;
  ASSERT_EQ(fg_drr_pose_matrix(&pose, b), FG_STATUS_OK);
  FgPoseDistance d;
  ASSERT_EQ(fg_pose_distance(a, b, 1000, &d), FG_STATUS_OK) << fg_last_error();
  EXPECT_NEAR(d.rotation_mm, 500 * 10 * kPi / 180, 1e-12);
  EXPECT_NEAR(d.translation_mm, 0, 1e-12);  // the origin is the isocentre: both cameras see it 850 mm ahead
  pose.translation_mm[2] = 3;
  pose.translation_mm[0] = -4;
  ASSERT_EQ(fg_drr_pose_matrix(&pose, b), FG_STATUS_OK);
  ASSERT_EQ(fg_pose_distance(a, b, 1000, &d), FG_STATUS_OK);
  EXPECT_NEAR(d.translation_mm, 5, 1e-12);
  EXPECT_NEAR(d.mm, std::hypot(500 * 10 * kPi / 180, 5), 1e-12);
  pose.view = FG_VIEW_AP;
  ASSERT_EQ(fg_drr_pose_matrix(&pose, b), FG_STATUS_OK);
  EXPECT_EQ(fg_pose_distance(a, b, 1000, &d), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(fg_pose_distance(a, a, 1.02, &d), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_pose_distance: sdd_mm is 1.02; expected the millimetres from source to detector, 10 or "
               "more: multiply metres by 1000");
}

TEST(fg_project, a_voxel_shows_where_its_fiducial_projects_and_comes_back) {
  // One voxel of attenuation in an otherwise empty volume: its shadow's centre of mass is where its centre projects.
  Tensor<float> volume{{9, 9, 9}};
  const int at[3] = {6, 2, 5};  // i, j, k
  volume[static_cast<std::size_t>((at[2] * 9 + at[1]) * 9 + at[0])] = 1;
  Tensor<float> image{{1, 1, 90, 120}};
  Tensor<double> pose{{4, 4}};
  const FgDrrPose parts = drr_pose(FG_VIEW_AP, {12, -9, 20}, {5, 700, 12}, {4, 4, 4});
  FgProjection projection;
  fg_projection_defaults(&projection);
  ASSERT_EQ(fg_drr_pose_matrix(&parts, projection.camera_to_world), FG_STATUS_OK);
  std::copy(projection.camera_to_world, projection.camera_to_world + 16, pose.memory.begin());
  projection.height = 90;
  projection.width = 120;
  projection.sdd_mm = 900;
  projection.delx_mm = 0.4;
  projection.dely_mm = 0.5;
  projection.x0_mm = 2;
  projection.y0_mm = -1.5;
  FgDrr drr;
  fg_drr_defaults(&drr);
  drr.volume = &volume;
  drr.numbers = FG_DRR_ATTENUATION;
  drr.poses = &pose;
  drr.sdd_mm = 900;
  drr.delx_mm = 0.4;
  drr.dely_mm = 0.5;
  drr.x0_mm = 2;
  drr.y0_mm = -1.5;
  drr.sampling = FG_DRR_SAMPLES_BY_STEP;
  drr.step_mm = 0.05;
  drr.images = &image;
  for (const FgDrrBeam beam : {FG_DRR_CONE, FG_DRR_PARALLEL}) {
    drr.beam = projection.beam = beam;
    ASSERT_EQ(run_with(drr, fg_drr_scratch_bytes, fg_drr), FG_STATUS_OK) << fg_last_error();
    double sum = 0, column = 0, row = 0;
    for (std::size_t i = 0; i < image.memory.size(); ++i) {
      sum += image[i];
      column += image[i] * (static_cast<double>(i % 120) + 0.5);
      row += image[i] * (static_cast<double>(i / 120) + 0.5);
    }
    ASSERT_GT(sum, 0);
    const double point[3] = {6, 2, 5};
    double pixel[3], back[3];
    ASSERT_EQ(fg_project(&projection, point, 1, pixel), FG_STATUS_OK) << fg_last_error();
    // The shadow of a body of 2 mm some 700 mm away is drawn out by its depth by less than a hundredth of a pixel.
    EXPECT_NEAR(pixel[0], column / sum, 0.01);
    EXPECT_NEAR(pixel[1], row / sum, 0.01);
    ASSERT_EQ(fg_back_project(&projection, pixel, 1, back), FG_STATUS_OK);
    EXPECT_LT(difference(back, point, 3), 1e-11);
  }
}

TEST(fg_project, a_point_behind_the_source_has_no_pixel) {
  FgProjection projection;
  fg_projection_defaults(&projection);
  double pixels[6];
  const double points[6] = {1, 2, -3, 0, 0, 510};
  ASSERT_EQ(fg_project(&projection, points, 2, pixels), FG_STATUS_OK);
  EXPECT_TRUE(std::isnan(pixels[0]) && std::isnan(pixels[1]));
  EXPECT_EQ(pixels[2], -3);
  EXPECT_EQ(pixels[3], 100);
  EXPECT_EQ(pixels[4], 100);
}

TEST(fg_project, a_detector_that_cannot_be_right_is_refused_with_a_sentence) {
  double pixels[3];
  const double points[3] = {1, 2, 3};
  const auto refused = [&](const FgProjection& projection, const std::string& sentence) {
    EXPECT_EQ(fg_project(&projection, points, 1, pixels), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(std::string(fg_last_error()), "fg_project: " + sentence);
    EXPECT_EQ(fg_back_project(&projection, points, 1, pixels), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_EQ(std::string(fg_last_error()), "fg_back_project: " + sentence);
  };
  FgProjection good, projection;
  fg_projection_defaults(&good);
  projection = good;
  projection.height = 0;
  refused(projection, "height and width are 0 and 200; expected the detector's pixels, 1 or more each way");
  projection = good;
  projection.width = -3;
  refused(projection, "height and width are 200 and -3; expected the detector's pixels, 1 or more each way");
  projection = good;
  projection.sdd_mm = 1.02;
  refused(projection,
          "sdd_mm is 1.02; expected the millimetres from source to detector, 10 or more: multiply metres by "
          "1000");
  projection = good;
  projection.dely_mm = 0;
  refused(projection, "dely_mm is 0; expected a finite number above 0");
}

}  // namespace fg::test
