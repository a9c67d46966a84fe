// Where elements stand, how they are coded, and what a sequence is.

#include "viewer/io/dicom_elements.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/viewer/io/dicom_bytes.h"
#include "tests/viewer/io/test_files.h"

namespace fg {
namespace {

using dicom::Element;
using dicom::Walker;
using test::dicom::element;
using test::dicom::Length;
using test::dicom::Order;
using test::dicom::sequence;

class dicom_elements : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& bytes) const {
    write_text(folder / "a.dcm", bytes);
    return folder / "a.dcm";
  }
  // "depth:text" of all elements that are no delimiters, items or sequences.
  std::vector<std::string> walked(const std::string& bytes) const {
    Walker walker(write(bytes));
    std::vector<std::string> values;
    while (const auto found = walker.next())
      if (found->tag >> 16 != 2 && found->tag >> 16 != 0xfffe && found->length < 64)
        values.push_back(std::to_string(found->depth) + ":" + walker.text(*found));
    return values;
  }

  const TemporaryFolder folder;
};

std::string text(std::uint32_t number, const std::string& value) {
  return element(0x18, number, "DS", value);
}

}  // namespace

TEST_F(dicom_elements, of_sequences_in_sequences_without_a_length_know_how_deep_they_stand) {
  const std::string inner = sequence(8, 0x1140, text(1, "2"), Length::undefined),
                    outer = sequence(8, 0x1111, text(2, "1 a") + inner + text(3, "1 b"), Length::undefined);
  EXPECT_EQ(walked(test::dicom::file(test::dicom::kExplicitLittle, text(4, "a") + outer + text(5, "b"))),
            (std::vector<std::string>{"0:a", "1:1 a", "2:2", "1:1 b", "0:b"}));
}

TEST_F(dicom_elements, of_sequences_with_a_length_are_gone_over) {
  const std::string value(100, 'x');  // so long that the sequence is none of the short values
  const std::string open = sequence(8, 0x1140, text(1, value), Length::undefined),
                    closed = sequence(8, 0x1140, text(1, value), Length::defined),
                    in_closed = sequence(8, 0x1111, open + text(2, "1"), Length::defined),
                    in_open = sequence(8, 0x1111, closed + text(2, "1"), Length::undefined);
  EXPECT_EQ(walked(test::dicom::file(test::dicom::kExplicitLittle,
                                     text(3, "a") + in_closed + text(4, "b") + in_open + text(5, "c"))),
            (std::vector<std::string>{"0:a", "0:b", "1:1", "0:c"}));
}

TEST_F(dicom_elements, are_read_in_each_order_of_bytes_and_without_types) {
  Walker big(write(
      test::dicom::file(test::dicom::kExplicitBig,
                        element(0x28, 0x101, "US", test::dicom::number(0x1234, 2, Order::big), Order::big))));
  EXPECT_EQ(big.next()->tag, dicom::kTransferSyntax);
  const std::optional<Element> bits = big.next();
  ASSERT_TRUE(bits);
  EXPECT_EQ(bits->tag, 0x00280101u);
  EXPECT_EQ(big.number(*bits), 0x1234);
  EXPECT_FALSE(big.next());

  Walker implicit(write(test::dicom::file(
      test::dicom::kImplicitLittle,
      test::dicom::tag(0x28, 0x101) + test::dicom::number(2, 4) + test::dicom::number(0x1234, 2))));
  EXPECT_EQ(implicit.next()->tag, dicom::kTransferSyntax);
  EXPECT_EQ(implicit.syntax(), test::dicom::kImplicitLittle);
  const std::optional<Element> again = implicit.next();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->tag, 0x00280101u);
  EXPECT_EQ(implicit.number(*again), 0x1234);
}

TEST_F(dicom_elements, of_64_bit_types_have_four_bytes_of_length) {
  for (const char* type : {"OV", "SV", "UV"})
    EXPECT_EQ(walked(test::dicom::file(test::dicom::kExplicitLittle,
                                       element(0x18, 1, type, "8 bytes.") + text(2, "behind"))),
              (std::vector<std::string>{"0:8 bytes.", "0:behind"}))
        << type;
}

TEST_F(dicom_elements, of_an_unknown_type_without_a_length_hold_elements_without_types) {
  const std::string implicit = test::dicom::tag(9, 0x1001) + test::dicom::number(4, 4) + "text",
                    unknown = sequence(9, 0x1000, implicit, Length::undefined, "UN");
  EXPECT_EQ(walked(test::dicom::file(test::dicom::kExplicitLittle, unknown + text(1, "behind"))),
            (std::vector<std::string>{"1:text", "0:behind"}));
}

TEST_F(dicom_elements, end_at_deflated_bytes_and_at_a_delimiter_too_many) {
  EXPECT_TRUE(walked(test::dicom::file(std::string(dicom::kDeflated), text(1, "a"))).empty());
  EXPECT_EQ(walked(test::dicom::file(test::dicom::kExplicitLittle,
                                     text(1, "a") + test::dicom::item(0xe0dd, 0) + text(2, "b"))),
            (std::vector<std::string>{"0:a"}));
}

TEST_F(dicom_elements, that_are_cut_off_get_a_sentence) {
  const std::string whole = test::dicom::file(test::dicom::kExplicitLittle, text(1, "1195.5"));
  EXPECT_TRUE(contains(failure_of([&] { walked(whole.substr(0, whole.size() - 1)); }),
                       "element (0018,0001) claims 6 bytes, of which the file has 5"));
  EXPECT_TRUE(contains(failure_of([&] { walked(whole.substr(0, whole.size() - 8)); }), "it is truncated"));
}

TEST_F(dicom_elements, make_a_DICOM_file_only_behind_its_mark) {
  const std::string whole = test::dicom::file(test::dicom::kExplicitLittle, text(1, "1"));
  EXPECT_TRUE(dicom::is_dicom(write(whole)));
  EXPECT_TRUE(Walker(folder / "a.dcm").has_mark());
  EXPECT_FALSE(dicom::is_dicom(write(whole.substr(1))));
  EXPECT_FALSE(Walker(folder / "a.dcm").has_mark());
  EXPECT_FALSE(dicom::is_dicom(write(whole.substr(0, 131))));
  EXPECT_FALSE(dicom::is_dicom(folder.path()));
  EXPECT_FALSE(dicom::is_dicom(folder / "none.dcm"));
}

}  // namespace fg
