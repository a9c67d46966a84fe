#include "viewer/register/dicom_tags.h"

#include <cmath>
#include <cstdlib>

#include "viewer/error.h"
#include "viewer/io/dicom_elements.h"

namespace fg {

DicomTags::DicomTags(const std::filesystem::path& file) {
  dicom::Walker walker(file);
  try {
    while (const std::optional<dicom::Element> element = walker.next()) {
      if (element->depth > 0) continue;
      if (element->tag == dicom::kPixelData) break;
      Value value{.text = walker.text(*element), .number = {}};
      if (element->length == 2) value.number = static_cast<std::int16_t>(walker.number(*element));
      if (!value.text.empty() || value.number) values_.emplace(element->tag, value);
    }
  } catch (const Failure&) {
    // load_volume() says what is damaged, and reads some of what cannot be walked over.
  }
}

std::string DicomTags::text(std::uint32_t tag) const {
  const auto found = values_.find(tag);
  return found == values_.end() ? "" : found->second.text;
}

std::vector<double> DicomTags::numbers(std::uint32_t tag) const {
  std::vector<double> all;
  std::string rest = text(tag);
  while (!rest.empty()) {
    char* end = nullptr;
    const double value = std::strtod(rest.c_str(), &end);
    if (end == rest.c_str() || !std::isfinite(value)) return {};
    all.push_back(value);
    const std::size_t next = rest.find('\\');
    rest = next == std::string::npos ? "" : rest.substr(next + 1);
  }
  return all;
}

std::optional<double> DicomTags::number(std::uint32_t tag) const {
  const std::vector<double> all = numbers(tag);
  if (all.empty()) return {};
  return all.front();
}

std::optional<int> DicomTags::whole_number(std::uint32_t tag) const {
  const auto found = values_.find(tag);
  if (found == values_.end()) return {};
  return found->second.number;
}

}  // namespace fg
