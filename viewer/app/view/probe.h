#pragma once
// The texels around the cursor, read back some frames late: nothing waits. shaders/display/probe.comp.

#include <optional>
#include <vector>

#include <glm/vec2.hpp>

#include "plugin/vk/compute_pass.h"
#include "shaders/display/probe.h"
#include "viewer/app/view/compositor.h"

namespace fg {

struct ProbeTexel {
  float render[3], ssim;      // display-referred 0..1; ssim of the map
  float reference[3], valid;  // valid is 0 outside the image
};

struct ProbeReading {
  glm::ivec2 middle{0};  // the texel under the cursor
  bool has_reference = false;
  ProbeTexel texels[FG_PROBE_SIZE * FG_PROBE_SIZE];  // rows from the top

  const ProbeTexel& centre() const { return texels[FG_PROBE_SIZE * FG_PROBE_SIZE / 2]; }
};

class Probe {
 public:
  Probe(const vk::OwnDevice& device, std::uint32_t slots);

  // Records the reading of the texels around one. Commands of an earlier record with the same slot must have
  // finished.
  void record(VkCommandBuffer cmd, std::uint32_t slot, const Compositor& compositor, const Tick& tick,
              glm::ivec2 middle);
  // What the slot's last record read, once its commands have finished.
  std::optional<ProbeReading> take(std::uint32_t slot);

 private:
  struct Slot {
    vk::Buffer texels;
    vk::BindingSet set;
    std::optional<ProbePush> asked;
  };
  const vk::OwnDevice& device_;
  vk::ComputePass pass_;
  std::vector<Slot> slots_;
};

}  // namespace fg
