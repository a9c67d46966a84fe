// DICOM whose pixels are compressed: every coding that scanners and archives use is read to the bit, and a coding that
// is not read is named.

#include <gtest/gtest.h>

#include "tests/viewer/io/volume_files.h"
#include "viewer/error.h"
#include "viewer/io/volume.h"

namespace fg {
namespace {

using namespace fg::test;
namespace fs = std::filesystem;

constexpr std::uint16_t kColumns = 16, kRows = 12;
constexpr float kIntercept = -1024;

int code_at(int x, int y) { return 1000 + 20 * x + 16 * y; }

// code_at() of every pixel, coded without loss by GDCM 3.0.21 (gdcmconv --rle, --jpeg, --jpegls, --j2k).
struct Coded {
  const char* syntax;
  const char* fragment;  // hexadecimal
};
constexpr Coded kCoded[] = {
    {"1.2.840.10008.1.2.5",  // Run lengths
     "020000004000000074000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000ff03f504ff050003f404ff05f404fe05f504fd05f604fc05f704fb05f704fb05"
     "f804fa05f904f905fa04f805fb04f705fb04f7050fe8fc1024384c6074889cb0c4d8ec00140ff80c2034485c708498ac"
     "c0d4e8fc10240f081c3044586c8094a8bcd0e4f80c20340f182c4054687c90a4b8cce0f4081c30440f283c5064788ca0"
     "b4c8dcf004182c40540f384c6074889cb0c4d8ec0014283c50640f485c708498acc0d4e8fc1024384c60740f586c8094"
     "a8bcd0e4f80c2034485c70840f687c90a4b8cce0f4081c3044586c80940f788ca0b4c8dcf004182c4054687c90a40f88"
     "9cb0c4d8ec0014283c5064788ca0b40f98acc0d4e8fc1024384c6074889cb0c4"},
    {"1.2.840.10008.1.2.4.70",  // JPEG, lossless
     "ffd8ffc3000b10000c001001011100ffc400150001010000000000000000000000000000050fffda0008010100010000"
     "81f3a8a28a28a28a28a28a28a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28"
     "a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28"
     "a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28a28828a28a28a28a28a28a28"
     "a29fffd9"},
    {"1.2.840.10008.1.2.4.80",  // JPEG-LS
     "ffd8fff7000b10000c001001011100fff8000d01ffff0012004301140040ffda00080101000000003e7c2784b11c431f"
     "8ec6e33179593918f8f8d8410820f4390d4622d1489484746464545420841111111111a3468d1a3448912241e83d1224"
     "48912244890a14514514390e4514514514514514514514350d451451451451451451450462310421084210842108422d"
     "16842108421084210842291484210844444444444a2511111111111111212111111111124923a3a49249249248c0ffd9"},
    {"1.2.840.10008.1.2.4.90",  // JPEG 2000
     "ff4fff5100290000000000100000000c0000000000000000000000100000000c000000000000000000010f0101ff5200"
     "0c00000001000204040001ff5c000a4080888890888890ff64002a000143726561746564206279204744434d2f4f7065"
     "6e4a5045472076657273696f6e20322e352e30ff90000a0000000000480001ff93cffc305408ec65274900c78b3ab197"
     "673d3691571ba1a40ac4c003ea048007d40a1bf5e68f0cbf50123fc001f3858003e706369d257e4b408e03ffd900"}};

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
  return bytes;
}

// Slice k of a series in which every slice shows the same.
Dicom slice(int k, const std::string& syntax, const std::string& fragment = "") {
  Dicom dicom{.position = "0\\0\\" + std::to_string(4 * k), .rows = kRows, .columns = kColumns};
  dicom.syntax = syntax;
  dicom.fragment = fragment;
  dicom.pixels.clear();
  for (int y = 0; y < kRows; ++y)
    for (int x = 0; x < kColumns; ++x) dicom.pixels.push_back(static_cast<std::uint16_t>(code_at(x, y)));
  // The instance is named after the first pixel, which a fragment leaves unused.
  if (!fragment.empty()) dicom.pixels[0] = static_cast<std::uint16_t>(k);
  return dicom;
}

void expect_codes(const Volume& volume, int slices) {
  ASSERT_EQ(volume.extent, (std::array<int, 3>{kColumns, kRows, slices}));
  std::size_t n = 0;
  for (int z = 0; z < slices; ++z)
    for (int y = 0; y < kRows; ++y)
      for (int x = 0; x < kColumns; ++x, ++n)
        ASSERT_EQ(volume.values.at(n), static_cast<float>(code_at(x, y)) + kIntercept)
            << x << ' ' << y << ' ' << z;
}

std::string refusal_of(const fs::path& file) {
  try {
    load_volume(file);
    return "";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, ExitCode::unreadable_input);
    EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos) << "one sentence on one line";
    return failure.what();
  }
}

class compressed_dicom : public testing::Test {
 protected:
  void SetUp() override {
#ifndef FRAMEGAUGE_HAS_ITK
    GTEST_SKIP() << "this build was made without ITK";
#endif
  }
};

}  // namespace

TEST_F(compressed_dicom, every_lossless_coding_gives_the_same_volume) {
  std::vector<Coded> codings(std::begin(kCoded), std::end(kCoded));
  codings.push_back({"1.2.840.10008.1.2.1.99", ""});  // deflated as a whole
  codings.push_back({"1.2.840.10008.1.2.1", ""});
  for (const Coded& coded : codings) {
    SCOPED_TRACE(coded.syntax);
    const fs::path folder = volume_folder();
    for (int k = 0; k < 3; ++k)
      write_bytes(folder / ("slice" + std::to_string(k)),
                  slice(k, coded.syntax, bytes_of_hex(coded.fragment)).bytes());
    const Volume volume = load_volume(folder);
    expect_codes(volume, 3);
    EXPECT_EQ(volume.voxel_to_world, glm::dmat4(-1.5, 0, 0, 0, 0, -2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1));
  }
}

TEST_F(compressed_dicom, a_coding_that_is_not_read_is_named) {
  for (const char* syntax :
       {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.102"}) {  // high-throughput JPEG 2000, video
    const fs::path folder = volume_folder();
    const fs::path file = write_bytes(folder / "slice.dcm", slice(0, syntax, "coded").bytes());
    for (const fs::path& named : {folder, file}) {
      EXPECT_NE(refusal_of(named).find("slice.dcm"), std::string::npos) << refusal_of(named);
      EXPECT_NE(refusal_of(named).find(syntax), std::string::npos) << refusal_of(named);
    }
  }
}

TEST_F(compressed_dicom, damage_gets_a_sentence_and_never_ends_the_program) {
  const fs::path folder = volume_folder();
  for (const Coded& coded : kCoded) {
    SCOPED_TRACE(coded.syntax);
    const std::string fragment = bytes_of_hex(coded.fragment);
    const std::string whole = slice(0, coded.syntax, fragment).bytes();
    EXPECT_NE(refusal_of(write_bytes(folder / "cut.dcm", whole.substr(0, whole.size() - 60))), "");
    // A damaged code may still be an image; then it is one of this size.
    for (std::size_t at = 0; at < fragment.size(); at += 17) {
      std::string damaged = fragment;
      damaged[at] = static_cast<char>(~damaged[at]);
      write_bytes(folder / "damaged.dcm", slice(0, coded.syntax, damaged).bytes());
      if (refusal_of(folder / "damaged.dcm").empty()) {
        EXPECT_EQ(load_volume(folder / "damaged.dcm").values.size(), std::size_t{kColumns} * kRows);
      }
    }
  }
}

}  // namespace fg
