#include "viewer/app/session/dropped.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "viewer/io/dicom_elements.h"
#include "viewer/io/image_tiff.h"
#include "viewer/io/lower_case.h"
#include "viewer/io/volume_names.h"
#include "viewer/register/dicom_tags.h"

namespace fg {
namespace {

namespace stdfs = std::filesystem;

bool ends_with_any(const std::string& name, std::initializer_list<const char*> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return name.ends_with(ending); });
}

bool is_photo(const std::string& name) {
  return ends_with_any(name, {".png", ".jpg", ".jpeg", ".webp", ".exr"});
}

DroppedKind kind_of_folder(const stdfs::path& folder) {
  std::error_code error;
  for (const char* model :
       {"cameras.bin", "cameras.txt", "sparse", "transforms.json", "transforms_train.json", "cameras.json"})
    if (stdfs::exists(folder / model, error)) return DroppedKind::cameras;
  int looked_at = 0;
  for (stdfs::directory_iterator it(folder, error), end; !error && it != end && looked_at < 1000;
       it.increment(error), ++looked_at) {
    const std::string name = lower_case(it->path().filename().string());
    if (is_photo(name)) return DroppedKind::photos;
    if (ends_with_any(name, {".dcm", ".ima"})) return DroppedKind::volume;
    // DICOM files often have no ending, but always this mark.
    if (dicom::is_dicom(it->path())) return DroppedKind::volume;
  }
  return DroppedKind::unknown;
}

DroppedKind kind_of_json(const stdfs::path& file) {
  std::error_code error;
  if (stdfs::file_size(file, error) > (256u << 20) || error) return DroppedKind::unknown;
  std::ifstream in(file);
  const nlohmann::json root = nlohmann::json::parse(in, nullptr, false);
  if (root.is_array() || (root.is_object() && root.contains("frames"))) return DroppedKind::cameras;
  if (root.is_object() && root.contains("extent") && root.contains("file")) return DroppedKind::volume;
  return DroppedKind::unknown;
}

// A slice of a volume, or one of the modalities that project: PS3.3, C.7.3.1.1.1.
DroppedKind kind_of_dicom(const stdfs::path& file) {
  const std::string modality = DicomTags(file).text(dicom::kModality);
  for (const char* projects : {"CR", "DX", "IO", "MG", "PX", "RF", "RG", "RTIMAGE", "XA"})
    if (modality == projects) return DroppedKind::image;
  return DroppedKind::volume;
}

}  // namespace

bool is_xray_alone(const stdfs::path& file) {
  return dicom::is_dicom(file) || is_tiff(file) || lower_ending(file) == ".npy";
}

DroppedKind kind_of(const stdfs::path& file) {
  std::error_code error;
  if (stdfs::is_directory(file, error)) return kind_of_folder(file);
  const std::string name = lower_case(file.filename().string());
  if (name.ends_with(".ply")) return DroppedKind::splats;
  if (dicom::is_dicom(file)) return kind_of_dicom(file);
  if (is_photo(name) || ends_with_any(name, {".pfm", ".hdr", ".tif", ".tiff", ".npy"}))
    return DroppedKind::image;
  if (name.ends_with(".json")) return kind_of_json(file);
  if (is_volume_name(file) || name.ends_with(".dcm")) return DroppedKind::volume;
  if (ends_with_any(name, {"cameras.bin", "images.bin", "cameras.txt", "images.txt"}))
    return DroppedKind::cameras;
  return DroppedKind::unknown;
}

}  // namespace fg
