#pragma once
// The radiographs of a session: by CUDA or by Vulkan, and by Vulkan when CUDA fails on the way.

#include <memory>
#include <string>

#include "viewer/render/drr_renderer.h"

namespace fg {

enum class DrrBackend {
  // Vulkan, whose ticks are the shorter ones (tests/gpu/run.sh, both in ticks.csv): CUDA's kernel is the faster one, the GPU's
  // change of context takes more than that.
  automatic,
  vulkan,
  cuda,
};
DrrBackend drr_backend_named(const std::string& name);  // "auto", "vulkan", "cuda"; throws Failure(usage)

class LiveDrr final : public DrrSource {
 public:
  struct Options {
    DrrBackend backend = DrrBackend::automatic;
    std::uint32_t frames_in_flight = 3;  // as of CudaDrrRenderer
  };
  // Uploads and waits. The volume is kept for a renderer that takes over. Throws Failure as the renderers do, and
  // Failure(internal) with the reason where CUDA was named and cannot be had.
  LiveDrr(const vk::OwnDevice& device, std::shared_ptr<const Volume> volume, const Attenuation& attenuation,
          const Options& options);
  // Begins with this renderer in CUDA's place.
  LiveDrr(const vk::OwnDevice& device, std::shared_ptr<const Volume> volume, const Attenuation& attenuation,
          std::unique_ptr<DrrSource> cuda);

  void set_geometry(const DrrGeometry& geometry) override;
  void set_display(const DrrDisplay& display) override;
  void record(VkCommandBuffer cmd, const vk::Image& target) override;
  void record_integrals(VkCommandBuffer cmd, const vk::Image& target) override;
  void join(vk::Submission& submission) override;
  std::shared_ptr<const WorkElsewhere> elsewhere() const override;

  const char* name() const { return cuda_ ? "cuda" : "vulkan"; }  // in use
  // Why CUDA is no longer in use; empty where it is, or never was.
  const std::string& passed_over() const { return passed_over_; }
  std::string take_note();  // one sentence, once, when Vulkan has taken over; else empty

 private:
  template <class Record>
  void record_by_one(const Record& record);
  DrrSource& active();
  void hand_over(const std::string& reason);
  void make_vulkan();

  const vk::OwnDevice& device_;
  std::shared_ptr<const Volume> volume_;
  Attenuation attenuation_;
  DrrGeometry geometry_;
  DrrDisplay display_;
  std::unique_ptr<DrrSource> cuda_;  // one of the two
  std::unique_ptr<DrrRenderer> vulkan_;
  std::string passed_over_, note_;
};

}  // namespace fg
