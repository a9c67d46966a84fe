// Tags of the image itself, not of what it refers to.

#include "viewer/register/dicom_tags.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/dicom_bytes.h"
#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

using test::dicom::element;
using test::dicom::Length;
using test::dicom::Order;
using test::dicom::sequence;

class dicom_tags : public testing::Test {
 protected:
  DicomTags tags_of(const std::string& data, const char* syntax = test::dicom::kExplicitLittle) const {
    write_text(folder / "a.dcm", test::dicom::file(syntax, data));
    return DicomTags(folder / "a.dcm");
  }

  const TemporaryFolder folder;
};

std::string distance(const std::string& mm) { return element(0x18, 0x1110, "DS", mm); }

}  // namespace

TEST_F(dicom_tags, of_sequences_in_sequences_are_not_those_of_the_image) {
  for (const Length outer : {Length::undefined, Length::defined})
    for (const Length inner : {Length::undefined, Length::defined}) {
      const std::string nested =
          sequence(8, 0x1111, sequence(8, 0x1140, distance("4"), inner) + distance("5"), outer);
      EXPECT_EQ(tags_of(nested + distance("1195.5")).number(dicom::kDistanceSourceToDetector), 1195.5);
      EXPECT_FALSE(tags_of(nested).number(dicom::kDistanceSourceToDetector));
    }
}

TEST_F(dicom_tags, of_big_endian_files_are_read) {
  const DicomTags tags =
      tags_of(element(0x28, 0x101, "US", test::dicom::number(12, 2, Order::big), Order::big) +
                  element(0x28, 0x1041, "SS", test::dicom::number(0xffff, 2, Order::big), Order::big),
              test::dicom::kExplicitBig);
  EXPECT_EQ(tags.whole_number(dicom::kBitsStored), 12);
  EXPECT_EQ(tags.whole_number(dicom::kIntensitySign), -1);
}

TEST_F(dicom_tags, behind_damage_or_behind_the_pixels_are_not_read) {
  const std::string pixels = element(0x7fe0, 0x10, "OW", "1234");
  const DicomTags tags = tags_of(distance("1195.5") + pixels + element(0x18, 0x1111, "DS", "780"));
  EXPECT_EQ(tags.number(dicom::kDistanceSourceToDetector), 1195.5);
  EXPECT_FALSE(tags.number(dicom::kDistanceSourceToPatient));
  EXPECT_EQ(tags_of(distance("1195.5") + "damage").number(dicom::kDistanceSourceToDetector), 1195.5);
}

}  // namespace fg
