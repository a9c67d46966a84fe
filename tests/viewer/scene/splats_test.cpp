#include "viewer/scene/splats.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "tests/viewer/io/test_files.h"
#include "tests/viewer/scene/sample_ply.h"

namespace fg {
namespace {

const std::filesystem::path kShared = FRAMEGAUGE_SHARED_DATA;

// Activated values of row i of sample_rows, straight from the paper's formulas.
void expect_splat(const SplatScene& scene, std::size_t i, const std::vector<double>& row, int degree) {
  const auto value = [&](const std::string& name) { return row[column_of(name, degree)]; };
  EXPECT_FLOAT_EQ(scene.positions[i].x, static_cast<float>(value("x")));
  EXPECT_FLOAT_EQ(scene.positions[i].y, static_cast<float>(value("y")));
  EXPECT_FLOAT_EQ(scene.positions[i].z, static_cast<float>(value("z")));
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_FLOAT_EQ(scene.scales[i][axis],
                    static_cast<float>(std::exp(value("scale_" + std::to_string(axis)))));
  EXPECT_FLOAT_EQ(scene.opacities[i], static_cast<float>(1.0 / (1.0 + std::exp(-value("opacity")))));
  const double w = value("rot_0"), x = value("rot_1"), y = value("rot_2"), z = value("rot_3");
  const double length = std::sqrt(w * w + x * x + y * y + z * z);
  EXPECT_FLOAT_EQ(scene.rotations[i].w, static_cast<float>(w / length));
  EXPECT_FLOAT_EQ(scene.rotations[i].x, static_cast<float>(x / length));
  EXPECT_FLOAT_EQ(scene.rotations[i].y, static_cast<float>(y / length));
  EXPECT_FLOAT_EQ(scene.rotations[i].z, static_cast<float>(z / length));
  const std::size_t coefficients = static_cast<std::size_t>((degree + 1) * (degree + 1));
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_FLOAT_EQ(scene.sh[i * coefficients * 3 + c],
                    static_cast<float>(value("f_dc_" + std::to_string(c))));
    for (std::size_t k = 1; k < coefficients; ++k)
      EXPECT_FLOAT_EQ(scene.sh[(i * coefficients + k) * 3 + c],
                      static_cast<float>(value("f_rest_" + std::to_string(c * (coefficients - 1) + k - 1))));
  }
}

void expect_all(const std::filesystem::path& file, const std::vector<std::vector<double>>& rows, int degree) {
  const SplatScene scene = load_splats(file);
  ASSERT_EQ(scene.size(), rows.size());
  EXPECT_EQ(scene.sh_degree, degree);
  EXPECT_EQ(scene.skipped, 0u);
  for (std::size_t i = 0; i < rows.size(); ++i) expect_splat(scene, i, rows[i], degree);
}

TEST(splats, every_degree_and_format_is_read_and_activated) {
  const TemporaryFolder folder;
  for (int degree = 0; degree <= 3; ++degree)
    for (const char* format : {"binary_little_endian", "binary_big_endian", "ascii"}) {
      SCOPED_TRACE(std::string(format) + " degree " + std::to_string(degree));
      const auto rows = sample_rows(17, degree);
      write_ply(folder / "a.ply", {.format = format}, inria_properties(degree), rows);
      expect_all(folder / "a.ply", rows, degree);
    }
}

TEST(splats, properties_come_in_any_order_with_others_of_any_type_between) {
  const TemporaryFolder folder;
  const int degree = 1;
  const auto rows = sample_rows(9, degree);
  auto properties = inria_properties(degree);
  std::reverse(properties.begin(), properties.end());
  const char* const types[] = {"char",  "uchar",  "short", "ushort", "int",    "uint",
                               "float", "double", "int8",  "uint16", "float64"};
  std::size_t extra = 0;
  for (const char* type : types)
    properties.insert(properties.begin() + static_cast<std::ptrdiff_t>(3 * extra),
                      {type, "extra_" + std::to_string(extra)}),
        ++extra;
  for (const char* format : {"binary_little_endian", "binary_big_endian", "ascii"}) {
    SCOPED_TRACE(format);
    write_ply(folder / "a.ply", {.format = format}, properties, rows);
    expect_all(folder / "a.ply", rows, degree);
  }
}

TEST(splats, values_may_be_doubles) {
  const TemporaryFolder folder;
  const auto rows = sample_rows(5, 0);
  auto properties = inria_properties(0);
  for (PlyColumn& property : properties) property.type = "double";
  write_ply(folder / "a.ply", {.format = "binary_big_endian"}, properties, rows);
  expect_all(folder / "a.ply", rows, 0);
}

TEST(splats, elements_before_and_after_are_passed_over) {
  const TemporaryFolder folder;
  const auto rows = sample_rows(4, 0);
  for (const char* format : {"binary_little_endian", "binary_big_endian", "ascii"}) {
    SCOPED_TRACE(format);
    write_ply(folder / "a.ply", {.format = format, .faces_before = 3, .faces_after = 2}, inria_properties(0),
              rows);
    expect_all(folder / "a.ply", rows, 0);
    EXPECT_TRUE(load_splats(folder / "a.ply").notes.empty());
  }
}

TEST(splats, a_header_with_windows_line_ends_is_read) {
  const TemporaryFolder folder;
  const auto rows = sample_rows(4, 0);
  write_ply(folder / "a.ply", {.line_end = "\r\n"}, inria_properties(0), rows);
  expect_all(folder / "a.ply", rows, 0);
}

TEST(splats, a_zero_quaternion_is_the_identity) {
  const TemporaryFolder folder;
  auto rows = sample_rows(1, 0);
  for (int i = 0; i < 4; ++i) rows[0][column_of("rot_" + std::to_string(i), 0)] = 0;
  write_ply(folder / "a.ply", {}, inria_properties(0), rows);
  EXPECT_EQ(load_splats(folder / "a.ply").rotations[0], glm::quat(1, 0, 0, 0));
}

TEST(splats, splats_with_nan_or_infinity_are_left_out_and_counted) {
  const TemporaryFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  for (const char* format : {"binary_little_endian", "ascii"}) {
    auto rows = sample_rows(10, 1);
    rows[0][column_of("x", 1)] = nan;
    rows[2][column_of("z", 1)] = -inf;
    rows[3][column_of("f_rest_8", 1)] = nan;
    rows[5][column_of("opacity", 1)] = nan;
    rows[6][column_of("scale_1", 1)] = 1000;  // exp overflows
    rows[8][column_of("rot_3", 1)] = inf;
    rows[9][column_of("f_dc_1", 1)] = inf;
    write_ply(folder / "a.ply", {.format = format}, inria_properties(1), rows);
    const SplatScene scene = load_splats(folder / "a.ply");
    EXPECT_EQ(scene.skipped, 7u);
    ASSERT_EQ(scene.size(), 3u);
    expect_splat(scene, 0, rows[1], 1);
    expect_splat(scene, 1, rows[4], 1);
    expect_splat(scene, 2, rows[7], 1);
    ASSERT_EQ(scene.notes.size(), 1u);
    EXPECT_TRUE(contains(scene.notes[0], "7 of 10 splats")) << scene.notes[0];
  }
}

TEST(splats, infinite_logits_are_opaque_or_invisible_and_pass) {
  const TemporaryFolder folder;
  const double inf = std::numeric_limits<double>::infinity();
  auto rows = sample_rows(2, 0);
  rows[0][column_of("opacity", 0)] = inf;
  rows[1][column_of("opacity", 0)] = -inf;
  rows[1][column_of("scale_2", 0)] = -inf;
  write_ply(folder / "a.ply", {}, inria_properties(0), rows);
  const SplatScene scene = load_splats(folder / "a.ply");
  ASSERT_EQ(scene.size(), 2u);
  EXPECT_EQ(scene.opacities[0], 1.0f);
  EXPECT_EQ(scene.opacities[1], 0.0f);
  EXPECT_EQ(scene.scales[1].z, 0.0f);
}

// ---- what is refused, and how

std::string refused(const std::filesystem::path& file) {
  const std::string sentence = failure_of([&] { load_splats(file); });
  EXPECT_TRUE(contains(sentence, file.filename().string())) << sentence;
  return sentence;
}

TEST(splats, a_truncated_file_is_refused_with_the_byte_and_the_counts) {
  const TemporaryFolder folder;
  write_ply(folder / "a.ply", {}, inria_properties(3), sample_rows(10, 3));
  ByteVector bytes = read_bytes(folder / "a.ply");
  const std::size_t data = bytes.size() - 10 * 62 * 4;
  bytes.resize(data + 3 * 248 + 100);
  write_bytes(folder / "a.ply", bytes);
  const std::string sentence = refused(folder / "a.ply");
  EXPECT_TRUE(
      contains(sentence, "byte " + std::to_string(data) +
                             ": expected 10 rows of element vertex of 248 bytes, the file ends after 3"))
      << sentence;
  write_ply(folder / "b.ply", {.format = "ascii"}, inria_properties(0), sample_rows(10, 0));
  bytes = read_bytes(folder / "b.ply");
  bytes.resize(bytes.size() - 60);
  write_bytes(folder / "b.ply", bytes);
  EXPECT_TRUE(contains(refused(folder / "b.ply"), "the file ends after 9")) << refused(folder / "b.ply");
}

TEST(splats, a_huge_count_is_refused_before_anything_is_allocated) {
  const TemporaryFolder folder;
  for (const char* format : {"binary_little_endian", "binary_big_endian", "ascii"})
    for (const char* count : {"1000000000", "99999999999999999", "18446744073709551615"}) {
      write_ply(folder / "a.ply", {.format = format, .claimed_count = count}, inria_properties(0),
                sample_rows(2, 0));
      const std::string sentence = refused(folder / "a.ply");
      EXPECT_TRUE(contains(sentence, count) && contains(sentence, "truncated")) << sentence;
    }
  write_ply(folder / "a.ply", {.claimed_count = "184467440737095516150"}, inria_properties(0),
            sample_rows(2, 0));
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "'element NAME COUNT'"));
  write_ply(folder / "a.ply", {.claimed_count = "-1"}, inria_properties(0), sample_rows(2, 0));
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "'element NAME COUNT'"));
}

TEST(splats, a_count_below_what_the_file_holds_is_noted) {
  const TemporaryFolder folder;
  write_ply(folder / "a.ply", {.claimed_count = "2"}, inria_properties(0), sample_rows(5, 0));
  const SplatScene scene = load_splats(folder / "a.ply");
  EXPECT_EQ(scene.size(), 2u);
  ASSERT_EQ(scene.notes.size(), 1u);
  EXPECT_TRUE(contains(scene.notes[0], "bytes follow the 2 splats")) << scene.notes[0];
}

TEST(splats, files_without_a_splat_are_refused) {
  const TemporaryFolder folder;
  write_ply(folder / "a.ply", {}, inria_properties(0), {});
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "holds no splats"));
  auto rows = sample_rows(3, 0);
  for (auto& row : rows) row[0] = std::numeric_limits<double>::quiet_NaN();
  write_ply(folder / "a.ply", {}, inria_properties(0), rows);
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "all 3 have a NaN or Inf"));
  write_bytes(folder / "a.ply", {});
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "is empty"));
  write_text(folder / "a.ply", "ply\nformat ascii 1.0\nend_header\n");
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "without the element vertex"));
}

TEST(splats, missing_properties_are_named) {
  const TemporaryFolder folder;
  auto properties = inria_properties(0);
  std::erase_if(properties, [](const PlyColumn& p) { return p.name == "opacity" || p.name == "rot_2"; });
  write_ply(folder / "a.ply", {}, properties, sample_rows(2, 0));
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "lacks the vertex properties opacity, rot_2"))
      << refused(folder / "a.ply");
  write_text(folder / "mesh.ply",
             "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
             "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n3 0 0 0\n");
  EXPECT_TRUE(contains(refused(folder / "mesh.ply"), "is a PLY of a mesh, not of splats"));
}

TEST(splats, wrong_numbers_of_harmonics_are_refused) {
  const TemporaryFolder folder;
  auto properties = inria_properties(1);
  std::erase_if(properties, [](const PlyColumn& p) { return p.name == "f_rest_8"; });
  write_ply(folder / "a.ply", {}, properties, sample_rows(2, 1));
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "has 8 properties f_rest_*; expected 0, 9, 24 or 45"));
  properties = inria_properties(1);
  std::erase_if(properties, [](const PlyColumn& p) { return p.name == "f_rest_3"; });
  properties.push_back({"float", "f_rest_9"});
  write_ply(folder / "a.ply", {}, properties, sample_rows(2, 1));
  EXPECT_TRUE(contains(refused(folder / "a.ply"), "no f_rest_3"));
}

TEST(splats, a_broken_header_is_refused_with_the_byte) {
  const TemporaryFolder folder;
  const auto sentence = [&](const char* text) {
    write_text(folder / "a.ply", text);
    return refused(folder / "a.ply");
  };
  EXPECT_TRUE(contains(sentence("ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\n"),
                       "line end_header expected"));
  EXPECT_TRUE(contains(sentence("ply\nformat binary 1.0\nend_header\n"),
                       "byte 4: PLY header: expected 'format ascii'"));
  EXPECT_TRUE(
      contains(sentence("ply\nelement vertex 3\nproperty float x\nend_header\n"), "without a format line"));
  EXPECT_TRUE(contains(sentence("ply\nformat ascii 1.0\nproperty float x\nend_header\n"),
                       "an element before its first property"));
  EXPECT_TRUE(contains(sentence("ply\nformat ascii 1.0\nelement vertex 3\nproperty float32x x\nend_header\n"),
                       "byte 38: "));
  EXPECT_TRUE(contains(
      sentence("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float x\nend_header\n"),
      "once"));
  EXPECT_TRUE(
      contains(sentence("ply\nformat ascii 1.0\nelement vertex 1\nproperty list uchar int x\nend_header\n"),
               "list property x"));
  EXPECT_TRUE(contains(sentence("plyx\n"), "expected the line 'ply'"));
}

TEST(splats, a_word_that_is_no_number_is_refused_with_its_byte) {
  const TemporaryFolder folder;
  write_ply(folder / "a.ply", {.format = "ascii"}, inria_properties(0), sample_rows(3, 0));
  ByteVector bytes = read_bytes(folder / "a.ply");
  const std::string word = "spoilt ";
  const std::size_t at = std::string(bytes.begin(), bytes.end()).rfind('\n', bytes.size() - 2) + 1;
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), word.begin(), word.end());
  write_bytes(folder / "a.ply", bytes);
  EXPECT_TRUE(
      contains(refused(folder / "a.ply"),
               "byte " + std::to_string(at) + ": expected a number in row 2 of element vertex, got 'spoilt'"))
      << refused(folder / "a.ply");
}

TEST(splats, what_a_damaged_file_holds_is_quoted_without_what_a_terminal_obeys) {
  const TemporaryFolder folder;
  write_text(folder / "a.ply", "ply\nformat ascii 1.0\nelement \x1b[2J\xff 3\nend_header\n");
  const std::string sentence = refused(folder / "a.ply");
  EXPECT_TRUE(std::all_of(sentence.begin(), sentence.end(), [](char c) { return c >= ' ' && c <= '~'; }))
      << sentence;
}

TEST(splats, the_last_iteration_of_a_training_folder_is_taken) {
  const TemporaryFolder folder;
  for (const int iteration : {7000, 30000, 100})
    write_ply(folder / "point_cloud" / ("iteration_" + std::to_string(iteration)) / "point_cloud.ply", {},
              inria_properties(0), sample_rows(static_cast<std::size_t>(iteration / 100), 0));
  const SplatScene scene = load_splats(folder.path());
  EXPECT_EQ(scene.size(), 300u);
  ASSERT_EQ(scene.notes.size(), 1u);
  EXPECT_TRUE(contains(scene.notes[0], "iteration_30000")) << scene.notes[0];
  EXPECT_TRUE(contains(failure_of([&] { load_splats(folder / "point_cloud"); }),
                       "is a folder without point_cloud/iteration_"));
}

TEST(splats, other_splat_formats_are_named_with_the_way_out) {
  if (!std::filesystem::exists(kShared / "splats/fixtures")) GTEST_SKIP() << "no shared data at " << kShared;
  for (const char* name : {"fixtures/minimal.splat", "fixtures/minimal.ksplat", "fixtures/minimal-v2.spz",
                           "fixtures/minimal-v4.spz", "fixtures/minimal-raw.spz", "biker/biker.spz",
                           "biker/biker.compressed.ply", "playbot/2_0/meta.json"}) {
    const std::string sentence = refused(kShared / "splats" / name);
    EXPECT_TRUE(contains(sentence, "not supported yet; convert it with")) << sentence;
  }
}

// ---- saving and the whole

TEST(splats, saved_scenes_come_back) {
  const TemporaryFolder folder;
  for (int degree = 0; degree <= 3; ++degree) {
    write_ply(folder / "a.ply", {}, inria_properties(degree), sample_rows(50, degree));
    SplatScene scene = load_splats(folder / "a.ply");
    scene.opacities[0] = 1.0f;
    scene.opacities[1] = 0.0f;
    scene.scales[2].x = 0.0f;
    save_splats(folder / "b.ply", scene);
    const SplatScene again = load_splats(folder / "b.ply");
    ASSERT_EQ(again.size(), scene.size());
    EXPECT_EQ(again.positions, scene.positions);
    EXPECT_EQ(again.sh, scene.sh);
    EXPECT_EQ(again.opacities[0], 1.0f);
    EXPECT_LT(again.opacities[1], 1e-16f);
    EXPECT_LT(again.scales[2].x, 1e-36f);
    for (std::size_t i = 0; i < scene.size(); ++i) {
      // log and exp in float: relative error of some 1e-7 times the size of the exponent, below 8 here.
      for (int axis = 0; axis < 3; ++axis)
        EXPECT_NEAR(again.scales[i][axis], scene.scales[i][axis], 2e-6f * scene.scales[i][axis] + 1e-36f);
      EXPECT_NEAR(again.opacities[i], scene.opacities[i], 1e-6f);
      for (int c = 0; c < 4; ++c)
        EXPECT_NEAR(again.rotations[i][c], scene.rotations[i][c], 1e-6f);  // normalised twice
    }
  }
}

TEST(splats, the_bounds_ignore_a_few_far_splats) {
  SplatScene scene;
  for (int i = 0; i < 1000; ++i) {
    const float t = static_cast<float>(i) / 999.0f;
    scene.positions.push_back({10.0f + t, 5.0f, -2.0f});  // a segment around 10.5
  }
  for (int i = 0; i < 40; ++i) scene.positions.push_back({1e6f, 1e6f, 1e6f});
  const SplatScene::Bounds bounds = scene.bounds();
  EXPECT_NEAR(bounds.centre.x, 10.5f, 0.03f);  // the median moves by 20 of 1000 splats
  EXPECT_FLOAT_EQ(bounds.centre.y, 5.0f);
  EXPECT_NEAR(bounds.radius, 0.47f, 0.03f);  // 936 of the 1000 lie within
  EXPECT_EQ(SplatScene{}.bounds().radius, 0.0f);
}

TEST(splats, the_real_scene_is_complete) {
  const auto file = kShared / "splats/dsc/point_cloud.ply";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no shared data at " << kShared;
  const SplatScene scene = load_splats(file);
  EXPECT_EQ(scene.size(), 18135u);
  EXPECT_EQ(scene.sh_degree, 3);
  EXPECT_EQ(scene.skipped, 0u);
  for (const glm::quat& q : scene.rotations) ASSERT_NEAR(glm::length(q), 1.0f, 1e-6f);
  for (const float opacity : scene.opacities) ASSERT_TRUE(opacity > 0.0f && opacity < 1.0f);
}

TEST(splats, a_million_and_a_half_splats_load_in_seconds) {
  const TemporaryFolder folder;
  constexpr std::size_t kCount = 1'500'000;
  SplatScene scene;
  scene.sh_degree = 3;
  scene.positions.assign(kCount, {1, 2, 3});
  scene.scales.assign(kCount, {0.1f, 0.2f, 0.3f});
  scene.rotations.assign(kCount, {1, 0, 0, 0});
  scene.opacities.assign(kCount, 0.5f);
  scene.sh.assign(kCount * 48, 0.25f);
  save_splats(folder / "a.ply", scene);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(load_splats(folder / "a.ply").size(), kCount);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("load_splats 1.5 M splats, %.0f MB: %.2f s\n", 372.0, seconds);
#if defined(__SANITIZE_ADDRESS__)
  EXPECT_LT(seconds, 60.0);
#else
  EXPECT_LT(seconds, 5.0);  // about one second on two cores; the rest is room for a busy machine
#endif
}

}  // namespace
}  // namespace fg
