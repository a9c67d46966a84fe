// The geometries that nanodrr 0.1.6 rendered of a real CT, and its channels of labels. The gradients by pose of its image
// metrics: registration/similarity_golden_test.cpp.

#include "tests/kernels/drr/drr_golden.h"

#include <gtest/gtest.h>

namespace fg::test {
namespace {

TEST(drr_golden, images_of_six_geometries_agree) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  for (const auto& [name, j] : golden->json.at("cases").items()) {
    const DrrCase<float> c = case_of(*golden, name);
    const double error = relative_error(run_cpu(c), read_npy_tail(j.at("npy"), c.pixels_of_image()));
    // Both sum in float; theirs counts from the source. Worst measured 1.3e-5 (ortho).
    EXPECT_LT(error, 2e-5) << name;
    RecordProperty(name, std::to_string(error));
  }
}

TEST(drr_golden, channels_of_labels_agree) {
  const std::optional<Golden> golden = load_golden();
  if (!golden) GTEST_SKIP() << "no golden DRRs in " << kData;
  ASSERT_EQ(golden->labels.extent, golden->ct.extent);
  DrrCase<float> c = case_of(*golden, "ap");
  for (const float label : golden->labels.values) c.labels.push_back(static_cast<std::uint8_t>(label));
  c.channels = 118;
  const std::vector<float> images = run_cpu(c);
  for (const int label : {75, 77}) {
    const std::vector<double> expected =
        read_npy_tail("totalseg_ap_label" + std::to_string(label) + ".npy", c.pixels_of_image());
    const auto first = images.begin() + static_cast<std::ptrdiff_t>(label) * 40000;
    const double error = relative_error(std::vector<float>(first, first + 40000), expected);
    EXPECT_LT(error, 2e-4) << "label " << label;
    RecordProperty("label" + std::to_string(label), std::to_string(error));
  }
  for (const auto& [label, sum] : golden->json.at("label_channel_sums").items()) {
    double total = 0;
    for (std::size_t n = 0; n < 40000; ++n)
      total += static_cast<double>(images[static_cast<std::size_t>(std::stoi(label)) * 40000 + n]);
    EXPECT_NEAR(total, sum.get<double>(), 2e-4 * sum.get<double>() + 0.05) << "label " << label;
  }
}

}  // namespace
}  // namespace fg::test
