#pragma once
// A DICOM radiograph, byte by byte.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/viewer/io/dicom_bytes.h"

namespace fg::test {

struct Radiograph {
  std::string photometric = "MONOCHROME2", relationship, extra, orientation;
  int sign = 0;
  int width = 3, height = 2;
  std::vector<std::uint16_t> pixels = {1000, 800, 600, 400, 200, 100};
  std::string modality = "DX";

  std::string bytes() const {
    using dicom::element, dicom::Length, dicom::number, dicom::sequence;
    const std::string image = "1.2.840.10008.5.1.4.1.1.1.1";
    const std::string meta = element(2, 1, "OB", std::string("\0\1", 2)) + element(2, 2, "UI", image) +
                             element(2, 3, "UI", "1.2.3.1") + element(2, 0x10, "UI", "1.2.840.10008.1.2.1") +
                             element(2, 0x12, "UI", "1.2.3.4");
    // Tags of what the image refers to, which are not its own.
    const std::string inner = sequence(8, 0x1140, element(0x28, 4, "CS", "MONOCHROME1"), Length::undefined),
                      outer =
                          sequence(8, 0x1111, inner + element(0x18, 0x1110, "DS", "5"), Length::undefined);
    std::string data = element(8, 0x16, "UI", image) + element(8, 0x18, "UI", "1.2.3.1") +
                       element(8, 0x60, "CS", modality) + outer + element(0x10, 0x10, "PN", "Phantom") +
                       extra + element(0x20, 0xd, "UI", "1.2") + element(0x20, 0xe, "UI", "1.2.3") +
                       (orientation.empty() ? "" : element(0x20, 0x20, "CS", orientation)) +
                       element(0x28, 2, "US", number(1, 2)) + element(0x28, 4, "CS", photometric) +
                       element(0x28, 0x10, "US", number(static_cast<std::uint32_t>(height), 2)) +
                       element(0x28, 0x11, "US", number(static_cast<std::uint32_t>(width), 2)) +
                       element(0x28, 0x100, "US", number(16, 2)) + element(0x28, 0x101, "US", number(16, 2)) +
                       element(0x28, 0x102, "US", number(15, 2)) + element(0x28, 0x103, "US", number(0, 2));
    if (!relationship.empty()) data += element(0x28, 0x1040, "CS", relationship);
    if (sign != 0) data += element(0x28, 0x1041, "SS", number(static_cast<std::uint32_t>(sign), 2));
    std::string values;
    for (const std::uint16_t p : pixels) values += number(p, 2);
    data += element(0x7fe0, 0x10, "OW", values);
    return std::string(128, '\0') + "DICM" +
           element(2, 0, "UL", number(static_cast<std::uint32_t>(meta.size()), 4)) + meta + data;
  }
};

}  // namespace fg::test
