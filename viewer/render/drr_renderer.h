#pragma once
// Digitally reconstructed radiographs as Vulkan compute: the line integral of the attenuation along each ray.

#include <glm/mat4x4.hpp>
#include <glm/vec3.hpp>
#include <memory>

#include "plugin/vk/own_device.h"
#include "viewer/io/volume.h"
#include "viewer/render/frame_source.h"

namespace fg {

// Camera space: source at the origin, +z to the detector, detector plane z = sdd, x along columns, y along
// rows.
struct DrrGeometry {
  double sdd_mm = 1020;             // source to detector
  int height = 200, width = 200;    // pixels
  double delx_mm = 2, dely_mm = 2;  // pixel pitch along columns (x) and rows (y)
  double x0_mm = 0, y0_mm = 0;      // principal point offset: cx = x0/delx + width/2
  bool orthographic = false;        // parallel rays along +z, from z = 0 to z = sdd
  int n_samples = 500;              // per ray, source to detector, both ends included
  glm::dmat4 camera_to_world{1.0};  // to RAS mm

  bool operator==(const DrrGeometry&) const = default;
};

// camera_to_world of a standard view: isocentre in the middle, ZXY intrinsic Euler angles in degrees,
// translation in mm in the rotated frame. Unrotated, AP looks posterior, PA anterior, free along the body's
// axis to the head.
enum class DrrOrientation { ap, pa, free };
glm::dmat4 drr_pose(DrrOrientation orientation, const glm::dvec3& rotation_deg_zxy,
                    const glm::dvec3& translation_mm, const glm::dvec3& isocentre_mm);

// The way back. Throws Failure(usage) where no such view has this pose: only PA mirrors.
struct DrrPoseParts {
  glm::dvec3 rotation_deg_zxy, translation_mm;
};
DrrPoseParts drr_pose_parts(DrrOrientation orientation, const glm::dmat4& camera_to_world,
                            const glm::dvec3& isocentre_mm);

// How far the source of a standard view is from the isocentre, where nothing says it.
inline constexpr double kStandardSourceMm = 850;

// The translation that puts the source in front of the isocentre: (0, 850, 0) for AP, (0, -850, 0) for PA, (0, 0, -850) for
// free.
glm::dvec3 drr_standard_translation_mm(DrrOrientation orientation, double source_mm = kStandardSourceMm);

// HU to linear attenuation in 1/mm: piecewise linear through air 0, water, and bone at hu_bone.
struct Attenuation {
  double mu_water = 0.0192, mu_bone = 0.0573;  // 1/mm, about 70 keV
  double hu_bone = 1000;
};

// How line integrals become grey: (value - (level - window/2)) / window, clamped to 0..1.
struct DrrDisplay {
  double window = 6, level = 3;  // in units of the line integral
  bool inverted = false;         // false: bone is bright

  bool operator==(const DrrDisplay&) const = default;
};

// AP, at the standard distance from the volume's centre.
DrrGeometry first_geometry(const Volume& volume);

// Radiographs of one volume, whichever renderer makes them.
class DrrSource : public FrameSource {
 public:
  // Of the next recorded frame. Throw Failure(usage) where they make no sense. The first geometry is first_geometry().
  virtual void set_geometry(const DrrGeometry& geometry) = 0;
  virtual void set_display(const DrrDisplay& display) = 0;

  // record() is grey, windowed. Its target and this one, an R32_SFLOAT storage image in GENERAL, have the geometry's size.
  virtual void record_integrals(VkCommandBuffer cmd, const vk::Image& target) = 0;
};

class DrrRenderer final : public DrrSource {
 public:
  // Frames that may be recorded and not yet finished by the GPU, both kinds together.
  static constexpr int kMostFramesInFlight = 16;

  // Uploads and waits; the volume is not kept. Throws Failure where it is empty, its affine is singular, or
  // the device cannot hold it.
  DrrRenderer(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation = {});
  ~DrrRenderer() override;

  void set_geometry(const DrrGeometry& geometry) override;
  void set_display(const DrrDisplay& display) override;
  void record(VkCommandBuffer cmd, const vk::Image& target) override;
  void record_integrals(VkCommandBuffer cmd, const vk::Image& target) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
