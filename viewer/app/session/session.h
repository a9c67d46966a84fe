#pragma once
// What is loaded, from where it is seen, and what it is compared with: the state behind the window and
// --offscreen. Knows nothing of windows. Owns the renderers and the Tick.
//
//   Session session(device, {.executor = FG_EXECUTOR_AUTO});
//   session.load_scene("scene.ply");
//   session.load_cameras("sparse/", "photos/");
//   session.snap("DSC_0042.JPG");
//   vk::run_and_wait(
//       device, [&](VkCommandBuffer cmd) { session.tick(cmd); },
//       [&](vk::Submission& submission) { session.join(submission); });
//   session.poll()->scores.ssim;

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <glm/vec2.hpp>

#include "plugin/vk/own_device.h"
#include "viewer/app/session/live_registration.h"
#include "viewer/app/session/view_options.h"
#include "viewer/app/tick/tick.h"
#include "viewer/app/view/drr_view.h"
#include "viewer/render/gaussian_renderer.h"
#include "viewer/render/live_drr.h"
#include "viewer/scene/dataset.h"
#include "viewer/scene/splats.h"

namespace fg {

struct SessionOptions {
  FgExecutor executor = FG_EXECUTOR_AUTO;
  DrrBackend drr_backend = DrrBackend::automatic;
  std::uint32_t frames_in_flight = 3;
  int downscale = 1;                // photos and the frames scored against them
  float background[3] = {0, 0, 0};  // display-referred 0..1
};

// The newest score of one ground-truth camera against its photo.
struct CameraScore {
  double ssim = 0, psnr = 0, mae = 0;
};

class Session {
 public:
  enum class Content { nothing, splats, volume };

  explicit Session(const vk::OwnDevice& device, const SessionOptions& options = {});
  ~Session();

  // Loading. Each throws Failure with one sentence and then leaves everything as it was. Each may wait for
  // the GPU.
  void load(
      const ViewOptions& options);  // everything the options name, the first or the named camera snapped
  void load_scene(const std::filesystem::path& file);
  void load_cameras(const std::filesystem::path& cameras, const std::filesystem::path& images = {});
  void load_reference_scene(const std::filesystem::path& file);  // scored against from every camera
  void load_reference_image(const std::filesystem::path& file);  // one fixed picture; frames take its size
  void load_volume(const std::filesystem::path& file, const std::optional<DrrGeometry>& geometry = {},
                   const Attenuation& attenuation = {});
  // A file or folder whose kind is found out from what it is: for drag and drop. Says what it was taken for.
  std::string load_dropped(const std::filesystem::path& file);
  void clear_reference();  // forgets the reference scene and the fixed picture; photos stay
  bool can_clear_reference() const;

  Content content() const;
  const SplatScene::Bounds& bounds() const;  // of the splats or, without any, of the cameras
  std::size_t splat_count() const;
  const std::string& title() const;       // file name of what is shown; empty when nothing is
  std::vector<std::string> take_notes();  // what a user should know, one sentence each, each once

  // Ground-truth cameras, sorted by name.
  const std::vector<Camera>& cameras() const;
  const std::vector<std::optional<CameraScore>>& camera_scores() const;  // as far as they were measured
  void snap(std::size_t camera);
  void snap(
      const std::string& name);  // the whole name, or a part that only one has; Failure(usage) otherwise
  std::optional<std::size_t> snapped() const;

  // Any other view; leaves the snapped camera.
  void set_free_view(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera);

  // The view of the next tick. With a fixed picture the intrinsics are those of the free view fitted to its
  // size.
  const Intrinsics& intrinsics() const;
  const glm::dmat4& world_to_camera() const;
  glm::ivec2 frame_size() const;  // of the next tick, pixels

  // Radiographs: change the view freely; the next tick draws it.
  DrrView& drr();
  const DrrView& drr() const;
  const Volume& volume() const;
  std::string drr_renderer() const;  // "cuda" or "vulkan"; empty without a volume
  std::string cuda_drr_passed_over()
      const;  // why CUDA does not render them, where it was asked for; else empty

  // Registration: moves the radiograph, step by step, to where it fits the X-ray best. From the present pose; whoever
  // moves the radiograph by hand meanwhile takes over. Throws Failure where there is no volume or no X-ray.
  void start_registration(const RegisterOptions& options);
  void stop_registration();  // the pose stays where it has come
  void undo_registration();  // back to the pose before the last start
  bool can_undo_registration() const;
  LiveRegistration* registration();  // the running or ended one; null without

  // Records one tick and returns its number. Waits for no device: a photo that is not decoded yet is all that
  // snap() may wait for.
  std::uint64_t tick(VkCommandBuffer cmd);
  // What the submission of the tick recorded last waits for and signals; nothing for one that was joined already.
  void join(vk::Submission& submission);
  std::optional<TickResult> poll();  // the newest finished result, once; also remembers the camera's score

  // Whether the newest finished tick drew every splat; the first ticks of a scene may find buffers too small,
  // and the next tick then has more room.
  bool complete() const;
  // It did not, and no tick of this view will: the device has no room for all splats. The farthest are left out.
  bool out_of_room() const;

  bool has_reference() const;                // of the newest tick
  std::string reference_name() const;        // "DSC_0042.JPG", "other.ply"; empty without one
  std::string no_reference_because() const;  // one sentence; empty with one

  void set_heatmap(FgColorMap color_map, float first, float last);  // as fg_evaluator_set_heatmap
  void set_executor(FgExecutor executor);                           // waits for the GPU
  FgExecutor executor() const;                                      // in use
  std::vector<FgExecutorSupport> executors() const;

  const Tick& images() const;  // frame, reference, map and heatmap of the newest tick
  const vk::OwnDevice& device() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
