// Raw voxels with a JSON header, NIfTI and MetaImage: whole files, and damaged ones.

#include "viewer/io/volume.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "tests/viewer/io/volume_files.h"
#include "viewer/error.h"

namespace fg {
namespace {

using namespace fg::test;
namespace fs = std::filesystem;

std::vector<std::int16_t> ramp() {  // 2 x 3 x 4 voxels
  std::vector<std::int16_t> values(24);
  std::iota(values.begin(), values.end(), std::int16_t{-5});
  return values;
}

void expect_ramp(const Volume& volume, double slope = 1, double intercept = 0) {
  EXPECT_EQ(volume.extent, (std::array<int, 3>{2, 3, 4}));
  ASSERT_EQ(volume.values.size(), 24u);
  for (std::size_t n = 0; n < 24; ++n)
    EXPECT_EQ(volume.values[n], static_cast<float>((static_cast<double>(n) - 5) * slope + intercept));
}

void expect_affine(const Volume& volume, const std::array<double, 12>& rows) {
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column)  // the files hold float32
      EXPECT_NEAR(volume.voxel_to_world[column][row], rows[static_cast<std::size_t>(4 * row + column)], 1e-5)
          << "row " << row << " column " << column;
}

void expect_unreadable(const fs::path& file, const std::string& words) {
  try {
    load_volume(file);
    ADD_FAILURE() << file << " was read; expected a failure about '" << words << "'";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, ExitCode::unreadable_input);
    EXPECT_NE(std::string(failure.what()).find(words), std::string::npos) << failure.what();
    EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos) << "one sentence on one line";
  }
}

long peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

fs::path raw_header(const fs::path& folder, const std::string& more, const std::string& bytes) {
  write_bytes(folder / "ct.raw", bytes);
  return write_bytes(folder / "ct.json", R"({"file": "ct.raw", "extent": [2, 3, 4])" + more + "}");
}

}  // namespace

TEST(volume_raw, voxels_of_every_type_are_read) {
  const fs::path folder = volume_folder();
  const std::vector<std::int16_t> values = ramp();
  const auto check = [&](const std::string& type, const std::string& bytes) {
    SCOPED_TRACE(type);
    expect_ramp(load_volume(raw_header(folder, R"(, "type": ")" + type + "\"", bytes)));
  };
  check("int16", bytes_of_all(values));
  check("int8", bytes_of_all(std::vector<std::int8_t>(values.begin(), values.end())));
  check("int32", bytes_of_all(std::vector<std::int32_t>(values.begin(), values.end())));
  check("int64", bytes_of_all(std::vector<std::int64_t>(values.begin(), values.end())));
  check("float32", bytes_of_all(std::vector<float>(values.begin(), values.end())));
  check("float64", bytes_of_all(std::vector<double>(values.begin(), values.end())));
  const std::string above = bytes_of_all(std::vector<std::uint16_t>(24, 65535));
  EXPECT_EQ(load_volume(raw_header(folder, R"(, "type": "uint16")", above)).values.front(), 65535.0f);
}

TEST(volume_raw, byte_order_scaling_and_gzip_are_undone) {
  const fs::path folder = volume_folder();
  const std::string big = bytes_of_all(ramp(), true);
  const std::string header = R"(, "type": "int16", "big_endian": true, "slope": 0.5, "intercept": -3)";
  expect_ramp(load_volume(raw_header(folder, header, big)), 0.5, -3);
  expect_ramp(load_volume(raw_header(folder, header, packed(big, Wrapping::gzip))), 0.5, -3);
  const std::string members =
      packed(big.substr(0, 11), Wrapping::gzip) + packed(big.substr(11), Wrapping::gzip);
  expect_ramp(load_volume(raw_header(folder, header, members)), 0.5, -3);
}

TEST(volume_raw, spacing_origin_and_direction_make_the_affine) {
  const fs::path folder = volume_folder();
  const Volume plain = load_volume(raw_header(folder, R"(, "type": "int16")", bytes_of_all(ramp())));
  expect_affine(plain, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0});
  EXPECT_EQ(plain.centre_mm(), glm::dvec3(0.5, 1, 1.5));
  const Volume turned = load_volume(raw_header(
      folder,
      R"(, "type": "int16", "spacing_mm": [2, 3, 4], "origin_mm_ras": [5, 6, 7], "direction": [0, -1, 0, 1, 0, 0, 0, 0, 1])",
      bytes_of_all(ramp())));
  expect_affine(turned, {0, -3, 0, 5, 2, 0, 0, 6, 0, 0, 4, 7});
  EXPECT_EQ(turned.centre_mm(), glm::dvec3(5 - 3, 6 + 1, 7 + 6));
}

TEST(volume_raw, a_key_that_is_not_known_is_named_with_those_that_are) {
  const fs::path folder = volume_folder();
  const Volume volume =
      load_volume(raw_header(folder, R"(, "type": "int16", "spacing": [2, 2, 2])", bytes_of_all(ramp())));
  ASSERT_EQ(volume.notes.size(), 1u);
  EXPECT_EQ(
      volume.notes.front(),
      "\"spacing\" of the raw volume's header is not used; its keys are file, extent, type, spacing_mm, "
      "origin_mm_ras, direction, big_endian, slope, intercept");
}

TEST(volume_raw, damage_gets_a_sentence) {
  const fs::path folder = volume_folder();
  const std::string bytes = bytes_of_all(ramp()), type = R"(, "type": "int16")";
  expect_unreadable(folder / "nothing.json", "no such file");
  expect_unreadable(write_bytes(folder / "a.json", "{"), "JSON");
  expect_unreadable(write_bytes(folder / "a.json", "[1]"), "object");
  expect_unreadable(
      write_bytes(folder / "a.json", R"({"file": "x.raw", "extent": [1, 1, 1], "type": "int8"})"), "opened");
  expect_unreadable(raw_header(folder, R"(, "type": "int12")", bytes), "int12");
  expect_unreadable(raw_header(folder, type, bytes.substr(1)), "truncated");
  expect_unreadable(raw_header(folder, type, packed(bytes, Wrapping::gzip).substr(0, 40)), "truncated");
  std::string broken = packed(bytes, Wrapping::gzip);
  broken[15] = static_cast<char>(~broken[15]);
  expect_unreadable(raw_header(folder, type, broken),
                    "ct.raw");  // damaged or truncated: deflate finds one or the other
  expect_unreadable(raw_header(folder, type + R"(, "spacing_mm": [1, 0, 1])", bytes), "span");
  expect_unreadable(raw_header(folder, type + R"(, "direction": [1, 2])", bytes), "JSON header");
  for (const char* extent : {"2, -3, 4", "2, 3.5, 4", "1e103, 3, 4", "2, 3"})
    expect_unreadable(
        write_bytes(folder / "a.json",
                    std::string(R"({"file": "ct.raw", "type": "int8", "extent": [)") + extent + "]}"),
        "extent");
}

TEST(volume_nifti, sform_qform_and_plain_spacing_make_the_affine) {
  const fs::path folder = volume_folder();
  Nifti nifti{.pixdim = {1, 2, 3, 4}, .voxels = bytes_of_all(ramp())};
  const auto load = [&] { return load_volume(write_bytes(folder / "a.nii", nifti.bytes())); };
  expect_ramp(load());
  expect_affine(load(), {2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0});
  nifti.qform_code = 1;
  nifti.quaternion = {0, 0, std::sqrt(0.5f), 7, 8, 9};  // a quarter turn about z
  expect_affine(load(), {0, -3, 0, 7, 2, 0, 0, 8, 0, 0, 4, 9});
  nifti.pixdim[0] = -1;  // left-handed
  expect_affine(load(), {0, -3, 0, 7, 2, 0, 0, 8, 0, 0, -4, 9});
  nifti.sform_code = 2;
  nifti.s_rows = {-1, 0.5f, 0, 10, 0, 2, 0, 20, 0, 0, 3, 30};  // with shear
  expect_affine(load(), {-1, 0.5, 0, 10, 0, 2, 0, 20, 0, 0, 3, 30});
  nifti.units = 1;  // metres
  expect_affine(load(), {-1000, 500, 0, 10000, 0, 2000, 0, 20000, 0, 0, 3000, 30000});
}

TEST(volume_nifti, byte_order_scaling_gzip_and_a_detached_image_are_read) {
  const fs::path folder = volume_folder();
  Nifti nifti{.slope = 2, .intercept = -1024, .big_endian = true, .voxels = bytes_of_all(ramp(), true)};
  expect_ramp(load_volume(write_bytes(folder / "a.nii", nifti.bytes())), 2, -1024);
  expect_ramp(load_volume(write_bytes(folder / "a.nii.gz", packed(nifti.bytes(), Wrapping::gzip))), 2, -1024);
  expect_ramp(load_volume(write_bytes(folder / "named_by_nobody", nifti.bytes())), 2, -1024);
  nifti.voxel_offset = 0;
  std::string header = nifti.bytes().substr(0, 348);
  header[345] = 'i';  // "ni1"
  write_bytes(folder / "b.hdr", header);
  write_bytes(folder / "b.img", nifti.voxels);
  expect_ramp(load_volume(folder / "b.hdr"), 2, -1024);
  expect_ramp(load_volume(folder / "b.img"), 2, -1024);
}

TEST(volume_nifti, nan_and_infinite_voxels_become_air_and_are_counted) {
  std::vector<float> values(24, 40.0f);
  values[3] = std::numeric_limits<float>::quiet_NaN();
  values[4] = -std::numeric_limits<float>::infinity();
  const Nifti nifti{.datatype = 16, .voxels = bytes_of_all(values)};
  std::size_t nonfinite = 99;
  const Volume volume = load_volume(write_bytes(volume_folder() / "a.nii", nifti.bytes()), &nonfinite);
  EXPECT_EQ(nonfinite, 2u);
  EXPECT_EQ(volume.values[3], -1000.0f);
  EXPECT_EQ(volume.values[4], -1000.0f);
  EXPECT_EQ(volume.values[5], 40.0f);
  ASSERT_EQ(volume.notes.size(), 1u);
}

TEST(volume_nifti, series_colour_and_unknown_types_are_refused) {
  const fs::path folder = volume_folder();
  Nifti nifti{.dim = {4, 2, 3, 4, 5}, .voxels = std::string(1000, '\0')};
  const auto file = [&] { return write_bytes(folder / "a.nii", nifti.bytes()); };
  expect_unreadable(file(), "5 frames");
  nifti.dim = {4, 2, 3, 4, 1};
  EXPECT_EQ(load_volume(file()).extent, (std::array<int, 3>{2, 3, 4}));
  for (const std::int16_t type : {128, 2304, 32}) {
    nifti.datatype = type;
    expect_unreadable(file(), "several values");
  }
  nifti.datatype = 77;
  expect_unreadable(file(), "data type 77");
}

TEST(volume_nifti, damage_gets_a_sentence_and_lies_allocate_nothing) {
  const fs::path folder = volume_folder();
  const Nifti good{.voxels = bytes_of_all(ramp())};
  const auto file = [&](const std::string& bytes) { return write_bytes(folder / "a.nii", bytes); };
  expect_unreadable(file(""), "is empty");
  expect_unreadable(file("abc"), "not NIfTI");
  expect_unreadable(file(good.bytes().substr(0, 200)), "ends after 200");
  expect_unreadable(file(good.bytes().substr(0, 380)), "truncated");
  std::string unmarked = good.bytes();
  unmarked[344] = 'x';
  expect_unreadable(file(unmarked), "byte 344");
  expect_unreadable(write_bytes(folder / "a.nii.gz", packed(good.bytes(), Wrapping::gzip).substr(0, 80)),
                    "truncated");

  const long before_mib = peak_memory_mib();
  Nifti lying = good;
  lying.dim = {3, 30000, 30000, 30000};
  expect_unreadable(file(lying.bytes()), "30000 x 30000 x 30000");
  lying.dim = {3, 2000, 2000, 100};  // 800 MB that 2 MB of gzip could hold, and do not
  lying.voxels = std::string(3'000'000, '\1');
  std::string noise(2'000'000, '\0');
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  lying.voxels += noise;
  expect_unreadable(write_bytes(folder / "b.nii.gz", packed(lying.bytes(), Wrapping::gzip)),
                    "ends after byte");
  EXPECT_LT(peak_memory_mib() - before_mib, 100);
  for (const auto& dim :
       {std::vector<std::int16_t>{3, 0, 3, 4}, {3, -2, 3, 4}, {-7, 2, 3, 4}, {9, 2, 3, 4}}) {
    lying.dim = dim;
    expect_unreadable(file(lying.bytes()), dim[0] == 3 ? "voxels" : "dimensions");
  }
}

TEST(volume_nifti, a_flat_affine_is_refused) {
  Nifti nifti{
      .sform_code = 1, .s_rows = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, .voxels = bytes_of_all(ramp())};
  expect_unreadable(write_bytes(volume_folder() / "a.nii", nifti.bytes()), "span");
}

TEST(volume_metaimage, voxels_inside_outside_packed_and_big_endian_are_read) {
  const fs::path folder = volume_folder();
  const std::string header =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nTransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 5 6 "
      "7\n"
      "ElementSpacing = 2 3 4\nDimSize = 2 3 4\nElementType = MET_SHORT\n";
  const auto check = [&](const std::string& name, const std::string& more, const std::string& bytes) {
    SCOPED_TRACE(more);
    const Volume volume = load_volume(write_bytes(folder / name, header + more + bytes));
    expect_ramp(volume);
    // LPS in the file: axis i points to +y there, j to -x; RAS turns both signs.
    expect_affine(volume, {0, 3, 0, -5, -2, 0, 0, -6, 0, 0, 4, 7});
  };
  const std::string little = bytes_of_all(ramp()), big = bytes_of_all(ramp(), true);
  check("a.mha", "ElementDataFile = LOCAL\n", little);
  check("a.mha", "ElementDataFile = LOCAL\r\n", little);
  check("a.mha", "BinaryDataByteOrderMSB = True\nElementDataFile = LOCAL\n", big);
  check("a.mha", "CompressedData = True\nElementDataFile = LOCAL\n", packed(little, Wrapping::zlib));
  write_bytes(folder / "a.raw", "12345" + little);
  check("a.mhd", "HeaderSize = 5\nElementDataFile = a.raw\n", "");
  check("a.mhd", "HeaderSize = -1\nElementDataFile = a.raw\n", "");
  write_bytes(folder / "a.zraw", packed(big, Wrapping::zlib));
  check("a.mhd", "CompressedData = True\nElementByteOrderMSB = True\nElementDataFile = a.zraw\n", "");
}

TEST(volume_metaimage, damage_gets_a_sentence) {
  const fs::path folder = volume_folder();
  const std::string start = "ObjectType = Image\nNDims = 3\nElementSpacing = 2 3 4\n",
                    local = "ElementDataFile = LOCAL\n", bytes = bytes_of_all(ramp());
  const auto file = [&](const std::string& text) { return write_bytes(folder / "a.mha", text); };
  const std::string size = "DimSize = 2 3 4\n", type = "ElementType = MET_SHORT\n";
  expect_unreadable(file(""), "ElementDataFile");
  expect_unreadable(file(start + size), "ElementDataFile");
  expect_unreadable(file(start + type + local + bytes), "DimSize");
  expect_unreadable(file(start + "DimSize = 2 3\n" + type + local + bytes), "3 numbers");
  expect_unreadable(file(start + "DimSize = 2 3 99999999\n" + type + local + bytes), "99999999");
  expect_unreadable(file(start + size + "ElementType = MET_\x1b[2J\n" + local + bytes), "MET_?");
  expect_unreadable(file(start + size + type + local + bytes.substr(2)), "truncated");
  expect_unreadable(file(start + size + type + "CompressedData = True\n" + local +
                         packed(bytes, Wrapping::zlib).substr(0, 20)),
                    "truncated");
  expect_unreadable(file(start + size + type + "CompressedData = True\n" + local + bytes), "damaged");
  expect_unreadable(file(start + size + type + "ElementDataFile = nowhere.raw\n"), "opened");
  expect_unreadable(file(start + size + type + "ElementDataFile = LIST\na.raw\n"), "list");
  expect_unreadable(file(start + size + type + "ElementNumberOfChannels = 3\n" + local + bytes), "3 values");
  expect_unreadable(file("ObjectType = Image\nNDims = 4\nDimSize = 2 3 4 5\n" + type + local + bytes),
                    "5 frames");
}

TEST(volume, what_is_no_volume_gets_a_sentence) {
  const fs::path folder = volume_folder();
  expect_unreadable(folder / "nothing.nrrd", "no such file");
  expect_unreadable(folder, "");  // an empty folder
  expect_unreadable(write_bytes(folder / "text.txt", "Dear reader"), "");
}

}  // namespace fg
