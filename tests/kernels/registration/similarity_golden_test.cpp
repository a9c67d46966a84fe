// The values and the gradients by pose that nanodrr 0.1.6 has of its image metrics, of the golden DRRs.

#include <gtest/gtest.h>

#include "kernels/drr/drr.h"
#include "tests/kernels/drr/drr_golden.h"
#include "tests/kernels/drr/drr_gradient_case.h"
#include "tests/kernels/registration/similarity_case.h"

namespace fg::test {
namespace {

// The gradient by camera_to_world of a loss with this derivative by the image, against the golden one.
void expect_pose_gradient(const DrrCase<float>& c, const std::vector<float>& by_image,
                          const nlohmann::json& expected, const char* what) {
  const std::vector<double> poses = c.pose_numbers();
  std::vector<double> got(12, NAN);
  DrrGradient<float> op;
  op.forward = c.bind(on_host);
  op.forward.poses.data = poses.data();
  op.image_gradient = c.image_view(by_image.data());
  op.poses = {got.data(), {12, 4, 1}};
  std::vector<double> scratch(cpu::drr_gradient_scratch_bytes(op) / sizeof(double));
  cpu::drr_gradient(op, {scratch.data(), scratch.size() * sizeof(double)});
  for (const bool translation : {false, true}) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < 12; ++i) {
      if ((i % 4 == 3) != translation) continue;
      const double value = expected[i / 4][i % 4];
      error += std::pow(got[i] - value, 2);
      size += value * value;
    }
    const double relative = std::sqrt(error / size);
    EXPECT_LT(relative, 1e-3) << what << (translation ? " translation" : " rotation");
    testing::Test::RecordProperty(std::string(what) + (translation ? "_translation" : "_rotation"),
                                  std::to_string(relative));
  }
}

template <class Measure>
void expect_golden(const Golden& golden, const Measure& measure, const char* name) {
  const DrrCase<float> moving = case_of(golden, "ap_rot");
  const std::vector<float> x = run_cpu(moving), y = run_cpu(case_of(golden, "ap"));
  const auto image = [](const std::vector<float>& pixels) {
    return [&pixels](int, int, int row, int column) {
      return static_cast<double>(pixels[static_cast<std::size_t>(row * 200 + column)]);
    };
  };
  const SimilarityOutput out = run_cpu(measure, SimilarityCase({1, 1, 200, 200}, image(x), image(y)));
  const nlohmann::json& expected = golden.json.at("metrics_ap_rot_vs_ap").at(name);
  EXPECT_NEAR(out.scores[0], expected.at("value").get<double>(), 1e-4) << name;
  expect_pose_gradient(moving, out.x_gradient.memory, expected.at("grad_camera_to_world_3x4"), name);
}

TEST(similarity_golden, values_and_gradients_by_pose_of_ncc_patch_ncc_and_gradient_ncc_agree) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  expect_golden(*golden, NccMeasure{}, "ncc");
  expect_golden(*golden, NccMeasure{{{13}, {1}}}, "patch_ncc_13");
  expect_golden(*golden, GradientNccMeasure{}, "gradient_ncc");
}

}  // namespace
}  // namespace fg::test
