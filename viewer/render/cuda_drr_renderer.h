#pragma once
// Radiographs by the CUDA renderer of the C interface, on the device that Vulkan shows them with: line integrals in images
// that both share (framegauge/vulkan.h, FgSharedImage), through window and level by a shader.
//
// A frame's CUDA work goes to a stream while the frame is recorded, and the submission of its commands waits for the
// stream: join() it. No frame leaves the GPU. The host waits for the queue when the first frame of a size is recorded,
// whose images get their layout then, and later only where more frames are in flight than it said there would be.
//
// Time: the queue's timestamps begin after the wait for the stream, so they see the shader alone. elsewhere() has the
// stream's time from the frame's first work to its last, gaps included. What neither sees is the GPU's change from CUDA to
// Vulkan and back; of two renderers compare the time from frame to frame.
//
// A kernel that fails after the submission leaves the queue waiting for what never comes; the next record() or the
// destructor notices and lets the queue go on. A host that waits for the fence of that very submission cannot be helped.

#include <string>

#include "viewer/render/drr_renderer.h"

namespace fg {

// "" where this device shares images with CUDA; else why not, one sentence.
std::string why_no_cuda_drr(const vk::OwnDevice& device);

class CudaDrrRenderer final : public DrrSource {
 public:
  // Uploads and waits; the volume is not kept. frames_in_flight: recorded and not finished by the GPU, while one more is
  // recorded. Throws Failure as DrrRenderer does, and Failure(internal) with the reason where this device shares no images
  // with CUDA.
  CudaDrrRenderer(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation,
                  std::uint32_t frames_in_flight);
  ~CudaDrrRenderer() override;  // waits for the frames in flight

  void set_geometry(const DrrGeometry& geometry) override;
  void set_display(const DrrDisplay& display) override;
  // Each frame goes into a submission of its own. Throw Failure(internal) where CUDA fails; nothing is recorded then.
  void record(VkCommandBuffer cmd, const vk::Image& target) override;
  void record_integrals(VkCommandBuffer cmd, const vk::Image& target) override;
  void join(vk::Submission& submission) override;
  std::shared_ptr<const WorkElsewhere> elsewhere() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
