#pragma once
// What a DICOM radiograph says about the camera that took it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fg {

// Elements that stand before the pixels, outside of sequences.
class DicomTags {
 public:
  explicit DicomTags(const std::filesystem::path& file);

  std::string text(std::uint32_t tag) const;  // "": not there
  std::vector<double> numbers(
      std::uint32_t tag) const;  // of a text "0.2\\0.2"; empty: not there, or no numbers
  std::optional<double> number(std::uint32_t tag) const;     // the first of them
  std::optional<int> whole_number(std::uint32_t tag) const;  // of two binary bytes

 private:
  struct Value {
    std::string text;
    std::optional<int> number;
  };
  std::map<std::uint32_t, Value> values_;
};

// group << 16 | element; DICOM PS3.6.
namespace dicom {
inline constexpr std::uint32_t kModality = 0x00080060, kDistanceSourceToDetector = 0x00181110,
                               kDistanceSourceToPatient = 0x00181111, kImagerPixelSpacing = 0x00181164,
                               kPrimaryAngle = 0x00181510, kSecondaryAngle = 0x00181511,
                               kViewPosition = 0x00185101, kPatientOrientation = 0x00200020,
                               kPhotometric = 0x00280004, kPixelSpacing = 0x00280030,
                               kBitsStored = 0x00280101, kIntensityRelationship = 0x00281040,
                               kIntensitySign = 0x00281041;
}

}  // namespace fg
