#include "viewer/render/live_drr.h"

#include <utility>

#include "viewer/error.h"
#include "viewer/render/cuda_drr_renderer.h"

namespace fg {
DrrBackend drr_backend_named(const std::string& name) {
  if (name == "auto") return DrrBackend::automatic;
  if (name == "vulkan") return DrrBackend::vulkan;
  if (name == "cuda") return DrrBackend::cuda;
  throw Failure(ExitCode::usage,
                "there is no renderer of radiographs '" + name + "'; choose auto, vulkan or cuda");
}

LiveDrr::LiveDrr(const vk::OwnDevice& device, std::shared_ptr<const Volume> volume,
                 const Attenuation& attenuation, const Options& options)
    : LiveDrr(device, std::move(volume), attenuation, std::unique_ptr<DrrSource>()) {
  if (options.backend != DrrBackend::cuda) {
    make_vulkan();
    return;
  }
  try {
    cuda_ = std::make_unique<CudaDrrRenderer>(device_, *volume_, attenuation_, options.frames_in_flight);
  } catch (const Failure& failure) {
    if (failure.code != ExitCode::internal) throw;
    throw Failure(ExitCode::internal, std::string("radiographs cannot be rendered by CUDA here: ") +
                                          failure.what() + "; choose auto or vulkan");
  }
}

LiveDrr::LiveDrr(const vk::OwnDevice& device, std::shared_ptr<const Volume> volume,
                 const Attenuation& attenuation, std::unique_ptr<DrrSource> cuda)
    : device_(device),
      volume_(std::move(volume)),
      attenuation_(attenuation),
      geometry_(first_geometry(*volume_)),
      cuda_(std::move(cuda)) {}

DrrSource& LiveDrr::active() {
  if (cuda_) return *cuda_;
  if (!vulkan_) make_vulkan();
  return *vulkan_;
}

void LiveDrr::make_vulkan() {
  auto renderer = std::make_unique<DrrRenderer>(device_, *volume_, attenuation_);
  renderer->set_geometry(geometry_);
  renderer->set_display(display_);
  vulkan_ = std::move(renderer);
}

void LiveDrr::set_geometry(const DrrGeometry& geometry) {
  active().set_geometry(geometry);
  geometry_ = geometry;
}

void LiveDrr::set_display(const DrrDisplay& display) {
  active().set_display(display);
  display_ = display;
}

void LiveDrr::hand_over(const std::string& reason) {
  cuda_ = nullptr;  // its memory may be needed
  passed_over_ = reason;
  note_ = "Radiographs are rendered by Vulkan from here on; CUDA failed: " + reason;
}

template <class Record>
void LiveDrr::record_by_one(const Record& record) {
  if (cuda_) try {
      return record(*cuda_);
    } catch (const Failure& failure) {
      if (failure.code != ExitCode::internal) throw;  // the caller's mistake
      hand_over(failure.what());
    }
  record(active());
}

void LiveDrr::record(VkCommandBuffer cmd, const vk::Image& target) {
  record_by_one([&](DrrSource& source) { source.record(cmd, target); });
}

void LiveDrr::record_integrals(VkCommandBuffer cmd, const vk::Image& target) {
  record_by_one([&](DrrSource& source) { source.record_integrals(cmd, target); });
}

void LiveDrr::join(vk::Submission& submission) { active().join(submission); }

std::shared_ptr<const WorkElsewhere> LiveDrr::elsewhere() const {
  return cuda_ ? cuda_->elsewhere() : nullptr;
}

std::string LiveDrr::take_note() { return std::exchange(note_, {}); }

}  // namespace fg
