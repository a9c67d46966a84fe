#include "viewer/register/load_xray.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framegauge/drr.h"
#include "viewer/device/host_tensor.h"
#include "viewer/error.h"
#include "viewer/io/dicom_elements.h"
#include "viewer/io/image_tiff.h"
#include "viewer/io/volume.h"
#include "viewer/register/dicom_tags.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

ImageF mean_of_colours(const ImageF& image) {
  const int colours = image.channels >= 3 ? 3 : 1;
  ImageF grey{image.width, image.height, 1, {}};
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t i = 0; i < image.values.size(); i += channels) {
    float sum = 0;
    for (int c = 0; c < colours; ++c) sum += image.values[i + static_cast<std::size_t>(c)];
    grey.values.push_back(sum / static_cast<float>(colours));
  }
  return grey;
}

struct Grey {
  ImageF image;
  float display_white = 0;  // as in LoadedXray
  int orientation = 1;      // as in DeepImage
};

Grey load_grey(const fs::path& file) {
  if (file.extension() == ".npy") {
    const ImageF image = load_npy(file);
    if (image.channels > 4)
      throw unreadable(
          file,
          fmt::format("its shape is {} x {} x {}; one radiograph is expected: rows x columns, or rows x "
                      "columns x 1 to 4 colours",
                      image.height, image.width, image.channels));
    return {mean_of_colours(image)};
  }
  if (is_tiff(file)) return {load_tiff(file)};
  const DeepImage image = load_deep_image(file);
  if (image.bits > 8) {
    Grey grey{mean_of_colours(image.values)};
    // Where a quarter of the codes would do, they are the 14 bits or fewer of a detector, and nobody's greys.
    const auto& values = grey.image.values;
    if (!image.scene_linear && *std::max_element(values.begin(), values.end()) > 0.25f)
      grey.display_white = 1;
    return grey;
  }
  ImageF codes{image.codes.width, image.codes.height, 4, {}};
  codes.values.assign(image.codes.rgba.begin(), image.codes.rgba.end());
  return {mean_of_colours(codes), 255, image.orientation};
}

// What tags say beside the camera.
struct Meaning {
  bool intensity = false, bone_low = false, known = false;
};

Meaning meaning_of(const DicomTags& tags) {
  const std::string relationship = tags.text(dicom::kIntensityRelationship);
  Meaning meaning{.known = true};
  meaning.intensity = relationship == "LIN";
  // 1: lower values where less of the beam arrives (PS3.3, C.8.11.3.1.2). Without it, white is bone.
  if (const auto sign = tags.whole_number(dicom::kIntensitySign); sign && (*sign == 1 || *sign == -1))
    meaning.bone_low = *sign == 1;
  else
    meaning.bone_low = tags.text(dicom::kPhotometric) == "MONOCHROME1" || meaning.intensity;
  return meaning;
}

XrayTags camera_tags(const DicomTags& tags, std::vector<std::string>& notes) {
  XrayTags camera;
  camera.sdd_mm = tags.number(dicom::kDistanceSourceToDetector);
  camera.source_to_isocentre_mm = tags.number(dicom::kDistanceSourceToPatient);
  std::vector<double> pitch =
      tags.numbers(dicom::kImagerPixelSpacing);  // rows, then columns: at the detector
  if (pitch.size() != 2) {
    pitch = tags.numbers(dicom::kPixelSpacing);
    if (pitch.size() == 2)
      notes.emplace_back("it has PixelSpacing but no ImagerPixelSpacing: taken as the pitch of the detector");
  }
  if (pitch.size() == 2) {
    camera.dely_mm = pitch[0];
    camera.delx_mm = pitch[1];
  }
  camera.openings = openings_of(tags);
  const std::string view = tags.text(dicom::kViewPosition);
  const auto primary = tags.number(dicom::kPrimaryAngle), secondary = tags.number(dicom::kSecondaryAngle);
  if (primary || secondary) {
    // PS3.3, C.8.7.5: at 0 the detector is in front of the patient, the source behind; towards the patient's left and
    // towards the head it is positive. Those are turns about z and x of the world.
    camera.orientation = DrrOrientation::pa;
    camera.rotation_deg_zxy = glm::dvec3(primary.value_or(0), secondary.value_or(0), 0);
  } else if (view == "PA") {
    camera.orientation = DrrOrientation::pa;
  } else if (view == "AP") {
    camera.orientation = DrrOrientation::ap;
  } else if (!view.empty()) {
    notes.push_back("its view position '" + view + "' is neither AP nor PA and is not used");
  }
  // PS3.3, C.7.6.1.1.1: where rows and columns run to. A film from the front or from behind hangs with the patient's left on
  // the right and the feet below.
  const std::string way = tags.text(dicom::kPatientOrientation);
  const std::size_t down = way.find('\\') + 1;
  if (camera.orientation && down > 0 && (way[0] != 'L' || way.compare(down, 1, "F") != 0))
    notes.push_back("its PatientOrientation is " + way +
                    ", not L\\F: it may be mirrored or upside down; it is taken as it is stored");
  return camera;
}

ImageF load_dicom(const fs::path& file) {
  const Volume picture = load_volume(file);
  if (picture.extent[2] != 1)
    throw unreadable(file,
                     fmt::format("it has {} frames; one radiograph is expected: take one frame out first",
                                 picture.extent[2]));
  return {picture.extent[0], picture.extent[1], 1, picture.values};
}

void mask_what_is_no_number(Xray& xray, const fs::path& file) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < xray.integrals.size(); ++i) {
    if (std::isfinite(xray.integrals[i])) continue;
    if (xray.mask.empty()) xray.mask.assign(xray.integrals.size(), 1.0f);
    xray.mask[i] = xray.integrals[i] = 0;
    ++count;
  }
  if (count == xray.integrals.size())
    throw unreadable(file, "every pixel is NaN or infinite; line integrals or counts are expected");
  if (count > 0) xray.notes.push_back(fmt::format("{} pixels are NaN or infinite and are masked", count));
}

// -ln(I / i0), by the library's own formula; less than a photon in ten thousand counts as that much.
void linearise(Xray& xray, const fs::path& file, std::optional<double> i0) {
  const float largest = *std::max_element(xray.integrals.begin(), xray.integrals.end());
  const double air = i0.value_or(static_cast<double>(largest));
  if (!(air > 0))
    throw unreadable(file,
                     "no intensity is above 0; these are no counts of a detector (--values integrals?)");
  std::vector<float> logarithms(xray.integrals.size());
  HostTensor input(xray.integrals.data(), kDLFloat, 32, {xray.height, xray.width}),
      output(logarithms.data(), kDLFloat, 32, {xray.height, xray.width});
  FgExposure op;
  fg_exposure_defaults(&op);
  op.input = &input.tensor;
  op.output = &output.tensor;
  op.direction = FG_LINEARISE;
  op.i0 = air;
  op.lowest = 1e-4 * air;
  expect_ok(fg_exposure(&op, nullptr));
  xray.integrals = std::move(logarithms);
}

}  // namespace

XrayValues xray_values_named(const std::string& name) {
  if (name == "auto") return XrayValues::automatic;
  if (name == "integrals") return XrayValues::integrals;
  if (name == "intensity") return XrayValues::intensity;
  throw Failure(ExitCode::usage, "--values '" + name + "' is unknown; expected auto, integrals or intensity");
}

XrayBone xray_bone_named(const std::string& name) {
  if (name == "auto") return XrayBone::automatic;
  if (name == "bright") return XrayBone::high;
  if (name == "dark") return XrayBone::low;
  throw Failure(ExitCode::usage, "--bone '" + name + "' is unknown; expected auto, bright or dark");
}

LoadedXray load_xray(const fs::path& file, const XrayReading& reading) {
  LoadedXray loaded;
  Xray& xray = loaded.xray;
  Meaning meaning;
  ImageF picture;
  if (dicom::is_dicom(file)) {
    const DicomTags tags(file);
    meaning = meaning_of(tags);
    loaded.tags = camera_tags(tags, xray.notes);
    picture = load_dicom(file);
    // The reader turns pictures of which 0 is white round; tags speak of the values as they are stored.
    const int bits = tags.whole_number(dicom::kBitsStored).value_or(16);
    if (tags.text(dicom::kPhotometric) == "MONOCHROME1")
      for (float& value : picture.values)
        value = static_cast<float>((1 << std::clamp(bits, 1, 16)) - 1) - value;
  } else {
    Grey grey = load_grey(file);
    picture = std::move(grey.image);
    loaded.display_white = grey.display_white;
    if (const int pictures = is_tiff(file) ? pictures_in_tiff(file) : 1; pictures > 1)
      xray.notes.push_back(fmt::format("it holds {} pictures; the first one is taken", pictures));
    if (grey.orientation != 1)
      xray.notes.push_back(
          fmt::format("its EXIF asks viewers to turn it (orientation {}); it is taken as it is stored",
                      grey.orientation));
  }
  if (reading.values != XrayValues::automatic) {
    meaning.bone_low |= reading.values == XrayValues::intensity && !meaning.intensity;
    meaning.intensity = reading.values == XrayValues::intensity;
  }
  if (reading.i0 && !meaning.intensity)
    throw Failure(ExitCode::usage,
                  file.string() +
                      ": --i0 is of intensities, and its values count as line integrals; give --values "
                      "intensity with it, or leave it out");
  if (reading.bone != XrayBone::automatic) meaning.bone_low = reading.bone == XrayBone::low;
  loaded.bone_is_known = meaning.known || meaning.intensity || reading.bone != XrayBone::automatic;
  xray.width = picture.width;
  xray.height = picture.height;
  xray.integrals = std::move(picture.values);
  mask_what_is_no_number(xray, file);
  if (meaning.intensity) {
    if (!meaning.bone_low)
      throw unreadable(file,
                       "intensities are low behind bone, but bone is said to be bright; give --bone dark, or "
                       "--values integrals for a picture whose logarithm is taken already");
    linearise(xray, file, reading.i0);
    loaded.display_white = 0;
  } else if (meaning.bone_low) {
    turn_round(xray);
  }
  return loaded;
}

void mask_blades(Xray& xray, const XrayTags& tags) {
  const double dely = tags.dely_mm.value_or(1), delx = tags.delx_mm.value_or(1);
  mask_by_openings(xray, tags.openings, dely > 0 && delx > 0 ? dely / delx : 1);
  mask_collimator(xray);
  mask_shutter(xray);
  // A disc that tags have shown is there to be seen too.
  if (std::none_of(tags.openings.begin(), tags.openings.end(),
                   [](const XrayOpening& opening) { return opening.shape == XrayOpening::Shape::circle; }))
    mask_disc(xray);
}

std::vector<float> load_mask(const fs::path& file, int width, int height) {
  const ImageF picture = load_grey(file).image;
  if (picture.width != width || picture.height != height)
    throw Failure(ExitCode::size_mismatch,
                  fmt::format("{}: the mask has {} x {} pixels, its radiograph {} x {}; both "
                              "must be alike",
                              file.string(), picture.width, picture.height, width, height));
  std::vector<float> mask;
  for (const float value : picture.values) mask.push_back(value > 0 ? 1.0f : 0.0f);
  return mask;
}

}  // namespace fg
