// Is a DICOM file whole? GDCM leaves damaged slices out of a series without a word, or fills what is missing.

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string_view>

#include "viewer/error.h"
#include "viewer/io/dicom_elements.h"
#include "viewer/io/quotable.h"
#include "viewer/io/volume_readers.h"

namespace fg::volumes {
namespace {

namespace fs = std::filesystem;
using dicom::Element;

// PS3.6, table A-1, as far as GDCM decodes it: as it is, deflated, JPEG, JPEG-LS, JPEG 2000, run lengths.
constexpr std::string_view kDecoded[] = {
    dicom::kImplicit,         "1.2.840.10008.1.2.1",    dicom::kBigEndian,        dicom::kDeflated,
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.5"};

constexpr std::uint32_t kSamples = 0x00280002, kFrames = 0x00280008, kRows = 0x00280010,
                        kColumns = 0x00280011, kBitsAllocated = 0x00280100;

class Check {
 public:
  explicit Check(const fs::path& file) : file_(file), walker_(file) {}

  DicomCheck run() {
    if (!walker_.has_mark()) return {};
    while (const std::optional<Element> element = walker_.next()) {
      // What follows cannot be walked over: left to GDCM.
      if (walker_.syntax() == dicom::kDeflated) return {.image = true};
      if (pixels_ && element->depth == 0) break;  // the end of encapsulated pixels
      if (element->depth == 0) remember(*element);
      if (element->tag == dicom::kPixelData && element->depth == 0) {
        pixels_ = true;
        require_decoder(*element);
        if (element->length != dicom::kUndefined) {
          require_pixels(*element);
          break;
        }
      }
      // Its elements may be coded otherwise than the standard says: left to GDCM.
      if (element->unknown_type && element->length == dicom::kUndefined) return {.image = true};
    }
    if (!pixels_ && rows_ > 0)
      throw unreadable(
          file_, fmt::format("it says that it holds an image of {} rows, but ends after byte {} without "
                             "pixels; it is truncated",
                             rows_, walker_.size_bytes()));
    return {.image = pixels_};
  }

 private:
  void remember(const Element& element) {
    if (element.tag == kRows) rows_ = walker_.number(element);
    if (element.tag == kColumns) columns_ = walker_.number(element);
    if (element.tag == kSamples) samples_ = walker_.number(element);
    if (element.tag == kBitsAllocated) bits_ = walker_.number(element);
    if (element.tag == kFrames) frames_ = std::strtoull(walker_.text(element).c_str(), nullptr, 10);
  }

  void require_decoder(const Element& pixels) const {
    const std::string& syntax = walker_.syntax();
    if (syntax.empty() || std::find(std::begin(kDecoded), std::end(kDecoded), syntax) != std::end(kDecoded))
      return;
    throw unreadable(file_,
                     fmt::format("byte {}: its pixels are coded in the transfer syntax {}, which is not "
                                 "read here; store them uncompressed first (gdcmconv --raw, dcmdjpeg)",
                                 pixels.offset, quotable(syntax)));
  }

  void require_pixels(const Element& pixels) const {
    const std::uint64_t per_frame = std::uint64_t{rows_} * columns_ * samples_ * bits_ / 8;
    if (pixels.length / std::max<std::uint64_t>(frames_, 1) < per_frame)
      throw unreadable(
          file_, fmt::format("byte {}: {} x {} pixels of {} bits in {} frames do not fit into the {} bytes "
                             "that its pixels have; it is damaged",
                             pixels.offset, columns_, rows_, bits_, frames_, pixels.length));
  }

  fs::path file_;
  dicom::Walker walker_;
  std::uint64_t frames_ = 1;
  std::uint32_t rows_ = 0, columns_ = 0, samples_ = 1, bits_ = 0;
  bool pixels_ = false;
};

}  // namespace

DicomCheck check_dicom(const fs::path& file) { return Check(file).run(); }

}  // namespace fg::volumes
