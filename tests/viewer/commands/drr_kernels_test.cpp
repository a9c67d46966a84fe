// What framegauge drr does by way of the kernels, run as a user would: exact integrals, steps, maxima, labels.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/viewer/commands/program.h"
#include "viewer/error.h"
#include "viewer/io/image.h"

namespace fg {
namespace {

using test::framegauge;
using test::Outcome;
namespace fs = std::filesystem;
const fs::path kData = FRAMEGAUGE_SHARED_DATA;

// A volume of whole numbers; voxels in the order of the file, i fastest.
struct Voxels {
  int nx = 1, ny = 1, nz = 1;
  std::vector<int> values;
  std::string header = R"("spacing_mm": [10, 10, 10])";

  fs::path write(const fs::path& file) const {
    std::string bytes;
    for (const int value : values) {
      bytes += static_cast<char>(value & 255);
      bytes += static_cast<char>(value >> 8 & 255);
    }
    const fs::path raw = fs::path(file).replace_extension(".raw");
    test::write_text(raw, bytes);
    test::write_text(file, "{\"file\": \"" + raw.filename().string() + "\", \"extent\": [" +
                               std::to_string(nx) + ", " + std::to_string(ny) + ", " + std::to_string(nz) +
                               "], \"type\": \"int16\", " + header + "}");
    return file;
  }
};

// Of different numbers in every voxel; mu of voxel n is mu_of(n).
Voxels uneven() {
  Voxels v{.nx = 4, .ny = 5, .nz = 3, .values = {}};
  for (int n = 0; n < 60; ++n) v.values.push_back(n * 37 % 61 * 20 - 600);
  return v;
}
double mu_of(int hu) {
  return hu <= 0 ? 0.0192 * (1 + hu / 1000.0) : 0.0192 + (0.0573 - 0.0192) * hu / 1000.0;
}

ImageF load_planes(const fs::path& file, std::vector<int> shape) {
  const ImageF planes = load_npy(file);  // [C, H, W], of which it knows [H, W, C]
  EXPECT_EQ((std::vector<int>{planes.height, planes.width, planes.channels}), shape);
  return planes;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t n = 0; n < std::min(a.size(), b.size()); ++n)
    largest = std::max(largest, std::abs(static_cast<double>(a[n]) - static_cast<double>(b[n])));
  return largest;
}

float largest_of(const std::vector<float>& values) { return *std::max_element(values.begin(), values.end()); }

class drr_kernels : public testing::Test {
 protected:
  ImageF render(const std::string& arguments) const {
    const fs::path output = folder / "out.npy";
    fs::remove(output);
    const Outcome outcome = framegauge("drr " + arguments + " -o " + output.string());
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
    return outcome.exit_code == 0 ? load_npy(output) : ImageF{};
  }
  void expect_refusal(const std::string& arguments, ExitCode code, const std::string& words) const {
    const Outcome outcome = framegauge("drr " + arguments);
    EXPECT_EQ(outcome.exit_code, static_cast<int>(code)) << arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
  const fs::path folder = test::scratch_folder();
};

}  // namespace

TEST_F(drr_kernels, six_geometries_and_two_labels_of_a_real_ct_agree_with_nanodrr) {
  const fs::path ct = kData / "ct/totalseg_example_ct.nii.gz",
                 labels = kData / "ct/totalseg_example_seg_fast_force_split.nii.gz";
  if (!fs::exists(kData / "drr_golden/totalseg.json")) GTEST_SKIP() << "no golden DRRs in " << kData;
  std::ifstream stream(kData / "drr_golden/totalseg.json");
  const nlohmann::json cases = nlohmann::json::parse(stream).at("cases");
  ASSERT_EQ(cases.size(), 6u);
  for (const auto& [name, c] : cases.items()) {
    test::write_text(folder / "g.json", c.dump());
    const ImageF image = render(ct.string() + " --drr-renderer cpu --sdd 1020 --samples 500 --geometry " +
                                (folder / "g.json").string());
    const ImageF golden = load_npy(kData / "drr_golden" / c.at("npy").get<std::string>());
    EXPECT_LT(largest_difference(image.values, golden.values), 2e-4 * largest_of(golden.values)) << name;
  }
  const fs::path output = folder / "labels.npy";
  const Outcome outcome = framegauge("drr " + ct.string() + " --label-map " + labels.string() +
                                     " --labels 77,75 -o " + output.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const ImageF planes = load_planes(output, {2, 200, 200});
  for (const int channel : {0, 1}) {
    const ImageF golden =
        load_npy(kData / ("drr_golden/totalseg_ap_label" + std::string(channel == 0 ? "77" : "75") + ".npy"));
    const auto first = planes.values.begin() + channel * 40000;
    EXPECT_LT(largest_difference({first, first + 40000}, golden.values), 2e-4 * largest_of(golden.values));
  }
}

TEST_F(drr_kernels, siddon_is_the_length_of_each_ray_in_a_box_times_its_attenuation) {
  // One voxel of water, 40 x 60 x 20 mm, 850 mm in front of the source, which looks along -y.
  const fs::path ct =
      Voxels{.values = {0}, .header = R"("spacing_mm": [40, 60, 20])"}.write(folder / "box.json");
  const ImageF image =
      render(ct.string() + " --method siddon --sdd 1000 --height 33 --width 61 --delx 1.3 --dely 0.9");
  ASSERT_EQ(image.values.size(), 33u * 61u);
  double largest = 0;
  for (int row = 0; row < 33; ++row)
    for (int column = 0; column < 61; ++column) {
      const double along[3] = {(column + 0.5 - 30.5) * 1.3, -1000, (row + 0.5 - 16.5) * 0.9};
      const double from[3] = {0, 850, 0}, half[3] = {20, 30, 10};
      double enter = 0, leave = 1;
      for (int axis = 0; axis < 3; ++axis) {
        if (along[axis] == 0) continue;
        const double a = (-half[axis] - from[axis]) / along[axis],
                     b = (half[axis] - from[axis]) / along[axis];
        enter = std::max(enter, std::min(a, b));
        leave = std::min(leave, std::max(a, b));
      }
      const double length = std::max(0.0, leave - enter) * std::hypot(along[0], along[1], along[2]);
      const double off =
          std::abs(image.values[static_cast<std::size_t>(row * 61 + column)] - 0.0192 * length);
      largest = std::max(largest, off);
    }
  EXPECT_LT(largest, 2e-5 * 0.0192 * 60);  // float: crossings near one, of a ray of a metre
}

TEST_F(drr_kernels, trilinear_converges_on_siddon_as_the_step_shrinks) {
  // Parallel rays through the centres of the voxels, along one axis: the trapezoids between the centres have the area of the
  // boxes. From there the error of midpoints at the kinks falls with the step.
  const Voxels voxels = uneven();
  const std::string camera =
      voxels.write(folder / "ct.json").string() + " --orthographic --height 3 --width 4 --delx 10 --dely 10";
  const ImageF exact = render(camera + " --method siddon");
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column) {
      double sum = 0;
      for (int j = 0; j < 5; ++j)  // the image's x runs to the patient's left, its y to the feet
        sum += 10 * mu_of(voxels.values[static_cast<std::size_t>(((2 - row) * 5 + j) * 4 + 3 - column)]);
      EXPECT_NEAR(exact.values[static_cast<std::size_t>(row * 4 + column)], sum, 1e-5 * sum);
    }
  double before = 1;
  for (const char* step : {"7", "3.5", "0.7", "0.07"}) {
    const double off = largest_difference(render(camera + " --step " + step).values, exact.values);
    EXPECT_LT(off, before) << step;
    before = off;
  }
  EXPECT_LT(before, 1e-4 * largest_of(exact.values));
  EXPECT_LT(largest_difference(render(camera + " --samples-inside 3000").values, exact.values),
            1e-4 * largest_of(exact.values));
}

TEST_F(drr_kernels, one_sample_inside_lies_in_the_middle_of_what_the_ray_has_in_the_volume) {
  const Voxels voxels = uneven();
  const ImageF image = render(voxels.write(folder / "ct.json").string() +
                              " --orthographic --height 3 --width 4 --delx 10 --dely 10 --samples-inside 1");
  // The middle of five voxels, and the length of six: they reach half a voxel farther on either side.
  const double mu = mu_of(voxels.values[static_cast<std::size_t>((2 * 5 + 2) * 4 + 3)]);
  EXPECT_NEAR(image.values[0], 60 * mu, 1e-4 * 60 * mu);
}

TEST_F(drr_kernels, a_maximum_is_the_largest_attenuation_on_the_way) {
  const Voxels voxels = uneven();
  const std::string camera = voxels.write(folder / "ct.json").string() +
                             " --orthographic --height 3 --width 4 --delx 10 --dely 10 --mip";
  const ImageF exact = render(camera + " --method siddon"), sampled = render(camera + " --step 0.05");
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column) {
      double largest = 0;
      for (int j = 0; j < 5; ++j)
        largest = std::max(
            largest, mu_of(voxels.values[static_cast<std::size_t>(((2 - row) * 5 + j) * 4 + 3 - column)]));
      EXPECT_NEAR(exact.values[static_cast<std::size_t>(row * 4 + column)], largest, 1e-6);
      // The nearest sample is 0.025 mm off a centre, and the next voxel 10 mm.
      EXPECT_NEAR(sampled.values[static_cast<std::size_t>(row * 4 + column)], largest, 0.0026 * 0.0573);
      EXPECT_LE(sampled.values[static_cast<std::size_t>(row * 4 + column)], largest + 1e-6);
    }
}

TEST_F(drr_kernels, a_picture_of_maxima_is_white_where_they_are_bone) {
  const fs::path ct = Voxels{.nx = 3, .values = {-1000, 0, 1000}}.write(folder / "ct.json"),
                 picture = folder / "mip.png";
  const Outcome outcome = framegauge(
      "drr " + ct.string() + " --mip --method siddon --orthographic --height 1 --width 3 --delx 10 -o " +
      picture.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("largest attenuations 0.0000 to 0.0573, mean"), std::string::npos)
      << outcome.out;
  const Image8 grey = load_image(picture);
  EXPECT_EQ(grey.rgba[0], 255);
  EXPECT_NEAR(grey.rgba[4], 255 * 0.0192 / 0.0573, 1);
  EXPECT_EQ(grey.rgba[8], 0);
}

TEST_F(drr_kernels, all_labels_add_up_to_the_whole_and_chosen_ones_come_in_their_order) {
  const fs::path ct = uneven().write(folder / "ct.json");
  Voxels map = uneven();
  for (std::size_t n = 0; n < 60; ++n) map.values[n] = std::vector<int>{0, 300, 7}[n / 7 % 3];
  const std::string camera = ct.string() + " --height 20 --width 20 --delx 3 --dely 3",
                    labelled = camera + " --label-map " + map.write(folder / "map.json").string();
  for (const std::string method : {" --samples 900", " --step 0.4", " --method siddon"}) {
    const std::string device = " --drr-renderer cpu";
    const ImageF whole = render(camera + method + device), all = render(labelled + method + device);
    ASSERT_EQ(all.values.size(), 1200u);
    for (std::size_t n = 0; n < 400; ++n)
      EXPECT_NEAR(all.values[n] + all.values[400 + n] + all.values[800 + n], whole.values[n], 1e-5);
    const ImageF two = render(labelled + method + device + " --labels 300,0");
    ASSERT_EQ(two.values.size(), 800u);
    EXPECT_TRUE(std::equal(two.values.begin(), two.values.begin() + 400, all.values.begin() + 800));
    EXPECT_TRUE(std::equal(two.values.begin() + 400, two.values.end(), all.values.begin()));
    EXPECT_EQ(render(labelled + method + device + " --labels all").values, all.values);
  }
  EXPECT_GT(largest_of(render(labelled + " --mip --labels 7").values), 0.01f);
}

TEST_F(drr_kernels, one_label_is_an_array_of_three_axes_and_pictures_have_the_label_in_their_name) {
  const fs::path ct = uneven().write(folder / "ct.json");
  Voxels map = uneven();
  for (std::size_t n = 0; n < 60; ++n) map.values[n] = n < 20 ? 12 : 0;
  const std::string base = (folder / "bones.v1").string();
  const Outcome outcome =
      framegauge("drr " + ct.string() + " --label-map " + map.write(folder / "map.json").string() +
                 " --labels 12 --height 9 --width 11 --window 1 --level 0.5 -o " + base + ".npy -o " + base +
                 ".png -o " + base + ".exr");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\nchannel 0, label 12: line integrals "), std::string::npos) << outcome.out;
  const ImageF planes = load_planes(base + ".npy", {1, 9, 11});
  EXPECT_FALSE(fs::exists(base + ".png"));
  const Image8 grey = load_image(base + "_label12.png");
  const DeepImage deep = load_deep_image(base + "_label12.exr");
  ASSERT_EQ(grey.width, 11);
  ASSERT_GT(largest_of(planes.values), 0);
  for (std::size_t n = 0; n < 99; ++n) {
    EXPECT_EQ(deep.values.values[4 * n], planes.values[n]);
    EXPECT_NEAR(grey.rgba[4 * n], 255 * std::min(1.0f, planes.values[n]), 0.5 + 1e-3);
  }
}

TEST_F(drr_kernels, the_summary_as_json_tells_which_channel_is_which_label) {
  const fs::path ct = uneven().write(folder / "ct.json");
  Voxels map = uneven();
  for (std::size_t n = 0; n < 60; ++n) map.values[n] = n < 20 ? 12 : 3;
  const std::string png = (folder / "x.png").string();
  const Outcome outcome =
      framegauge("drr " + ct.string() + " --label-map " + map.write(folder / "map.json").string() +
                 " --step 0.25 --json - --drr-renderer cpu -o " + png);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const nlohmann::json json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("schema"), "framegauge-drr-1");
  EXPECT_EQ(json.at("renderer"), "cpu");
  EXPECT_EQ(json.at("step_mm"), 0.25);
  EXPECT_FALSE(json.contains("samples"));
  ASSERT_EQ(json.at("channels").size(), 2u);
  EXPECT_EQ(json.at("channels")[0].at("label"), 3);
  EXPECT_EQ(json.at("channels")[1].at("label"), 12);
  EXPECT_GT(json.at("channels")[1].at("max").get<double>(), 0);
  EXPECT_EQ(json.at("files"),
            (nlohmann::json{(folder / "x_label3.png").string(), (folder / "x_label12.png").string()}));
}

TEST_F(drr_kernels, a_label_map_whose_axes_come_in_another_order_is_the_same_map) {
  const fs::path ct = uneven().write(folder / "ct.json");
  Voxels map = uneven(), other = uneven();
  for (std::size_t n = 0; n < 60; ++n) map.values[n] = std::vector<int>{0, 300, 7}[n / 7 % 3];
  std::swap(other.nx, other.nz);  // 3 x 5 x 4: k, j, i; i from the last on
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 5; ++j)
      for (std::size_t k = 0; k < 3; ++k)
        other.values[k + 3 * (j + 5 * i)] = map.values[3 - i + 4 * (j + 5 * k)];
  other.header =
      R"("spacing_mm": [10, 10, 10], "direction": [0,0,-1,0,1,0,1,0,0], "origin_mm_ras": [30, 0, 0])";
  const std::string camera = ct.string() + " --height 20 --width 20 --delx 3 --dely 3 --drr-renderer cpu";
  EXPECT_EQ(render(camera + " --label-map " + other.write(folder / "other.json").string()).values,
            render(camera + " --label-map " + map.write(folder / "map.json").string()).values);
}

TEST_F(drr_kernels, a_label_map_off_the_cts_grid_or_of_no_labels_is_refused) {
  const fs::path ct = uneven().write(folder / "ct.json");
  const auto expect = [&](Voxels map, ExitCode code, const std::string& words) {
    expect_refusal(ct.string() + " -o " + (folder / "out.npy").string() + " --label-map " +
                       map.write(folder / "map.json").string(),
                   code, words);
    EXPECT_FALSE(fs::exists(folder / "out.npy"));
  };
  Voxels map = uneven();
  std::fill(map.values.begin(), map.values.end(), 2);
  Voxels other = map;
  other.nx = 3;
  other.values.resize(45);
  expect(other, ExitCode::size_mismatch, "differ in size: 3 x 5 x 3 voxels against 4 x 5 x 3; resample it");
  other = map;
  other.header = R"("spacing_mm": [10, 10, 9])";
  expect(other, ExitCode::size_mismatch, "differ in spacing: 10, 10, 9 mm against 10, 10, 10 mm");
  other.header = R"("spacing_mm": [10, 10, 10], "direction": [-1,0,0,0,1,0,0,0,1])";
  expect(other, ExitCode::size_mismatch, "differ in direction");
  other.header = R"("spacing_mm": [10, 10, 10], "origin_mm_ras": [0, 0, 5])";
  expect(other, ExitCode::size_mismatch, "differ in origin");
  expect(uneven(), ExitCode::unreadable_input, "voxel (0, 0, 0) is -600; a label map holds whole numbers");
  other = map;
  other.header += R"(, "slope": 0.25)";
  expect(other, ExitCode::unreadable_input, "voxel (0, 0, 0) is 0.5; a label map holds whole numbers");
  expect_refusal(ct.string() + " -o " + (folder / "out.npy").string() + " --label-map " +
                     (folder / "nothing.nii").string(),
                 ExitCode::unreadable_input, "nothing.nii: there is no such file");
}

TEST_F(drr_kernels, numbers_that_leave_the_range_of_floats_are_refused) {
  const std::string ct = uneven().write(folder / "ct.json").string(), output = (folder / "out.npy").string();
  for (const std::string absurd : {"--sdd 1e20", "--delx 1e20", "--translation 0 1e200 0", "--mu-bone 1e300"})
    expect_refusal(ct + " --height 9 --width 9 --drr-renderer cpu -o " + output + " " + absurd,
                   ExitCode::usage, "");
  EXPECT_FALSE(fs::exists(output));
}

TEST_F(drr_kernels, a_label_that_does_not_occur_is_said_and_none_at_all_is_refused) {
  const fs::path ct = uneven().write(folder / "ct.json");
  Voxels map = uneven();
  std::fill(map.values.begin(), map.values.end(), 2);
  const std::string arguments = ct.string() + " -o " + (folder / "out.npy").string() + " --label-map " +
                                map.write(folder / "map.json").string() + " --labels ";
  const Outcome outcome = framegauge("drr " + arguments + "5,2");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("map.json has no voxel of label 5"), std::string::npos) << outcome.err;
  const ImageF planes = load_planes(folder / "out.npy", {2, 200, 200});
  EXPECT_EQ(*std::max_element(planes.values.begin(), planes.values.begin() + 40000), 0);
  EXPECT_GT(*std::max_element(planes.values.begin() + 40000, planes.values.end()), 0);
  expect_refusal(arguments + "5,6", ExitCode::usage, "--labels 5, 6: none of them occurs in");
}

TEST_F(drr_kernels, options_that_make_no_sense_together_are_refused_with_one_line) {
  const std::string ct = uneven().write(folder / "ct.json").string(),
                    base = ct + " -o " + (folder / "out.npy").string(), map = " --label-map " + ct;
  const auto expect = [&](const std::string& options, const std::string& words) {
    expect_refusal(base + options, ExitCode::usage, words);
  };
  expect(" --samples 100 --step 1", "give one of --samples, --samples-inside and --step");
  expect(" --samples-inside 100 --step 1", "--samples-inside 100 and --step 1 both say");
  expect(" --method siddon --step 0.5", "--method siddon has no samples");
  expect(" --method siddon --samples 50", "leave out --samples 50");
  expect(" --method simpson", "--method 'simpson' is unknown; expected trilinear or siddon");
  expect(" --step 0", "--step 0: expected 0.001 to 1000 mm");
  expect(" --step nan", "--step nan: expected 0.001 to 1000 mm");
  expect(" --samples-inside 0", "--samples-inside 0: expected 1 to 65536");
  expect(" --samples 70000 --drr-renderer cpu", "n_samples must be 2 to 65536");
  expect(" --labels 75", "give --label-map FILE too");
  expect(map + " --labels 7,,8", "--labels '7,,8': expected whole numbers");
  expect(map + " --labels 7,", "--labels '7,': expected whole numbers");
  expect(map + " --labels=-1", "expected whole numbers of 0 to 32767");
  expect(map + " --labels 99999", "expected whole numbers of 0 to 32767");
  expect(map + " --labels bones", "such as 75,77, or all");
  expect(map + " --labels 7,8,7", "7 is there twice");
  expect(" --photons 100 --mip", "leave out --mip, or --photons");
  expect(" --photons 100" + map, "leave out --label-map, or --photons");
  expect(" --drr-renderer vulkan --step 1", "--step 1 is of the CPU and CUDA kernels");
  expect(" --drr-renderer vulkan --mip", "--mip is of the CPU and CUDA kernels");
  expect(" --drr-renderer vulkan --method siddon", "--method siddon is of the CPU and CUDA kernels");
  expect(" --drr-renderer vulkan --samples-inside 9", "--samples-inside 9 is of the CPU and CUDA kernels");
  expect(" --drr-renderer vulkan" + map, "--label-map is of the CPU and CUDA kernels");
  expect(" --device llvmpipe --step 1", "give --device cpu, cuda or cuda:N, not llvmpipe");
  expect(" --drr-renderer cpu --device cuda", "--device cuda is no device of --drr-renderer cpu");
  expect(" --drr-renderer opengl", "choose auto, vulkan, cuda or cpu");
  expect(" --drr-renderer cpu --validation", "leave out --validation");
  expect(" --device cpu --width 1000000 --height 1000000", "at most 2147483648 numbers");
  expect(" --device cpu --sdd 1.02", "sdd_mm is 1.02");
  expect(" --device cpu --window 0", "window");
  expect(" --device cpu --mu-bone -1", "attenuation of water and bone");
  EXPECT_FALSE(fs::exists(folder / "out.npy"));
}

TEST_F(drr_kernels, the_samples_of_a_geometry_are_taken_unless_an_option_says_otherwise) {
  const std::string ct = uneven().write(folder / "ct.json").string() + " --device cpu";
  test::write_text(folder / "g.json", R"({"height": 8, "width": 8, "n_samples": 40})");
  const std::string geometry = ct + " --geometry " + (folder / "g.json").string();
  const ImageF of_file = render(geometry);
  EXPECT_EQ(of_file.values, render(ct + " --height 8 --width 8 --samples 40").values);
  EXPECT_NE(of_file.values, render(ct + " --height 8 --width 8").values);
  EXPECT_EQ(render(geometry + " --samples 300").values,
            render(ct + " --height 8 --width 8 --samples 300").values);
  EXPECT_EQ(render(geometry + " --step 2").values, render(ct + " --height 8 --width 8 --step 2").values);
  EXPECT_EQ(render(geometry + " --method siddon").values,
            render(ct + " --height 8 --width 8 --method siddon").values);
}

TEST_F(drr_kernels, a_machine_without_vulkan_renders_by_the_kernels_and_says_so) {
  const std::string ct = uneven().write(folder / "ct.json").string(),
                    arguments = "drr " + ct + " -o " + (folder / "out.npy").string();
  setenv("VK_ICD_FILENAMES", "/nowhere.json", 1);
  setenv("VK_DRIVER_FILES", "/nowhere.json", 1);
  const Outcome automatic = framegauge(arguments), forced = framegauge(arguments + " --drr-renderer vulkan");
  unsetenv("VK_ICD_FILENAMES");
  unsetenv("VK_DRIVER_FILES");
  EXPECT_EQ(automatic.exit_code, 0) << automatic.err;
  EXPECT_EQ(automatic.err.find("framegauge: not by Vulkan: "), 0u) << automatic.err;
  EXPECT_EQ(automatic.out.find("(vulkan, "), std::string::npos) << automatic.out;
  EXPECT_EQ(forced.exit_code, 5);
  EXPECT_EQ(forced.out, "");
}

TEST_F(drr_kernels, the_summary_names_the_renderer_and_where_samples_lie) {
  const std::string ct = "drr " + uneven().write(folder / "ct.json").string() + " --device cpu -o " +
                         (folder / "out.npy").string();
  for (const auto& [options, words] : {std::pair<std::string, std::string>{"", ", 500 samples, "},
                                       {" --samples-inside 30", ", 30 samples inside the volume, "},
                                       {" --step 0.5", ", a sample every 0.5 mm, "},
                                       {" --method siddon", ", siddon, "}}) {
    const Outcome outcome = framegauge(ct + options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find(words), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("(cpu, CPU)"), std::string::npos) << outcome.out;
  }
}

}  // namespace fg
