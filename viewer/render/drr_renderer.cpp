#include "viewer/render/drr_renderer.h"

#include <algorithm>
#include <array>

#include "plugin/vk/commands.h"
#include "plugin/vk/compute_pass.h"
#include "shaders/drr/grey.comp.h"
#include "shaders/drr/integrals.comp.h"
#include "viewer/render/drr_rays.h"
#include "viewer/render/drr_volume.h"

namespace fg {
namespace {

constexpr std::uint32_t kTile = 8;  // pixels, as in integral.glsl

// Invocations a ray, as integral.glsl explains. A CPU gains nothing from more than one.
std::uint32_t parts_of_a_ray(const vk::OwnDevice& device) {
  constexpr std::uint32_t kMost = 4;
  return device.is_cpu()
             ? 1
             : std::min(kMost, device.properties.limits.maxComputeWorkGroupInvocations / (kTile * kTile));
}

// One shader, and descriptor sets taken in turn: a set may not change while a frame that uses it is on its
// way, so there are as many of them as there may be frames in flight.
class Pass {
 public:
  Pass(const vk::OwnDevice& device, std::span<const std::uint32_t> spirv, const AttenuationTexture& texture)
      : pass_(device, {.spirv = spirv,
                       .bindings = {vk::kStorageImage, vk::kCombinedImageSampler},
                       .push_bytes = sizeof(DrrRays),
                       .constants = {parts_of_a_ray(device)}}) {
    for (vk::BindingSet& set : sets_) {
      set = vk::BindingSet(device, pass_);
      set.update(1, vk::bind(texture.view(), VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, texture.sampler()));
    }
  }

  void record(VkCommandBuffer cmd, const vk::Image& target, const DrrRays& rays) {
    vk::BindingSet& set = sets_[next_++ % sets_.size()];
    set.update(0, vk::bind(target.view(), VK_IMAGE_LAYOUT_GENERAL));
    pass_.record(cmd, set, &rays, (target.width() + kTile - 1) / kTile,
                 (target.height() + kTile - 1) / kTile);
  }

 private:
  vk::ComputePass pass_;
  std::array<vk::BindingSet, DrrRenderer::kMostFramesInFlight> sets_;
  std::size_t next_ = 0;
};

}  // namespace

DrrGeometry first_geometry(const Volume& volume) {
  return {.camera_to_world = drr_pose(DrrOrientation::ap, {0, 0, 0},
                                      drr_standard_translation_mm(DrrOrientation::ap), volume.centre_mm())};
}

struct DrrRenderer::State {
  State(const vk::OwnDevice& own_device, const Volume& volume, const Attenuation& attenuation)
      : device(own_device),
        to_voxel(world_to_voxel(volume)),
        texture(own_device, volume, attenuation),
        grey(own_device, shaders::drr_grey, texture),
        integrals(own_device, shaders::drr_integrals, texture) {}

  const vk::OwnDevice& device;
  glm::dmat4 to_voxel;
  AttenuationTexture texture;
  Pass grey, integrals;
  DrrGeometry geometry;
  DrrDisplay display;
  DrrRays rays{};

  void record(VkCommandBuffer cmd, const vk::Image& target, Pass& pass) {
    check_target(geometry, target);
    const DrrWindow grey_line = grey_of(display);
    rays.grey_scale = grey_line.grey_scale;
    rays.grey_offset = grey_line.grey_offset;
    pass.record(cmd, target, rays);
  }
};

DrrRenderer::DrrRenderer(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation)
    : state_(std::make_unique<State>(device, volume, attenuation)) {
  set_geometry(first_geometry(volume));
}

DrrRenderer::~DrrRenderer() = default;

void DrrRenderer::set_geometry(const DrrGeometry& geometry) {
  state_->rays =
      make_drr_rays(geometry, state_->texture.voxel_to_texel() * state_->to_voxel, state_->texture.size());
  state_->geometry = geometry;
}

void DrrRenderer::set_display(const DrrDisplay& display) {
  check_display(display);
  state_->display = display;
}

void DrrRenderer::record(VkCommandBuffer cmd, const vk::Image& target) {
  state_->record(cmd, target, state_->grey);
}

void DrrRenderer::record_integrals(VkCommandBuffer cmd, const vk::Image& target) {
  state_->record(cmd, target, state_->integrals);
}

}  // namespace fg
