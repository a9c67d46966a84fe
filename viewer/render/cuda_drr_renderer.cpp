#include "viewer/render/cuda_drr_renderer.h"

#include <algorithm>
#include <array>
#include <glm/gtc/matrix_transform.hpp>
#include <optional>
#include <vector>

#include "framegauge/vulkan.h"
#include "plugin/vk/commands.h"
#include "plugin/vk/compute_pass.h"
#include "plugin/vk/error.h"
#include "shaders/drr/window.comp.h"
#include "viewer/device/device_tensor.h"
#include "viewer/device/status.h"
#include "viewer/render/drr_op.h"
#include "viewer/render/drr_rays.h"
#include "viewer/render/drr_volume.h"

namespace fg {
namespace {

constexpr std::uint32_t kWindowTile = 8;  // pixels, as in window.comp

struct SharedImageDeleter {
  void operator()(FgSharedImage_T* image) const { fg_shared_image_destroy(image); }
};
using UniqueSharedImage = std::unique_ptr<FgSharedImage_T, SharedImageDeleter>;

UniqueSharedImage make_shared_image(const vk::OwnDevice& device, std::uint32_t width, std::uint32_t height) {
  FgSharedImageInfo info;
  fg_shared_image_info_defaults(&info);
  info.instance = device.instance;
  info.physical_device = device.physical;
  info.device = device.handle;
  info.get_instance_proc_addr = device.GetInstanceProcAddr;
  info.queue_family = device.queue_family;
  info.width = width;
  info.height = height;
  info.format = VK_FORMAT_R32_SFLOAT;
  FgSharedImage image = nullptr;
  expect_ok(fg_shared_image_create(&info, &image));
  return UniqueSharedImage(image);
}

FgSharedImageHandles handles_of(const UniqueSharedImage& image) {
  FgSharedImageHandles handles;
  fg_shared_image_handles_defaults(&handles);
  expect_ok(fg_shared_image_handles(image.get(), &handles));
  return handles;
}

// The CUDA device that is this Vulkan device; a small image tells.
ComputeDevice cuda_device_of(const vk::OwnDevice& device) {
  constexpr std::uint32_t kSmall = 16;  // pixels
  return ComputeDevice("cuda:" +
                       std::to_string(handles_of(make_shared_image(device, kSmall, kSmall)).cuda_device));
}

class StreamTimer final : public WorkElsewhere {
 public:
  explicit StreamTimer(const ComputeDevice& cuda) {
    expect_ok(fg_cuda_timer_create(cuda.dlpack().device_id, &timer_));
  }
  ~StreamTimer() override { fg_cuda_timer_destroy(timer_); }
  StreamTimer(const StreamTimer&) = delete;
  StreamTimer& operator=(const StreamTimer&) = delete;

  void start(void* stream) const { expect_ok(fg_cuda_timer_start(timer_, stream)); }
  void stop(void* stream) const { expect_ok(fg_cuda_timer_stop(timer_, stream)); }
  double milliseconds() const override {
    std::uint64_t nanoseconds = 0;
    return fg_cuda_timer_wait(timer_, &nanoseconds) == FG_STATUS_OK ? static_cast<double>(nanoseconds) * 1e-6
                                                                    : 0;
  }

 private:
  FgCudaTimer timer_ = nullptr;
};

// Attenuation in 1/mm, as the Vulkan renderer samples it. In parts: a CT may fill gigabytes, and this is needed once.
DeviceTensor<float> upload(const ComputeDevice& cuda, const Volume& volume, const Attenuation& attenuation) {
  const auto [nx, ny, nz] = volume.extent;
  DeviceTensor<float> tensor(cuda, {nz, ny, nx});
  constexpr std::size_t kMost = std::size_t{8} << 20;  // voxels at once: 32 MB
  std::vector<float> part(std::min(kMost, volume.values.size()));
  for (std::size_t first = 0; first < volume.values.size(); first += part.size()) {
    const std::size_t count = std::min(part.size(), volume.values.size() - first);
    for (std::size_t i = 0; i < count; ++i) part[i] = attenuation_of(volume.values[first + i], attenuation);
    cuda.copy(tensor.data() + first, part.data(), count * sizeof(float));
    cuda.wait();
  }
  return tensor;
}

const Volume& checked(const Volume& volume, const Attenuation& attenuation) {
  check_volume(volume);
  check_attenuation(attenuation);
  world_to_voxel(volume);
  return volume;
}

}  // namespace

struct CudaDrrRenderer::State {
  // What a frame uses until the GPU has finished with it.
  struct Slot {
    UniqueSharedImage image;       // the integrals
    FgSharedImageSubmission turn;  // Vulkan's latest with it
    std::uint64_t frame = 0;       // the latest submission that used it has ended when `ended` is there
    std::shared_ptr<const StreamTimer> timer;
    std::array<double, 16> pose{};  // the stream reads it
    vk::BindingSet set;
  };

  State(const vk::OwnDevice& own_device, const Volume& volume, const Attenuation& attenuation,
        std::uint32_t own_frames_in_flight)
      : device(own_device),
        frames_in_flight(own_frames_in_flight),
        to_voxel(world_to_voxel(checked(volume, attenuation))),
        voxel_to_world(volume.voxel_to_world),
        extent(volume.extent),
        cuda(cuda_device_of(own_device)),
        voxels(upload(cuda, volume, attenuation)),
        pose(cuda, {1, 4, 4}),
        window(own_device, {.spirv = shaders::drr_window,
                            .bindings = {vk::kStorageImage, vk::kCombinedImageSampler},
                            .push_bytes = sizeof(DrrWindow)}),
        sampler(vk::make_sampler(own_device, VK_FILTER_NEAREST)),
        ended(vk::make_timeline(own_device)) {}

  const vk::OwnDevice& device;
  const std::uint32_t frames_in_flight;
  const glm::dmat4 to_voxel, voxel_to_world;
  const std::array<int, 3> extent;
  const ComputeDevice cuda;
  DeviceTensor<float> voxels;
  DeviceTensor<double> pose;      // of the frame that the stream is at
  DeviceTensor<float> integrals;  // likewise
  const vk::ComputePass window;
  const vk::UniqueSampler sampler;
  std::vector<Slot> slots;  // of the present size, taken in turn
  std::size_t next = 0;
  int width = 0, height = 0;  // of the slots
  Slot* newest = nullptr;     // recorded last
  bool joined = true;         // its submission
  // Counts submissions on the queue alone. The images' semaphores, which CUDA signals too, tell layers nothing.
  const vk::UniqueSemaphore ended;
  std::uint64_t submitted = 0;
  DrrGeometry geometry;
  DrrDisplay display;

  Slot make_slot() const;
  void record_turn(VkCommandBuffer cmd, Slot& slot) const {
    record_turn(cmd, slot, [] {});
  }
  template <class Body>
  void record_turn(VkCommandBuffer cmd, Slot& slot, const Body& body) const;
  void fit_slots();
  void end_unsubmitted_turn();
  void wait_until_free(const Slot& slot) const;
  void render_integrals(Slot& slot);
  template <class Body>  // body(slot, its handles) records commands that read the integrals
  void record(VkCommandBuffer cmd, const vk::Image& target, const Body& body);
  void finish() const;
};

namespace {

void add_turn(const FgSharedImageSubmission& turn, vk::Submission& submission) {
  submission.wait(turn.semaphore, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, turn.wait_value);
  submission.signal(turn.semaphore, turn.signal_value);
}

VkResult signal_from_host(const vk::OwnDevice& device, VkSemaphore semaphore, std::uint64_t value) {
  const VkSemaphoreSignalInfo info{
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = semaphore, .value = value};
  return device.SignalSemaphore(device.handle, &info);
}

}  // namespace

CudaDrrRenderer::State::Slot CudaDrrRenderer::State::make_slot() const {
  Slot slot;
  slot.image = make_shared_image(device, static_cast<std::uint32_t>(geometry.width),
                                 static_cast<std::uint32_t>(geometry.height));
  fg_shared_image_submission_defaults(&slot.turn);
  slot.timer = std::make_shared<const StreamTimer>(cuda);
  slot.set = vk::BindingSet(device, window);
  slot.set.update(1, vk::bind(handles_of(slot.image).view, VK_IMAGE_LAYOUT_GENERAL, sampler.get()));
  return slot;
}

template <class Body>
void CudaDrrRenderer::State::record_turn(VkCommandBuffer cmd, Slot& slot, const Body& body) const {
  expect_ok(fg_shared_image_record_begin(slot.image.get(), cmd));
  body();
  expect_ok(fg_shared_image_record_end(slot.image.get(), cmd));
  expect_ok(fg_shared_image_submission(slot.image.get(), &slot.turn));
}

std::string why_no_cuda_drr(const vk::OwnDevice& device) {
  try {
    cuda_device_of(device);
    return {};
  } catch (const Failure& failure) {
    return failure.what();
  }
}

// Slots of the geometry's size, as many as keep the timers of all frames in flight apart. Vulkan has the first turn with
// an image. That the queue has come to it says that the old slots, used before, are free to go.
void CudaDrrRenderer::State::fit_slots() {
  if (!slots.empty() && width == geometry.width && height == geometry.height) return;
  cuda.wait();  // what the queue waits for has happened, or CUDA is lost, which is known then
  std::vector<Slot> made;
  for (std::uint32_t i = 0; i <= frames_in_flight; ++i) {
    made.push_back(make_slot());
    vk::run_and_wait(
        device, [&](VkCommandBuffer cmd) { record_turn(cmd, made.back()); },
        [&](vk::Submission& submission) { add_turn(made.back().turn, submission); });
  }
  integrals = {cuda, {1, 1, geometry.height, geometry.width}};
  width = geometry.width;
  height = geometry.height;
  slots = std::move(made);
  next = 0;
  newest = nullptr;
}

// A frame that was recorded and never submitted leaves Vulkan's turn open: it is ended by a submission of nothing.
void CudaDrrRenderer::State::end_unsubmitted_turn() {
  if (joined) return;
  vk::run_and_wait(
      device, [](VkCommandBuffer) {},
      [&](vk::Submission& submission) { add_turn(newest->turn, submission); });
  joined = true;
}

void CudaDrrRenderer::State::wait_until_free(const Slot& slot) const {
  constexpr std::uint64_t kPatience = 5'000'000'000;  // nanoseconds
  const VkSemaphore semaphore = ended.get();
  const VkSemaphoreWaitInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                 .semaphoreCount = 1,
                                 .pSemaphores = &semaphore,
                                 .pValues = &slot.frame};
  if (vk::check(device.WaitSemaphores(device.handle, &info, kPatience),
                "waiting for an earlier radiograph") == VK_TIMEOUT)
    throw Failure(ExitCode::internal, "Vulkan has not finished with an earlier radiograph in 5 seconds");
}

// All of CUDA's work for a frame, on the stream: into memory of our own, then into the shared image in CUDA's turn.
void CudaDrrRenderer::State::render_integrals(Slot& slot) {
  FgDrr op = drr_op(geometry, voxel_to_world);
  op.volume = voxels.get();
  op.poses = pose.get();
  op.sampling = FG_DRR_SAMPLES_ON_SEGMENT;
  op.samples = geometry.n_samples;
  op.images = integrals.get();

  std::int64_t shape[2] = {height, width};
  DLTensor picture = *integrals.get();
  picture.ndim = 2;
  picture.shape = shape;

  void* const stream = cuda.stream();
  write_rows(geometry.camera_to_world, slot.pose.data());
  slot.timer->start(stream);
  cuda.copy(pose.data(), slot.pose.data(), sizeof(slot.pose));
  expect_ok(fg_drr(&op, stream));
  expect_ok(fg_shared_image_begin_cuda(slot.image.get(), stream));
  expect_ok(fg_shared_image_write(slot.image.get(), &picture, stream));
  slot.timer->stop(stream);
  expect_ok(fg_shared_image_end_cuda(slot.image.get(), stream));
}

template <class Body>
void CudaDrrRenderer::State::record(VkCommandBuffer cmd, const vk::Image& target, const Body& body) {
  check_target(geometry, target);
  end_unsubmitted_turn();
  fit_slots();
  Slot& slot = slots[next];
  wait_until_free(slot);
  render_integrals(slot);
  next = (next + 1) % slots.size();
  const FgSharedImageHandles handles = handles_of(slot.image);
  record_turn(cmd, slot, [&] { body(slot, handles); });
  newest = &slot;
  joined = false;
}

// Both sides come to their ends. CUDA waits for nothing that has not happened; where it has failed, Vulkan may wait for
// turns of its that will never end.
void CudaDrrRenderer::State::finish() const {
  if (fg_cuda_stream_wait(cuda.stream()) != FG_STATUS_OK)
    for (const Slot& slot : slots) {
      std::uint64_t reached = 0;
      if (device.GetSemaphoreCounterValue(device.handle, slot.turn.semaphore, &reached) == VK_SUCCESS &&
          reached < slot.turn.wait_value)
        signal_from_host(device, slot.turn.semaphore, slot.turn.wait_value);
    }
  device.DeviceWaitIdle(device.handle);
}

CudaDrrRenderer::CudaDrrRenderer(const vk::OwnDevice& device, const Volume& volume,
                                 const Attenuation& attenuation, std::uint32_t frames_in_flight)
    : state_(std::make_unique<State>(device, volume, attenuation, frames_in_flight)) {
  set_geometry(first_geometry(volume));
}

CudaDrrRenderer::~CudaDrrRenderer() { state_->finish(); }

void CudaDrrRenderer::set_geometry(const DrrGeometry& geometry) {
  // The rays are the kernel's own; what makes none is refused with the Vulkan renderer's sentences.
  const auto texels = [&](int axis) { return static_cast<std::uint32_t>(state_->extent[axis]) + 2; };
  make_drr_rays(geometry, glm::translate(glm::dmat4(1), glm::dvec3(1)) * state_->to_voxel,
                {texels(0), texels(1), texels(2)});
  state_->geometry = geometry;
}

void CudaDrrRenderer::set_display(const DrrDisplay& display) {
  check_display(display);
  state_->display = display;
}

void CudaDrrRenderer::record(VkCommandBuffer cmd, const vk::Image& target) {
  state_->record(cmd, target, [&](State::Slot& slot, const FgSharedImageHandles&) {
    const DrrWindow push = grey_of(state_->display);
    slot.set.update(0, vk::bind(target.view(), VK_IMAGE_LAYOUT_GENERAL));
    state_->window.record(cmd, slot.set, &push, (target.width() + kWindowTile - 1) / kWindowTile,
                          (target.height() + kWindowTile - 1) / kWindowTile);
  });
}

void CudaDrrRenderer::record_integrals(VkCommandBuffer cmd, const vk::Image& target) {
  state_->record(cmd, target, [&](State::Slot&, const FgSharedImageHandles& handles) {
    const VkImageSubresourceLayers layer{VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    const VkImageCopy copy{.srcSubresource = layer, .dstSubresource = layer, .extent = target.extent()};
    state_->device.CmdCopyImage(cmd, handles.image, VK_IMAGE_LAYOUT_GENERAL, target.get(),
                                VK_IMAGE_LAYOUT_GENERAL, 1, &copy);
  });
}

void CudaDrrRenderer::join(vk::Submission& submission) {
  State& state = *state_;
  if (state.joined) return;
  add_turn(state.newest->turn, submission);
  submission.signal(state.ended.get(), ++state.submitted);
  state.newest->frame = state.submitted;
  state.joined = true;
}

std::shared_ptr<const WorkElsewhere> CudaDrrRenderer::elsewhere() const {
  return state_->newest ? state_->newest->timer : nullptr;
}

}  // namespace fg
